"""Rules for the data of fit: missing or surplus targets, lengths, batches, shuffling."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import count_samples
from kwidgets.builder.mistakes.loss_names import BINARY_LOSSES, CROSSENTROPIES, REGRESSION_LOSSES
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.mistakes.variable_names import guess_targets
from kwidgets.builder.spec import Variable
from kwidgets.language import t

RULES: list[Rule] = []

_DEFAULT_BATCH: Final = 32


@rule(RULES, "y-missing", "error")
def y_missing(situation: Situation) -> Iterator[Finding]:
    """An array contains inputs only; the targets must be given as y."""
    x, loss = situation.x, (situation.spec.compile or {}).get("loss")
    if x is None or x.is_dataset or situation.spec.fit.get("y") is not None or loss is None:
        return
    guess = guess_targets(situation, x)
    regression = situation.loss is not None and situation.loss.name in (
        *REGRESSION_LOSSES,
        *BINARY_LOSSES,
    )
    if guess is None and regression and situation.output_shape == situation.x_shape:
        guess = x.name  # an autoencoder
    yield Finding(
        t("No targets"),
        t("%1 contains the inputs, but y is not set. Choose the targets to train on.", x.name),
        "fit",
        None
        if guess is None
        else Fix(t("Set y to %1", guess), lambda spec: edits.with_fit(spec, y=Variable(guess))),
    )


@rule(RULES, "y-with-dataset", "error")
def y_with_dataset(situation: Situation) -> Iterator[Finding]:
    """A dataset yields inputs and targets together; Keras refuses y beside it. (Keras: fit)"""
    for x_name, y_name in (("x", "y"), ("validation_x", "validation_y")):
        x = situation.variable(x_name)
        if x is not None and x.is_dataset and situation.spec.fit.get(y_name) is not None:
            yield Finding(
                t("%1 already contains targets", x.name),
                t(
                    "%1 is a %2, which contains inputs and targets. Leave %3 empty.",
                    x.name,
                    x.kind,
                    y_name,
                ),
                "fit",
                Fix(t("Clear %1", y_name), partial(edits.without_fit_argument, name=y_name)),
                about=y_name,
            )


@rule(RULES, "lengths-differ", "error")
def lengths_differ(situation: Situation) -> Iterator[Finding]:
    """Each sample needs a target: Keras refuses arrays of different lengths. (Keras: fit)"""
    for x_name, y_name in (("x", "y"), ("validation_x", "validation_y")):
        x, y = situation.variable(x_name), situation.variable(y_name)
        if x is None or y is None or x.samples is None or y.samples is None:
            continue
        if x.samples != y.samples:
            yield Finding(
                t("Different numbers of samples and targets"),
                t(
                    "%1 has %2, but %3 has %4.",
                    x.name,
                    count_samples(x.samples),
                    y.name,
                    f"{y.samples:,}",
                ),
                "fit",
                about=y_name,
            )


@rule(RULES, "unbatched", "error")
def unbatched(situation: Situation) -> Iterator[Finding]:
    """Keras takes each element of a dataset as a batch."""
    for argument in ("x", "validation_x"):
        info = situation.variable(argument)
        if info is not None and info.batched is False:
            code = f"{info.name} = {info.name}.batch(32)"
            yield Finding(
                t("%1 is not batched", info.name),
                t(
                    "%1 yields one sample at a time, but Keras expects batches: %2.",
                    info.name,
                    code,
                ),
                "fit",
                about=argument,
                code=code,
            )


@rule(RULES, "batch-size-with-dataset", "tip")
def batch_size_with_dataset(situation: Situation) -> Iterator[Finding]:
    """A dataset is already batched; batch_size has no effect. (Keras: fit)"""
    x, size = situation.x, situation.spec.fit.get("batch_size")
    if x is not None and x.is_dataset and size is not None:
        yield Finding(
            t("batch_size has no effect"),
            t("%1 is a %2, which is already batched.", x.name, x.kind),
            "fit",
            Fix(t("Clear batch_size"), partial(edits.without_fit_argument, name="batch_size")),
        )


@rule(RULES, "batch-size", "warning")
def batch_size(situation: Situation) -> Iterator[Finding]:
    """A batch cannot be larger than the data; with one sample at a time an epoch takes long."""
    x, size = situation.x, situation.spec.fit.get("batch_size")
    if x is None or x.samples is None or isinstance(size, bool) or not isinstance(size, int):
        return
    if x.is_dataset:
        return
    fix = Fix(
        t("Use the default, %1", _DEFAULT_BATCH),
        partial(edits.without_fit_argument, name="batch_size"),
    )
    if size > x.samples:
        yield Finding(
            t("batch_size exceeds the data"),
            t(
                "batch_size is %1, but %2 has %3: each epoch is a single step.",
                f"{size:,}",
                x.name,
                count_samples(x.samples),
            ),
            "fit",
            fix if x.samples > _DEFAULT_BATCH else None,
        )
    elif size == 1 and x.samples >= 1000:
        yield Finding(
            t("The dataset is not batched"),
            t("With batch_size 1, an epoch takes %1 steps.", f"{x.samples:,}"),
            "fit",
            fix,
            level="tip",
        )


@rule(RULES, "no-shuffle", "warning")
def no_shuffle(situation: Situation) -> Iterator[Finding]:
    """When each batch has a single class, the model forgets one class after the other."""
    y = situation.variable("y")
    if situation.spec.fit.get("shuffle", True) is not False or y is None or y.statistics is None:
        return
    if y.statistics.sorted_labels and situation.loss is not None:
        if situation.loss.name not in CROSSENTROPIES:
            return
        yield Finding(
            t("Sorted labels are not shuffled"),
            t(
                "%1 is sorted by class and shuffle is False. Each batch contains a single "
                "class, so the model forgets the others.",
                y.name,
            ),
            "fit",
            Fix(t("Shuffle"), partial(edits.without_fit_argument, name="shuffle")),
        )
