"""Rules for validation: its data, its split and its targets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from kwidgets.builder.analysis import Shape, shapes_match
from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import format_range, format_shape
from kwidgets.builder.mistakes.loss_names import REGRESSION_LOSSES
from kwidgets.builder.mistakes.output_layer import sparse_labels
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.mistakes.targets import Targets
from kwidgets.builder.mistakes.variable_names import guess_targets, renamed_for
from kwidgets.builder.spec import ModelSpec, ObjectSpec, Variable
from kwidgets.language import t

RULES: list[Rule] = []


MONITORING_CALLBACKS: Final = ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint")


def callback_without_validation(situation: Situation) -> tuple[int, ObjectSpec, str] | None:
    """Return the first callback that monitors a validation value although there is no validation.

    The result is its index, the callback and the name of the value.
    """
    if situation.has_validation or situation.spec.fit.get("x") is None:
        return None
    for index, callback in enumerate(situation.callbacks):
        if not callback.class_name.startswith("keras.callbacks."):
            continue
        if callback.title not in MONITORING_CALLBACKS:
            continue
        monitor = callback.arguments.get("monitor", "val_loss")
        if callback.title == "ModelCheckpoint" and not callback.arguments.get("save_best_only"):
            continue
        if isinstance(monitor, str) and monitor.startswith("val_"):
            return index, callback, monitor
    return None


def suggest_validation(situation: Situation) -> Fix | None:
    """Return a fix that validates on data of the namespace or a part of x; None without either."""
    fit, x = situation.spec.fit, situation.x
    if x is None:
        return None
    y_value = fit.get("y")
    y_name = y_value.name if isinstance(y_value, Variable) else None
    for suffix in ("val", "valid", "validation", "test"):
        x_name = renamed_for(x.name, suffix)
        other = None if x_name is None else situation.data.get(x_name)
        if x_name is None or other is None or other.kind != x.kind:
            continue
        if x.is_dataset:
            return Fix(t("Use %1", x_name), partial(edits.with_fit, validation_x=Variable(x_name)))
        other_y = x_name if y_name == x.name else renamed_for(y_name or "", suffix)
        partner = situation.data.get(other_y) if other_y is not None else None
        if other_y is not None and partner is not None and partner.samples == other.samples:
            use = partial(
                edits.with_fit, validation_x=Variable(x_name), validation_y=Variable(other_y)
            )
            label = (
                t("Use %1", x_name) if other_y == x_name else t("Use %1 and %2", x_name, other_y)
            )
            return Fix(label, use)
    y = situation.variable("y")
    if x.is_dataset or (x.samples or 0) < 10:
        return None
    if y is not None and y.statistics is not None and y.statistics.sorted_labels:
        return None
    return Fix(t("Use 20 % for validation"), partial(edits.with_fit, validation_split=0.2))


@rule(RULES, "split-of-dataset", "error")
def split_of_dataset(situation: Situation) -> Iterator[Finding]:
    """Only arrays can be split: a dataset's length is unknown. (Keras: fit, validation_split)"""
    x = situation.x
    if x is not None and x.is_dataset and situation.spec.fit.get("validation_split"):
        yield Finding(
            t("validation_split does not work with a dataset"),
            t(
                "validation_split works only with arrays, but %1 is a %2. Create a validation "
                "dataset with take and skip.",
                x.name,
                x.kind,
            ),
            "fit",
            Fix(
                t("Clear validation_split"),
                partial(edits.without_fit_argument, name="validation_split"),
            ),
        )


@rule(RULES, "split-size", "warning")
def split_size(situation: Situation) -> Iterator[Finding]:
    """validation_split is the share of the samples that training does not use."""
    split, x = situation.spec.fit.get("validation_split"), situation.x
    if isinstance(split, bool) or not isinstance(split, (int, float)) or split == 0:
        return
    if x is not None and x.is_dataset:
        return
    fix = Fix(t("Set validation_split to 0.2"), partial(edits.with_fit, validation_split=0.2))
    if not 0 < split < 1:
        yield Finding(
            t("validation_split must be between 0 and 1"),
            t(
                "It is the fraction of samples used for validation and cannot be %1. For "
                "example, 0.2 is one fifth.",
                f"{split:g}",
            ),
            "fit",
            fix,
            level="error",
        )
    elif split > 0.5:
        yield Finding(
            t("Most samples are used for validation"),
            t(
                "validation_split=%1 excludes %2 of the samples from training.",
                f"{split:g}",
                f"{split:.0%}",
            ),
            "fit",
            fix,
        )


