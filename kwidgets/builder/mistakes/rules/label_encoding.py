"""Rules for labels in a form that the crossentropy does not expect: class numbers, one-hot rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import format_number, format_range
from kwidgets.builder.mistakes.loss_names import (
    BINARY,
    BINARY_LOSSES,
    CATEGORICAL,
    ONE_HOT_LOSSES,
    SPARSE,
    Loss,
)
from kwidgets.builder.mistakes.output_layer import (
    explain_renumbering,
    has_class_numbers_for_binary_loss,
    has_ignore_class,
    has_one_unit_for_classes,
    renumbering,
    rows_may_be_labels,
    shift_labels_to_zero,
    units_or_filters,
    with_output_activation,
)
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ModelSpec
from kwidgets.language import t

RULES: list[Rule] = []


@rule(RULES, "negative-labels", "error")
def negative_labels(situation: Situation) -> Iterator[Finding]:
    """Keras counts classes from 0; the crossentropy of a negative label is undefined."""
    loss, targets = situation.loss, situation.targets
    if loss is None or targets is None or targets.lowest is None or targets.lowest >= 0:
        return
    if targets.form != "integers":
        return
    if (loss.name == SPARSE and not has_ignore_class(situation)) or loss.name in BINARY_LOSSES:
        lowest = format_number(targets.lowest)
        pair = targets.lowest == -1 and targets.highest == 1 and loss.name in BINARY_LOSSES
        text = (
            t(
                "The smallest label of %1 is %2, but %3 expects 0 and 1.",
                targets.name,
                lowest,
                loss.title,
            )
            if loss.name in BINARY_LOSSES
            else t(
                "The smallest label of %1 is %2, but %3 expects integers from 0.",
                targets.name,
                lowest,
                loss.title,
            )
        )
        code = f"{targets.name} = ({targets.name} + 1) // 2" if pair else ""
        if pair:
            text += " " + t("For -1 and 1, use %1.", code)
        yield Finding(
            t("Labels must not be negative"),
            text,
            "fit",
            code=code,
        )


@rule(RULES, "sparse-with-one-hot", "error")
def sparse_with_one_hot(situation: Situation) -> Iterator[Finding]:
    """Sparse categorical crossentropy expects class numbers, categorical crossentropy one-hot rows.
    (Keras: losses)
    """
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name != SPARSE or targets is None or targets.is_scalar:
        return
    if not rows_may_be_labels(situation):
        return
    if targets.form == "multi_label":
        yield Finding(
            t("Several labels for each sample"),
            t(
                "%1 contains rows with several 1s, but %2 expects one class index. For several "
                "labels per sample, use binary crossentropy with sigmoid.",
                targets.name,
                loss.title,
            ),
            "compile",
            Fix(t("Use binary crossentropy"), _use_binary_crossentropy(situation, loss)),
        )
        return
    columns = targets.shape[0] if targets.shape is not None and len(targets.shape) == 1 else None
    # Of a dataset only the shape is known: a row cannot be a class number. Whole numbers of
    # another width may belong to the steps of a sequence.
    rows = (
        targets.in_dataset
        and not targets.per_position
        and columns is not None
        and columns > 1
        and (columns == width or targets.dtype.startswith(("float", "bfloat")))
        and situation.output_shape is not None
        and len(situation.output_shape) == 1
    )
    if targets.form == "one_hot" or rows:
        last = situation.last_learning_step
        other = columns if columns != width and last is not None else None

        def use_categorical(spec: ModelSpec) -> ModelSpec:
            if other is not None and last is not None:
                spec = edits.with_units(spec, last, other)
            return edits.with_loss(spec, loss.converted_to(CATEGORICAL), columns)

        text = t(
            "%1 contains a one-hot row of %2 values for each sample, but %3 expects class indices.",
            targets.name,
            columns or "",
            loss.title,
        )
        if other is None:
            label = t("Use categorical crossentropy")
            remedy = t("Use categorical crossentropy.")
        else:
            units = (other, units_or_filters(situation))
            label = t("Use %1 %2 and categorical crossentropy", *units)
            remedy = t("Use %1 %2 and categorical crossentropy.", *units)
        yield Finding(
            t("Labels are one-hot"),
            f"{text} {remedy}",
            "compile",
            Fix(label, use_categorical),
        )


def _use_binary_crossentropy(situation: Situation, loss: Loss) -> Callable[[ModelSpec], ModelSpec]:
    """Return the edit that predicts each label independently, with sigmoid."""

    def use_binary(spec: ModelSpec) -> ModelSpec:
        spec = edits.with_loss(spec, loss.converted_to(BINARY), situation.output_width)
        return spec if loss.from_logits else with_output_activation(situation, "sigmoid", spec)

    return use_binary


@rule(RULES, "several-labels", "warning")
def several_labels(situation: Situation) -> Iterator[Finding]:
    """With softmax the classes sum to 1, so a sample with three labels gives each at most a third.
    Several labels need a sigmoid each.
    """
    loss, targets = situation.loss, situation.targets
    if (
        loss is None
        or loss.name not in ONE_HOT_LOSSES
        or targets is None
        or targets.statistics is None
    ):
        return
    if (
        targets.form != "multi_label"
        or not targets.statistics.has_several_ones
        or not rows_may_be_labels(situation)
    ):
        return
    # With sigmoid only the loss is wrong: another rule reports it.
    if situation.output_activation not in ("softmax", "linear") or has_one_unit_for_classes(
        situation
    ):
        return
    if situation.output_activation == "linear" and not loss.from_logits:
        return
    yield Finding(
        t("Several labels for each sample"),
        t(
            "%1 contains rows with several 1s, but with softmax and %2, each sample has one "
            "class. For several labels per sample, use binary crossentropy with sigmoid.",
            targets.name,
            loss.title,
        ),
        "compile",
        Fix(t("Use binary crossentropy"), _use_binary_crossentropy(situation, loss)),
    )


@rule(RULES, "categorical-with-numbers", "error")
def categorical_with_numbers(situation: Situation) -> Iterator[Finding]:
    """Categorical crossentropy compares one-hot rows; class numbers need the sparse variant."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in ONE_HOT_LOSSES or targets is None or width == 1:
        return
    if not targets.is_scalar and not targets.per_position:
        return
    # With several units a single number of a dataset can only be a class, whatever its dtype.
    numbered = targets.form == "integers" or (
        targets.in_dataset and targets.form is None and width is not None
    )
    if numbered:
        text = (
            t(
                "%1 contains a class index for each sample, but %2 expects one-hot rows.",
                targets.name,
                loss.title,
            )
            if targets.is_scalar
            else t(
                "%1 contains a class index for each position, but %2 expects one-hot rows.",
                targets.name,
                loss.title,
            )
        )
        yield Finding(
            t("Labels are class indices"),
            f"{text} " + t("Use sparse categorical crossentropy."),
            "compile",
            Fix(
                t("Use sparse categorical crossentropy"),
                lambda spec: edits.with_loss(spec, loss.converted_to(SPARSE), width),
            ),
        )


