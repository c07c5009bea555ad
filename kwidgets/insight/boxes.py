"""``kwidgets.Boxes``: how the boxes of an object detector are read from its output."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import numpy as np

BoxFormat = Literal["xyxy", "rel_xyxy", "xywh", "center_xywh", "rel_yxyx"]
_FORMATS: Final = ("xyxy", "rel_xyxy", "xywh", "center_xywh", "rel_yxyx")

#: (left, top, right, bottom, class number, score or None), as shares of the picture.
FoundBox = tuple[float, float, float, float, int, float | None]


@dataclasses.dataclass(frozen=True)
class Boxes:
    """Say that a model's output are boxes: ``LivePlot(task=kwidgets.Boxes(decode=…))``.

    Args:
        decode: is given the output or the target of one sample as a NumPy array, and returns its
            boxes: an array (boxes, 5 or 6) of the box, its class number, and its score; or a dict
            with ``boxes``, ``labels`` or ``classes``, and ``scores`` or ``confidence``. None if
            they are already like that.
        box_format: ``"xyxy"`` (left, top, right, bottom in pixels), ``"rel_xyxy"`` (as shares of
            the picture), ``"rel_yxyx"``, ``"xywh"`` or ``"center_xywh"``.
        decode_target: like ``decode``, for targets; None for the same.

    Raises:
        TypeError: ``decode`` cannot be called.
        ValueError: the format is unknown.
    """

    decode: Callable[[Any], Any] | None = None
    box_format: BoxFormat = "rel_xyxy"
    decode_target: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        for name in ("decode", "decode_target"):
            value = getattr(self, name)
            if value is not None and not callable(value):
                raise TypeError(f"{name} must be a function of one sample; got {value!r}.")
        if self.box_format not in _FORMATS:
            raise ValueError(
                f"box_format must be one of {', '.join(_FORMATS)}; got {self.box_format!r}."
            )

    def boxes_of(
        self, value: Any, picture: Sequence[int], is_target: bool = False
    ) -> list[FoundBox]:
        """Return the boxes of a sample, at most 100, those with the highest score first.

        Args:
            value: what the model has returned, or the target.
            picture: height and width in pixels.
            is_target: whether it is the target.
        """
        decode = self.decode_target if is_target and self.decode_target else self.decode
        found = decode(value) if decode is not None else value
        boxes, labels, scores = _columns(found)
        height, width = (max(1, int(side)) for side in picture[:2])
        result: list[FoundBox] = []
        for i, box in enumerate(boxes.tolist()):
            label = int(labels[i]) if i < len(labels) else 0
            if label < 0:
                continue  # the padding of KerasHub
            left, top, right, bottom = _shares(box, self.box_format, height, width)
            score = None if scores is None or is_target else float(scores[i])
            result.append((left, top, right, bottom, label, score))
        return sorted(result, key=lambda box: -(box[5] or 0))[:100]


def _columns(found: Any) -> tuple[Any, Any, Any]:
    """Return boxes (n, 4), labels (n,), and scores (n,) or None."""
    if isinstance(found, dict):
        boxes = np.asarray(found["boxes"], np.float64).reshape(-1, 4)
        labels = found.get("labels", found.get("classes"))
        scores = found.get("scores", found.get("confidence"))
        return (
            boxes,
            np.zeros(len(boxes)) if labels is None else np.asarray(labels).reshape(-1),
            None if scores is None else np.asarray(scores, np.float64).reshape(-1),
        )
    values = np.asarray(found, np.float64)
    if not values.size:
        return np.zeros((0, 4)), np.zeros(0), None
    values = values.reshape(-1, values.shape[-1])
    labels = values[:, 4] if values.shape[1] > 4 else np.zeros(len(values))
    return values[:, :4], labels, values[:, 5] if values.shape[1] > 5 else None


def _shares(
    box: list[float], box_format: str, height: int, width: int
) -> tuple[float, float, float, float]:
    a, b, c, d = box
    if box_format == "rel_xyxy":
        return a, b, c, d
    if box_format == "rel_yxyx":
        return b, a, d, c
    if box_format == "xywh":
        a, b, c, d = a, b, a + c, b + d
    elif box_format == "center_xywh":
        a, b, c, d = a - c / 2, b - d / 2, a + c / 2, b + d / 2
    return a / width, b / height, c / width, d / height
