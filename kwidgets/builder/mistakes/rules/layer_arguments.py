"""Rules for layer arguments that hinder training: trainable, regularizers, recurrent ReLU."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import partial

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ModelSpec, ObjectSpec, Value
from kwidgets.language import t

RULES: list[Rule] = []

_STRONG_PENALTY = 0.1


@rule(RULES, "all-frozen", "warning")
def all_frozen(situation: Situation) -> Iterator[Finding]:
    """When all weights are frozen, training changes nothing."""
    spec, analysis = situation.spec, situation.analysis
    if spec.compile is None or spec.compile.get("loss") is None or not analysis.complete:
        return
    frozen = [entry for entry in spec.walk() if entry.arguments.get("trainable") is False]
    if analysis.parameters == 0 or (spec.trainable and analysis.trainable > 0):
        return
    if spec.trainable and not frozen:
        return

    def make_trainable(spec: ModelSpec) -> ModelSpec:
        for entry in frozen:
            spec = edits.without_argument(spec, entry.uid, "trainable")
        return dataclasses.replace(spec, trainable=True)

    yield Finding(
        t("All layers are frozen"),
        t(
            "All %1 parameters are frozen (trainable=False), so training has no effect.",
            f"{analysis.parameters:,}",
        ),
        frozen[-1].uid if spec.trainable else None,
        Fix(t("Make all layers trainable"), make_trainable),
    )


@rule(RULES, "strong-penalty", "warning")
def strong_penalty(situation: Situation) -> Iterator[Finding]:
    """A weight penalty of 0.1 or more outweighs the loss and pulls the weights to zero."""
    for step in situation.steps:
        for argument in ("kernel_regularizer", "recurrent_regularizer"):
            value = step.get(argument)
            strength = _penalty(value)
            if strength is None or strength < _STRONG_PENALTY:
                continue
            assert isinstance(value, ObjectSpec)

            def lower_factors(
                entry: ObjectSpec, argument: str = argument, value: ObjectSpec = value
            ) -> ObjectSpec:
                lowered = {
                    name: min(factor, 0.001) if isinstance(factor, (int, float)) else factor
                    for name, factor in value.arguments.items()
                }
                return entry.with_argument(argument, ObjectSpec(value.class_name, lowered))

            yield Finding(
                t("Strong weight penalty"),
                t(
                    "%1 of %2 dominates the loss and keeps the weights near zero. Typical "
                    "values are 0.0001 to 0.01.",
                    argument,
                    f"{strength:g}",
                ),
                step.uid,
                Fix(
                    t("Set it to 0.001"),
                    partial(ModelSpec.update, uid=step.uid, change=lower_factors),
                ),
                about=argument,
            )


def _penalty(value: Value) -> float | None:
    """Return the largest factor of one of Keras's regularizers; None for any other value."""
    if not isinstance(value, ObjectSpec) or not value.class_name.startswith("keras.regularizers."):
        return None
    if value.title not in ("L1", "L2", "L1L2"):
        return None
    factors = [
        factor
        for factor in value.arguments.values()
        if isinstance(factor, (int, float)) and not isinstance(factor, bool)
    ]
    return max(factors, default=None)


@rule(RULES, "recurrent-relu", "tip")
def recurrent_relu(situation: Situation) -> Iterator[Finding]:
    """ReLU lets the values of a recurrent layer grow at each time step, and disables the fast GPU
    kernels of LSTM and GRU, which support tanh only. (Keras: LSTM)
    """
    for step in situation.steps:
        if step.is_recurrent and step.activation == "relu":
            yield Finding(
                t("%1 with relu", step.wrapped.title),
                t(
                    "With relu, values can grow at each time step until the loss is NaN, and "
                    "GPUs cannot use the fast implementation. The default is tanh."
                ),
                step.uid,
                Fix(
                    t("Use tanh"),
                    partial(edits.with_wrapped_argument, step=step, name="activation", value=None),
                ),
            )
