"""Rules for losses of the wrong type: a crossentropy on numbers, a regression loss on classes."""

from __future__ import annotations

from collections.abc import Iterator

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import format_range
from kwidgets.builder.mistakes.loss_names import (
    BINARY,
    BINARY_LOSSES,
    CATEGORICAL,
    MSE,
    REGRESSION_LOSSES,
    SPARSE,
)
from kwidgets.builder.mistakes.output_layer import (
    has_numbers_for_class_loss,
    with_output_activation,
)
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ModelSpec
from kwidgets.language import t

RULES: list[Rule] = []

# Pixels mostly have fewer classes than this, and more shades of grey.
_FEW_CLASSES = 30


@rule(RULES, "classes-loss-for-numbers", "error")
def classes_loss_for_numbers(situation: Situation) -> Iterator[Finding]:
    """Crossentropies are for classes and probabilities; prices and temperatures need a regression
    loss.
    """
    loss, targets = situation.loss, situation.targets
    if not has_numbers_for_class_loss(situation) or loss is None or targets is None:
        return
    low, high = targets.lowest or 0.0, targets.highest or 0.0
    values = (targets.name, format_range(low, high), loss.title)
    text = (
        t(
            "%1 contains numbers (%2), but %3 is for classes and for values between 0 and 1.",
            *values,
        )
        if loss.name in BINARY_LOSSES
        else t("%1 contains numbers (%2), but %3 is for classes.", *values)
    )
    pixels = not targets.is_scalar and targets.form == "integers" and low >= 0 and 1 < high <= 255
    if pixels and targets.per_position and high <= _FEW_CLASSES:
        yield Finding(
            t("Targets exceed 1"),
            f"{text} "
            + t(
                "If they are classes, output %1 values with softmax for each position, and use "
                "sparse categorical crossentropy.",
                f"{high + 1:.0f}",
            ),
            "fit",
        )
        return
    if pixels:
        code = f"{targets.name} = {targets.name} / 255"
        yield Finding(
            t("Targets exceed 1"),
            f"{text} " + t("Scale them, for example %1.", code),
            "fit",
            code=code,
        )
        return

    def predict_numbers(spec: ModelSpec) -> ModelSpec:
        spec = edits.with_loss(spec, loss.converted_to(MSE))
        spec = with_output_activation(situation, "linear", spec)
        last, width = situation.last_learning_step, targets.shape[-1] if targets.shape else 1
        if last is not None and width is not None:
            spec = edits.with_units(spec, last, width)
        return spec

    whole = targets.is_scalar and targets.statistics is not None and targets.statistics.is_integer
    text += " " + t("Use mean squared error and no activation at the end.")
    if whole:
        text += " " + t("If they are classes, number them from 0.")
    yield Finding(
        t("Classification loss for numbers"),
        text,
        "compile",
        Fix(t("Predict numbers"), predict_numbers),
    )


@rule(RULES, "numbers-loss-for-classes", "tip")
def numbers_loss_for_classes(situation: Situation) -> Iterator[Finding]:
    """Mean squared error learns classes slowly, and treats 9 as further from 0 than 1."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in REGRESSION_LOSSES or targets is None or width is None:
        return
    last, step = situation.last_learning_step, situation.output_step
    if last is None or step is None:
        return
    if targets.form == "one_hot" and width == targets.classes:
        yield Finding(
            t("Regression loss for classes"),
            t(
                "%1 contains one-hot labels of %2 classes. Categorical crossentropy with "
                "softmax learns them faster than %3.",
                targets.name,
                width,
                loss.title,
            ),
            "compile",
            Fix(
                t("Use categorical crossentropy"),
                lambda spec: with_output_activation(
                    situation,
                    "softmax",
                    edits.with_loss(spec, loss.converted_to(CATEGORICAL), width),
                ),
            ),
        )
        return
    if not targets.is_scalar or not targets.are_likely_classes or not targets.classes:
        return
    classes = targets.classes
    if width == 1 and classes == 2 and situation.output_activation in ("sigmoid", "linear"):
        yield Finding(
            t("Regression loss for binary classification"),
            t(
                "%1 contains only 0 and 1. For binary classification, use binary crossentropy "
                "with sigmoid; it learns faster than %2.",
                targets.name,
                loss.title,
            ),
            "compile",
            Fix(
                t("Use binary crossentropy"),
                lambda spec: with_output_activation(
                    situation, "sigmoid", edits.with_loss(spec, loss.converted_to(BINARY), width)
                ),
            ),
        )
    elif width >= classes > 1:
        yield Finding(
            t("Regression loss for classes"),
            t(
                "The labels of %1 are %2 and the model outputs %3 values, which %4 cannot "
                "compare. Use sparse categorical crossentropy with softmax.",
                targets.name,
                format_range(targets.lowest or 0, targets.highest or 0),
                width,
                loss.title,
            ),
            "compile",
            Fix(
                t("Use sparse categorical crossentropy"),
                lambda spec: with_output_activation(
                    situation, "softmax", edits.with_loss(spec, loss.converted_to(SPARSE), width)
                ),
            ),
            level="error",
        )
