"""What rules look at: a spec, what is known about it, and the data chosen for fit."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Final, Literal

from kwidgets.builder.analysis import Analysis, LayerFacts, Shape
from kwidgets.builder.data import DataInfo, Statistics, element_shape, target_shape
from kwidgets.builder.mistakes.losses import Loss, loss_of
from kwidgets.builder.spec import LayerSpec, ModelSpec, ObjectSpec, Value, Variable

_KERAS_LAYERS: Final = "keras.layers."

CONVOLUTIONS: Final = ("Conv1D", "Conv2D", "Conv3D")
MORE_CONVOLUTIONS: Final = (
    *CONVOLUTIONS,
    *(f"Conv{rank}DTranspose" for rank in (1, 2, 3)),
    *(f"SeparableConv{rank}D" for rank in (1, 2)),
    *(f"DepthwiseConv{rank}D" for rank in (1, 2)),
)
RECURRENT: Final = ("LSTM", "GRU", "SimpleRNN")
ACTIVATION_LAYERS: Final = ("Activation", "Softmax", "ReLU", "LeakyReLU", "PReLU", "ELU")
DROPOUTS: Final = (
    "Dropout",
    "AlphaDropout",
    "GaussianDropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
)
# Predictions pass them unchanged.
PASSIVE: Final = (*DROPOUTS, "GaussianNoise", "ActivityRegularization", "Identity")
AVERAGES: Final = tuple(f"GlobalAveragePooling{rank}D" for rank in (1, 2, 3))
NORMALIZING: Final = (
    "Rescaling",
    "Normalization",
    "BatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "RMSNormalization",
    "UnitNormalization",
)
WITH_UNITS: Final = ("Dense", *RECURRENT)
WITH_FILTERS: Final = tuple(name for name in MORE_CONVOLUTIONS if "Depthwise" not in name)

# What the targets are: class numbers, rows with a single 1, rows of 0s and 1s, other numbers,
# or something Keras cannot compute with.
Form = Literal["integers", "one_hot", "multi_label", "numbers", "words"]


@dataclasses.dataclass(frozen=True)
class Step:
    """A layer that is switched on and no block, with what is known about it."""

    entry: LayerSpec
    facts: LayerFacts

    @property
    def uid(self) -> str:
        return self.entry.uid

    @property
    def title(self) -> str:
        return self.entry.title

    def is_a(self, *titles: str) -> bool:
        """Whether it is one of Keras's layers of these names; a user's "Dense" is not."""
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
        """An LSTM, GRU or SimpleRNN, or one in Bidirectional."""
        inner = self.entry.object if not self.is_a("Bidirectional") else self.wrapped
        return inner.class_name.startswith(_KERAS_LAYERS) and inner.title in RECURRENT

    @property
    def activation(self) -> str | None:
        """What its output went through last: "linear", "relu" …; None when unknown."""
        if self.is_a("ReLU", "Softmax"):
            return self.title.lower()
        if self.is_a("LeakyReLU", "PReLU", "ELU"):
            return {"LeakyReLU": "leaky_relu", "PReLU": "prelu", "ELU": "elu"}[self.title]
        if self.is_a("Activation"):
            return activation_name(self.get("activation"))
        if self.is_a("Dense", "EinsumDense", *MORE_CONVOLUTIONS):
            return activation_name(self.get("activation"))
        if self.is_recurrent:
            return activation_name(self.wrapped.arguments.get("activation", "tanh"))
        return None

    @property
    def input_rank(self) -> int | None:
        """How many dimensions come in, the batch included."""
        shape = self.facts.input_shape
        return None if shape is None else len(shape)

    @property
    def width(self) -> int | None:
        """How many values a position of its output has, by its arguments."""
        if self.is_a("Dense"):
            value = self.get("units")
        elif self.is_a(*WITH_FILTERS):
            value = self.get("filters")
        else:
            value = None if self.facts.output_shape is None else self.facts.output_shape[-1]
        return value if isinstance(value, int) else None


def activation_name(value: Value) -> str | None:
    """Return an activation's name in lower case; None of a function of the user's."""
    if value is None:
        return "linear"
    if isinstance(value, ObjectSpec):
        value = value.title
    return value.lower() if isinstance(value, str) else None


@dataclasses.dataclass(frozen=True)
class Targets:
    """What the model is to learn to give.

    Args:
        name: of the variable.
        shape: of one sample's target; ``()`` is a single number. None when unknown.
        dtype: as NumPy names it.
        statistics: None where the values are not known, as of a dataset.
    """

    name: str
    shape: Shape | None
    dtype: str
    statistics: Statistics | None

    @property
    def single(self) -> bool:
        """One number a sample."""
        return self.shape in ((), (1,))

    @property
    def form(self) -> Form | None:
        values = self.statistics
        if not self.dtype.startswith(("int", "uint", "float", "bfloat", "bool")):
            return "words" if self.dtype else None
        if values is None or values.minimum is None or values.maximum is None:
            # A dataset's targets; whole numbers one by one can only be classes or counts.
            return "integers" if self.single and self.dtype.startswith(("int", "uint")) else None
        if self.single:
            return "integers" if values.is_integer else "numbers"
        if values.is_one_hot:
            return "one_hot"
        is_flags = values.is_integer and values.minimum >= 0 and values.maximum <= 1
        return (
            "multi_label"
            if is_flags and self.shape is not None and len(self.shape) == 1
            else ("integers" if values.is_integer else "numbers")
        )

    @property
    def lowest(self) -> float | None:
        return None if self.statistics is None else self.statistics.minimum

    @property
    def highest(self) -> float | None:
        return None if self.statistics is None else self.statistics.maximum

    @property
    def classes(self) -> int | None:
        """How many classes there must be for the highest label, if these are labels."""
        if self.form == "integers" and self.highest is not None:
            return int(self.highest) + 1
        if self.form == "one_hot" and self.shape:
            return self.shape[0]
        return None

    @property
    def look_like_classes(self) -> bool:
        """Whether whole numbers are few and without gaps, as class labels are, and counts not."""
        if self.form == "one_hot":
            return True
        values = self.statistics
        return (
            self.form == "integers"
            and values is not None
            and values.minimum in (0, 1)
            and values.distinct is not None
            and 2 <= values.distinct <= 100
            and values.maximum is not None
            and values.maximum - (values.minimum or 0) + 1 == values.distinct
        )


@dataclasses.dataclass(frozen=True)
class Situation:
    """All that rules may look at.

    Args:
        spec: the stack and its settings.
        analysis: what is known about the stack.
        data: what the namespace offers, by the variable's name.
        memory_bytes: free memory of the device that would train; None when unknown.
    """

    spec: ModelSpec
    analysis: Analysis
    data: Mapping[str, DataInfo] = dataclasses.field(default_factory=dict)
    memory_bytes: int | None = None

    @functools.cached_property
    def steps(self) -> tuple[Step, ...]:
        """The layers that the model has, blocks opened, in the order of the data's way."""

        def walk(layers: tuple[LayerSpec, ...]) -> list[Step]:
            found: list[Step] = []
            for entry in layers:
                if not entry.enabled:
                    continue
                if entry.children is not None:
                    found += walk(entry.children)
                    continue
                facts = self.analysis.layers.get(entry.uid, LayerFacts("unknown"))
                found.append(Step(entry, facts))
            return found

        return tuple(walk(self.spec.layers))

    # The end of the stack

    @functools.cached_property
    def output_step(self) -> Step | None:
        """The layer whose activation the model's output went through last; None when unknown."""
        for step in reversed(self.steps):
            if step.is_a(*PASSIVE, "Reshape", "Flatten"):
                continue
            return step if step.activation is not None else None
        return None

    @functools.cached_property
    def last_weights(self) -> Step | None:
        """The layer that decides how many values the model gives; None when unknown."""
        for step in reversed(self.steps):
            if step.is_a(*PASSIVE, *ACTIVATION_LAYERS, *AVERAGES):
                continue
            return step if step.is_a("Dense", *WITH_FILTERS) else None
        return None

    @property
    def output_activation(self) -> str | None:
        return None if self.output_step is None else self.output_step.activation

    @functools.cached_property
    def output_shape(self) -> Shape | None:
        """Of one sample; None unless the whole stack works."""
        shape = self.analysis.output_shape
        return shape[1:] if self.analysis.complete and shape is not None else None

    @functools.cached_property
    def output_width(self) -> int | None:
        """How many values the model gives at each position; known without an input shape too."""
        if self.output_shape is not None:
            return self.output_shape[-1] if self.output_shape else None
        return None if self.last_weights is None else self.last_weights.width

    # Settings

    @functools.cached_property
    def loss(self) -> Loss | None:
        """Compile's loss, if it is one that is known here."""
        return loss_of((self.spec.compile or {}).get("loss"))

    @property
    def metrics(self) -> tuple[Value, ...]:
        value = (self.spec.compile or {}).get("metrics")
        if isinstance(value, (str, ObjectSpec)):
            return (value,)
        return tuple(value) if isinstance(value, (tuple, list)) else ()

    @property
    def callbacks(self) -> tuple[ObjectSpec, ...]:
        value = self.spec.fit.get("callbacks") or ()
        return tuple(entry for entry in value if isinstance(entry, ObjectSpec))

    # Data

    def variable(self, argument: str) -> DataInfo | None:
        """What is known of the variable that an argument of fit names."""
        value = self.spec.fit.get(argument)
        return self.data.get(value.name) if isinstance(value, Variable) else None

    @property
    def x(self) -> DataInfo | None:
        return self.variable("x")

    @property
    def x_shape(self) -> Shape | None:
        """Of one sample."""
        return None if self.x is None else element_shape(self.x)

    @functools.cached_property
    def targets(self) -> Targets | None:
        """Fit's y, or what its dataset gives as y."""
        x, y = self.x, self.variable("y")
        if x is not None and x.is_dataset:
            if x.y_shape is None:
                return None
            return Targets(x.name, target_shape(x), x.y_dtype, None)
        if y is None or y.is_dataset or y.shape is None:
            return None
        return Targets(y.name, y.shape[1:], y.dtype, y.statistics)

    @property
    def has_validation(self) -> bool:
        fit = self.spec.fit
        return fit.get("validation_x") is not None or bool(fit.get("validation_split"))
