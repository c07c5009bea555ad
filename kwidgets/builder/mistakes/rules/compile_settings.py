"""Rules for compile: a missing loss, the learning rate, the metrics."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.loss_names import (
    BINARY,
    BINARY_LOSSES,
    CATEGORICAL,
    CLASS_LOSSES,
    CROSSENTROPIES,
    REGRESSION_LOSSES,
    SPARSE,
)
from kwidgets.builder.mistakes.metric_names import explain_unfit_metric, metric_name
from kwidgets.builder.mistakes.output_layer import rows_may_be_labels
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ObjectSpec, Value
from kwidgets.language import t

RULES: list[Rule] = []

# From this rate on most models diverge. SGD takes larger rates than adaptive optimizers.
_HIGH_RATES: Final = {
    "SGD": 1.0,
    "Adam": 0.05,
    "AdamW": 0.05,
    "Nadam": 0.05,
    "Adamax": 0.1,
    "RMSprop": 0.05,
    "Lion": 0.01,
}

_LOW_RATE: Final = 1e-7

# The largest model that counts as a line or a plane.
_FEW_WEIGHTS: Final = 50
_FEW_UNITS: Final = 8


@rule(RULES, "no-loss", "error")
def no_loss(situation: Situation) -> Iterator[Finding]:
    """Without a loss there is nothing to minimize, so the model learns nothing."""
    compile, targets = situation.spec.compile, situation.targets
    if (compile or {}).get("loss") is not None or situation.spec.fit.get("x") is None:
        return
    loss: str | None = None
    width = situation.output_width
    if targets is not None and targets.form is not None:
        if targets.form in ("one_hot", "multi_label") and not rows_may_be_labels(situation):
            loss = None
        elif targets.form == "one_hot":
            loss = CATEGORICAL
        elif targets.form == "multi_label":
            loss = BINARY
        elif targets.form == "numbers":
            loss = "mse"
        elif targets.per_position and targets.form == "integers":
            # A regression may have whole numbers too, unless each position has several values.
            loss = SPARSE if (width or 1) > 1 else BINARY if targets.highest == 1 else None
        elif targets.form == "integers" and targets.are_likely_classes:
            loss = BINARY if targets.classes == 2 and width == 1 else SPARSE
        elif targets.form == "integers" and targets.is_scalar:
            loss = SPARSE if (width or 1) > 1 else "mse"
    arguments: dict[str, Value] = {"loss": loss}
    if compile is None:
        arguments["optimizer"] = "adam"
        arguments["metrics"] = ("mae",) if loss == "mse" else ("accuracy",)
    text = t("Training needs a loss. Choose one in the Compile tab.")
    if loss is not None and targets:
        text += " " + t("For %1, choose %2.", targets.name, loss)
    yield Finding(
        t("No loss is set"),
        text,
        "compile",
        None
        if loss is None
        else Fix(
            t("Use %1", loss),
            lambda spec: edits.with_loss(edits.with_compile(spec, **arguments), loss, width),
        ),
    )


def _is_small_and_linear(situation: Situation) -> bool:
    """Return whether a model is a line through a few points, which large steps find fastest."""
    learning = [step for step in situation.steps if not step.is_a("Flatten", "Normalization")]
    weights = sum(step.facts.parameters or 0 for step in learning)
    return weights <= _FEW_WEIGHTS and all(
        step.is_a("Dense") and step.activation == "linear" and (step.width or 0) <= _FEW_UNITS
        for step in learning
    )


@rule(RULES, "learning-rate", "warning")
def learning_rate(situation: Situation) -> Iterator[Finding]:
    """Too high a learning rate makes the loss jump or turn NaN; with too low a rate it hardly
    changes.
    """
    optimizer = (situation.spec.compile or {}).get("optimizer")
    if not isinstance(optimizer, ObjectSpec):
        return
    rate = optimizer.arguments.get("learning_rate")
    if isinstance(rate, bool) or not isinstance(rate, (int, float)):
        return
    if not optimizer.class_name.startswith("keras.optimizers."):
        return
    fix = Fix(
        t("Use the default"),
        lambda spec: edits.with_compile(
            spec, optimizer=optimizer.without_argument("learning_rate")
        ),
    )
    high = _HIGH_RATES.get(optimizer.title)
    if rate <= 0:
        yield Finding(
            t("The learning rate must be above 0"),
            t("With a learning rate of %1, the model does not learn.", f"{rate:g}"),
            "compile",
            fix,
            level="error",
        )
    elif high is not None and rate >= high:
        if rate < 1 and _is_small_and_linear(situation):
            return
        default = "0.01" if optimizer.title == "SGD" else "0.001"
        yield Finding(
            t("A learning rate of %1", f"{rate:g}"),
            t(
                "This is high for %1, whose default is %2. The loss may become unstable or NaN.",
                optimizer.title,
                default,
            ),
            "compile",
            fix,
        )
    elif rate <= _LOW_RATE:
        yield Finding(
            t("A learning rate of %1", f"{rate:g}"),
            t("This is so low that the weights hardly change."),
            "compile",
            fix,
        )


def _replace_metric(situation: Situation, index: int, metric: Value) -> Fix:
    """Return the fix that puts another metric in the place of one, without duplicates."""
    metrics = (*situation.metrics[:index], metric, *situation.metrics[index + 1 :])
    # Without duplicates.
    kept = tuple(entry for at, entry in enumerate(metrics) if entry not in metrics[:at])
    name = metric if isinstance(metric, str) else metric.title
    return Fix(t("Use %1", name), partial(edits.with_compile, metrics=kept))


@rule(RULES, "metric-does-not-fit", "warning")
def metric_does_not_fit(situation: Situation) -> Iterator[Finding]:
    """A metric for one-hot rows accepts class numbers without an error, but its values are
    meaningless; "accuracy" lets Keras choose the right metric. (Keras: compile, metrics)
    """
    loss, width = situation.loss, situation.output_width
    if loss is None:
        return
    for index, metric in enumerate(situation.metrics):
        name = metric_name(metric)
        found = explain_unfit_metric(name, loss.name, width)
        if found is None:
            continue
        text, fails = found
        yield Finding(
            t("%1 is incompatible with the loss", name),
            f"{text} " + t('"accuracy" selects the right one for %1.', loss.title),
            "compile",
            _replace_metric(situation, index, "accuracy"),
            about=name or "",
            level="error" if fails else None,
        )


@rule(RULES, "exact-accuracy", "warning")
def accuracy_class_metric(situation: Situation) -> Iterator[Finding]:
    """keras.metrics.Accuracy counts predictions that equal their target, which probabilities never
    do; the string "accuracy" means another metric. (Keras: metrics.Accuracy)
    """
    loss = situation.loss
    for index, metric in enumerate(situation.metrics):
        if isinstance(metric, ObjectSpec) and metric.class_name == "keras.metrics.Accuracy":
            if loss is None or loss.name not in CROSSENTROPIES:
                continue
            yield Finding(
                t("Accuracy stays at 0"),
                t(
                    "The class Accuracy counts values that equal their target exactly, which "
                    'probabilities never do. Use the string "accuracy" to count correct '
                    "predictions."
                ),
                "compile",
                _replace_metric(situation, index, "accuracy"),
            )


@rule(RULES, "accuracy-of-numbers", "warning")
def accuracy_of_numbers(situation: Situation) -> Iterator[Finding]:
    """Accuracy counts predictions that equal their target exactly: for prices, hardly any."""
    loss, targets = situation.loss, situation.targets
    if loss is None or loss.name not in REGRESSION_LOSSES:
        return
    if targets is not None and targets.form is not None:
        if targets.form in ("one_hot", "multi_label", "words") or targets.are_likely_classes:
            return
    elif situation.output_activation != "linear":
        return
    for index, metric in enumerate(situation.metrics):
        if metric_name(metric) in ("accuracy", "acc", "binary_accuracy"):
            yield Finding(
                t("Accuracy for numbers"),
                t(
                    "Accuracy counts predictions that equal their target exactly, which is rare "
                    "for numbers. Use the mean absolute error instead."
                ),
                "compile",
                _replace_metric(situation, index, "mae"),
            )
            return


@rule(RULES, "accuracy-of-scores", "tip")
def accuracy_of_scores(situation: Situation) -> Iterator[Finding]:
    """Binary accuracy counts a value above 0.5 as yes; raw scores need a threshold of 0.
    (Keras: BinaryAccuracy, threshold)
    """
    loss = situation.loss
    if loss is None or loss.name not in BINARY_LOSSES or not loss.from_logits:
        return
    if situation.output_activation != "linear":
        return
    for index, metric in enumerate(situation.metrics):
        if metric_name(metric) in ("accuracy", "acc", "binary_accuracy"):
            if isinstance(metric, ObjectSpec) and "threshold" in metric.arguments:
                continue
            yield Finding(
                t("Accuracy for raw scores"),
                t(
                    "Accuracy counts scores above 0.5 as positive, but with from_logits=True, "
                    "scores above 0 are positive."
                ),
                "compile",
                _replace_metric(
                    situation,
                    index,
                    ObjectSpec("keras.metrics.BinaryAccuracy", {"threshold": 0.0}),
                ),
            )
            return


@rule(RULES, "no-metrics", "tip")
def no_metrics(situation: Situation) -> Iterator[Finding]:
    """A crossentropy is hard to interpret; accuracy is the share of right answers."""
    loss, targets = situation.loss, situation.targets
    if loss is None or situation.metrics or situation.spec.compile is None:
        return
    if situation.spec.compile.get("weighted_metrics") or targets is None:
        return
    yes_no = loss.name in BINARY_LOSSES and targets.is_scalar and targets.form == "integers"
    if loss.name in CLASS_LOSSES or yes_no:
        yield Finding(
            t("No metrics"),
            t(
                "The loss alone is hard to interpret. Accuracy shows the fraction of "
                "correct predictions."
            ),
            "compile",
            Fix(t("Add accuracy"), lambda spec: edits.with_compile(spec, metrics=("accuracy",))),
        )