@rule(RULES, "split-of-sorted-labels", "warning")
def split_of_sorted_labels(situation: Situation) -> Iterator[Finding]:
    """validation_split takes the last samples before shuffling: with sorted labels, training never
    sees the last classes. (Keras: fit, validation_split)
    """
    x, y, split = situation.x, situation.variable("y"), situation.spec.fit.get("validation_split")
    if x is None or x.is_dataset or y is None or y.statistics is None or not split:
        return
    # The targets of a regression may be in order, such as a time series.
    if situation.loss is not None and situation.loss.name in REGRESSION_LOSSES:
        return
    if y.statistics.sorted_labels and situation.spec.fit.get("validation_x") is None:
        code = (
            f"order = np.random.permutation(len({y.name})); "
            f"{x.name}, {y.name} = {x.name}[order], {y.name}[order]"
        )
        yield Finding(
            t("Labels are sorted"),
            t(
                "%1 is sorted by class, but validation_split uses the last samples, which are "
                "all from the last classes. Shuffle first: %2.",
                y.name,
                code,
            ),
            "fit",
            code=code,
        )


@rule(RULES, "no-validation", "tip")
def no_validation(situation: Situation) -> Iterator[Finding]:
    """Only data that was not trained on shows whether the model overfits."""
    fit, x, loss = situation.spec.fit, situation.x, situation.loss
    if x is None or situation.has_validation or loss is None:
        return
    if not x.is_dataset and fit.get("y") is None:
        return
    fix = suggest_validation(situation)
    if callback_without_validation(situation) is not None:
        return
    yield Finding(
        t("No validation data"),
        t(
            "Training data alone does not show whether the model overfits. Use some samples for "
            "validation."
        ),
        "fit",
        fix,
    )


@rule(RULES, "validation-without-y", "error")
def validation_without_y(situation: Situation) -> Iterator[Finding]:
    """Validation needs targets, as training does."""
    validation = situation.variable("validation_x")
    if (
        validation is None
        or validation.is_dataset
        or situation.spec.fit.get("validation_y") is not None
    ):
        return
    guess = guess_targets(situation, validation)
    yield Finding(
        t("Validation has no targets"),
        t("%1 contains inputs, but validation_y is not set.", validation.name),
        "fit",
        None
        if guess is None
        else Fix(
            t("Set %1 to %2", "validation_y", guess),
            lambda spec: edits.with_fit(spec, validation_y=Variable(guess)),
        ),
    )


@rule(RULES, "validation-targets", "error")
def validation_targets(situation: Situation) -> Iterator[Finding]:
    """Validation targets must have the form of the training targets: one-hot rows beside class
    numbers, or a label beyond the last unit, fail at the end of the first epoch.
    """
    targets, others = situation.targets, situation.validation_targets
    if targets is None or others is None or situation.loss is None:
        return
    shape, other = _target_shape(targets), _target_shape(others)
    if shape is None or other is None or others.name == targets.name:
        return
    # Keras adds or drops a last dimension of 1.
    fits = any(
        shapes_match(one, two)
        for one, two in ((shape, other), ((*shape, 1), other), (shape, (*other, 1)))
    )
    # Sequences may differ in length where the model accepts any length.
    output = situation.output_shape
    any_length = targets.per_position or output is None or None in output
    if not fits and not (any_length and len(shape) == len(other)):
        yield Finding(
            t("Validation targets differ in shape"),
            t(
                "Each target of %1 %2, but each target of %3 %4. Prepare both in the same way.",
                targets.name,
                _describe_target(targets, shape),
                others.name,
                _describe_target(others, other),
            ),
            "fit",
        )
        return
    width, low, high = situation.output_width, others.lowest, others.highest
    labels = sparse_labels(situation)
    if labels is None or width is None or others.form != "integers" or low is None or high is None:
        return
    # Other rules report labels that are wrong in the training data too.
    right = (labels.lowest or 0) >= 0 and (labels.highest or 0) < width
    if right and (low < 0 or high >= width):
        yield Finding(
            t("Validation has different labels"),
            t(
                "The labels of %1 are %2, but the model outputs %3 values, for labels 0–%4.",
                others.name,
                format_range(low, high),
                width,
                width - 1,
            ),
            "fit",
        )


def _target_shape(targets: Targets) -> Shape | None:
    return () if targets.is_scalar else targets.shape


def _describe_target(targets: Targets, shape: Shape) -> str:
    """Return a text that describes one target: a one-hot row, a single number or its shape."""
    if targets.form == "one_hot":
        return t("is a one-hot row of %1", shape[-1])
    if not shape:
        return t("is a single number")
    return t("has shape %1", format_shape(shape))


@rule(RULES, "validation-is-training", "warning")
def validation_is_training(situation: Situation) -> Iterator[Finding]:
    """Validation on the training data does not reveal overfitting."""
    x, validation = situation.spec.fit.get("x"), situation.spec.fit.get("validation_x")
    if isinstance(x, Variable) and x == validation:
        other = suggest_validation(situation)

        def change(spec: ModelSpec) -> ModelSpec:
            spec = edits.with_fit(spec, validation_x=None, validation_y=None)
            return spec if other is None else other.apply(spec)

        yield Finding(
            t("Validation data is the training data"),
            t(
                "%1 is used for both, so validation does not show the performance on new data.",
                x.name,
            ),
            "fit",
            Fix(t("Use different samples") if other is not None else t("Clear"), change),
        )
