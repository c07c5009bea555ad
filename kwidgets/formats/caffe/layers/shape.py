"""Concat, Slice, Split, Crop, Reshape, Flatten, Permute, Tile, and layers that resize images."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from kwidgets.formats.caffe.blob import IMAGE, Blob, Constant
from kwidgets.formats.caffe.conversion import check_elements
from kwidgets.formats.caffe.errors import UnsupportedLayerError, invalid
from kwidgets.formats.caffe.node import Node
from kwidgets.formats.caffe.step import Step
from kwidgets.formats.errors import FormatError
from kwidgets.language import message, t

_MAX_SIDE = 65_536
# From 1,024 pixels to 4,096.
_MAX_MATRIX = 2**22


def concat(step: Step) -> list[Blob | Constant]:
    """Concat along an axis; boxes of PriorBox too."""
    fields = step.parameters("concat_param")
    axis = fields.integer("axis", fields.integer("concat_dim", 1))
    if step.bottoms and all(isinstance(each, Constant) for each in step.bottoms):
        return [_concat_constants(step, axis)]
    blobs = step.blobs(1, None)
    axis = step.inner_axis(blobs[0], axis)
    shapes = [[*each.shape[: axis - 1], *each.shape[axis:]] for each in blobs]
    if any(
        shape != shapes[0] or each.num_axes != blobs[0].num_axes
        for each, shape in zip(blobs, shapes, strict=True)
    ):
        raise FormatError(
            t(
                "Its inputs have the shapes %1 and %2, which do not fit.",
                "×".join(map(str, blobs[0].shape)),
                ", ".join("×".join(map(str, each.shape)) for each in blobs[1:5]),
            )
        )
    axes = blobs[0].axes
    tensors = [step.arranged(each, axes).tensor for each in blobs]
    if len(tensors) == 1:
        return [step.result(tensors[0], axes)]
    place = axes[axis]
    last = place == len(axes) - 1
    layer = keras.layers.Concatenate(axis=-1 if last else place, name=step.name())
    return [step.result(layer(tensors), axes)]


def _concat_constants(step: Step, axis: int) -> Constant:
    values = [each.value for each in step.bottoms if isinstance(each, Constant)]
    try:
        return Constant(np.concatenate(values, axis))
    except ValueError as error:
        raise FormatError(str(error)) from error


def slice_layer(step: Step) -> list[Blob]:
    """Slice: parts along an axis."""
    blob = step.blob()
    fields = step.parameters("slice_param")
    axis = step.inner_axis(blob, fields.integer("axis", fields.integer("slice_dim", 1)))
    length, count = blob.shape[axis - 1], len(step.layer.tops)
    points = fields.integers("slice_point")
    if not points and count and length % count == 0:
        points = [length // count * index for index in range(1, count)]
    edges = [0, *points, length]
    if len(points) != count - 1 or any(a >= b for a, b in itertools.pairwise(edges)):
        raise invalid("slice_point", points[:8], f"{count - 1} × 0 < … < {length}")
    if count == 1:
        return [step.result(blob.tensor, blob.axes)]
    return [
        step.result(_part(step, blob.tensor, {blob.axes[axis]: (start, end)}), blob.axes)
        for start, end in itertools.pairwise(edges)
    ]


def _part(step: Step, tensor: Any, spans: dict[int, tuple[int, int]]) -> Any:
    """Return a part of a tensor; with slices, that Keras stores with the model."""
    key = tuple(
        slice(*spans[axis]) if axis in spans else slice(None) for axis in range(max(spans) + 1)
    )
    return step.op(_get_item, tensor, key, suffix="part")


def _get_item(tensor: Any, key: tuple[slice, ...]) -> Any:
    return tensor[key]


def split(step: Step) -> list[Blob]:
    """Split: the same tensor under several names."""
    return [step.blob()] * len(step.layer.tops)


def crop(step: Step) -> list[Blob]:
    """Crop: a part of the first input, as large as the second."""
    blob, reference = step.blobs(2, 2)
    fields = step.parameters("crop_param")
    axis = step.inner_axis(blob, fields.integer("axis", 2))
    offsets = fields.integers("offset") or [0]
    covered = range(axis, blob.num_axes)
    if len(offsets) == 1:
        offsets = offsets * len(covered)
    if len(offsets) != len(covered) or reference.num_axes != blob.num_axes:
        raise invalid("offset", offsets[:8], f"{len(covered)} × offset")
    spans = {}
    for caffe_axis, offset in zip(covered, offsets, strict=True):
        length, wanted = blob.shape[caffe_axis - 1], reference.shape[caffe_axis - 1]
        if offset < 0 or offset + wanted > length:
            raise invalid("offset", offset, f"0 – {length - wanted}")
        if wanted != length:
            spans[blob.axes[caffe_axis]] = (offset, offset + wanted)
    tensor = _part(step, blob.tensor, spans) if spans else blob.tensor
    return [step.result(tensor, blob.axes, blob)]


def permute(step: Step) -> list[Blob]:
    """Permute: only what is known of the axes changes."""
    (bottom,) = step.bottoms if len(step.bottoms) == 1 else step.blobs()
    if isinstance(bottom, Constant):
        raise UnsupportedLayerError(message("Its input is the constant boxes of PriorBox."))
    order = step.parameters("permute_param").integers("order")
    order += [axis for axis in range(bottom.num_axes) if axis not in order]
    if sorted(order) != list(range(bottom.num_axes)):
        raise invalid("order", order[:8], f"0 – {bottom.num_axes - 1}")
    return [Blob(bottom.tensor, tuple(bottom.axes[axis] for axis in order), bottom.inputs)]


def flatten(step: Step) -> list[Blob | Constant]:
    """Flatten some axes, or all but the batch, in Caffe's order."""
    fields = step.parameters("flatten_param")
    if step.bottoms and isinstance(step.bottoms[0], Constant):
        value = step.bottoms[0].value
        return [Constant(value.reshape(len(value), -1))]
    blob = step.blob()
    first = step.inner_axis(blob, fields.integer("axis", 1))
    last = step.axis(blob, fields.integer("end_axis", -1))
    if last < first:
        raise invalid("end_axis", last, f"≥ {first}")
    shape = blob.shape
    joined = math.prod(shape[first - 1 : last])
    return [_reshaped(step, blob, (*shape[: first - 1], joined, *shape[last:]))]


