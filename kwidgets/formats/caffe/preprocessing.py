"""What Caffe's programs do to pictures before a net: what the files say, and what they do not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kwidgets.formats.caffe.inputs import NetInput
from kwidgets.formats.caffe.mean import read_mean
from kwidgets.formats.caffe.net import Layer, Net
from kwidgets.formats.caffe.node import Node
from kwidgets.formats.errors import FormatError
from kwidgets.formats.import_report import Preprocessing
from kwidgets.language import Message, message

Mean = npt.NDArray[np.float32]


def find_preprocessing(
    net: Net, inputs: Sequence[NetInput], input_names: Sequence[str], folder: Path
) -> tuple[tuple[Preprocessing, ...], dict[str, Mean]]:
    """Return what is known for each input that is a picture, and mean pictures by input.

    Args:
        net: the net; layers of other phases tell it too.
        inputs: those of the net that the model has.
        input_names: their names in the model.
        folder: of the prototxt: a mean file that lies there is read.
    """
    found: list[Preprocessing] = []
    means: dict[str, Mean] = {}
    for each, name in zip(inputs, input_names, strict=True):
        if len(each.shape) != 4 or each.shape[1] not in (1, 3, 4):
            continue
        fields = _transformation(net, each)
        mean, picture, notes = _mean(fields, folder)
        if picture is not None:
            means[name] = picture
        crop = fields.integer("crop_size") if fields else 0
        sides = (
            (fields.integer("crop_h") or crop, fields.integer("crop_w") or crop)
            if fields
            else (0, 0)
        )
        found.append(
            Preprocessing(
                name,
                "BGR" if each.shape[1] == 3 else None,
                mean,
                fields.number("scale", 1.0) if fields else 1.0,
                sides if all(sides) else None,
                notes,
            )
        )
    return tuple(found), means


def _transformation(net: Net, found: NetInput) -> Node | None:
    if found.layer is not None and found.layer.fields.has("transform_param"):
        return found.layer.parameters("transform_param")
    layers: Sequence[Layer] = (*net.layers, *net.left_out)
    for layer in layers:
        if not layer.bottoms and layer.fields.has("transform_param"):
            return layer.parameters("transform_param")
    return None


def _mean(
    fields: Node | None, folder: Path
) -> tuple[tuple[float, ...] | str | None, Mean | None, tuple[Message, ...]]:
    if fields is None:
        note = message(
            "The prototxt does not say which mean was subtracted and which scale was used. "
            "Look at the prototxt of the training, or the program that came with the model."
        )
        return None, None, (note,)
    if values := fields.numbers("mean_value"):
        return tuple(values), None, ()
    if not (name := fields.text("mean_file")):
        return None, None, ()
    # Only what lies beside the prototxt: the path is one of another machine.
    file = folder / Path(name.replace("\\", "/")).name
    try:
        picture = read_mean(file) if file.is_file() else None
    except FormatError:
        picture = None
    if picture is None:
        note = message("The mean picture “%1” is not in the prototxt's folder.", file.name)
        return name, None, (note,)
    channels = ", ".join(f"{value:.4g}" for value in picture.mean((0, 1)))
    note = message("The means of the mean picture's channels: %1.", channels)
    return file.name, picture, (note,)
