"""Describe samples with what the model makes of them: masks, pictures, lines and boxes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.boxes import Boxes
from kwidgets.insight.page.pictures import PictureStore
from kwidgets.insight.predictions.epoch import EpochPredictions, SamplePrediction
from kwidgets.insight.protocol import Looks
from kwidgets.insight.samples.inputs import SampleInputs
from kwidgets.insight.samples.looks import InputKind, describe, kind_of, lines
from kwidgets.insight.samples.pictures import mask_url, picture_url, span_of

#: Samples whose looks are kept.
MAX_KNOWN: Final = 400


class SampleLooks:
    """Describes the samples of one fit.

    Args:
        inputs: fetches them.
        pictures: keeps their pictures.
        vocabulary: words by number, for inputs that are tokens.
        reads_tokens: whether the model begins with an embedding.
        boxes: how boxes are read, if the task is to find boxes.
    """

    def __init__(
        self,
        inputs: SampleInputs,
        pictures: PictureStore,
        vocabulary: Sequence[str] = (),
        reads_tokens: bool = False,
        boxes: Boxes | None = None,
    ) -> None:
        self._inputs = inputs
        self._pictures = pictures
        self._vocabulary = vocabulary
        self._reads_tokens = reads_tokens
        self._boxes = boxes
        self._known: dict[tuple[int, bool], Looks] = {}
        self._kinds: list[InputKind] | None = None
        self._lock = threading.Lock()

    def describe(
        self, sample: SamplePrediction, shown: EpochPredictions, large: bool = False
    ) -> Looks | None:
        """Return what a sample looks like; None if its inputs are gone.

        Args:
            sample: one of ``shown``.
            shown: the predictions of an epoch.
            large: whether it is shown alone.
        """
        kinds = self._input_kinds(shown)
        found = self._inputs_of(sample, kinds, large)
        row = shown.results.numbers.rows.get(sample.position)
        if row is None or found is None or "y" not in row or "p" not in row:
            return found
        y, p = row["y"], row["p"]
        if shown.task == "segmentation" and y.ndim == 2:
            found["true_picture"] = self._pictures.add(mask_url(y))
            found["predicted_picture"] = self._pictures.add(mask_url(p))
        elif shown.task == "image_to_image":
            self._add_outputs(found, kinds, y, p, large)
        elif shown.task == "forecast" and p.ndim in (1, 2):
            found["true_series"], found["predicted_series"] = lines(y), lines(p)
        elif self._boxes is not None and sample.inputs is not None:
            picture = sample.inputs[0].shape
            names = shown.class_names
            for name, value in (("true_boxes", y), ("predicted_boxes", p)):
                boxes = self._boxes.boxes_of(value, picture, is_target=name == "true_boxes")
                found[name] = [  # type: ignore[literal-required]
                    (*box[:4], names[box[4]] if box[4] < len(names) else str(box[4]), box[5])
                    for box in boxes
                ]
        return found

    def _inputs_of(
        self, sample: SamplePrediction, kinds: list[InputKind], large: bool
    ) -> Looks | None:
        """Return what the inputs look like; of arrays, found out once."""
        key = sample.position, large
        known = self._known.get(key) if self._inputs.are_arrays else None
        if known is not None and self._pictures.has(known.get("picture")):
            return known.copy()
        found = describe(kinds, sample.inputs, self._pictures.add, large)
        if found is not None and self._inputs.are_arrays:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = found.copy()
        return found

    def kinds(self, shown: EpochPredictions) -> list[InputKind]:
        """Return what the inputs look like, one for each of the model's inputs."""
        return self._input_kinds(shown)

    def typical(self, number: int) -> NDArray[Any] | None:
        """Return the mean of an input over some samples; None where it is not known."""
        first = self._inputs.first()
        if first is None or number >= len(first) or first[number].dtype.kind not in "biuf":
            return None
        with np.errstate(all="ignore"):
            return np.asarray(np.nanmean(first[number], axis=0, dtype=np.float64))

    def _add_outputs(
        self, found: Looks, kinds: list[InputKind], y: NDArray[Any], p: NDArray[Any], large: bool
    ) -> None:
        values = np.asarray(y), np.asarray(p)
        if values[0].ndim in (2, 3) and min(values[0].shape[:2]) >= 8:
            same = kinds and kinds[0].kind == "picture"
            span = kinds[0].span if same else span_of(values[0])
            urls = [picture_url(value, span, large) for value in values]
            found["true_picture"], found["predicted_picture"] = map(self._pictures.add, urls)
        elif values[0].ndim == 1:
            found["true_series"], found["predicted_series"] = map(lines, values)

    def _input_kinds(self, shown: EpochPredictions) -> list[InputKind]:
        """Return what the inputs look like, found out once."""
        with self._lock:
            if self._kinds is None:
                first = self._inputs.first()
                if first is None:
                    kept = [self._inputs.get(i, row) for i, row in _rows(shown)]
                    whole = [inputs for inputs in kept if inputs is not None]
                    if not whole:
                        return []
                    first = tuple(np.stack(column) for column in zip(*whole, strict=True))
                columns = [*self._inputs.columns, *((),) * len(first)]
                self._kinds = [
                    kind_of(values, names, self._vocabulary, self._reads_tokens)
                    for values, names in zip(first, columns, strict=False)
                ]
            return self._kinds


def _rows(shown: EpochPredictions) -> list[tuple[int, Any]]:
    return list(shown.results.numbers.rows.items())[:64]
