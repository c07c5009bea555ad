"""Learning rate schedules of Caffe that Keras does not have."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="kwidgets")
class InverseDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Caffe's policy "inv": ``rate · (1 + gamma · step) ^ -power``."""

    def __init__(self, initial_learning_rate: float, gamma: float, power: float) -> None:
        super().__init__()
        self.initial_learning_rate = initial_learning_rate
        self.gamma = gamma
        self.power = power

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, from 0."""
        step = keras.ops.cast(step, "float32")
        factor = keras.ops.power(1.0 + self.gamma * step, -self.power)
        return self.initial_learning_rate * factor

    def get_config(self) -> dict[str, float]:
        """Return the arguments."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "gamma": self.gamma,
            "power": self.power,
        }


@keras.saving.register_keras_serializable(package="kwidgets")
class SigmoidDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Caffe's policy "sigmoid": ``rate / (1 + exp(-gamma · (step - stepsize)))``."""

    def __init__(self, initial_learning_rate: float, gamma: float, stepsize: int) -> None:
        super().__init__()
        self.initial_learning_rate = initial_learning_rate
        self.gamma = gamma
        self.stepsize = stepsize

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, from 0."""
        step = keras.ops.cast(step, "float32")
        # Caffe's parentheses: a negative gamma makes the rate fall.
        return self.initial_learning_rate * keras.ops.sigmoid(self.gamma * (step - self.stepsize))

    def get_config(self) -> dict[str, float]:
        """Return the arguments."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "gamma": self.gamma,
            "stepsize": self.stepsize,
        }
