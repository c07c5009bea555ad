"""Plain data about each layer of a spec: shapes, parameters, problem. Filled in by ``shapes``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from kwidgets.builder.protocol import LayerStatus
from kwidgets.protocol import shortened

# As in Keras: None for a dimension of any size, the batch dimension first.
Shape = tuple[int | None, ...]


def shapes_match(shape: Shape, other: Shape) -> bool:
    """Return whether two shapes can be the same, where None may be any size."""
    return len(shape) == len(other) and all(
        None in pair or pair[0] == pair[1] for pair in zip(shape, other, strict=True)
    )


@dataclasses.dataclass(frozen=True)
class Problem:
    """Why a layer does not work with its input and arguments.

    Args:
        text: in words that a learner understands.
        detail: Keras's own message.
        parameter: the argument that causes it, if there is one.
        traceback: the lines of the user's own code in which it was raised, as Python prints them.
    """

    text: str
    detail: str
    parameter: str | None = None
    traceback: str = dataclasses.field(default="", compare=False)

    def __post_init__(self) -> None:
        # Keras quotes arguments, however large they are.
        object.__setattr__(self, "text", shortened(self.text))
        object.__setattr__(self, "detail", shortened(self.detail))


@dataclasses.dataclass(frozen=True)
class LayerFacts:
    """One layer's shapes, parameters and problem. Counts are single weights, sizes are bytes.

    Args:
        status: see ``protocol.LayerStatus``.
        input_shape, output_shape: with the batch dimension; None when unknown.
        output_bytes: of the output, for one sample; None where a dimension has any size.
        weight_shapes: of every weight, in Keras's order.
    """

    status: LayerStatus
    input_shape: Shape | None = None
    output_shape: Shape | None = None
    output_dtype: str | None = None
    parameters: int | None = None
    trainable: int | None = None
    weight_bytes: int | None = None
    output_bytes: int | None = None
    weight_shapes: tuple[Shape, ...] | None = None
    problem: Problem | None = None


@dataclasses.dataclass(frozen=True)
class Analysis:
    """The facts of a whole spec.

    Args:
        input_shape: with the batch dimension; None while unknown.
        input_problem: of the input itself.
        layers: by uid, with the layers in blocks.
        output_shape, output_dtype: of the stack; None unless it is complete.
        complete: whether every enabled layer has a shape and no problem.
        top_level: the uids of the stack's own layers; a block's facts already sum up its layers.
    """

    input_shape: Shape | None
    layers: Mapping[str, LayerFacts]
    output_shape: Shape | None = None
    output_dtype: str | None = None
    complete: bool = False
    input_problem: Problem | None = None
    top_level: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        return self._total("parameters")

    @property
    def trainable(self) -> int:
        return self._total("trainable")

    @property
    def weight_bytes(self) -> int:
        return self._total("weight_bytes")

    def _total(self, name: str) -> int:
        return sum(getattr(self.layers[uid], name) or 0 for uid in self.top_level)
