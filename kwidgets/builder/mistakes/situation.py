"""What rules look at: a spec, what is known about it, and the data chosen for fit."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Final, Literal

from kwidgets.builder.analysis import Analysis, LayerFacts, Shape
from kwidgets.builder.data import DataInfo, Statistics, as_samples_of, element_shape, target_shape
from kwidgets.builder.mistakes.losses import Loss, loss_of
from kwidgets.builder.spec import LayerSpec, ModelSpec, ObjectSpec, Reference, Value, Variable

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

# Class numbers begin near zero, prices and years do not.
_NOT_NEAR_ZERO: Final = 10
_FAR_FROM_ZERO: Final = 100
# Of so few different values a sample of the elements shows all.
_FEW: Final = 32

# What the targets are: class numbers, rows with a single 1, rows of 0s and 1s, other numbers,
# or something Keras cannot compute with.
Form = Literal["integers", "one_hot", "multi_label", "numbers", "words"]


def alike(shape: Shape, other: Shape) -> bool:
    """Whether two shapes can be the same, where None may be any size."""
    return len(shape) == len(other) and all(
        None in pair or pair[0] == pair[1] for pair in zip(shape, other, strict=True)
    )


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


_FUNCTIONS: Final = ("softmax", "log_softmax", "sigmoid", "tanh", "relu", "softplus", "elu", "selu")


def activation_name(value: Value) -> str | None:
    """Return an activation's name in lower case; None of a function of the user's."""
    if value is None:
        return "linear"
    if isinstance(value, ObjectSpec):
        value = value.title
    if isinstance(value, Reference):
        # A function of a library has the library's own meaning: tf.nn.softmax, jax.nn.relu.
        function = value.value
        library = str(getattr(function, "__module__", "")).partition(".")[0]
        name = getattr(function, "__name__", None)
        if library not in ("keras", "tensorflow", "torch", "jax") or not isinstance(name, str):
            return None
        value = name.removesuffix("_v2")
        return value if value in _FUNCTIONS else None
    return value.lower() if isinstance(value, str) else None


@dataclasses.dataclass(frozen=True)
class Targets:
    """What the model is to learn to give.

    Args:
        name: of the variable.
        shape: of one sample's target; ``()`` is a single number. None when unknown.
        dtype: as NumPy names it.
        statistics: None where the values are not known, as of a dataset.
        object_kind, samples: see ``DataInfo``.
        in_dataset: whether a dataset gives them.
        per_position: one value for each position of the model's output: each step of a sequence,
            each pixel of an image.
    """

    name: str
    shape: Shape | None
    dtype: str
    statistics: Statistics | None
    object_kind: str = ""
    samples: int | None = None
    in_dataset: bool = False
    per_position: bool = False

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
            whole = self.dtype.startswith(("int", "uint"))
            return "integers" if whole and (self.single or self.per_position) else None
        if self.single:
            return "integers" if values.is_integer and not self._are_measured else "numbers"
        if self.per_position:
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
    def _are_measured(self) -> bool:
        """Whole numbers that can hardly number classes: very many, far from zero, as prices."""
        values = self.statistics
        if values is None or values.minimum is None or values.minimum < _FAR_FROM_ZERO:
            return False
        if values.distinct is None:
            return True
        return self.samples is not None and 2 * values.distinct > self.samples >= 20

    @property
    def lowest(self) -> float | None:
        return None if self.statistics is None else self.statistics.minimum

    @property
    def highest(self) -> float | None:
        return None if self.statistics is None else self.statistics.maximum

    @property
    def kinds(self) -> int | None:
        """How many different values there are at least; None when unknown or more than a few."""
        values = self.statistics
        if values is None:
            return None
        return values.distinct if self.single else values.distinct_seen

    @property
    def must_be_renumbered(self) -> bool:
        """Whether whole numbers leave out most of those below them: 10, 20, 30, or 0 and 255.

        As many units as the highest of them would mostly stand for no class. Two labels of which
        one is not 0 are such too: 1 and 2.
        """
        low, high, kinds = self.lowest, self.highest, self.kinds
        if self.form != "integers" or low is None or high is None or low < 0 or high <= 1:
            return False
        if low >= _NOT_NEAR_ZERO:
            return True
        if kinds is None:
            return self.samples is not None and high >= self.samples
        if not self.single:
            # Rare classes may not be among those that were looked at.
            return high > 8 * kinds and kinds <= _FEW
        return kinds == 2 or (kinds > 2 and high + 1 > 2 * kinds)

    @property
    def classes(self) -> int | None:
        """How many classes there must be for the highest label, if these are labels."""
        if self.form == "integers" and self.highest is not None:
            return None if self.must_be_renumbered else int(self.highest) + 1
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
        info = self.data.get(value.name) if isinstance(value, Variable) else None
        return None if info is None else as_samples_of(info, self.spec.input_shape)

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
        return self._targets(self.x, self.variable("y"))

    @functools.cached_property
    def validation_targets(self) -> Targets | None:
        """Fit's validation_y, or what the dataset for validation gives as y."""
        return self._targets(self.variable("validation_x"), self.variable("validation_y"))

    def _targets(self, x: DataInfo | None, y: DataInfo | None) -> Targets | None:
        if x is not None and x.is_dataset:
            if x.y_shape is None:
                return None
            shape = target_shape(x)
            per_position = self._is_per_position(shape, None)
            return Targets(
                x.name, shape, x.y_dtype, None, in_dataset=True, per_position=per_position
            )
        if y is None or y.is_dataset or y.shape is None:
            return None
        shape = y.shape[1:]
        return Targets(
            y.name,
            shape,
            y.dtype,
            y.statistics,
            y.object_kind,
            y.samples,
            per_position=self._is_per_position(shape, y.statistics),
        )

    def _is_per_position(self, shape: Shape | None, values: Statistics | None) -> bool:
        output = self.output_shape
        if shape is None or shape in ((), (1,)) or output is None or len(output) < 2:
            return False
        # Rows as wide as the output are rather one for each sample than one value for each step.
        unsure = None in output[:-1] or (values is not None and values.is_one_hot)
        if shape[-1] == output[-1] and output[-1] != 1 and unsure:
            return False
        # Keras drops a last dimension of 1: masks may be (height, width, 1).
        parts = (shape, shape[:-1]) if shape[-1] == 1 else (shape,)
        return any(alike(part, output[:-1]) for part in parts)

    @property
    def has_validation(self) -> bool:
        fit = self.spec.fit
        return fit.get("validation_x") is not None or bool(fit.get("validation_split"))
