"""What rules check: a spec, its analysis, and the data chosen for fit."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

from kwidgets.builder.analysis import Analysis, LayerFacts, Shape, shapes_match
from kwidgets.builder.data import DataInfo, Statistics, as_samples_of, element_shape, target_shape
from kwidgets.builder.mistakes.layer_groups import (
    ACTIVATION_LAYERS,
    GLOBAL_AVERAGE_POOLINGS,
    IDENTITY_AT_INFERENCE,
    PREPROCESSING,
    WITH_FILTERS,
)
from kwidgets.builder.mistakes.loss_names import Loss, loss_of
from kwidgets.builder.mistakes.step import Step
from kwidgets.builder.mistakes.targets import Targets
from kwidgets.builder.spec import LayerSpec, ModelSpec, ObjectSpec, Value, Variable


@dataclasses.dataclass(frozen=True)
class Situation:
    """Everything that rules check: a spec, its analysis and the user's data.

    Args:
        spec: the stack and its settings.
        analysis: the shapes and parameters of the stack.
        data: the variables of the user's namespace, by name.
        memory_bytes: free memory of the device that would train; None when unknown.
    """

    spec: ModelSpec
    analysis: Analysis
    data: Mapping[str, DataInfo] = dataclasses.field(default_factory=dict)
    memory_bytes: int | None = None

    @functools.cached_property
    def steps(self) -> tuple[Step, ...]:
        """The enabled layers in order, with those in blocks."""

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

    # The start and the end of the stack

    @functools.cached_property
    def first_learning_step(self) -> Step | None:
        """The first layer that is not preprocessing: it computes with the values of x."""
        for step in self.steps:
            if not step.is_a(*PREPROCESSING):
                return step
        return None

    @functools.cached_property
    def output_step(self) -> Step | None:
        """The layer whose activation was applied last to the output; None when unknown."""
        for step in reversed(self.steps):
            if step.is_a(*IDENTITY_AT_INFERENCE, "Reshape", "Flatten"):
                continue
            return step if step.activation is not None else None
        return None

    @functools.cached_property
    def last_learning_step(self) -> Step | None:
        """The layer that sets how many values the model outputs; None when unknown."""
        for step in reversed(self.steps):
            if step.is_a(*IDENTITY_AT_INFERENCE, *ACTIVATION_LAYERS, *GLOBAL_AVERAGE_POOLINGS):
                continue
            return step if step.is_a("Dense", *WITH_FILTERS) else None
        return None

    @property
    def output_activation(self) -> str | None:
        return None if self.output_step is None else self.output_step.activation

    @functools.cached_property
    def output_shape(self) -> Shape | None:
        """The shape of one sample's output; None unless the stack is complete."""
        shape = self.analysis.output_shape
        return shape[1:] if self.analysis.complete and shape is not None else None

    @functools.cached_property
    def output_width(self) -> int | None:
        """The number of values at each position; often known without an input shape."""
        if self.output_shape is not None:
            return self.output_shape[-1] if self.output_shape else None
        return None if self.last_learning_step is None else self.last_learning_step.width

    # Settings

    @functools.cached_property
    def loss(self) -> Loss | None:
        """Compile's loss, if the rules support it."""
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
        """Return what is known about the variable that an argument of fit names."""
        value = self.spec.fit.get(argument)
        info = self.data.get(value.name) if isinstance(value, Variable) else None
        return None if info is None else as_samples_of(info, self.spec.input_shape)

    @property
    def x(self) -> DataInfo | None:
        return self.variable("x")

    @property
    def x_shape(self) -> Shape | None:
        """The shape of one sample of x."""
        return None if self.x is None else element_shape(self.x)

    @functools.cached_property
    def targets(self) -> Targets | None:
        """Fit's y, or the targets that its dataset yields."""
        return self._targets(self.x, self.variable("y"))

    @functools.cached_property
    def validation_targets(self) -> Targets | None:
        """Fit's validation_y, or the targets that the validation dataset yields."""
        return self._targets(self.variable("validation_x"), self.variable("validation_y"))

    def _targets(self, x: DataInfo | None, y: DataInfo | None) -> Targets | None:
        if x is not None and x.is_dataset:
            if x.y_shape is None:
                return None
            shape = target_shape(x)
            values = x.y_statistics
            per_position = self._is_per_position(shape, values)
            return Targets(
                x.name, shape, x.y_dtype, values, in_dataset=True, per_position=per_position
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
        """Return whether each position of the output has a separate target."""
        output = self.output_shape
        if shape is None or shape in ((), (1,)) or output is None or len(output) < 2:
            return False
        # Rows as wide as the output are more likely one per sample than one value per step.
        unsure = None in output[:-1] or (values is not None and values.is_one_hot)
        if shape[-1] == output[-1] and output[-1] != 1 and unsure:
            return False
        # Keras drops a last dimension of 1: masks may have shape (height, width, 1).
        parts = (shape, shape[:-1]) if shape[-1] == 1 else (shape,)
        return any(shapes_match(part, output[:-1]) for part in parts)

    @property
    def has_validation(self) -> bool:
        fit = self.spec.fit
        return fit.get("validation_x") is not None or bool(fit.get("validation_split"))
