"""Override a learning rate schedule with a rate set by the user, without retracing the step.

A compiled step has the schedule built in. So, before the step is compiled, the optimizer gets
another ``_get_current_learning_rate``: ``where(override > 0, override, schedule)``. While the
override is 0, training is the same to the last bit.

A compiled step must read the override each time. On TensorFlow it can be any variable. On JAX it
must be among the optimizer's variables while the fit runs, and is left out of what is saved.
PyTorch runs Python at each step.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import keras

from kwidgets.keras2 import is_keras2
from kwidgets.live.keras_internals.variable_values import sync_variables

_overrides: weakref.WeakKeyDictionary[Any, ScheduleOverride] = weakref.WeakKeyDictionary()
#: The name of the variable that holds the override, by which it is told from the optimizer's own.
OVERRIDE_NAME = "held_learning_rate"
_METHODS = ("_get_current_learning_rate", "save_own_variables", "load_own_variables")


class ScheduleOverride:
    """The override of one optimizer. Kept for further fits, whose compiled steps may read it."""

    def __init__(self, optimizer: Any) -> None:
        self.value = 0.0
        self.installed_for: weakref.ref[Any] | None = None
        # The train function that was traced with the override.
        self._traced_in: weakref.ref[Any] | None = None
        self._variable: keras.Variable | None = None
        if keras.backend.backend() != "torch":
            self._variable = keras.Variable(
                0.0, dtype="float32", trainable=False, name=OVERRIDE_NAME
            )

    def install(self, model: Any, optimizer: Any) -> None:
        """Replace the optimizer's methods while a fit of ``model`` runs."""
        self.installed_for = weakref.ref(model)
        self._assign(0.0)
        cls = type(optimizer)

        def current() -> Any:
            self._note_trace(model_of())
            scheduled = cls._get_current_learning_rate(optimizer)
            if self._variable is None:
                return self.value or scheduled
            override = self._variable.value
            return keras.ops.where(override > 0, override, scheduled)

        model_of = weakref.ref(model)
        # Not setattr: Keras would look for variables in what is set.
        object.__setattr__(optimizer, "_get_current_learning_rate", current)
        if keras.backend.backend() == "jax":
            optimizer._variables.append(self._variable)
            for name in ("save_own_variables", "load_own_variables"):
                object.__setattr__(optimizer, name, self._without_variable(optimizer, name))

    def remove(self, optimizer: Any) -> None:
        """Restore the optimizer as it was before :meth:`install`."""
        self.installed_for = None
        self.value = 0.0
        for name in _METHODS:
            vars(optimizer).pop(name, None)
        if keras.backend.backend() == "jax":
            self._remove_variable(optimizer)

    def set_rate(self, model: Any, value: float) -> bool:
        """Use ``value``, or the schedule if 0, from the next step; return whether it retraces."""
        sync_variables(model)  # or ours would be lost
        self._assign(value)
        if keras.backend.backend() != "tensorflow" or not value:
            return False
        traced_in = self._traced_in and self._traced_in()
        if traced_in is not None and traced_in is model.train_function:
            return False
        # The step was traced without the override, by a fit that was not watched.
        model.make_train_function(force=True)
        return True

    def _assign(self, value: float) -> None:
        self.value = value
        if self._variable is not None:
            self._variable.assign(value)

    def _note_trace(self, model: Any) -> None:
        if keras.backend.backend() != "tensorflow" or model is None:
            return
        import tensorflow as tf

        if not tf.executing_eagerly() and model.train_function is not None:
            self._traced_in = weakref.ref(model.train_function)

    def _remove_variable(self, optimizer: Any) -> None:
        optimizer._variables[:] = [v for v in optimizer._variables if v is not self._variable]

    def _without_variable(self, optimizer: Any, name: str) -> Callable[[Any], None]:
        """Return a method that saves or loads without our variable, which Keras cannot skip."""
        method = getattr(type(optimizer), name)

        def call(store: Any) -> None:
            self._remove_variable(optimizer)
            try:
                method(optimizer, store)
            finally:
                optimizer._variables.append(self._variable)

        return call


def install(model: Any, optimizer: Any) -> None:
    """Prepare ``optimizer`` for a fit of ``model`` that is about to begin.

    Does nothing where that could change the training: under a distribution, with an optimizer of
    Keras 2, or if another model that trains now has the optimizer too.
    """
    if is_keras2(optimizer) or _is_distributed(optimizer):
        return
    if keras.backend.backend() == "jax" and not optimizer.built:
        return  # our variable would come before the optimizer's own
    override = _overrides.get(optimizer)
    if override is None:
        override = _overrides[optimizer] = ScheduleOverride(optimizer)
    elif override.installed_for is not None and override.installed_for() is not None:
        return
    override.install(model, optimizer)


def remove(model: Any, optimizer: Any) -> None:
    """Undo :func:`install`."""
    override = _overrides.get(optimizer)
    if override is None or override.installed_for is None:
        return
    if override.installed_for() is model:
        override.remove(optimizer)


def override_of(model: Any, optimizer: Any) -> ScheduleOverride | None:
    """Return the override that the running fit of ``model`` uses, or None."""
    try:
        override = _overrides.get(optimizer)
    except TypeError:  # every optimizer supports weak references
        return None
    if override is None or override.installed_for is None:
        return None
    return override if override.installed_for() is model else None


def _is_distributed(optimizer: Any) -> bool:
    if keras.backend.backend() == "tensorflow":
        strategy = getattr(optimizer, "_distribution_strategy", None)
        return strategy is not None and type(strategy).__name__ != "_DefaultDistributionStrategy"
    return keras.distribution.distribution() is not None