def reshape(step: Step) -> list[Blob | Constant]:
    """Reshape, which keeps the batch."""
    fields = step.parameters("reshape_param")
    wanted = fields.node("shape").integers("dim")
    if step.bottoms and isinstance(step.bottoms[0], Constant):
        raise UnsupportedLayerError(message("Its input is the constant boxes of PriorBox."))
    blob = step.blob()
    axis = fields.integer("axis", 0)
    start = axis if axis >= 0 else blob.num_axes + axis + 1
    num_axes = fields.integer("num_axes", -1)
    end = blob.num_axes if num_axes == -1 else start + num_axes
    if not 0 <= start <= end <= blob.num_axes:
        raise FormatError(t("It has no axis %1: its input has %2 axes.", axis, blob.num_axes))
    # The batch is 0: its length is not known.
    old = [0, *blob.shape]
    new = [old[start + i] if d == 0 and start + i < len(old) else d for i, d in enumerate(wanted)]
    if start == 0:
        rest = [*new, *old[end:]]
        new = [_first(step, rest, blob.size), *new[1:]] if new else [*new]
    shape = [*old[:start], *new, *old[end:]]
    return [_reshaped(step, blob, _inferred(step, shape, blob.size))]


def _first(step: Step, shape: Sequence[int], size: int) -> int:
    """Return 0 if the first axis of a new shape is the batch."""
    first = shape[0]
    if first == 0 or first == step.conversion.batch_size:
        return 0
    if first == -1 and math.prod(shape[1:]) == size:
        return 0
    raise UnsupportedLayerError(message("It mixes the samples of a batch, which Keras cannot do."))


def _inferred(step: Step, shape: Sequence[int], size: int) -> tuple[int, ...]:
    inner = list(shape[1:])
    if not shape or shape[0] != 0 or any(each < -1 or each == 0 for each in inner):
        raise UnsupportedLayerError(
            message("It mixes the samples of a batch, which Keras cannot do.")
        )
    if inner.count(-1) == 1:
        known = math.prod(each for each in inner if each != -1)
        if size % known == 0:
            inner[inner.index(-1)] = size // known
    if -1 in inner or math.prod(inner) != size:
        raise FormatError(
            t("It cannot give %1 numbers the shape %2.", size, "×".join(map(str, shape[1:])))
        )
    return tuple(inner)


def _reshaped(step: Step, blob: Blob, shape: tuple[int, ...]) -> Blob:
    if not blob.is_flat_as_caffe():
        blob = step.as_caffe(blob)
    axes = range(len(shape) + 1)
    if tuple(blob.tensor.shape[1:]) == shape:
        return step.result(blob.tensor, axes)
    if len(shape) == 1:
        layer: Any = keras.layers.Flatten(name=step.name())
    else:
        layer = keras.layers.Reshape(shape, name=step.name())
    return step.result(step.keras(layer, blob.tensor), axes)


def tile(step: Step) -> list[Blob]:
    """Tile: copies along an axis."""
    blob = step.blob()
    fields = step.parameters("tile_param")
    axis = step.inner_axis(blob, fields.integer("axis", 1))
    tiles = fields.integer("tiles")
    check_elements((*blob.shape, tiles))
    repeats = [1] * blob.num_axes
    repeats[blob.axes[axis]] = tiles
    return [step.result(step.op(keras.ops.tile, blob.tensor, repeats), blob.axes)]


