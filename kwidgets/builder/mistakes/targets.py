"""The loss and the targets: class numbers, one-hot rows, yes or no, or plain numbers?"""

from __future__ import annotations

from collections.abc import Iterator

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.ending import (
    activate,
    ignores_a_class,
    many_classes_as_yes_no,
    numbers_as_classes,
)
from kwidgets.builder.mistakes.losses import (
    BINARY,
    CATEGORICAL,
    CROSSENTROPIES,
    MSE,
    ONE_HOT,
    REGRESSION,
    SPARSE,
    YES_NO,
)
from kwidgets.builder.mistakes.situation import (
    Situation,
)
from kwidgets.builder.mistakes.words import count, number, span
from kwidgets.builder.spec import ModelSpec

RULES: list[Rule] = []


@rule(RULES, "negative-labels", "error")
def negative_labels(situation: Situation) -> Iterator[Finding]:
    """Keras counts classes from 0; a crossentropy of a negative label means nothing."""
    loss, targets = situation.loss, situation.targets
    if loss is None or targets is None or targets.lowest is None or targets.lowest >= 0:
        return
    if targets.form != "integers":
        return
    if (loss.name == SPARSE and not ignores_a_class(situation)) or loss.name in YES_NO:
        lowest = number(targets.lowest)
        pair = targets.lowest == -1 and targets.highest == 1 and loss.name in YES_NO
        wanted = "0 and 1" if loss.name in YES_NO else "whole numbers from 0 on"
        remedy = f" For -1 and 1, use {targets.name} = ({targets.name} + 1) // 2." if pair else ""
        yield Finding(
            "Labels must not be negative",
            f"{targets.name} has labels down to {lowest}, but {loss.title} expects {wanted}."
            f"{remedy}",
            "fit",
        )


@rule(RULES, "sparse-with-one-hot", "error")
def sparse_with_one_hot(situation: Situation) -> Iterator[Finding]:
    """Sparse categorical crossentropy wants class numbers, categorical crossentropy rows with a 1
    at the class's place. (Keras: losses)
    """
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name != SPARSE or targets is None or targets.single:
        return
    if targets.form == "multi_label":

        def many(spec: ModelSpec) -> ModelSpec:
            spec = edits.with_compile(spec, loss=loss.become(BINARY))
            return spec if loss.from_logits else activate(situation, "sigmoid", spec)

        yield Finding(
            "Several labels for each sample",
            f"{targets.name} has rows of 0s and 1s with several 1s, but {loss.title} expects one "
            "class number. For several labels, use binary crossentropy with sigmoid.",
            "compile",
            Fix("Use binary crossentropy", many),
        )
        return
    # Of a dataset only the shape is known.
    rows = (
        targets.statistics is None
        and targets.shape is not None
        and len(targets.shape) == 1
        and targets.shape[0] == width
        and situation.output_shape is not None
        and len(situation.output_shape) == 1
    )
    if targets.form == "one_hot" or rows:
        yield Finding(
            "Labels are one-hot",
            f"{targets.name} gives a row of {targets.shape[0] if targets.shape else ''} values for "
            f"each sample, with a 1 for its class, but {loss.title} expects the class's number. "
            "Use categorical crossentropy.",
            "compile",
            Fix(
                "Use categorical crossentropy",
                lambda spec: edits.with_compile(spec, loss=loss.become(CATEGORICAL)),
            ),
        )


@rule(RULES, "categorical-with-numbers", "error")
def categorical_with_numbers(situation: Situation) -> Iterator[Finding]:
    """Categorical crossentropy compares rows; class numbers are for the sparse one."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in ONE_HOT or targets is None or not targets.single:
        return
    if targets.form == "integers" and width != 1:
        yield Finding(
            "Labels are class numbers",
            f"{targets.name} holds a class number for each sample, but {loss.title} expects a row "
            "with a 1 for its class. Use sparse categorical crossentropy.",
            "compile",
            Fix(
                "Use sparse categorical crossentropy",
                lambda spec: edits.with_compile(spec, loss=loss.become(SPARSE)),
            ),
        )


@rule(RULES, "binary-with-classes", "error")
def binary_with_classes(situation: Situation) -> Iterator[Finding]:
    """Binary crossentropy knows yes and no, 1 and 0; of several classes it makes nonsense."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if not many_classes_as_yes_no(situation) or loss is None or targets is None or width is None:
        return
    if targets.highest is not None and targets.highest > 1:
        classes = max(int(targets.highest) + 1, width)

        def several(spec: ModelSpec) -> ModelSpec:
            return edits.classify(spec, situation, classes, loss.become(SPARSE, False))

        yield Finding(
            "Binary crossentropy for several classes",
            f"{targets.name} has labels {span(targets.lowest or 0, targets.highest)}, but "
            f"{loss.title} knows only 0 and 1. Use {classes} units with softmax and sparse "
            "categorical crossentropy.",
            "compile",
            None
            if situation.last_weights is None or situation.output_step is None
            else Fix("Use sparse categorical crossentropy", several),
        )
        return

    def sparse(spec: ModelSpec) -> ModelSpec:
        if situation.output_activation == "sigmoid":
            spec = activate(situation, "softmax", spec)
        return edits.with_compile(spec, loss=loss.become(SPARSE))

    yield Finding(
        f"{width} values for a yes or no",
        f"The last layer gives {width} values, but {targets.name} has a single 0 or 1 for each "
        "sample. Either use one unit with sigmoid, or keep them and use sparse categorical "
        "crossentropy with softmax.",
        "compile",
        Fix("Use sparse categorical crossentropy", sparse),
    )


