"""Rules for label values that cannot be learned: words, or a single class."""

from __future__ import annotations

from collections.abc import Iterator

from kwidgets.builder.mistakes.advice import Finding, Rule, rule
from kwidgets.builder.mistakes.formatting import format_number
from kwidgets.builder.mistakes.loss_names import CROSSENTROPIES, REGRESSION_LOSSES
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.language import t

RULES: list[Rule] = []


@rule(RULES, "labels-are-words", "error")
def labels_are_words(situation: Situation) -> Iterator[Finding]:
    """Keras computes with numbers: class names must be numbered first."""
    loss, targets = situation.loss, situation.targets
    if targets is None or targets.form != "words":
        return
    name, code = targets.name, ""
    if targets.object_kind == "numbers":
        code = f'{name} = {name}.astype("float32")'
        yield Finding(
            t("The targets have a dtype that Keras does not support"),
            t(
                "%1 contains numbers of type %2. Convert them to floats: %3.",
                name,
                targets.dtype,
                code,
            ),
            "fit",
            code=code,
        )
        return
    distinct_values = targets.statistics.distinct if targets.statistics is not None else None
    if distinct_values is None:
        text = t("%1 contains text or objects, but Keras requires numbers.", name)
    elif distinct_values == 1:
        text = t("%1 contains text or objects (1 value), but Keras requires numbers.", name)
    else:
        text = t(
            "%1 contains text or objects (%2 different values), but Keras requires numbers.",
            name,
            f"{distinct_values:,}",
        )
    if targets.in_dataset:
        remedy = t(
            "Number them: %1, where %2 lists their names.",
            f"{name} = {name}.map(lambda x, y: (x, number(y)))",
            "number = keras.layers.StringLookup(vocabulary=..., num_oov_indices=0)",
        )
    elif loss is not None and loss.name in REGRESSION_LOSSES:
        remedy = t("%1 is for numbers. Choose another y, or another loss.", loss.title.capitalize())
    else:
        code = f"names, {name} = np.unique({name}, return_inverse=True)"
        remedy = t("Number them: %1.", code)
    yield Finding(
        t("Labels are text"),
        f"{text} {remedy}",
        "fit",
        code=code,
    )


@rule(RULES, "one-class", "warning")
def one_class(situation: Situation) -> Iterator[Finding]:
    """When all labels are the same, there is nothing to distinguish."""
    loss, targets = situation.loss, situation.targets
    if loss is None or loss.name not in CROSSENTROPIES or targets is None or not targets.is_scalar:
        return
    values = targets.statistics
    if values is not None and values.distinct == 1 and values.minimum is not None:
        yield Finding(
            t("All labels are the same"),
            t(
                "Every value of %1 is %2, so there is nothing to learn.",
                targets.name,
                format_number(values.minimum),
            ),
            "fit",
        )