def shuffle_channel(step: Step) -> list[Blob]:
    """ShuffleChannel of ShuffleNet: channels of several groups, in turn."""
    fields = step.parameters("shuffle_channel_param")
    tensor = step.image(step.blob())
    height, width, channels = tensor.shape[1:]
    group = fields.integer("group", 1)
    if group < 1 or channels % group:
        raise invalid("group", group, t("a divisor of %1", channels))
    layers = keras.layers
    for layer in (
        layers.Reshape((height, width, group, channels // group), name=step.name("groups")),
        layers.Permute((1, 2, 4, 3), name=step.name("permute")),
        layers.Reshape((height, width, channels), name=step.name()),
    ):
        tensor = step.keras(layer, tensor)
    return [step.image_result(tensor)]


def upsample(step: Step) -> list[Blob]:
    """Upsample: each pixel several times. SegNet's, with the places of maxima, is cut."""
    if len(step.bottoms) > 1:
        raise UnsupportedLayerError(
            message("Keras's pooling does not return the positions of maxima, which it needs.")
        )
    fields = step.parameters("upsample_param")
    scale = fields.integer("scale", 1)
    tensor = step.image(step.blob())
    height, width, channels = tensor.shape[1:]
    check_elements((height, scale, width, scale, channels))
    layer = keras.layers.UpSampling2D(scale, interpolation="nearest", name=step.name())
    return [step.image_result(step.keras(layer, tensor))]


def interp(step: Step) -> list[Blob]:
    """Interp: bilinear, with the corners of the image on those of the result."""
    fields = step.parameters("interp_param")
    blobs = step.blobs(1, 2)
    tensor = step.image(blobs[0])
    begin, end = fields.integer("pad_beg"), fields.integer("pad_end")
    if begin > 0 or end > 0:
        raise invalid("pad_beg", f"{begin}, {end}", "≤ 0")
    height, width, channels = tensor.shape[1:]
    if begin or end:
        cropping = keras.layers.Cropping2D(((-begin, -end),) * 2, name=step.name("crop"))
        check_elements((height + begin + end, width + begin + end))
        tensor = step.keras(cropping, tensor)
        height, width = tensor.shape[1:3]
    reference = blobs[1].shape[-2:] if len(blobs) == 2 and blobs[1].is_image else None
    size = reference or [
        _interpolated(fields, each, name) for each, name in ((height, "height"), (width, "width"))
    ]
    check_elements((*size, channels))
    if max(size) > _MAX_SIDE:
        raise FormatError(t("The shape %1 is empty or too large.", " × ".join(map(str, size))))
    for axis, (old, new) in enumerate(zip((height, width), size, strict=True)):
        if old != new:
            tensor = _resize_axis(step, tensor, axis, old, new)
    return [step.result(tensor, IMAGE, blobs[0])]


def _interpolated(fields: Node, length: int, name: str) -> int:
    if fields.has("shrink_factor"):
        factor = fields.integer("shrink_factor")
        if factor < 1:
            raise invalid("shrink_factor", factor, "≥ 1")
        length = (length - 1) // factor + 1
    if fields.has("zoom_factor"):
        length += (length - 1) * (fields.integer("zoom_factor") - 1)
    elif not fields.has("shrink_factor"):
        length = fields.integer(name)
    return length


def _resize_axis(step: Step, tensor: Any, axis: int, old: int, new: int) -> Any:
    """Interpolate along an axis by a product with a fixed matrix, which is exact."""
    if old * new > _MAX_MATRIX:
        raise UnsupportedLayerError(message("The image is too large to be resized by a matrix."))
    equation = ("bhwc,hn->bnwc", "bhwc,wn->bhnc")[axis]
    shape = list(tensor.shape[1:])
    shape[axis] = new
    layer = keras.layers.EinsumDense(
        equation,
        output_shape=shape,
        kernel_initializer="zeros",
        trainable=False,
        name=step.name(("height", "width")[axis]),
    )
    result = layer(tensor)
    layer.set_weights([_matrix(old, new)])
    return result


def _matrix(old: int, new: int) -> npt.NDArray[np.float32]:
    ratio = np.float32((old - 1) / (new - 1)) if new > 1 else np.float32(0)
    places = np.arange(new, dtype=np.float32) * ratio
    below = np.minimum(places.astype(np.int64), old - 1)
    above = np.minimum(below + 1, old - 1)
    weights = (places - below).astype(np.float32)
    matrix = np.zeros((old, new), np.float32)
    matrix[below, np.arange(new)] += 1 - weights
    matrix[above, np.arange(new)] += weights
    return matrix