@rule(RULES, "classes-loss-for-numbers", "error")
def classes_loss_for_numbers(situation: Situation) -> Iterator[Finding]:
    """Crossentropies are for classes and probabilities; prices and temperatures are for mean
    squared error and its like.
    """
    loss, targets = situation.loss, situation.targets
    if not numbers_as_classes(situation) or loss is None or targets is None:
        return
    low, high = targets.lowest or 0.0, targets.highest or 0.0
    text = (
        f"{targets.name} holds numbers ({span(low, high)}), but {loss.title} is for classes"
        f"{' and values between 0 and 1' if loss.name in YES_NO else ''}. "
    )
    pixels = not targets.single and targets.form == "integers" and low >= 0 and 1 < high <= 255
    if pixels:
        yield Finding(
            "Targets go beyond 1",
            f"{text}Scale them, for example {targets.name} = {targets.name} / 255.",
            "fit",
        )
        return

    def predict_numbers(spec: ModelSpec) -> ModelSpec:
        spec = edits.with_compile(spec, loss=loss.become(MSE))
        spec = activate(situation, "linear", spec)
        last, width = situation.last_weights, targets.shape[-1] if targets.shape else 1
        if last is not None and width is not None:
            spec = edits.with_units(spec, last, width)
        return _without_accuracy(spec)

    yield Finding(
        "A loss for classes on numbers",
        f"{text}Use mean squared error and no activation at the end.",
        "compile",
        Fix("Predict numbers", predict_numbers),
    )


def _without_accuracy(spec: ModelSpec) -> ModelSpec:
    metrics = (spec.compile or {}).get("metrics")
    if isinstance(metrics, (tuple, list)):
        kept = tuple("mae" if _is_accuracy(metric) else metric for metric in metrics)
        return edits.with_compile(spec, metrics=kept)
    return spec


def _is_accuracy(metric: object) -> bool:
    return isinstance(metric, str) and metric.lower() in ("accuracy", "acc")


@rule(RULES, "numbers-loss-for-classes", "tip")
def numbers_loss_for_classes(situation: Situation) -> Iterator[Finding]:
    """Mean squared error learns classes slowly, and treats class 9 as further from 0 than class 1
    is.
    """
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in REGRESSION or targets is None or width is None:
        return
    last, step = situation.last_weights, situation.output_step
    if last is None or step is None:
        return
    if targets.form == "one_hot" and width == targets.classes:
        yield Finding(
            "A loss for numbers on classes",
            f"{targets.name} holds one-hot labels of {width} classes. Categorical crossentropy "
            f"with softmax learns them faster than {loss.title}.",
            "compile",
            Fix(
                "Use categorical crossentropy",
                lambda spec: activate(
                    situation, "softmax", edits.with_compile(spec, loss=loss.become(CATEGORICAL))
                ),
            ),
        )
        return
    if not targets.single or not targets.look_like_classes or not targets.classes:
        return
    classes = targets.classes
    if width == 1 and classes == 2 and situation.output_activation in ("sigmoid", "linear"):
        yield Finding(
            "A loss for numbers on yes or no",
            f"{targets.name} holds only 0 and 1. If they mean no and yes, use binary crossentropy "
            f"with sigmoid: it learns faster than {loss.title}.",
            "compile",
            Fix(
                "Use binary crossentropy",
                lambda spec: activate(
                    situation, "sigmoid", edits.with_compile(spec, loss=loss.become(BINARY))
                ),
            ),
        )
    elif width >= classes > 1:
        yield Finding(
            "A loss for numbers on classes",
            f"{targets.name} holds labels {span(targets.lowest or 0, targets.highest or 0)} and "
            f"the model gives {width} values, which {loss.title} cannot compare. Use sparse "
            "categorical crossentropy with softmax.",
            "compile",
            Fix(
                "Use sparse categorical crossentropy",
                lambda spec: activate(
                    situation, "softmax", edits.with_compile(spec, loss=loss.become(SPARSE))
                ),
            ),
            level="error",
        )


@rule(RULES, "labels-are-words", "error")
def labels_are_words(situation: Situation) -> Iterator[Finding]:
    """Keras computes with numbers: class names must be numbered first."""
    targets = situation.targets
    if targets is not None and targets.form == "words":
        name = targets.name
        kinds = targets.statistics.distinct if targets.statistics is not None else None
        many = "" if kinds is None else f" ({count(kinds, 'kind', 'kinds')})"
        yield Finding(
            "Labels are words",
            f"{name} holds words or objects{many}, but Keras needs numbers. Number them: "
            f"names, {name} = np.unique({name}, return_inverse=True).",
            "fit",
        )


@rule(RULES, "one-class", "warning")
def one_class(situation: Situation) -> Iterator[Finding]:
    """Where all labels are the same, there is nothing to tell apart."""
    loss, targets = situation.loss, situation.targets
    if loss is None or loss.name not in CROSSENTROPIES or targets is None or not targets.single:
        return
    values = targets.statistics
    if values is not None and values.distinct == 1 and values.minimum is not None:
        yield Finding(
            "All labels are the same",
            f"Every value of {targets.name} is {number(values.minimum)}: there is nothing to tell "
            "apart.",
            "fit",
        )
