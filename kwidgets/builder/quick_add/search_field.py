"""Reads the search field: "dense 128 relu", "conv2d 32 3x3 same", "Dense(128, activation='relu')".

The class comes first, however it is spelled; then its values in any order that is clear, numbers in
the order of the class's arguments. A line of Python is parsed, never run. What is not written is
left to its default, and a required argument that is missing is left out: the card asks for it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Final

from kwidgets.builder import catalog, fields
from kwidgets.builder.catalog import labels
from kwidgets.builder.protocol import Entry, SearchOption
from kwidgets.builder.quick_add.class_names import SHORT_NAMES, QuickError, simple
from kwidgets.builder.quick_add.parser import parse, read_field
from kwidgets.builder.quick_add.word_syntax import Reader, leading_words, tokens_of
from kwidgets.builder.spec import ObjectSpec, Value

# The search field's answer to nothing.
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
    """Return what the search field offers for a text that is still being typed, best first."""
    known = catalog.catalog()
    if not text.strip():
        names = {catalog.short_name(key): key for key in reversed(known.sections["layers"])}
        return [_option(known.entries[names[name]], {}) for name in COMMON if name in names]
    exact = _parsed(text)
    options = [] if exact is None else [_option(known.entries[exact.class_name], exact.arguments)]
    taken = {option["class_name"] for option in options}
    ranked: list[tuple[float, int, int, SearchOption]] = []
    tokens = tokens_of(text)
    for place, key in enumerate(known.sections["layers"]):
        if key in taken:
            continue
        score, used = _best_score(tokens, key)
        if score is not None:
            entry = known.entries[key]
            arguments, missed = _fitting(entry, tokens[used:])
            score += 1.0 if entry["unusable"] else 0.0
            ranked.append((score, missed, place, _option(entry, arguments)))
    ranked.sort(key=lambda one: one[:3])
    for activation in known.activations:
        if len(tokens[0]) > 1 and activation.startswith(tokens[0].lower()):
            entry = known.entries["keras.layers.Activation"]
            if "keras.layers.Activation" not in taken:
                place = 0 if not ranked else len(ranked)
                ranked.insert(min(place, 2), (0, 0, 0, _option(entry, {"activation": activation})))
            break
    return (options + [option for *_, option in ranked])[:limit]


def _parsed(text: str) -> ObjectSpec | None:
    try:
        return parse(text)
    except (QuickError, fields.FieldError):
        return None


def _best_score(tokens: list[str], key: str) -> tuple[float | None, int]:
    """Return how well the first words fit a class (less is better) and how many they are."""
    best: tuple[float | None, int] = (None, 0)
    name = simple(catalog.short_name(key))
    for count in range(max(leading_words(tokens), 1), 0, -1):
        word = simple("".join(tokens[:count]))
        score = _score(word, name) if word else None
        if score is not None and (best[0] is None or score < best[0]):
            best = score, count
    return best


def _score(word: str, name: str) -> float | None:
    if name == word or simple(SHORT_NAMES.get(word, "")) == name:
        return 0.0
    if name.startswith(word):
        return 1.0
    if len(word) > 1 and word in name:
        return 2.0
    if len(word) > 2 and difflib.SequenceMatcher(None, word, name).ratio() > 0.7:
        return 3.0
    return None


def _fitting(entry: Entry, tokens: list[str]) -> tuple[dict[str, Value], int]:
    """Return the arguments that the words mean to a class, and how many words mean nothing."""
    reader = Reader(entry, read_field)
    missed = 0
    rest = list(tokens)
    while rest:
        try:
            taken = reader.take(rest)
        except (QuickError, fields.FieldError):
            taken = 1
            # The last word may be half typed.
            if len(rest) > 1 or not reader.complete(rest[0]):
                missed += 1
        rest = rest[taken:]
    return reader.arguments, missed


def _option(entry: Entry, arguments: Mapping[str, Value]) -> SearchOption:
    entry = labels.translated(entry)
    return SearchOption(
        class_name=entry["key"],
        arguments={name: fields.to_wire(value) for name, value in arguments.items()},
        title=entry["name"],
        detail=entry["unusable"] or describe(arguments) or entry["summary"],
        group=entry["group"],
    )


def describe(arguments: Mapping[str, Value]) -> str:
    """Return arguments as they would be written in Python."""
    return ", ".join(f"{name}={_written(value)}" for name, value in arguments.items())


def _written(value: Value) -> str:
    if isinstance(value, ObjectSpec):
        return f"{value.title}({describe(value.arguments)})"
    return repr(value)
