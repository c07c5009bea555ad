"""Rules for Dropout and BatchNormalization: rate, order, and the bias before."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.layer_groups import CONVOLUTIONS, DROPOUTS
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.mistakes.step import Step
from kwidgets.builder.spec import ModelSpec
from kwidgets.language import t

RULES: list[Rule] = []

_STRONG_DROPOUT = 0.8


@rule(RULES, "strong-dropout", "warning")
def strong_dropout(situation: Situation) -> Iterator[Finding]:
    """Dropout's rate is the share that is dropped, not the share that is kept. (Keras: Dropout)"""
    for step in situation.steps:
        rate = step.get("rate")
        if not step.is_a(*DROPOUTS) or isinstance(rate, bool) or not isinstance(rate, (int, float)):
            continue
        if not _STRONG_DROPOUT <= rate <= 1:
            continue
        text = (
            t("During training, this layer sets all values to zero, so the model cannot learn.")
            if rate == 1
            else t(
                "During training, this layer sets %1 of the values to zero. The rate is the "
                "fraction that is dropped; typical values are 0.2 to 0.5.",
                f"{rate:.0%}",
            )
        )
        yield Finding(
            t("Dropout with rate %1", f"{rate:.0%}"),
            text,
            step.uid,
            Fix(
                t("Set rate to 0.3"),
                partial(edits.with_argument, uid=step.uid, name="rate", value=0.3),
            ),
            level="error" if rate == 1 else None,
        )


@rule(RULES, "normalization-after-dropout", "tip")
def normalization_after_dropout(situation: Situation) -> Iterator[Finding]:
    """Dropout changes the variance during training only, but BatchNormalization learns that
    variance.
    (Li et al. 2018, Understanding the disharmony between dropout and batch normalization)
    """
    for step, following in pairwise(situation.steps):
        if step.is_a("Dropout") and following.is_a("BatchNormalization"):

            def swap(spec: ModelSpec, step: Step = step, following: Step = following) -> ModelSpec:
                entry = spec.find(step.uid)
                return edits.insert_after(spec.remove(step.uid), following.uid, entry)

            yield Finding(
                t("BatchNormalization after Dropout"),
                t(
                    "Dropout changes the distribution of values during training only, which "
                    "affects the statistics of BatchNormalization. Move Dropout after it."
                ),
                following.uid,
                Fix(t("Swap"), swap),
            )


@rule(RULES, "bias-before-normalization", "tip")
def bias_before_normalization(situation: Situation) -> Iterator[Finding]:
    """BatchNormalization subtracts the mean, and with it any bias added before."""
    found = [
        step
        for step, following in pairwise(situation.steps)
        if following.is_a("BatchNormalization")
        and following.get("center", True)
        and step.is_a("Dense", *CONVOLUTIONS)
        and step.activation == "linear"
        and step.get("use_bias", True)
    ]
    if not found:
        return

    def remove_biases(spec: ModelSpec) -> ModelSpec:
        for step in found:
            spec = edits.with_argument(spec, step.uid, "use_bias", False)
        return spec

    text = (
        t(
            "BatchNormalization subtracts the mean, which cancels the bias of the preceding %1.",
            found[0].title,
        )
        if len(found) == 1
        else t(
            "BatchNormalization subtracts the mean, which cancels the bias of the preceding %1 "
            "(%2 layers).",
            found[0].title,
            len(found),
        )
    )
    yield Finding(
        t("Bias without effect"),
        text,
        found[0].uid,
        Fix(t("Set use_bias to False"), remove_biases),
    )
