"""Explain single predictions of a model that trains or has trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from kwidgets.insight.explain.explained import Explained, Method, scaled
from kwidgets.insight.explain.occlusion import Occlusion
from kwidgets.insight.keras_internals.differentiate import as_input, to_numpy, unchanged
from kwidgets.insight.keras_internals.grad_cam import grad_cam
from kwidgets.insight.keras_internals.probe import why_not
from kwidgets.insight.on_model import ModelAccess, UnavailableError
from kwidgets.insight.page.sample_looks import SampleLooks
from kwidgets.insight.predictions.epoch import EpochPredictions, SamplePrediction
from kwidgets.insight.samples.inputs import Inputs
from kwidgets.insight.samples.looks import InputKind, shown_input
from kwidgets.language import Message, message

_TASKS: Final = ("classification", "binary", "multi_label", "regression")


class Explainer:
    """Explains the predictions of one model.

    Args:
        access: runs functions on it.
        looks: returns what describes the samples; None before there are any.
    """

    def __init__(self, access: ModelAccess, looks: Callable[[], SampleLooks | None]) -> None:
        self._access = access
        self._looks = looks

    def explain(self, sample: SamplePrediction, shown: EpochPredictions) -> Explained:
        """Return which parts of a sample count for its prediction; the model stays as it is.

        Args:
            sample: one of ``shown``.
            shown: the predictions of an epoch.

        Raises:
            UnavailableError: it cannot be explained; the message says why.
        """
        return self._access.now(lambda model: self._explained(model, sample, shown))

    def explain_soon(
        self,
        sample: SamplePrediction,
        shown: EpochPredictions,
        done: Callable[[Explained | None, Message | None], None],
    ) -> None:
        """Explain between two steps of a training, or now; then call ``done``."""
        self._access.soon(lambda model: self._explained(model, sample, shown), done)

    def _explained(
        self, model: Any, sample: SamplePrediction, shown: EpochPredictions
    ) -> Explained:
        looks = self._looks()
        if shown.task not in _TASKS:
            raise UnavailableError(message("Only predicted classes and numbers can be explained."))
        if sample.inputs is None or looks is None:
            raise UnavailableError(message("The inputs of this sample are no longer in memory."))
        reason = why_not(model)
        if reason is not None:
            raise UnavailableError(reason)
        kinds = looks.kinds(shown)
        chosen = shown_input(kinds, len(sample.inputs))
        kind, value = kinds[chosen], np.asarray(sample.inputs[chosen])
        if value.dtype.kind not in "biuf" or not value.ndim:
            raise UnavailableError(message("Inputs that are no numbers cannot be explained."))
        target = _Target(model, sample, shown)
        method: Method = "grad_cam"
        shares = _by_gradient(model, sample.inputs, kind, value, target)
        if shares is None:
            method = "occlusion"
            typical = looks.typical(chosen)
            shares = _by_occlusion(model, sample.inputs, chosen, kind, typical, target)
        return Explained(method, target.name, shares, _text(method, target.name))


def _text(method: Method, name: str) -> Message:
    if method == "grad_cam":
        return (
            message("Marked is where the last convolution finds what counts for “%1”.", name)
            if name
            else message("Marked is where the last convolution finds what counts.")
        )
    return (
        message("How much the score of “%1” falls when a part is hidden.", name)
        if name
        else message("How much the prediction falls when a part is hidden.")
    )


class _Target:
    """The output whose score is explained: that of the predicted class.

    Args:
        model: the model.
        sample: its ``predicted`` names the class.
        shown: the predictions of an epoch, for one output.
    """

    def __init__(self, model: Any, sample: SamplePrediction, shown: EpochPredictions) -> None:
        self._output = shown.output
        self._names = list(getattr(model, "output_names", None) or ())
        self._task = shown.task
        has_class = shown.task in ("classification", "binary") and (
            sample.predicted in shown.class_names
        )
        self._number = shown.class_names.index(sample.predicted) if has_class else None
        self.name = sample.predicted if has_class else ""

    def scores(self, outputs: Any) -> Any:
        """Return the score of each sample of a batch, (batch,)."""
        p = self._chosen(outputs)
        p = ops.reshape(ops.cast(p, "float32"), (p.shape[0], -1))
        if self._number is not None and p.shape[1] > 1:
            return p[:, min(self._number, p.shape[1] - 1)]
        if self._task == "binary":
            # One score stands for both classes.
            return -p[:, 0] if self._number == 0 else p[:, 0]
        return ops.max(p, axis=1) if self._task == "multi_label" else p[:, 0]

    def score(self, outputs: Any) -> Any:
        """Return the score of the only sample of a batch."""
        return self.scores(outputs)[0]

    def _chosen(self, outputs: Any) -> Any:
        if isinstance(outputs, dict) and self._output in outputs:
            return outputs[self._output]
        flat = keras.tree.flatten(outputs)
        number = self._names.index(self._output) if self._output in self._names else 0
        return flat[number] if number < len(flat) else flat[0]


def _by_gradient(
    model: Any, inputs: Inputs, kind: InputKind, value: NDArray[Any], target: _Target
) -> NDArray[np.float32] | None:
    if kind.kind == "picture":
        sides = value.shape[:2]
    elif kind.kind in ("series", "sound"):
        sides = value.shape[:1]
    else:
        return None
    x = as_input(model, [array[None] for array in inputs])
    heat = grad_cam(model, x, sides, target.score)
    return None if heat is None else scaled(heat)


def _by_occlusion(
    model: Any,
    inputs: Inputs,
    chosen: int,
    kind: InputKind,
    typical: NDArray[Any] | None,
    target: _Target,
) -> NDArray[np.float32]:
    if kind.kind == "values" and inputs[chosen].ndim > 1:
        raise UnavailableError(message("Inputs of this shape cannot be explained."))
    occlusion = Occlusion(np.asarray(inputs[chosen]), kind.kind, typical)

    def scores(values: NDArray[Any]) -> NDArray[Any]:
        leaves = [np.repeat(array[None], len(values), axis=0) for array in inputs]
        leaves[chosen] = values
        with unchanged(model):
            return to_numpy(target.scores(model(as_input(model, leaves), training=False)))

    whole = float(scores(np.asarray(inputs[chosen])[None])[0])
    hidden = np.concatenate([scores(values) for values in occlusion.batches()])
    return occlusion.shares(whole, hidden)
