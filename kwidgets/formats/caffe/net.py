"""A net as plain data: its layers in today's terms, whatever release wrote the prototxt."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kwidgets.formats.caffe.node import Node
from kwidgets.formats.caffe.phase import State, is_included
from kwidgets.formats.caffe.text_format import parse
from kwidgets.formats.caffe.upgrade import upgraded
from kwidgets.formats.errors import FormatError
from kwidgets.language import t

# ResNet-152's has 0.1 MB.
_MAX_TEXT_BYTES = 4 * 2**20
_MAX_LAYERS = 5_000


@dataclass(frozen=True)
class ParamSpec:
    """How an array of a layer is trained: factors of the learning rate and the weight decay."""

    lr_mult: float = 1.0
    decay_mult: float = 1.0
    shared_name: str = ""


@dataclass(frozen=True)
class Layer:
    """A layer of a net, in the terms of Caffe 1.0.

    Attributes:
        name: its name, or "".
        type: such as "Convolution".
        bottoms: names of its inputs.
        tops: names of its outputs.
        fields: all that the file says of it.
        params: of its arrays in order; those that the file does not name have the defaults.
    """

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    fields: Node = field(repr=False)
    params: tuple[ParamSpec, ...] = ()

    def parameters(self, name: str) -> Node:
        """Return a message of its parameters, such as "convolution_param"; it may be empty."""
        return self.fields.node(name)


@dataclass(frozen=True)
class Net:
    """A net in its TEST phase.

    Attributes:
        name: its name, or "".
        inputs: declared for the net itself: names and shapes, () where there is none.
        layers: those of the phase, in order.
        left_out: layers of other phases.
    """

    name: str
    inputs: tuple[tuple[str, tuple[int, ...]], ...]
    layers: tuple[Layer, ...]
    left_out: tuple[Layer, ...] = ()


def read_text(path: Path) -> Node:
    """Return the fields of a prototxt file.

    Raises:
        FormatError: it is too large, or not in this format.
    """
    if path.stat().st_size > _MAX_TEXT_BYTES:
        raise FormatError(
            t("“%1” is larger than %2 MB. A prototxt is smaller.", path, _MAX_TEXT_BYTES >> 20)
        )
    try:
        return parse(path.read_text(encoding="utf-8-sig", errors="replace"))
    except FormatError as error:
        raise FormatError(t("%1 cannot be read: %2", f"“{path}”", error)) from error


def read_net(fields: Node) -> Net:
    """Return the net in a prototxt, as it is to predict.

    Raises:
        FormatError: a field is not of its type, or there is no layer.
    """
    fields = upgraded(fields)
    state = State.of(fields.node("state"))
    layers = [_layer(node) for node in fields.nodes("layer")]
    if len(layers) > _MAX_LAYERS:
        raise FormatError(t("The prototxt has more than %1 layers.", _MAX_LAYERS))
    included = [is_included(layer.fields, state) for layer in layers]
    net = Net(
        fields.text("name"),
        tuple(_net_inputs(fields)),
        tuple(layer for layer, inside in zip(layers, included, strict=True) if inside),
        tuple(layer for layer, inside in zip(layers, included, strict=True) if not inside),
    )
    if not net.layers:
        raise FormatError(t("The prototxt has no layers for the TEST phase."))
    return net


def _layer(node: Node) -> Layer:
    params = tuple(
        ParamSpec(each.number("lr_mult", 1.0), each.number("decay_mult", 1.0), each.text("name"))
        for each in node.nodes("param")
    )
    return Layer(
        node.text("name"),
        node.text("type"),
        tuple(node.texts("bottom")),
        tuple(node.texts("top")),
        node,
        params,
    )


def _net_inputs(fields: Node) -> list[tuple[str, tuple[int, ...]]]:
    names = fields.texts("input")
    shapes = [tuple(shape.integers("dim")) for shape in fields.nodes("input_shape")]
    dims = fields.integers("input_dim")
    if not shapes:
        shapes = [tuple(dims[start : start + 4]) for start in range(0, len(dims), 4)]
    if shapes and len(shapes) != len(names):
        raise FormatError(
            t("The net has %1 inputs, but the shapes of %2.", len(names), len(shapes))
        )
    return list(zip(names, shapes or [()] * len(names), strict=True))
