"""Translates between classes and Keras's string identifiers, such as "adam" or "mse"."""

from __future__ import annotations

import functools
from typing import Final

import keras

from kwidgets.builder.catalog.classes import catalog
from kwidgets.builder.catalog.form_corrections import read_table
from kwidgets.builder.catalog.keras_classes import short_name

# Identifiers without a class: compile chooses one of several by the shape of the targets.
ACCURACY_TEXTS: Final = ("accuracy", "acc")


def identifier_of(key: str, section: str) -> str | None:
    """Return the identifier of a class with default arguments, or None.

    The identifier of a metric is one under which the logs show the name of the metric.

    Args:
        key: of the class: ``"keras.initializers.HeNormal"`` gives ``"he_normal"``.
        section: of the argument that takes the identifier.
    """
    usual: str | None = read_table()["usual_identifiers"].get(section, {}).get(key)
    known = usual is not None and key in catalog().entries and _is_accepted(usual, section)
    return usual if known else None


def resolve_identifier(text: str, section: str) -> str | None:
    """Return the key of the class that an identifier names, or None.

    Args:
        text: ``"he_normal"``, ``"HeNormal"``, ``"SGD"``, ``"mse"``, or a key.
            ``"accuracy"`` gives None: compile chooses a class by the shape of the targets.
        section: of the argument that takes the identifier.
    """
    if section == "metrics" and text in ACCURACY_TEXTS:
        return None
    known = catalog()
    key = known.aliases.get(text, text)
    keys = known.sections.get(section, ())
    if key in keys:
        return key
    found = _keys_by_identifier(section).get(text) or _keys_by_identifier(section).get(
        _normalized(text)
    )
    if found in keys:
        return found
    name = _normalized(short_name(text))
    names = {_normalized(short_name(one)): one for one in keys}
    names.update(
        {_normalized(short_name(alias)): one for alias, one in known.aliases.items() if one in keys}
    )
    return names.get(name)


@functools.cache
def _keys_by_identifier(section: str) -> dict[str, str]:
    """Return the keys of the table's identifiers, as they are and normalized."""
    texts: dict[str, str] = read_table()["identifiers"].get(section, {})
    return {**{_normalized(text): key for text, key in texts.items()}, **texts}


@functools.cache
def _is_accepted(text: str, section: str) -> bool:
    """Whether the installed Keras accepts an identifier of the table, which may be older."""
    if read_table()["keras_version"] == keras.__version__:
        return True
    try:
        return getattr(keras, section).get(text) is not None
    except (KeyError, TypeError, ValueError):
        return False


def _normalized(text: str) -> str:
    return text.lower().replace("_", "")
