"""Make models where their variables may live: outside of a trace, and in the builder's strategy.

Keras makes the variables of a Sequential where its layers are put together. A builder may have to
make them later, at the first use of the model.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
from keras.src.backend.common.name_scope import current_path


class CreationScope:
    """The place where a builder was created, for the variables of all its models."""

    def __init__(self) -> None:
        # The names of the name scopes around it, joined by slashes.
        self._path = current_path()
        self._strategy: Any = None
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            if tf.distribute.has_strategy():
                self._strategy = tf.distribute.get_strategy()

    @contextlib.contextmanager
    def enter(self) -> Iterator[None]:
        """Within this context, variables can be created, even while a function is being traced."""
        with contextlib.ExitStack() as scopes:
            if self._path and not current_path():
                for name in self._path.split("/"):
                    scopes.enter_context(keras.name_scope(name))
            if keras.backend.backend() == "tensorflow":
                import tensorflow as tf

                if not tf.executing_eagerly():
                    scopes.enter_context(tf.init_scope())
                if self._strategy is not None and not tf.distribute.has_strategy():
                    scopes.enter_context(self._strategy.scope())
            elif keras.backend.backend() == "jax":
                import jax

                scopes.enter_context(jax.ensure_compile_time_eval())
            yield
