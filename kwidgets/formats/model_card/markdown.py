"""Write a model card as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kwidgets.formats.model_card.facts import CardFacts
from kwidgets.language import t

# More layers or classes would hide the rest.
_MAX_LAYERS = 200
_MAX_CLASSES = 30

#: What sites with models read of a saved card.
FRONT_MATTER = "---\nlibrary_name: keras\n---"


def without_front_matter(card: str) -> str:
    """Return a card as a notebook shows it."""
    return card.removeprefix(FRONT_MATTER).lstrip("\n")


def card_markdown(facts: CardFacts) -> str:
    """Return the card; what only the author knows is a line in angle brackets to fill in."""
    parts = [
        FRONT_MATTER,
        f"# {_escaped(facts.name)}",
        t("*Fill in what stands between ‹ ›.*"),
        _fill_in(t("what the model is for, who made it, and who may use it")),
        *_architecture(facts),
        *_data(facts),
        *_training(facts),
        *_metrics(facts),
        *_confusion(facts),
        *_exports(facts),
        *_how_to_load(facts),
        f"## {t('Limits')}",
        _fill_in(t("what it was not tested on, and what it should not be used for")),
        f"## {t('Licence')}",
        _fill_in(t("the licence of the weights, and that of the data")),
    ]
    return "\n\n".join(parts) + "\n"


def _architecture(facts: CardFacts) -> Iterable[str]:
    yield f"## {t('Architecture')}"
    if facts.parameters is None:
        yield t("%1, of a class “%2”.", _escaped(facts.name), _escaped(facts.class_name))
    else:
        yield t(
            "%1: %2 parameters, %3 of them trainable.",
            _escaped(facts.class_name),
            f"{facts.parameters[0]:,}",
            f"{facts.parameters[1]:,}",
        )
    rows = [(t("input"), *each) for each in facts.inputs]
    rows += [(t("output"), *each) for each in facts.outputs]
    if rows:
        yield _table(("", t("name"), t("shape"), t("type")), rows)
    if facts.layers:
        titles = (t("layer"), t("class"), t("output shape"), t("parameters"))
        yield _table(titles, facts.layers[:_MAX_LAYERS])
        if len(facts.layers) > _MAX_LAYERS:
            yield t("The first %1 of %2 layers.", _MAX_LAYERS, f"{len(facts.layers):,}")


def _data(facts: CardFacts) -> Iterable[str]:
    yield f"## {t('Data')}"
    yield _fill_in(t("where the data come from, how they were split, and what was removed"))
    if facts.data:
        yield _table((t("data"), t("what it is")), facts.data)


def _training(facts: CardFacts) -> Iterable[str]:
    yield f"## {t('Training')}"
    if not facts.training:
        yield t("No recorded run of this model was found.")
        yield _fill_in(t("how it was trained"))
        return
    if facts.run_is_guessed:
        yield t(
            "From the record of run `%1`, the latest with the same architecture. Check that these "
            "weights are from it.",
            facts.run,
        )
    elif facts.run:
        yield t("From the record of run `%1`.", facts.run)
    yield _table((t("setting"), t("value")), facts.training)


def _metrics(facts: CardFacts) -> Iterable[str]:
    yield f"## {t('Metrics')}"
    if not facts.metrics:
        yield _fill_in(t("how good it is, on which data"))
        return
    titles = (t("metric"), t("training"), t("validation"), t("best"), t("evaluated"))
    # Without validation or evaluation, no column of dashes.
    columns = [0, *(i for i in range(1, len(titles)) if any(row[i] for row in facts.metrics))]
    rows = [[row[i] or "–" for i in columns] for row in facts.metrics]
    yield _table([titles[i] for i in columns], rows)


def _confusion(facts: CardFacts) -> Iterable[str]:
    matrix = facts.confusion
    if matrix is None or not len(matrix):
        return
    yield f"### {t('Confusion matrix')}"
    yield t("Rows are the true classes, columns the predicted ones: %1.", facts.confusion_from)
    if len(matrix) > _MAX_CLASSES:
        yield t("It has %1 classes, too many to show.", len(matrix))
        return
    names = facts.class_names or tuple(map(str, range(len(matrix))))
    rows = [(name, *map(str, row)) for name, row in zip(names, matrix, strict=False)]
    yield _table(("", *names), rows)


def _exports(facts: CardFacts) -> Iterable[str]:
    if not facts.exports:
        return
    yield f"## {t('Formats')}"
    titles = (t("format"), t("file"), t("size"), t("max. difference"), t("same class"))
    yield _table(titles, facts.exports)


def _how_to_load(facts: CardFacts) -> Iterable[str]:
    yield f"## {t('How to load it')}"
    if facts.run_code:
        yield f"```python\n{facts.run_code.strip()}\n```"
        return
    yield (
        "```python\n"
        "import keras\n\n"
        f'model = keras.saving.load_model("{facts.file}")\n'
        f"predictions = model.predict(x)"
        + (f"  # x: {', '.join(f'{s} {d}' for _, s, d in facts.inputs)}" if facts.inputs else "")
        + "\n```"
    )


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(map(_escaped, titles))} |", f"|{'---|' * len(titles)}"]
    lines += [f"| {' | '.join(map(_escaped, row))} |" for row in rows]
    return "\n".join(lines)


def _fill_in(text: str) -> str:
    return f"‹{text}›"


def _escaped(text: str) -> str:
    """Return a text of the user's that cannot become Markdown or HTML of its own."""
    plain = re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", str(text))
    return re.sub(r"\s+", " ", plain)
