"""``kw.slim(model, "int8", …)``: a smaller copy of a model, and what it costs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from kwidgets import protocol as wire
from kwidgets.formats.errors import FormatError
from kwidgets.formats.slimming.make import make_slim
from kwidgets.formats.slimming.slimmed import METHODS, Method, SlimFacts
from kwidgets.formats.slimming.text import slim_html, slim_text
from kwidgets.kernel.running_kernel import user_variables
from kwidgets.language import t


class Slimmed:
    """A smaller copy of a model; the model itself is as before.

    Attributes are those of :class:`~kwidgets.formats.slimming.slimmed.SlimFacts`, as ``facts``.
    """

    def __init__(self, original: keras.Model, model: keras.Model, facts: SlimFacts) -> None:
        self._original = original
        self._model: keras.Model | None = model
        self.facts = facts

    @property
    def model(self) -> keras.Model:
        """The smaller model, or after :meth:`undo` the original one."""
        return self._original if self._model is None else self._model

    @property
    def original(self) -> keras.Model:
        """The model that was made smaller."""
        return self._original

    @property
    def undone(self) -> bool:
        """Whether :meth:`undo` was called."""
        return self._model is None

    def undo(self) -> keras.Model:
        """Drop the smaller model, and return the original one."""
        self._model = None
        return self._original

    def to_text(self) -> str:
        """Return the sizes and metrics, before and after, as text."""
        return slim_text(self.facts, self.undone)

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/html": wire.encodable(slim_html(self.facts, self.undone)),
            "text/plain": wire.encodable(self.to_text()),
        }


class Slim:
    """Make a smaller copy of a model, as in ``kw.slim(model, "int8", validation_data=(x, y))``.

    Methods: "int8" and "int4" quantize with Keras; "float16" halves all numbers; "dead_units"
    removes units that are 0 for every sample. ``save_lora`` and ``load_lora`` keep the adapters of
    ``layer.enable_lora`` in a file of their own.
    """

    def __call__(
        self,
        model: keras.Model,
        method: Method,
        samples: Any = None,
        validation_data: Any = None,
    ) -> Slimmed:
        """Return a smaller copy, with its metrics before and after.

        Args:
            model: built; it is not changed.
            method: "int8", "int4", "float16" or "dead_units".
            samples: rows of the input, of which dead units are found and outputs compared; None for
                the validation data, or a variable of the notebook, or random numbers.
            validation_data: ``(x, y)`` or batches of them, for the metrics.

        Raises:
            TypeError: ``model`` is not a Keras model.
            ValueError: there is no such method.
            FormatError: the method does not fit the model; the message says why.

        Example:
            >>> slim = kwidgets.slim(model, "int8", validation_data=(x_test, y_test))
            >>> slim.model.save("small.keras")
        """
        if not isinstance(model, keras.Model):
            raise TypeError(f"slim needs a Keras model, not {model!r} ({type(model).__name__}).")
        check_method(method)
        frame = sys._getframe(1)
        namespace = {**user_variables(), **frame.f_globals, **frame.f_locals}
        return slim_with(model, method, samples, validation_data, namespace)

    def save_lora(self, model: keras.Model, path: str | os.PathLike[str]) -> Path:
        """Save the adapters of ``enable_lora`` alone, as a safetensors file; return its path.

        Raises:
            FormatError: no layer has an adapter.
        """
        from kwidgets.formats.slimming.lora import save_lora

        return save_lora(model, path)

    def load_lora(self, model: keras.Model, path: str | os.PathLike[str]) -> list[str]:
        """Load adapters into a model; return the names of the layers that have them now.

        Raises:
            FormatError: the file is damaged, or does not fit; then the model is as before.
        """
        from kwidgets.formats.slimming.lora import load_lora

        return load_lora(model, path)

    def __repr__(self) -> str:
        return f"<kwidgets.slim: kwidgets.slim(model, method), with method one of {METHODS}>"


def slim_with(
    model: keras.Model,
    method: Method,
    samples: Any,
    validation_data: Any,
    namespace: Mapping[str, Any],
) -> Slimmed:
    """Return a smaller copy; for the arguments see :class:`Slim`.

    Raises:
        FormatError: the method does not fit the model.
    """
    if not model.built:
        raise FormatError(
            t(
                "The model “%1” has no weights yet. Add an Input layer, or call it on some data.",
                model.name,
            )
        )
    smaller, facts = make_slim(model, method, samples, validation_data, namespace)
    return Slimmed(model, smaller, facts)


def check_method(method: object) -> None:
    """Raise ValueError if there is no such method."""
    if method not in METHODS:
        names = ", ".join(map(repr, METHODS))
        raise ValueError(f"unknown method {method!r}. Use one of {names}.")


slim = Slim()
