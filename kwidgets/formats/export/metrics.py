"""Compute the loss and metrics that a model was compiled with, from given outputs.

The model itself is not touched: its metrics keep the state of a running fit or evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from kwidgets.formats.export.prepared import Arrays, Signature
from kwidgets.lazy_tensorflow import without_importing_tensorflow

_BATCH = 256


class Metrics:
    """The loss and metrics of a compiled model, for its outputs.

    Args:
        loss, metrics: as for ``compile``.
        signature: of the model; its outputs.
    """

    def __init__(self, loss: Any, metrics: Any, signature: Signature) -> None:
        self._loss = loss
        self._metrics = metrics
        self._signature = signature
        self._model: Any = None

    def __call__(self, outputs: Arrays, targets: Any) -> dict[str, float]:
        """Return the metrics by name, "loss" first.

        Args:
            outputs: by name, for all samples.
            targets: as for ``evaluate``.
        """
        if self._model is None:
            self._model = self._build(outputs)
        names = [spec.name for spec in self._signature.outputs]
        arrays = [np.asarray(outputs[name]) for name in names]
        found = self._model.evaluate(
            arrays[0] if len(arrays) == 1 else arrays,
            targets,
            batch_size=_BATCH,
            verbose=0,
            return_dict=True,
        )
        return {name: float(value) for name, value in found.items()}

    def _build(self, outputs: Arrays) -> Any:
        """Return a model whose inputs are the outputs, unchanged."""
        inputs = []
        for spec in self._signature.outputs:
            array = outputs[spec.name]
            inputs.append(keras.Input(array.shape[1:], dtype=str(array.dtype)))
        results = [
            keras.layers.Identity(name=spec.name, dtype="float32")(each)
            for spec, each in zip(self._signature.outputs, inputs, strict=True)
        ]
        structure: Any = results
        if self._signature.output_structure == "single":
            structure = results[0]
        elif self._signature.output_structure == "dict":
            names = [spec.name for spec in self._signature.outputs]
            structure = dict(zip(names, results, strict=True))
        model = keras.Model(inputs[0] if len(inputs) == 1 else inputs, structure)
        model.compile(loss=self._loss, metrics=self._metrics, jit_compile=False)
        return model


def metrics_of(model: keras.Model, signature: Signature) -> Metrics | None:
    """Return the metrics of a compiled model; None if it is not compiled or they are unknown."""
    if not getattr(model, "compiled", False) or getattr(model, "loss", None) is None:
        return None
    return Metrics(model.loss, _fresh_metrics(model), signature)


@without_importing_tensorflow()
def _fresh_metrics(model: keras.Model) -> Any:
    """Return the metrics as they were given, without state; None where Keras cannot tell."""
    try:
        config = model.get_compile_config() or {}
        return keras.saving.deserialize_keras_object(config.get("metrics"))
    # Classes of the user: the loss alone.
    except Exception:
        return None


def rows_of(structure: Any, rows: Sequence[int] | slice) -> Any:
    """Return some rows of each array of a structure."""
    take: Callable[[Any], Any] = lambda leaf: np.asarray(leaf)[rows]  # noqa: E731
    return keras.tree.map_structure(take, structure)
