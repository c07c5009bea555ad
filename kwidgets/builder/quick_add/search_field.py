"""Lists the layers that the search field offers while the user types, best match first."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Final

from kwidgets.builder import catalog, fields
from kwidgets.builder.catalog import labels
from kwidgets.builder.protocol import Entry, SearchOption
from kwidgets.builder.quick_add.class_names import SHORT_NAMES, QuickError, normalize
from kwidgets.builder.quick_add.parser import parse, read_field
from kwidgets.builder.quick_add.word_syntax import ArgumentReader, count_leading_words, tokenize
from kwidgets.builder.spec import ObjectSpec, Value

# Offered while the search field is empty.
COMMON: Final = (
    "Dense",
    "Conv2D",
    "MaxPooling2D",
    "Flatten",
    "Dropout",
    "BatchNormalization",
    "GlobalAveragePooling2D",
    "LSTM",
    "Embedding",
    "Activation",
    "Rescaling",
    "RandomFlip",
)


def search(text: str, limit: int = 12) -> list[SearchOption]:
    """Return the layers that fit a text that is still being typed, the best first."""
    known = catalog.catalog()
    if not text.strip():
        names = {catalog.short_name(key): key for key in reversed(known.sections["layers"])}
        return [_search_option(known.entries[names[name]], {}) for name in COMMON if name in names]
    exact = _parse_or_none(text)
    options = (
        [] if exact is None else [_search_option(known.entries[exact.class_name], exact.arguments)]
    )
    taken = {option["class_name"] for option in options}
    ranked: list[tuple[float, int, int, SearchOption]] = []
    tokens = tokenize(text)
    for place, key in enumerate(known.sections["layers"]):
        if key in taken:
            continue
        score, used = _best_score(tokens, key)
        if score is not None:
            entry = known.entries[key]
            arguments, missed = _fitting_arguments(entry, tokens[used:])
            score += 1.0 if entry["unusable"] else 0.0
            ranked.append((score, missed, place, _search_option(entry, arguments)))
    ranked.sort(key=lambda one: one[:3])
    for activation in known.activations:
        if len(tokens[0]) > 1 and activation.startswith(tokens[0].lower()):
            entry = known.entries["keras.layers.Activation"]
            if "keras.layers.Activation" not in taken:
                place = 0 if not ranked else len(ranked)
                ranked.insert(
                    min(place, 2), (0, 0, 0, _search_option(entry, {"activation": activation}))
                )
            break
    return (options + [option for *_, option in ranked])[:limit]


def _parse_or_none(text: str) -> ObjectSpec | None:
    try:
        return parse(text)
    except (QuickError, fields.FieldError):
        return None


def _best_score(tokens: list[str], key: str) -> tuple[float | None, int]:
    """Return how well the first words fit a class (lower is better) and how many these are."""
    best: tuple[float | None, int] = (None, 0)
    name = normalize(catalog.short_name(key))
    for count in range(max(count_leading_words(tokens), 1), 0, -1):
        word = normalize("".join(tokens[:count]))
        score = _score(word, name) if word else None
        if score is not None and (best[0] is None or score < best[0]):
            best = score, count
    return best


def _score(word: str, name: str) -> float | None:
    if name == word or normalize(SHORT_NAMES.get(word, "")) == name:
        return 0.0
    if name.startswith(word):
        return 1.0
    if len(word) > 1 and word in name:
        return 2.0
    if len(word) > 2 and difflib.SequenceMatcher(None, word, name).ratio() > 0.7:
        return 3.0
    return None


def _fitting_arguments(entry: Entry, tokens: list[str]) -> tuple[dict[str, Value], int]:
    """Return the arguments that the words give, and the number of words that fit none."""
    reader = ArgumentReader(entry, read_field)
    missed = 0
    rest = list(tokens)
    while rest:
        try:
            taken = reader.take(rest)
        except (QuickError, fields.FieldError):
            taken = 1
            # The last word may be incomplete.
            if len(rest) > 1 or not reader.take_completion(rest[0]):
                missed += 1
        rest = rest[taken:]
    return reader.arguments, missed


def _search_option(entry: Entry, arguments: Mapping[str, Value]) -> SearchOption:
    entry = labels.translated(entry)
    return SearchOption(
        class_name=entry["key"],
        arguments={name: fields.to_wire(value) for name, value in arguments.items()},
        title=entry["name"],
        detail=entry["unusable"] or _describe(arguments) or entry["summary"],
        group=entry["group"],
    )


def _describe(arguments: Mapping[str, Value]) -> str:
    """Return arguments as they are written in Python."""
    return ", ".join(f"{name}={_python_text(value)}" for name, value in arguments.items())


def _python_text(value: Value) -> str:
    if isinstance(value, ObjectSpec):
        return f"{value.title}({_describe(value.arguments)})"
    return repr(value)
