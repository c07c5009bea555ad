"""Rules for the output's activation: it must suit the loss and reach the targets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import format_number, format_range
from kwidgets.builder.mistakes.layer_groups import (
    ACTIVATION_LAYERS,
    DROPOUTS,
    IDENTITY_AT_INFERENCE,
)
from kwidgets.builder.mistakes.loss_names import (
    BINARY,
    BINARY_LOSSES,
    CATEGORICAL,
    CLASS_LOSSES,
    CROSSENTROPIES,
    REGRESSION_LOSSES,
    SPARSE,
)
from kwidgets.builder.mistakes.output_layer import (
    activation_for,
    explain_renumbering,
    has_class_numbers_for_binary_loss,
    has_numbers_for_class_loss,
    has_one_unit_for_classes,
    units_or_filters,
    with_output_activation,
)
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ModelSpec
from kwidgets.language import t

RULES: list[Rule] = []

# The smallest and the largest value of each activation; None for no limit.
_OUTPUT_RANGES = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, None),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, None),
}


@rule(RULES, "double-softmax", "warning")
def double_softmax(situation: Situation) -> Iterator[Finding]:
    """from_logits=True means that the model outputs raw scores; probabilities are then squashed a
    second time, and training is slow or stuck. (Keras: losses, from_logits)
    """
    loss, activation = situation.loss, situation.output_activation
    if loss is not None and loss.from_logits and activation in ("softmax", "sigmoid"):
        yield Finding(
            t("%1 is applied twice", activation),
            t(
                "The model ends with %1, so it outputs probabilities, but the loss has "
                "from_logits=True and applies %1 again. Keep only one of the two.",
                activation,
            ),
            "compile",
            Fix(
                t("Remove from_logits"),
                lambda spec: edits.with_compile(spec, loss=loss.converted_to(loss.name, False)),
            ),
        )


@rule(RULES, "scores-as-probabilities", "warning")
def scores_as_probabilities(situation: Situation) -> Iterator[Finding]:
    """Without from_logits, crossentropy takes logarithms of probabilities; raw scores are often
    below zero. (Keras: losses, from_logits)
    """
    loss, step = situation.loss, situation.output_step
    if (
        loss is None
        or loss.name not in CROSSENTROPIES
        or loss.from_logits
        or step is None
        or step.activation != "linear"
        or has_one_unit_for_classes(situation)
        or has_numbers_for_class_loss(situation)
        or has_class_numbers_for_binary_loss(situation)
    ):
        return
    expected = activation_for(loss.name)
    yield Finding(
        t("The loss expects probabilities"),
        t(
            "The last layer has no activation, so it outputs raw scores, but %1 expects "
            "probabilities between 0 and 1. Add %2 to the last layer, or set from_logits=True "
            "in the loss.",
            loss.title,
            expected,
        ),
        step.uid,
        Fix(
            t('Set activation to "%1"', expected),
            lambda spec: edits.with_activation(spec, step, expected),
        ),
    )


@rule(RULES, "output-activation", "warning")
def output_activation(situation: Situation) -> Iterator[Finding]:
    """ReLU, tanh and the like do not output probabilities: zero has no logarithm, and values may
    exceed 1. With from_logits, they cut off scores.
    """
    loss, step = situation.loss, situation.output_step
    if loss is None or loss.name not in CROSSENTROPIES or step is None:
        return
    if step.activation in ("softmax", "sigmoid", "hard_sigmoid", "linear", "log_softmax", None):
        return
    if step.activation == "log_sigmoid" or not step.is_a(
        *ACTIVATION_LAYERS, "Dense", "Conv1D", "Conv2D", "Conv3D"
    ):
        return
    expected = "linear" if loss.from_logits else activation_for(loss.name)
    text = (
        t(
            "The model ends with %1, but %2 expects raw scores of any size.",
            step.activation,
            loss.title,
        )
        if loss.from_logits
        else t(
            "The model ends with %1, but %2 expects probabilities between 0 and 1.",
            step.activation,
            loss.title,
        )
    )
    label = t("Remove it") if loss.from_logits else t('Set activation to "%1"', expected)
    yield Finding(
        t("%1 is unsuitable for the output", step.activation),
        text,
        step.uid,
        Fix(label, lambda spec: edits.with_activation(spec, step, expected)),
    )


@rule(RULES, "one-unit", "error")
def one_unit(situation: Situation) -> Iterator[Finding]:
    """With softmax the units sum to 1, so a single unit is always 1. For yes or no, Keras uses one
    unit with sigmoid and binary crossentropy.
    """
    last, loss, targets = situation.last_learning_step, situation.loss, situation.targets
    if not has_one_unit_for_classes(situation) or last is None:
        return
    softmax = situation.output_activation == "softmax"
    if softmax:
        title = t("Softmax over one value is always 1")
        text = t(
            "Softmax outputs sum to 1. The last layer has only one output, which is always 1, "
            "so the model cannot learn."
        )
    else:
        assert loss is not None
        title = t("One output for several classes")
        text = t("The last layer outputs one value, but %1 requires one per class.", loss.title)
    if has_numbers_for_class_loss(situation):
        return  # another rule reports the loss, which must be corrected first
    if targets is not None and targets.must_be_renumbered and targets.distinct_values != 2:
        yield Finding(title, f"{text} {explain_renumbering(targets)}", last.uid)
        return
    classes = targets.classes if targets is not None else None
    if targets is not None and classes is not None and (classes > 2 or targets.form == "one_hot"):
        name = CATEGORICAL if targets.form == "one_hot" else SPARSE
        new_loss = loss.converted_to(name, False) if loss is not None else name
        many = (
            t("%1 has 1 class.", targets.name)
            if classes == 1
            else t("%1 has %2 classes.", targets.name, f"{classes:,}")
        )
        yield Finding(
            title,
            f"{text} {many}",
            last.uid,
            Fix(
                t("Use %1 %2 with softmax", classes, units_or_filters(situation)),
                lambda spec: edits.with_class_probabilities(spec, situation, classes, new_loss),
            ),
        )
        return
    if targets is not None and targets.form == "numbers":
        of_classes = loss is not None and loss.name in CLASS_LOSSES
        yield Finding(
            title,
            f"{text} "
            + t("%1 contains numbers, so the last layer needs no activation.", targets.name),
            last.uid,
            None
            if of_classes
            else Fix(t("Remove softmax"), partial(with_output_activation, situation, "linear")),
        )
        return

    def use_sigmoid(spec: ModelSpec) -> ModelSpec:
        spec = with_output_activation(situation, "sigmoid", spec)
        if loss is not None and loss.name in CLASS_LOSSES:
            spec = edits.with_loss(spec, loss.converted_to(BINARY, False), 1)
        return spec

    if loss is not None and loss.name in REGRESSION_LOSSES:
        yield Finding(
            title,
            text,
            last.uid,
            Fix(t("Remove softmax"), partial(with_output_activation, situation, "linear")),
        )
        return
    if targets is not None and targets.must_be_renumbered:
        text += f" {explain_renumbering(targets)}"
    remedy = t(
        "For binary classification, use sigmoid with binary crossentropy. For more classes, use "
        "one unit per class."
    )
    label = (
        t("Use sigmoid and binary crossentropy")
        if loss is not None and loss.name in CLASS_LOSSES
        else t("Use sigmoid")
    )
    yield Finding(
        title,
        f"{text} {remedy}",
        last.uid,
        Fix(label, use_sigmoid),
    )


@rule(RULES, "classes-with-sigmoid", "warning")
def classes_with_sigmoid(situation: Situation) -> Iterator[Finding]:
    """Categorical crossentropies expect probabilities that sum to 1, as softmax outputs them."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if (
        loss is None
        or loss.name not in CLASS_LOSSES
        or loss.from_logits
        or width is None
        or width < 2
    ):
        return
    if situation.output_activation not in ("sigmoid", "hard_sigmoid"):
        return
    step = situation.output_step
    assert step is not None
    if targets is not None and targets.form == "multi_label":
        if loss.name == SPARSE:
            return  # another rule reports it
        yield Finding(
            t("Several labels for each sample"),
            t(
                "%1 contains rows with several 1s. Sigmoid is correct, but %2 expects one class "
                "per sample. Use binary crossentropy.",
                targets.name,
                loss.title,
            ),
            "compile",
            Fix(
                t("Use binary crossentropy"),
                lambda spec: edits.with_loss(spec, loss.converted_to(BINARY), width),
            ),
        )
        return
    yield Finding(
        t("Sigmoid with several classes"),
        t(
            "%1 expects %2 probabilities that sum to 1. Use softmax; sigmoid computes each one "
            "independently.",
            loss.title.capitalize(),
            width,
        ),
        step.uid,
        Fix(
            t('Set activation to "softmax"'),
            lambda spec: edits.with_activation(spec, step, "softmax"),
        ),
    )


