"""Read the weights of a caffemodel: arrays by the name of their layer."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kwidgets.formats import protobuf
from kwidgets.formats.caffe.stored_array import StoredArray, read_array
from kwidgets.formats.errors import FormatError
from kwidgets.language import t

# Field numbers of NetParameter.
_NET_NAME, _LAYERS_V1, _LAYERS_V2 = 1, 2, 100
_MAX_FIELDS = 1_000_000


@dataclass(frozen=True)
class Caffemodel:
    """The weights of a net.

    Attributes:
        path: of the file.
        net_name: the name of the net, or "".
        arrays: those of each layer that has some, by its name.
        layer_names: all layers of the net, in order.
    """

    path: Path
    net_name: str
    arrays: Mapping[str, tuple[StoredArray, ...]]
    layer_names: tuple[str, ...] = ()


def read_caffemodel(path: Path) -> Caffemodel:
    """Return the weights of a file; the numbers stay in the file until they are used.

    Raises:
        FormatError: it is damaged.
    """
    with open(path, "rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        return _read(path, view)
    except FormatError as error:
        raise FormatError(t("%1 cannot be read: %2", f"“{path}”", error)) from error


def _read(path: Path, view: memoryview) -> Caffemodel:
    net_name = ""
    arrays: dict[str, tuple[StoredArray, ...]] = {}
    names = []
    for count, each in enumerate(protobuf.fields(view)):
        if count > _MAX_FIELDS:
            raise FormatError(t("The file is damaged: it has too many parts."))
        if each.number == _NET_NAME:
            net_name = each.text
        elif each.number in (_LAYERS_V1, _LAYERS_V2):
            numbers = _V2 if each.number == _LAYERS_V2 else _V1
            name, found = _read_layer(each.view, numbers)
            names.append(name)
            if found:
                arrays[name] = found
    return Caffemodel(path, net_name, arrays, tuple(names))


@dataclass(frozen=True)
class _Numbers:
    name: int
    arrays: int
    # A layer within: that of V0.
    nested: int = 0


_V0 = _Numbers(name=1, arrays=50)
_V1 = _Numbers(name=4, arrays=6, nested=1)
_V2 = _Numbers(name=1, arrays=7)


def _read_layer(view: memoryview, numbers: _Numbers) -> tuple[str, tuple[StoredArray, ...]]:
    name = ""
    arrays: list[StoredArray] = []
    for each in _bounded(view):
        if each.number == numbers.name:
            name = each.text
        elif each.number == numbers.arrays:
            arrays.append(read_array(each.view))
        elif numbers.nested and each.number == numbers.nested:
            name, found = _read_layer(each.view, _V0)
            arrays += found
    return name, tuple(arrays)


def _bounded(view: memoryview) -> Iterator[protobuf.Field]:
    for count, each in enumerate(protobuf.fields(view)):
        if count > _MAX_FIELDS:
            raise FormatError(t("The file is damaged: it has too many parts."))
        yield each