@rule(RULES, "binary-with-classes", "error")
def binary_with_classes(situation: Situation) -> Iterator[Finding]:
    """Binary crossentropy accepts labels 0 and 1 only; with more classes its values are
    meaningless.
    """
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if (
        not has_class_numbers_for_binary_loss(situation)
        or loss is None
        or targets is None
        or width is None
    ):
        return
    if targets.must_be_renumbered:
        yield Finding(
            t("Labels other than 0 and 1"),
            t("%1 accepts only 0 and 1.", loss.title.capitalize())
            + f" {explain_renumbering(targets)}",
            "fit",
            code=renumbering(targets),
        )
        return
    if targets.highest is not None and targets.highest > 1:
        classes = max(int(targets.highest) + 1, width)
        units = units_or_filters(situation)
        shifted = shift_labels_to_zero(targets)

        def use_softmax(spec: ModelSpec) -> ModelSpec:
            return edits.with_class_probabilities(
                spec, situation, classes, loss.converted_to(SPARSE, False)
            )

        text = t(
            "The labels of %1 are %2, but %3 accepts only 0 and 1.",
            targets.name,
            format_range(targets.lowest or 0, targets.highest),
            loss.title,
        )
        remedy = (
            t("Use sparse categorical crossentropy and softmax with %1 %2.", classes, units)
            if shifted is None
            else t(
                "Use sparse categorical crossentropy and softmax with %1 %2, or %3 after %4, "
                "because class indices start at 0.",
                classes,
                units,
                *shifted,
            )
        )
        yield Finding(
            t("Binary crossentropy with several classes"),
            f"{text} {remedy}",
            "compile",
            None
            if situation.last_learning_step is None or situation.output_step is None
            else Fix(t("Use sparse categorical crossentropy"), use_softmax),
        )
        return

    def use_sparse(spec: ModelSpec) -> ModelSpec:
        if situation.output_activation == "sigmoid":
            spec = with_output_activation(situation, "softmax", spec)
        return edits.with_loss(spec, loss.converted_to(SPARSE), width)

    text = (
        t(
            "The last layer outputs %1 values, but %2 has a single 0 or 1 for each sample.",
            width,
            targets.name,
        )
        if targets.is_scalar
        else t(
            "The last layer outputs %1 values, but %2 has a single 0 or 1 for each position.",
            width,
            targets.name,
        )
    )
    remedy = t(
        "Use one value with sigmoid, or keep the values and use sparse categorical crossentropy "
        "with softmax."
    )
    yield Finding(
        t("%1 values for binary classification", width),
        f"{text} {remedy}",
        "compile",
        Fix(t("Use sparse categorical crossentropy"), use_sparse),
    )
