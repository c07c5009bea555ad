"""One layer with its shapes and weights, and what rules ask about it."""

from __future__ import annotations

import dataclasses
from typing import Final

from kwidgets.builder.analysis import LayerFacts
from kwidgets.builder.mistakes.layer_groups import ALL_CONVOLUTIONS, RECURRENT, WITH_FILTERS
from kwidgets.builder.spec import LayerSpec, ObjectSpec, Reference, Value

_KERAS_LAYERS: Final = "keras.layers."


@dataclasses.dataclass(frozen=True)
class Step:
    """One layer that the data passes through, with its facts: enabled, and not a block."""

    entry: LayerSpec
    facts: LayerFacts

    @property
    def uid(self) -> str:
        return self.entry.uid

    @property
    def title(self) -> str:
        return self.entry.title

    def is_a(self, *titles: str) -> bool:
        """Return whether it is one of these Keras layers; a user's own class "Dense" is not."""
        return self.entry.class_name.startswith(_KERAS_LAYERS) and self.title in titles

    def get(self, name: str, default: Value = None) -> Value:
        return self.entry.arguments.get(name, default)

    @property
    def wrapped(self) -> ObjectSpec:
        """The layer itself, or the one that Bidirectional or TimeDistributed wraps."""
        inner = self.get("layer")
        if self.is_a("Bidirectional", "TimeDistributed") and isinstance(inner, ObjectSpec):
            return inner
        return self.entry.object

    @property
    def is_recurrent(self) -> bool:
        """Whether it is an LSTM, GRU or SimpleRNN, or one in Bidirectional."""
        inner = self.entry.object if not self.is_a("Bidirectional") else self.wrapped
        return inner.class_name.startswith(_KERAS_LAYERS) and inner.title in RECURRENT

    @property
    def activation(self) -> str | None:
        """The activation applied last to its output: "linear", "relu" …; None when unknown."""
        if self.is_a("ReLU", "Softmax"):
            return self.title.lower()
        if self.is_a("LeakyReLU", "PReLU", "ELU"):
            return {"LeakyReLU": "leaky_relu", "PReLU": "prelu", "ELU": "elu"}[self.title]
        if self.is_a("Activation"):
            return activation_name(self.get("activation"))
        if self.is_a("Dense", "EinsumDense", *ALL_CONVOLUTIONS):
            return activation_name(self.get("activation"))
        if self.is_recurrent:
            return activation_name(self.wrapped.arguments.get("activation", "tanh"))
        return None

    @property
    def input_rank(self) -> int | None:
        """The number of input dimensions, with the batch dimension."""
        shape = self.facts.input_shape
        return None if shape is None else len(shape)

    @property
    def width(self) -> int | None:
        """How many values its output has at each position, by its arguments."""
        if self.is_a("Dense"):
            value = self.get("units")
        elif self.is_a(*WITH_FILTERS):
            value = self.get("filters")
        else:
            value = None if self.facts.output_shape is None else self.facts.output_shape[-1]
        return value if isinstance(value, int) else None


_LIBRARY_FUNCTIONS: Final = (
    "softmax",
    "log_softmax",
    "sigmoid",
    "tanh",
    "relu",
    "softplus",
    "elu",
    "selu",
)


def activation_name(value: Value) -> str | None:
    """Return an activation's name in lower case; None for a user's own function."""
    if value is None:
        return "linear"
    if isinstance(value, ObjectSpec):
        value = value.title
    if isinstance(value, Reference):
        # Functions of a backend library mean what their names say: tf.nn.softmax, jax.nn.relu.
        function = value.value
        library = str(getattr(function, "__module__", "")).partition(".")[0]
        name = getattr(function, "__name__", None)
        if library not in ("keras", "tensorflow", "torch", "jax") or not isinstance(name, str):
            return None
        value = name.removesuffix("_v2")
        return value if value in _LIBRARY_FUNCTIONS else None
    return value.lower() if isinstance(value, str) else None
