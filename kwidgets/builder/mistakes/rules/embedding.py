"""Rules for token ids: the range that Embedding looks up, and ids without an Embedding."""

from __future__ import annotations

from collections.abc import Iterator

from kwidgets.builder.data import DataInfo
from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import format_number, format_range
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.mistakes.step import Step
from kwidgets.builder.spec import ModelSpec, layer
from kwidgets.language import t

RULES: list[Rule] = []


def _first_embedding(situation: Situation) -> Step | None:
    """Return the Embedding that receives the values of x themselves."""
    first = situation.first_learning_step
    return first if first is not None and first.is_a("Embedding") else None


@rule(RULES, "embedding-range", "error")
def embedding_range(situation: Situation) -> Iterator[Finding]:
    """Embedding has a row for each number from 0 to input_dim - 1; a number outside raises an error
    on a CPU and gives zeros on a GPU.
    """
    step, x = _first_embedding(situation), situation.x
    if step is None or x is None or x.statistics is None or x.statistics.maximum is None:
        return
    values, rows = x.statistics, step.get("input_dim")
    if not values.is_integer or not isinstance(rows, int):
        return
    low, high = values.minimum or 0, int(values.maximum or 0)
    if low < 0:
        yield Finding(
            t("Word indices must not be negative"),
            t(
                "The smallest value of %1 is %2, but Embedding looks up integers from 0.",
                x.name,
                format_number(low),
            ),
            step.uid,
            about="negative",
        )
    elif high >= rows:
        yield Finding(
            t("Embedding is too small"),
            t(
                "The largest value of %1 is %2, but Embedding with input_dim=%3 has rows only "
                "for 0–%4.",
                x.name,
                format_number(high),
                rows,
                f"{rows - 1:,}",
            ),
            step.uid,
            Fix(
                t("Set %1 to %2", "input_dim", f"{high + 1:,}"),
                lambda spec: edits.with_argument(spec, step.uid, "input_dim", high + 1),
            ),
        )


def _has_nan_or_infinity(x: DataInfo) -> bool:
    return x.statistics is not None and (x.statistics.has_nan or x.statistics.has_infinity)


@rule(RULES, "embedding-floats", "error")
def embedding_floats(situation: Situation) -> Iterator[Finding]:
    """Embedding looks up rows by whole numbers; there is no row 0.37."""
    step, x = _first_embedding(situation), situation.x
    if step is None or x is None or x.statistics is None or x.statistics.maximum is None:
        return
    if x.is_float and not x.statistics.is_integer and not _has_nan_or_infinity(x):
        yield Finding(
            t("Embedding requires integers"),
            t(
                "%1 contains fractions (%2), but Embedding looks up integers. Remove it if the "
                "values are measurements.",
                x.name,
                format_range(x.statistics.minimum or 0, x.statistics.maximum),
            ),
            step.uid,
            Fix(t("Remove Embedding"), lambda spec: spec.remove(step.uid)),
        )


def unembedded_token_ids(situation: Situation) -> tuple[Step, int] | None:
    """Return the first layer and the highest id, if x has token ids that no Embedding looks up."""
    x, first = situation.x, situation.first_learning_step
    if x is None or first is None or x.statistics is None or x.statistics.maximum is None:
        return None
    values, high = x.statistics, x.statistics.maximum
    if x.shape is None or len(x.shape) != 2 or not x.dtype.startswith(("int", "uint")):
        return None
    if not values.is_integer or values.minimum is None or values.minimum < 0 or high <= 255:
        return None
    if not (first.is_recurrent or first.is_a("Conv1D")) or (x.shape[1] or 0) < 2:
        return None
    return first, int(high)


@rule(RULES, "tokens-without-embedding", "warning")
def tokens_without_embedding(situation: Situation) -> Iterator[Finding]:
    """Token ids are names, not amounts: Embedding gives each token a vector of its own."""
    found, x = unembedded_token_ids(situation), situation.x
    if found is None or x is None:
        return
    first, high = found

    def insert_embedding(spec: ModelSpec) -> ModelSpec:
        # Embedding needs the ids themselves, without the Reshape that adds a feature dimension.
        for step in situation.steps:
            if step.uid == first.uid:
                break
            if step.is_a("Reshape"):
                spec = spec.remove(step.uid)
        if spec.input_shape is not None and len(spec.input_shape) == 2:
            spec = edits.with_input_shape(spec, spec.input_shape[:1])
        entry = layer("keras.layers.Embedding", input_dim=high + 1, output_dim=64)
        return edits.insert_before(spec, first.uid, entry)

    yield Finding(
        t("Word indices without Embedding"),
        t(
            "%1 contains integers up to %2. If they are word indices, add Embedding as the "
            "first layer to map each word to a vector.",
            x.name,
            format_number(high),
        ),
        first.uid,
        Fix(t("Insert Embedding"), insert_embedding),
    )
