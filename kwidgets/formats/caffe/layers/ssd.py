"""PriorBox and DetectionOutput of SSD: constants, and a function behind the model."""

from __future__ import annotations

import math

import numpy as np

from kwidgets.formats.caffe.blob import Blob, Constant
from kwidgets.formats.caffe.detections import CODES, DetectionOutput
from kwidgets.formats.caffe.errors import UnsupportedLayerError, invalid
from kwidgets.formats.caffe.node import Node
from kwidgets.formats.caffe.step import Step
from kwidgets.formats.errors import FormatError
from kwidgets.language import message, t

# SSD512 has 24,564.
_MAX_BOXES = 2**18


def prior_box(step: Step) -> list[Constant]:
    """PriorBox: boxes around each place of a feature map, as a constant."""
    blobs = step.blobs(1, 2)
    fields = step.parameters("prior_box_param")
    if not all(each.is_image for each in blobs):
        raise FormatError(t("Its inputs are not images."))
    height, width = blobs[0].shape[1:]
    image = _image_size(fields, blobs)
    sizes = _box_sizes(fields)
    if height * width * len(sizes) > _MAX_BOXES:
        raise invalid("min_size", len(sizes), f"≤ {_MAX_BOXES // (height * width)}")
    if fields.has("step_h") or fields.has("step_w"):
        steps = (fields.number("step_h"), fields.number("step_w"))
    else:
        steps = (fields.number("step"),) * 2
    if not all(steps):
        steps = (image[0] / height, image[1] / width)
    offset = fields.number("offset", 0.5)
    y = ((np.arange(height) + offset) * steps[0])[:, None, None]
    x = ((np.arange(width) + offset) * steps[1])[None, :, None]
    half = np.asarray(sizes) / 2
    grid = (height, width, len(sizes))
    corners = [
        np.broadcast_to((x - half[:, 0]) / image[1], grid),
        np.broadcast_to((y - half[:, 1]) / image[0], grid),
        np.broadcast_to((x + half[:, 0]) / image[1], grid),
        np.broadcast_to((y + half[:, 1]) / image[0], grid),
    ]
    boxes = np.stack(corners, -1).astype(np.float32).reshape(-1)
    if fields.flag("clip", False):
        boxes = np.clip(boxes, 0, 1)
    variances = np.resize(_variances(fields), boxes.shape).astype(np.float32)
    step.notes.append(
        message("%1 boxes, which depend on the size of the input only.", str(len(boxes) // 4))
    )
    if any(not size.is_integer() for size in fields.numbers("min_size")):
        step.notes.append(
            message("Caffe cuts sizes of boxes to whole pixels, and so does this; OpenCV does not.")
        )
    return [Constant(np.stack([boxes, variances])[None])]


def _image_size(fields: Node, blobs: list[Blob]) -> tuple[float, float]:
    if fields.has("img_size"):
        size = (fields.integer("img_size"),) * 2
    elif fields.has("img_h") or fields.has("img_w"):
        size = (fields.integer("img_h"), fields.integer("img_w"))
    elif len(blobs) == 2:
        size = (blobs[1].shape[1], blobs[1].shape[2])
    else:
        raise invalid("img_size", "–", "≥ 1")
    if min(size) < 1:
        raise invalid("img_size", f"{size[0]}×{size[1]}", "≥ 1")
    return size


def _box_sizes(fields: Node) -> list[tuple[float, float]]:
    """Return width and height of each box at a place, in Caffe's order."""
    # Caffe cuts sizes to whole pixels.
    least = [math.trunc(each) for each in fields.numbers("min_size")]
    most = [math.trunc(each) for each in fields.numbers("max_size")]
    if not least or min(least) < 1 or (most and len(most) != len(least)):
        raise invalid("min_size", least[:8], "≥ 1")
    if any(high <= low for low, high in zip(least, most, strict=False)):
        raise invalid("max_size", most[:8], "> min_size")
    ratios: list[float] = []
    for ratio in fields.numbers("aspect_ratio"):
        if ratio <= 0:
            raise invalid("aspect_ratio", ratio, "> 0")
        if all(abs(ratio - each) >= 1e-6 for each in (1.0, *ratios)):
            ratios += [ratio, 1 / ratio] if fields.flag("flip", True) else [ratio]
    sizes: list[tuple[float, float]] = []
    for index, low in enumerate(least):
        middle = math.sqrt(low * most[index]) if most else float(low)
        sizes.append((low, low))
        if most:
            sizes.append((middle, middle))
        for ratio in ratios:
            if abs(ratio - 1) >= 1e-6:
                sizes.append((low * math.sqrt(ratio), low / math.sqrt(ratio)))
    return sizes


def _variances(fields: Node) -> list[float]:
    variances = fields.numbers("variance") or [0.1]
    if len(variances) not in (1, 4) or min(variances) <= 0:
        raise invalid("variance", variances[:8], "1 × > 0, 4 × > 0")
    return variances


def detection_output(step: Step) -> list[Blob]:
    """DetectionOutput: a function of NumPy, that the report gives with the model."""
    if len(step.bottoms) < 3 or not isinstance(step.bottoms[2], Constant):
        raise UnsupportedLayerError(message("Its boxes are not those of PriorBox."))
    if len(step.bottoms) > 3:
        raise UnsupportedLayerError(message("Boxes that are refined twice cannot be converted."))
    if step.conversion.detection is not None:
        raise UnsupportedLayerError(message("Only one DetectionOutput can be converted."))
    priors = step.bottoms[2].value
    step.bottoms = step.bottoms[:2]
    locations, scores = (step.as_caffe(each) for each in step.blobs(2, 2))
    fields = step.parameters("detection_output_param")
    nms = fields.node("nms_param")
    num_classes = fields.integer("num_classes")
    num_boxes = priors.shape[-1] // 4 if priors.ndim == 3 else 0
    shared = fields.flag("share_location", True)
    if (
        num_classes < 1
        or scores.size != num_boxes * num_classes
        or locations.size != num_boxes * 4 * (1 if shared else num_classes)
    ):
        raise FormatError(
            t(
                "It has %1 boxes and %2 classes, but %3 coordinates and %4 scores.",
                num_boxes,
                num_classes,
                locations.size,
                scores.size,
            )
        )
    step.conversion.detection = DetectionOutput(
        boxes=priors[0, 0].reshape(-1, 4),
        variances=priors[0, 1].reshape(-1, 4),
        num_classes=num_classes,
        share_location=shared,
        background_label=fields.integer("background_label_id", 0),
        code=fields.choice("code_type", CODES, "CORNER"),
        variance_encoded_in_target=fields.flag("variance_encoded_in_target"),
        confidence_threshold=fields.number("confidence_threshold", -math.inf),
        nms_threshold=nms.number("nms_threshold", 0.3),
        eta=nms.number("eta", 1.0),
        top_k=nms.integer("top_k", -1),
        keep_top_k=fields.integer("keep_top_k", -1),
        clip=fields.flag("clip"),
    )
    step.notes.append(
        message("Not part of the model: call report.post_processing(model.predict(x)).")
    )
    return [locations, scores]
