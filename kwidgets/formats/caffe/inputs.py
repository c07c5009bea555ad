"""The inputs of a net: from its own fields, from Input layers, or from layers that read data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kwidgets.formats.caffe.caffemodel import Caffemodel
from kwidgets.formats.caffe.net import Layer, Net
from kwidgets.formats.errors import FormatError
from kwidgets.language import Message, message, t

DATA_LAYERS = frozenset(
    {
        "AnnotatedData",
        "Data",
        "DummyData",
        "HDF5Data",
        "ImageData",
        "MemoryData",
        "WindowData",
    }
)
_MAX_SIDE = 65_536
# Of one sample: 8192 × 8192 pixels.
_MAX_ELEMENTS = 2**26


@dataclass(frozen=True)
class NetInput:
    """An input of the net.

    Attributes:
        name: of the blob.
        shape: all of Caffe's axes; the first is the batch.
        layer: the layer that makes it, if there is one.
        notes: what was guessed.
    """

    name: str
    shape: tuple[int, ...]
    layer: Layer | None = None
    notes: tuple[Message, ...] = ()


def find_inputs(net: Net, weights: Caffemodel | None) -> list[NetInput]:
    """Return the inputs of a net; labels are none.

    Raises:
        FormatError: a shape is missing, or too large; says which lines to add.
    """
    found = [NetInput(name, shape) for name, shape in net.inputs]
    for layer in net.layers:
        if layer.type == "Input":
            shapes = [
                tuple(s.integers("dim")) for s in layer.parameters("input_param").nodes("shape")
            ]
            if len(shapes) == 1:
                shapes *= len(layer.tops)
            if shapes and len(shapes) != len(layer.tops):
                raise FormatError(
                    t("The net has %1 inputs, but the shapes of %2.", len(layer.tops), len(shapes))
                )
            shapes = shapes or [()] * len(layer.tops)
            found += [NetInput(top, s, layer) for top, s in zip(layer.tops, shapes, strict=True)]
    known = {each.name for each in found}
    for layer in net.layers:
        is_source = layer.type in DATA_LAYERS and not layer.bottoms
        if is_source and layer.tops and layer.tops[0] not in known:
            found.append(_data_input(layer, net, weights))
    for each in found:
        _check(each)
    if not found:
        raise FormatError(
            t("The prototxt does not say what its input is. Add the lines: %1", _lines("data"))
        )
    return found


def _check(found: NetInput) -> None:
    if not found.shape:
        raise FormatError(
            t(
                "The prototxt does not say the shape of its input “%1”. Add the lines: %2",
                found.name,
                _lines(found.name),
            )
        )
    inner = found.shape[1:]
    if any(not 1 <= each <= _MAX_SIDE for each in inner) or math.prod(inner) > _MAX_ELEMENTS:
        raise FormatError(
            t(
                "The input “%1” has the shape %2. Valid: sizes from 1 to %3, and together at most "
                "%4 numbers a sample.",
                found.name,
                "×".join(map(str, found.shape[:8])),
                _MAX_SIDE,
                _MAX_ELEMENTS,
            )
        )
    if len(found.shape) > 8:
        raise FormatError(t("The input “%1” has more than 8 axes.", found.name))


def _lines(name: str) -> str:
    return f'input: "{name}" input_shape {{ dim: 1 dim: 3 dim: 224 dim: 224 }}'


def _data_input(layer: Layer, net: Net, weights: Caffemodel | None) -> NetInput:
    """Return the input that stands for a layer of data, as far as the file says its shape."""
    name = layer.tops[0]
    memory = layer.parameters("memory_data_param")
    if layer.type == "MemoryData":
        sizes = [memory.integer(each) for each in ("channels", "height", "width")]
        return NetInput(name, (1, *(memory.integers("dim")[1:] or sizes)), layer)
    if layer.type == "DummyData":
        return NetInput(name, _dummy_shape(layer), layer)
    transform = layer.parameters("transform_param")
    crop = transform.integer("crop_size")
    image = layer.parameters("image_data_param")
    resize = transform.node("resize_param")
    height = (
        transform.integer("crop_h")
        or crop
        or image.integer("new_height")
        or resize.integer("height")
    )
    width = (
        transform.integer("crop_w") or crop or image.integer("new_width") or resize.integer("width")
    )
    if not height or not width:
        return NetInput(name, (), layer)
    channels = _channels(name, net.layers, weights)
    notes: tuple[Message, ...] = ()
    if channels is None:
        gray = transform.flag("force_gray") or not image.flag("is_color", True)
        values = transform.numbers("mean_value")
        channels = 1 if gray else len(values) if len(values) > 1 else 3
        notes = (message("The file does not say the number of channels."),)
    return NetInput(name, (1, channels, height, width), layer, notes)


def _dummy_shape(layer: Layer) -> tuple[int, ...]:
    fields = layer.parameters("dummy_data_param")
    if shapes := fields.nodes("shape"):
        return tuple(shapes[0].integers("dim"))
    old = [fields.integers(name)[:1] for name in ("num", "channels", "height", "width")]
    return tuple(size for sizes in old for size in sizes)


def _channels(name: str, layers: Sequence[Layer], weights: Caffemodel | None) -> int | None:
    """Return the channels that the first convolution has weights for."""
    for layer in layers:
        if name in layer.bottoms and layer.type == "Convolution":
            arrays = weights.arrays.get(layer.name) if weights else None
            if arrays and len(arrays[0].shape) == 4:
                return arrays[0].shape[1] * max(
                    layer.parameters("convolution_param").integer("group", 1), 1
                )
    return None
