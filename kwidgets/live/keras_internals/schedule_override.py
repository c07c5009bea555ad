"""Lets a user's learning rate hold where a schedule, or a function, sets it: without a retrace.

A compiled step has the schedule built in. So, before the step is compiled, the optimizer is given
a way to its learning rate that leads past ours: ``where(held > 0, held, what the schedule says)``.
While ``held`` is 0, training is the same to the last bit.

Where ``held`` lives depends on what a compiled step can read anew each time: on TensorFlow any
variable; on JAX only what is among the optimizer's variables, where it stays while the fit runs,
and is left out of what is saved; PyTorch runs Python at each step.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import keras

_holds: weakref.WeakKeyDictionary[Any, Hold] = weakref.WeakKeyDictionary()
_METHODS = ("_get_current_learning_rate", "save_own_variables", "load_own_variables")


class Hold:
    """The way past ours, of one optimizer. Kept for its further fits: their steps may read it."""

    def __init__(self, optimizer: Any) -> None:
        self.value = 0.0
        self.installed_for: weakref.ref[Any] | None = None
        # The train function in whose trace the way past ours was seen.
        self._seen_in: weakref.ref[Any] | None = None
        self._variable: keras.Variable | None = None
        if keras.backend.backend() != "torch":
            self._variable = keras.Variable(
                0.0, dtype="float32", trainable=False, name="held_learning_rate"
            )

    def install(self, model: Any, optimizer: Any) -> None:
        """Stand in the way to the rate, while a fit of ``model`` runs."""
        self.installed_for = weakref.ref(model)
        self._assign(0.0)
        cls = type(optimizer)

        def current() -> Any:
            self._note_trace(model_of())
            scheduled = cls._get_current_learning_rate(optimizer)
            if self._variable is None:
                return self.value or scheduled
            held = self._variable.value
            return keras.ops.where(held > 0, held, scheduled)

        model_of = weakref.ref(model)
        # Not setattr: Keras would look for variables in what is set.
        object.__setattr__(optimizer, "_get_current_learning_rate", current)
        if keras.backend.backend() == "jax":
            optimizer._variables.append(self._variable)
            for name in ("save_own_variables", "load_own_variables"):
                object.__setattr__(optimizer, name, self._without_ours(optimizer, name))

    def remove(self, optimizer: Any) -> None:
        """Leave the optimizer as it was before."""
        self.installed_for = None
        self.value = 0.0
        for name in _METHODS:
            vars(optimizer).pop(name, None)
        if keras.backend.backend() == "jax":
            self._take_out(optimizer)

    def hold(self, model: Any, value: float) -> bool:
        """Let ``value`` hold from the next step on, or, if 0, the schedule; whether it retraces."""
        if hasattr(model, "jax_state_sync"):
            # In an epoch the trainer holds the values: bring them back, or ours would be lost.
            model.jax_state_sync()
        self._assign(value)
        if keras.backend.backend() != "tensorflow" or not value:
            return False
        seen_in = self._seen_in and self._seen_in()
        if seen_in is not None and seen_in is model.train_function:
            return False
        # The step was traced before we came: by a fit without us.
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
            self._seen_in = weakref.ref(model.train_function)

    def _take_out(self, optimizer: Any) -> None:
        optimizer._variables[:] = [v for v in optimizer._variables if v is not self._variable]

    def _without_ours(self, optimizer: Any, name: str) -> Callable[[Any], None]:
        """Keras saves the variables by their number, and loads none if there is one too many."""
        method = getattr(type(optimizer), name)

        def call(store: Any) -> None:
            self._take_out(optimizer)
            try:
                method(optimizer, store)
            finally:
                optimizer._variables.append(self._variable)

        return call


def install(model: Any, optimizer: Any) -> None:
    """Prepare ``optimizer`` for a fit of ``model`` that is about to begin.

    Does nothing where that could change the training: under a distribution, or if another model
    that trains now has the optimizer too.
    """
    if _is_distributed(optimizer):
        return
    if keras.backend.backend() == "jax" and not optimizer.built:
        return  # ours would stand before its own
    hold = _holds.get(optimizer)
    if hold is None:
        hold = _holds[optimizer] = Hold(optimizer)
    elif hold.installed_for is not None and hold.installed_for() is not None:
        return
    hold.install(model, optimizer)


def remove(model: Any, optimizer: Any) -> None:
    """Undo :func:`install`."""
    hold = _holds.get(optimizer)
    if hold is not None and hold.installed_for is not None and hold.installed_for() is model:
        hold.remove(optimizer)


def hold_of(model: Any, optimizer: Any) -> Hold | None:
    """Return what stands in the way to the rate in the running fit of ``model``, or None."""
    try:
        hold = _holds.get(optimizer)
    except TypeError:  # what cannot be referred to weakly is no optimizer
        return None
    if hold is None or hold.installed_for is None or hold.installed_for() is not model:
        return None
    return hold


def _is_distributed(optimizer: Any) -> bool:
    if keras.backend.backend() == "tensorflow":
        strategy = getattr(optimizer, "_distribution_strategy", None)
        return strategy is not None and type(strategy).__name__ != "_DefaultDistributionStrategy"
    return keras.distribution.distribution() is not None
