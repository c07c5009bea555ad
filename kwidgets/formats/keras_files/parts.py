"""One layer of an old file as layers of this Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.formats.import_report import Outcome
from kwidgets.formats.keras_files.mask_arguments import with_masks
from kwidgets.formats.keras_files.origin import Origin
from kwidgets.formats.keras_files.rebuilt import Arrays, Convert, Slot
from kwidgets.language import Message, translated

Shape: TypeAlias = tuple[int | None, ...]
MODELS = ("Model", "Functional", "Sequential", "Graph")
_RECURRENT = (keras.layers.RNN, keras.layers.Bidirectional)
# Takes one tensor or a list of them, and the keyword arguments of the call.
Apply: TypeAlias = Callable[[Any, Mapping[str, Any]], Any]


class CutError(FormatError):
    """A layer cannot be converted: the model ends before it."""

    def __init__(self, note: Message) -> None:
        super().__init__(translated(note))
        self.note = note


@dataclass(frozen=True)
class OldLayer:
    """A layer as the file has it.

    Attributes:
        name: its name in the file.
        keras_name: the same without the characters that Keras refuses.
        class_name: its class in the file.
        config: its configuration.
        origin: which Keras wrote it.
        shapes: of its arrays in the file, in their order; None if there is no file of weights.
        shared_id: the same for a layer that stands in several models; "" where the file has none.
    """

    name: str
    keras_name: str
    class_name: str
    config: Mapping[str, Any]
    origin: Origin
    shapes: tuple[tuple[int, ...], ...] | None = None
    shared_id: str = ""


def _as_they_are(arrays: Arrays) -> Arrays:
    return arrays


@dataclass
class Part:
    """One layer of an old file as layers of this Keras.

    Attributes:
        layers: the Keras layers that it made, in the order of their weights in ``convert``.
        apply: calls them; None for layers that each take the output of the one before.
        convert: the file's arrays → those of the layers' variables.
        num_trainable: how many arrays of the file are trainable; None if all variables of the file
            are those of the layers.
        num_arrays: how many arrays the file has; None likewise.
        notes: for the report.
        outcome: for the report.
        slot_of: the slot, where it is not that of the layers' variables (a model in the model).
        shown: the layers to name in the report, where they are not those.
        inner_slots: slots by names of layers that old files keep beside this one.
    """

    layers: list[Any]
    apply: Apply | None = None
    convert: Convert = _as_they_are
    num_trainable: int | None = None
    num_arrays: int | None = None
    notes: list[Message] = field(default_factory=list)
    outcome: Outcome = "converted"
    slot_of: Slot | None = None
    shown: list[Any] | None = None
    inner_slots: Mapping[str, Slot] = field(default_factory=dict)

    @property
    def is_chain(self) -> bool:
        """Whether its layers each take the output of the one before, as in a Sequential."""
        return self.apply is None

    def __call__(self, inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        if self.apply is not None:
            return self.apply(inputs, kwargs)
        main = self._main_layer()
        if isinstance(inputs, list) and isinstance(main, _RECURRENT):
            # Keras 1 and 2 pass the initial states behind the sequence.
            inputs, states = inputs[0], inputs[1:]
            kwargs = {**kwargs, "initial_state": states} if states else kwargs
        for layer in self.layers:
            inputs = layer(inputs, **with_masks(layer, inputs, kwargs if layer is main else {}))
        return inputs

    def _main_layer(self) -> Any:
        others = (
            *(keras.layers.ZeroPadding1D, keras.layers.ZeroPadding2D),
            *(keras.layers.ZeroPadding3D, keras.layers.Permute, keras.layers.Activation),
        )
        mains = [layer for layer in self.layers if not isinstance(layer, others)]
        return (mains or self.layers)[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the Keras layers, for the report."""
        return tuple(each.name for each in (self.layers if self.shown is None else self.shown))

    def slot(self) -> Slot:
        """Return where the file's arrays go, once the layers are built."""
        if self.slot_of is not None:
            return self.slot_of
        variables = tuple(each for layer in self.layers for each in file_order(layer))
        trainable = sum(1 for each in variables if each.trainable)
        return Slot(
            variables,
            self.convert,
            trainable if self.num_trainable is None else self.num_trainable,
            len(variables) if self.num_arrays is None else self.num_arrays,
        )


def file_order(layer: Any) -> list[Any]:
    """Return a layer's variables in the order in which Keras 1 and 2 save them."""
    trainable = [each for each in layer.weights if each.trainable]
    return trainable + [each for each in layer.weights if not each.trainable]


def shape_of(tensor: Any) -> Shape:
    """Return the shape of a KerasTensor."""
    return tuple(tensor.shape)


def one_tensor(inputs: Any, name: str) -> Any:
    """Return the only tensor of a layer's inputs.

    Raises:
        FormatError: there are several, or none.
    """
    from kwidgets.language import t

    if isinstance(inputs, (list, tuple)):
        if len(inputs) != 1:
            raise FormatError(
                t("Layer “%1” takes one tensor, but the file connects %2.", name, len(inputs))
            )
        return inputs[0]
    return inputs
