"""Sizes of the windows of convolution and pooling, as Caffe writes them."""

from __future__ import annotations

from typing import NamedTuple

from kwidgets.formats.caffe.errors import invalid
from kwidgets.formats.caffe.node import Node

# More than the longest side of any picture.
_MAX_SIZE = 65_536


class Pair(NamedTuple):
    """A size for the height, and one for the width."""

    height: int
    width: int


class Window(NamedTuple):
    """How a kernel goes over an image."""

    kernel: Pair
    stride: Pair
    pad: Pair
    dilation: Pair


def read_window(fields: Node, needs_kernel: bool = True) -> Window:
    """Return the window of a message with kernel_size, stride, pad and dilation.

    Raises:
        FormatError: a size is missing, or is none.
    """
    return Window(
        _pair(fields, "kernel_size", "kernel", default=0, least=1 if needs_kernel else 0),
        _pair(fields, "stride", "stride", default=1, least=1),
        _pair(fields, "pad", "pad", default=0, least=0),
        _pair(fields, "dilation", "dilation", default=1, least=1),
    )


def _pair(fields: Node, name: str, stem: str, default: int, least: int) -> Pair:
    values = fields.integers(name)
    if fields.has(f"{stem}_h") or fields.has(f"{stem}_w"):
        values = [fields.integer(f"{stem}_h", default), fields.integer(f"{stem}_w", default)]
    values = values or [default]
    if len(values) > 2 or any(not least <= value <= _MAX_SIZE for value in values):
        raise invalid(name, ", ".join(map(str, values[:8])), f"{least} – {_MAX_SIZE}")
    return Pair(values[0], values[-1])
