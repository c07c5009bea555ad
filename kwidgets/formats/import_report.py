"""What became of each part of an imported model, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from kwidgets.language import Message

# "converted": the same layer in Keras. "repaired": Keras alone would have read it wrong or not at
# all. "guessed": the file does not say; look at it. "dropped": not needed to predict, such as a
# data layer. "cut": cannot be converted; the model ends before it.
Outcome: TypeAlias = Literal["converted", "repaired", "guessed", "dropped", "cut"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True)
class ImportedLayer:
    """A layer of the file, and what it has become.

    Attributes:
        name: its name in the file.
        type: its type in the file, such as "Convolution".
        outcome: one of :data:`OUTCOMES`.
        keras_layers: names of the Keras layers that stand for it, in order.
        notes: what was guessed, repaired or cut, and why; the empty tuple where nothing is to say.
    """

    name: str
    type: str
    outcome: Outcome
    keras_layers: tuple[str, ...] = ()
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Preprocessing:
    """What the original program did to its input before the model: ``(x - mean) * scale``.

    Attributes:
        input_name: the Keras input.
        channel_order: "BGR" or "RGB" where the file tells or its system is known to use it.
        mean: one number, one a channel, or the file or shape of a mean picture, in this order of
            the channels; None if nothing is subtracted.
        scale: the factor; 1.0 if there is none.
        crop: height and width of the part that was cut out, or None.
        notes: what the file does not say.
    """

    input_name: str
    channel_order: Literal["BGR", "RGB"] | None = None
    mean: tuple[float, ...] | str | None = None
    scale: float = 1.0
    crop: tuple[int, int] | None = None
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True)
class ImportFacts:
    """What is known of an import, without the model itself.

    Attributes:
        source: the system that wrote the file, such as "Caffe" or "Keras 1.2.2 on Theano".
        files: the paths that were read.
        layers: all layers of the file, in its order.
        notes: what concerns the model as a whole.
        preprocessing: one for each input of which something is known.
        num_parameters: numbers in the weights that were read.
    """

    source: str
    files: tuple[str, ...]
    layers: tuple[ImportedLayer, ...]
    notes: tuple[Message, ...] = ()
    preprocessing: tuple[Preprocessing, ...] = field(default=())
    num_parameters: int = 0
