"""Boxes of objects from what an SSD model predicts: Caffe's DetectionOutput in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
# Names of PriorBoxParameter.CodeType; the place is the number.
CODES = ("", "CORNER", "CENTER_SIZE", "CORNER_SIZE")


@dataclass(frozen=True)
class DetectionOutput:
    """Turn the outputs of an SSD model into detections: ``post_processing(model.predict(x))``.

    Attributes:
        boxes: those of PriorBox, (boxes, 4): xmin, ymin, xmax, ymax, as parts of the image.
        variances: (boxes, 4), factors of what the model predicts.
        num_classes: with the background.
        share_location: whether a box has the same place for all classes.
        background_label: the class that is nothing, or -1.
        code: how places are predicted: "CORNER", "CENTER_SIZE" or "CORNER_SIZE".
        variance_encoded_in_target: whether the model predicts with the variances.
        confidence_threshold: detections with a smaller score are left out.
        nms_threshold: of two boxes that overlap more, the one with the smaller score is left out.
        eta: by what the threshold is multiplied after each box.
        top_k: how many boxes of a class are looked at, or -1 for all.
        keep_top_k: how many detections an image has at most, or -1.
        clip: whether boxes end at the edges of the image.
        outputs: the places of the two outputs among those of the model.
    """

    boxes: Array = field(repr=False)
    variances: Array = field(repr=False)
    num_classes: int
    share_location: bool = True
    background_label: int = 0
    code: str = "CORNER"
    variance_encoded_in_target: bool = False
    confidence_threshold: float = float("-inf")
    nms_threshold: float = 0.3
    eta: float = 1.0
    top_k: int = -1
    keep_top_k: int = -1
    clip: bool = False
    outputs: tuple[int, int] = (0, 1)

    def __call__(self, predicted: Sequence[Any] | Mapping[str, Any]) -> Array:
        """Return the detections in a batch of images.

        Args:
            predicted: what ``model.predict`` returns: all outputs, in the model's order.

        Returns:
            An array (detections, 7), float32. A row has the place of the image in the batch, the
            class, the score, and the box: xmin, ymin, xmax, ymax, from 0 to 1 within the image.
            The rows of an image are sorted by class, those of a class by falling score.

        Raises:
            ValueError: these are not the outputs of this model.
        """
        outputs = list(predicted.values()) if isinstance(predicted, Mapping) else list(predicted)
        if len(outputs) <= max(self.outputs):
            raise ValueError(
                f"Pass all outputs of the model, a list of {max(self.outputs) + 1} or more; "
                f"got {len(outputs)}."
            )
        locations, scores = (np.asarray(outputs[place], np.float32) for place in self.outputs)
        num_boxes = len(self.boxes)
        if scores.size != len(scores) * num_boxes * self.num_classes:
            raise ValueError(
                f"Expected {num_boxes * self.num_classes} scores an image "
                f"({num_boxes} boxes of {self.num_classes} classes); got an array of shape "
                f"{scores.shape}."
            )
        num_places = 1 if self.share_location else self.num_classes
        locations = locations.reshape(len(scores), num_boxes, num_places, 4)
        scores = scores.reshape(len(scores), num_boxes, self.num_classes)
        rows = [
            row
            for index in range(len(scores))
            for row in self._of_image(index, locations[index], scores[index])
        ]
        return np.asarray(rows, np.float32).reshape(-1, 7)

    def _of_image(self, index: int, locations: Array, scores: Array) -> list[list[float]]:
        kept: list[tuple[int, int]] = []
        decoded = [self._decode(locations[:, place]) for place in range(locations.shape[1])]
        for label in range(self.num_classes):
            if label != self.background_label:
                boxes = decoded[0 if self.share_location else label]
                kept += [(label, box) for box in self._suppress(boxes, scores[:, label])]
        if 0 <= self.keep_top_k < len(kept):
            kept = sorted(kept, key=lambda each: -scores[each[1], each[0]])[: self.keep_top_k]
            kept.sort(key=lambda each: each[0])
        return [
            [index, label, scores[box, label], *decoded[0 if self.share_location else label][box]]
            for label, box in kept
        ]

    def _decode(self, predicted: Array) -> Array:
        factors = (
            np.ones_like(self.variances) if self.variance_encoded_in_target else self.variances
        )
        moved = predicted * factors
        size = self.boxes[:, 2:] - self.boxes[:, :2]
        if self.code == "CENTER_SIZE":
            center = (self.boxes[:, :2] + self.boxes[:, 2:]) / 2 + moved[:, :2] * size
            with np.errstate(over="ignore"):
                half = np.exp(moved[:, 2:]) * size / 2
            decoded = np.concatenate([center - half, center + half], 1)
        elif self.code == "CORNER_SIZE":
            decoded = self.boxes + moved * np.tile(size, 2)
        else:
            decoded = self.boxes + moved
        decoded = np.clip(decoded, 0, 1) if self.clip else decoded
        return np.asarray(decoded, np.float32)

    def _suppress(self, boxes: Array, scores: Array) -> list[int]:
        """Return the places of boxes, best first, without those that overlap a better one."""
        above = np.flatnonzero(scores > self.confidence_threshold)
        order = above[np.argsort(-scores[above], kind="stable")]
        if self.top_k > -1:
            order = order[: self.top_k]
        kept: list[int] = []
        threshold = self.nms_threshold
        for place in order:
            if kept and (_overlaps(boxes[place], boxes[kept]) > threshold).any():
                continue
            kept.append(int(place))
            if self.eta < 1 and threshold > 0.5:
                threshold *= self.eta
        return kept


def _overlaps(box: Array, others: Array) -> Array:
    """Return intersection over union of a box with others."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    common = np.prod(np.maximum(high - low, 0), 1)
    union = _areas(box[None]) + _areas(others) - common
    shares: Array = np.divide(common, union, out=np.zeros_like(common), where=common > 0)
    return shares


def _areas(boxes: Array) -> Array:
    size = boxes[:, 2:] - boxes[:, :2]
    areas: Array = np.where((size < 0).any(1), 0, np.prod(size, 1))
    return areas
