"""Make a Keras model from a net: one layer after the other, and what cannot be is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, TypeAlias

import keras

from kwidgets.formats.caffe.blob import IMAGE, Blob, Constant, Unavailable
from kwidgets.formats.caffe.conversion import Conversion
from kwidgets.formats.caffe.errors import UnsupportedLayerError, WeightsMismatchError
from kwidgets.formats.caffe.fusion import find_fused_scales
from kwidgets.formats.caffe.inputs import DATA_LAYERS, NetInput, find_inputs
from kwidgets.formats.caffe.layers.registry import CONVERTERS, LOSSES, MEASURES
from kwidgets.formats.caffe.net import Layer, Net
from kwidgets.formats.caffe.step import Step
from kwidgets.formats.errors import FormatError
from kwidgets.formats.import_report import ImportedLayer, Outcome
from kwidgets.language import Message, message, t

_Value: TypeAlias = Blob | Constant | Unavailable
_LABEL, _CUT = Unavailable(is_label=True), Unavailable()
_MAX_PROBLEMS = 10


@dataclass(frozen=True)
class Graph:
    """A net as a model.

    Attributes:
        model: with its weights.
        layers: what became of each layer.
        inputs: those of the net that the model has too.
        notes: on the model as a whole.
        losses: loss of Keras for each output, or None.
    """

    model: keras.Model
    layers: tuple[ImportedLayer, ...]
    inputs: tuple[NetInput, ...]
    notes: tuple[Message, ...]
    losses: tuple[str | None, ...]


def make_graph(net: Net, conversion: Conversion) -> Graph:
    """Return the model of a net.

    Raises:
        FormatError: a layer is not valid, the weights do not fit, or nothing can be converted.
    """
    before = keras.config.image_data_format()
    # Layers store it when they are made: the user's own setting holds for what comes after.
    keras.config.set_image_data_format("channels_last")
    try:
        return _Maker(net, conversion).make()
    finally:
        keras.config.set_image_data_format(before)


class _Maker:
    def __init__(self, net: Net, conversion: Conversion) -> None:
        self._net = net
        self._conversion = conversion
        self._values: dict[str, _Value] = {}
        self._inputs: dict[str, tuple[NetInput, Any]] = {}
        self._reports: list[ImportedLayer] = []
        self._problems: list[str] = []
        self._fused = find_fused_scales(net.layers)
        # Outputs of the model: blobs that no converted layer uses, and those before a cut.
        self._unused: dict[int, Blob] = {}
        self._before_cut: dict[int, Blob] = {}
        self._detected: list[Blob] = []

    def make(self) -> Graph:
        for found in find_inputs(self._net, self._conversion.weights):
            self._add_input(found)
        fused_names: dict[int, tuple[str, ...]] = {}
        for index, layer in enumerate(self._net.layers):
            if index in fused_names:
                self._merge(layer, fused_names[index])
                continue
            scale = self._fused.get(index)
            self._convert(layer, None if scale is None else self._net.layers[scale])
            if scale is not None and self._reports[-1].outcome in ("converted", "guessed"):
                fused_names[scale] = self._reports[-1].keras_layers
        if self._problems:
            raise FormatError(self._mismatch())
        return self._finished()

    # Inputs.

    def _add_input(self, found: NetInput) -> None:
        sizes = found.shape[1:]
        axes = _axes_of(found)
        order = sorted(range(1, len(axes)), key=lambda each: axes[each])
        name = self._conversion.names.unique(found.name)
        tensor = keras.Input([sizes[each - 1] for each in order], name=name)
        self._inputs[name] = (found, tensor)
        self._values[found.name] = Blob(tensor, axes, frozenset({name}))
        if self._conversion.batch_size is None:
            self._conversion.batch_size = found.shape[0]

    def _report_input(self, layer: Layer) -> None:
        for top in layer.tops:
            # What a layer of data gives beside the data: labels.
            self._values.setdefault(top, _LABEL)
        made = [name for name, (found, _) in self._inputs.items() if found.layer is layer]
        notes = [
            note
            for found, _ in self._inputs.values()
            if found.layer is layer
            for note in found.notes
        ]
        outcome: Outcome = "guessed" if notes else "converted" if made else "dropped"
        self._reports.append(
            ImportedLayer(layer.name, layer.type, outcome, tuple(made), tuple(notes))
        )

    # Layers.

    def _convert(self, layer: Layer, fused_scale: Layer | None) -> None:
        if _is_source(layer) or (
            not layer.bottoms and layer.tops and all(top in self._values for top in layer.tops)
        ):
            self._report_input(layer)
            return
        bottoms = [self._value(layer, name) for name in layer.bottoms]
        if layer.type in LOSSES:
            bottoms = [each for each in bottoms if not _is_label(each)][:1] or bottoms
        if layer.type in MEASURES or (bottoms and any(_is_label(each) for each in bottoms)):
            self._drop(layer, bottoms)
            return
        if any(isinstance(each, Unavailable) for each in bottoms):
            self._cut(layer, bottoms, message("Its input comes from a layer that was cut."))
            return
        available = [each for each in bottoms if not isinstance(each, Unavailable)]
        step = Step(layer, self._conversion, available)
        step.fused_scale = fused_scale
        try:
            outputs = self._outputs(step)
        except UnsupportedLayerError as error:
            self._cut(layer, bottoms, error.reason)
            return
        for bottom in available:
            if isinstance(bottom, Blob) and step.outcome != "dropped":
                self._unused.pop(id(bottom.tensor), None)
        if layer.type == "DetectionOutput":
            self._detected = [each for each in outputs if isinstance(each, Blob)]
        for name, value in zip_longest(layer.tops, outputs):
            if name is None or value is None:
                # Old files give a loss no name; a loss that is dropped has no value.
                self._set(name or layer.name, value or _LABEL)
            else:
                self._set(name, value)
        self._reports.append(
            ImportedLayer(
                layer.name,
                layer.type,
                step.outcome,
                tuple(step.keras_layers),
                tuple(step.notes),
            )
        )

    def _outputs(self, step: Step) -> Sequence[_Value]:
        layer = step.layer
        converter = CONVERTERS.get(layer.type)
        if converter is None:
            raise UnsupportedLayerError(
                message("Layers of type %1 cannot be converted.", layer.type[:100])
            )
        try:
            outputs = converter(step)
        except WeightsMismatchError as error:
            self._problems.append(error.problem)
            # Only to find what else does not fit: no model comes of it.
            tensor = keras.KerasTensor((None, *error.output_shape))
            return [Blob(tensor, error.axes)]
        except UnsupportedLayerError:
            raise
        except FormatError as error:
            raise _failed(layer, str(error)) from error
        except Exception as error:
            # Keras has refused a value that is in the file.
            text = str(error).strip().split("\n")[0][:200]
            raise _failed(layer, text) from error
        if len(layer.tops) > len(outputs) and layer.type not in LOSSES:
            raise _failed(
                layer, t("%1 outputs (top) are too many for this layer.", len(layer.tops))
            )
        return outputs

    def _value(self, layer: Layer, name: str) -> _Value:
        if name not in self._values:
            raise _failed(layer, t("No layer before it has the output “%1”.", name))
        return self._values[name]

    def _set(self, name: str, value: _Value) -> None:
        self._values[name] = value
        if isinstance(value, Blob):
            self._unused[id(value.tensor)] = value

    def _merge(self, layer: Layer, names: tuple[str, ...]) -> None:
        """Pass on what BatchNormalization has done already."""
        (bottom,) = layer.bottoms
        if layer.tops:
            self._values[layer.tops[0]] = self._values[bottom]
        note = message("Part of the BatchNormalization before it.")
        self._reports.append(ImportedLayer(layer.name, layer.type, "converted", names, (note,)))

    def _drop(self, layer: Layer, bottoms: Sequence[_Value]) -> None:
        for name in layer.tops:
            self._values[name] = _LABEL
        if layer.type == "Silence":
            for bottom in bottoms:
                if isinstance(bottom, Blob) and len(self._unused) > 1:
                    self._unused.pop(id(bottom.tensor), None)
        self._reports.append(ImportedLayer(layer.name, layer.type, "dropped"))

    def _cut(self, layer: Layer, bottoms: Sequence[_Value], reason: Message) -> None:
        for name in layer.tops:
            self._values[name] = _CUT
        for bottom in bottoms:
            if isinstance(bottom, Blob):
                self._before_cut[id(bottom.tensor)] = bottom
        self._reports.append(ImportedLayer(layer.name, layer.type, "cut", (), (reason,)))

    # The model.

    def _mismatch(self) -> str:
        shown = self._problems[:_MAX_PROBLEMS]
        more = len(self._problems) - len(shown)
        return t(
            "The caffemodel does not fit the prototxt: "
            "the arrays of %1 layers have other shapes. %2",
            len(self._problems),
            "; ".join(shown) + (f" (+{more})" if more else ""),
        )

    def _finished(self) -> Graph:
        untouched = {(id(tensor), _axes_of(found)) for found, tensor in self._inputs.values()}
        outputs: dict[int, Blob] = {}
        for blob in [*self._detected, *self._before_cut.values(), *self._unused.values()]:
            if (id(blob.tensor), blob.axes) not in untouched:
                outputs.setdefault(id(blob.tensor), blob)
        if not outputs:
            raise FormatError(
                t(
                    "No layer of the net can be converted; the first is “%1” (%2).",
                    *next(
                        ((e.name, e.type) for e in self._reports if e.outcome == "cut"), ("–", "–")
                    ),
                )
            )
        blobs = [self._laid_out(blob) for blob in outputs.values()]
        used = frozenset().union(*(blob.inputs for blob in blobs))
        inputs = {name: each for name, each in self._inputs.items() if name in used}
        notes = [
            message("The input “%1” is left out: no converted layer uses it.", name)
            for name in self._inputs
            if name not in used
        ]
        tensors = [blob.tensor for blob in blobs]
        given = [tensor for _, tensor in inputs.values()]
        model = keras.Model(
            given if len(given) > 1 else given[0],
            tensors if len(tensors) > 1 else tensors[0],
            name=self._conversion.names.unique(self._net.name or "caffe_net"),
        )
        notes += [
            note
            for name, blob in zip(model.output_names, blobs, strict=True)
            if (note := _axes_note(name, blob))
        ]
        if (detection := self._conversion.detection) is not None:
            wanted = [id(blob.tensor) for blob in self._detected]
            places = [list(outputs).index(each) for each in wanted]
            self._conversion.detection = replace(detection, outputs=(places[0], places[1]))
        losses = {id(tensor): loss for tensor, loss in self._conversion.losses}
        return Graph(
            model,
            tuple(self._reports),
            tuple(found for found, _ in inputs.values()),
            tuple(notes),
            tuple(losses.get(each) for each in outputs),
        )

    def _laid_out(self, blob: Blob) -> Blob:
        """Return an output as it is if it is an image, channels last, else in Caffe's order."""
        if blob.axes in (IMAGE, tuple(range(blob.num_axes))):
            return blob
        if blob.axes[0] != 0:
            raise FormatError(t("It mixes the samples of a batch, which Keras cannot do."))
        layer = Layer("output", "", (), (), self._net.layers[0].fields)
        return Step(layer, self._conversion, [blob]).as_caffe(blob)


def _axes_note(name: str, blob: Blob) -> Message | None:
    if not blob.is_image:
        return None
    if blob.axes == IMAGE:
        return message("Output “%1” has the axes batch, height, width, channels.", name)
    return message("Output “%1” has its axes in Caffe's order.", name)


def _failed(layer: Layer, why: str) -> FormatError:
    return FormatError(t("Layer “%1” (%2): %3", layer.name[:100], layer.type[:100], why))


def _axes_of(found: NetInput) -> tuple[int, ...]:
    return IMAGE if len(found.shape) == 4 else tuple(range(len(found.shape)))


def _is_source(layer: Layer) -> bool:
    return layer.type == "Input" or (layer.type in DATA_LAYERS and not layer.bottoms)


def _is_label(value: _Value) -> bool:
    return isinstance(value, Unavailable) and value.is_label
