"""Compute the loss and metrics that a model was compiled with, from given outputs.

The model itself is not touched: its metrics keep the state of a running fit or evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kwidgets.formats.export.prepared import Arrays, Signature
from kwidgets.lazy_tensorflow import without_importing_tensorflow

_BATCH = 256
# The least probability of Keras's losses.
_LEAST = 1e-7


class Metrics:
    """The loss and metrics of a compiled model, for its outputs.

    Args:
        settings: as for ``compile``.
        signature: of the model; its outputs.
    """

    def __init__(self, settings: Mapping[str, Any], signature: Signature) -> None:
        self._settings = settings
        self._signature = signature
        self._model: Any = None

    def __call__(self, outputs: Arrays, targets: Any, weights: Any = None) -> dict[str, float]:
        """Return the metrics by name, "loss" first.

        Args:
            outputs: by name, for all samples.
            targets: as for ``evaluate``.
            weights: of the samples, likewise.
        """
        if self._model is None:
            self._model = self._build(outputs)
        names = [spec.name for spec in self._signature.outputs]
        arrays = [np.asarray(outputs[name]) for name in names]
        found = self._model.evaluate(
            arrays[0] if len(arrays) == 1 else arrays,
            targets,
            sample_weight=weights,
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
        model.compile(**self._settings, jit_compile=False)
        return model


def metrics_of(model: keras.Model, signature: Signature) -> Metrics | None:
    """Return the metrics of a compiled model; None if it is not compiled or they are unknown."""
    if not getattr(model, "compiled", False) or getattr(model, "loss", None) is None:
        return None
    settings = {"loss": model.loss, **_fresh_settings(model)}
    return Metrics(settings, signature)


def is_limited(outputs: Arrays, targets: Any, loss: str) -> bool:
    """Return whether Keras limits a probability that a loss depends on.

    Keras computes such a loss from the values before softmax or sigmoid where it has them, and
    from probabilities of at least 1e-7 where it has not, as of a file.

    Args:
        outputs: of the model, by name.
        targets: as for ``evaluate``.
        loss: its name.
    """
    if "crossentropy" not in loss:
        return False
    for output in outputs.values():
        values = output.astype(np.float64)
        if not output.size or values.min() < 0 or values.max() > 1:
            continue
        truth = np.asarray(targets) if len(outputs) == 1 and not isinstance(targets, dict) else None
        if "binary" in loss:
            limited = (values < _LEAST) | (values > 1 - _LEAST)
            if truth is not None and truth.size == values.size:
                limited &= np.abs(values - truth.reshape(values.shape)) > 0.5
        elif truth is not None and truth.shape == values.shape:
            limited = (values < _LEAST) & (truth > 0)
        elif truth is not None and truth.size * values.shape[-1] == values.size:
            chosen = truth.reshape(values.shape[:-1]).astype(np.int64)[..., np.newaxis]
            limited = np.take_along_axis(values, chosen, axis=-1) < _LEAST
        else:
            limited = values < _LEAST
        if limited.any():
            return True
    return False


@without_importing_tensorflow()
def _fresh_settings(model: keras.Model) -> dict[str, Any]:
    """Return the other settings of ``compile``, without state; none where Keras cannot tell."""
    try:
        config = model.get_compile_config() or {}
        found = {
            name: keras.saving.deserialize_keras_object(config.get(name))
            for name in ("metrics", "weighted_metrics")
        }
    # Classes of the user: the loss alone.
    except Exception:
        return {}
    return {**found, "loss_weights": config.get("loss_weights")}


def rows_of(structure: Any, rows: Sequence[int] | slice) -> Any:
    """Return some rows of each array of a structure."""
    take: Callable[[Any], Any] = lambda leaf: np.asarray(leaf)[rows]  # noqa: E731
    return keras.tree.map_structure(take, structure)