@rule(RULES, "binary-with-softmax", "warning")
def binary_with_softmax(situation: Situation) -> Iterator[Finding]:
    """Binary crossentropy treats each value independently; softmax makes them sum to 1."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in BINARY_LOSSES or width is None or width < 2:
        return
    if situation.output_activation != "softmax" or has_class_numbers_for_binary_loss(situation):
        return
    text = t(
        "The %1 softmax outputs sum to 1, but %2 expects independent probabilities.",
        width,
        loss.title,
    )
    fix = None
    if targets is not None and targets.form == "one_hot":
        remedy = t("Each sample of %1 has one class. Use categorical crossentropy.", targets.name)
        fix = Fix(
            t("Use categorical crossentropy"),
            lambda spec: edits.with_loss(spec, loss.converted_to(CATEGORICAL), width),
        )
    elif targets is not None and targets.form == "multi_label":
        remedy = t("Each sample of %1 has several labels. Use sigmoid.", targets.name)
        fix = Fix(
            t('Set activation to "sigmoid"'), partial(with_output_activation, situation, "sigmoid")
        )
    else:
        remedy = t(
            "For one of several classes, use categorical crossentropy (sparse for class "
            "indices). For several labels per sample, use sigmoid."
        )
    yield Finding(t("Softmax with binary crossentropy"), f"{text} {remedy}", "compile", fix)


@rule(RULES, "output-range", "warning")
def output_range(situation: Situation) -> Iterator[Finding]:
    """The last layer of a regression must be able to reach every value of the targets."""
    loss, targets, step = situation.loss, situation.targets, situation.output_step
    if loss is None or loss.name not in REGRESSION_LOSSES or targets is None or step is None:
        return
    limits = _OUTPUT_RANGES.get(step.activation or "")
    if limits is None or targets.lowest is None or targets.highest is None:
        return
    if has_one_unit_for_classes(situation) or not step.is_a(
        "Dense", "Activation", "ReLU", "Softmax", "Conv2D"
    ):
        return
    if targets.are_likely_classes and (situation.output_width or 0) > 1:
        return  # another rule reports the loss
    bottom, top = limits
    # Slightly beyond is rounding or noise.
    slack = 0.05 * (targets.highest - targets.lowest)
    if targets.lowest >= bottom - slack and (top is None or targets.highest <= top + slack):
        return
    reached = (targets.name, format_number(targets.lowest), format_number(targets.highest))
    text = (
        t(
            "The model ends with %1, whose output is never below %2, but %3 ranges from %4 to %5.",
            step.activation,
            format_number(bottom),
            *reached,
        )
        if top is None
        else t(
            "The model ends with %1, whose output is limited to %2, but %3 ranges from %4 to %5.",
            step.activation,
            format_range(bottom, top),
            *reached,
        )
    )
    yield Finding(
        t("The output cannot reach the targets"),
        f"{text} " + t("For numbers, remove the last activation."),
        step.uid,
        Fix(t("Remove the activation"), lambda spec: edits.with_activation(spec, step, "linear")),
    )


@rule(RULES, "output-normalization", "warning")
def output_normalization(situation: Situation) -> Iterator[Finding]:
    """A normalization moves values outside 0 to 1, and crossentropy takes their logarithms."""
    loss = situation.loss
    if loss is None or loss.name not in CROSSENTROPIES or loss.from_logits:
        return
    found = None
    for step in reversed(situation.steps):
        if step.is_a("BatchNormalization", "LayerNormalization"):
            found = step
        elif not step.is_a(*IDENTITY_AT_INFERENCE, "Reshape", "Flatten"):
            if found is not None and step.activation in ("softmax", "sigmoid"):
                yield Finding(
                    t("%1 after the last layer", found.title),
                    t(
                        "%1 outputs probabilities, but the following %2 shifts and scales them, "
                        "and %3 expects values between 0 and 1.",
                        step.activation,
                        found.title,
                        loss.title,
                    ),
                    found.uid,
                    Fix(t("Remove %1", found.title), partial(ModelSpec.remove, uid=found.uid)),
                )
            return


@rule(RULES, "output-dropout", "warning")
def output_dropout(situation: Situation) -> Iterator[Finding]:
    """Dropout on the predictions themselves sets some of them to zero during training."""
    if situation.loss is None:
        return
    for step in reversed(situation.steps):
        if step.is_a(*DROPOUTS):
            yield Finding(
                t("Dropout after the last layer"),
                t(
                    "The model cannot learn from outputs that dropout sets to zero. Move the "
                    "Dropout before the last layer, or remove it."
                ),
                step.uid,
                Fix(t("Remove the dropout"), partial(ModelSpec.remove, uid=step.uid)),
            )
        elif not step.is_a(*ACTIVATION_LAYERS):
            return
