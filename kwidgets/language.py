"""Translate the texts that the kernel sends to its pages.

A catalogue ``locale/<language>/LC_MESSAGES/kwidgets.json`` maps each English text to its
translation. JupyterLab serves it to the pages with our extension, the kernel to all others.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import re
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Final, TypedDict

LOCALE = pathlib.Path(__file__).parent / "locale"
CATALOGUE = pathlib.PurePath("LC_MESSAGES", "kwidgets.json")
VARIABLE: Final = "KWIDGETS_LANGUAGE"
ENGLISH: Final = "en"

_chosen: str | None = None
_page_language: str | None = None
_listeners: list[weakref.WeakMethod[Callable[[], None]]] = []


def t(text: str, *values: object) -> str:
    """Return ``text`` in the kernel's language, with ``%1``, ``%2`` … replaced by ``values``."""
    return _translated(text, values)


class Message(TypedDict):
    """A text that is translated where it is shown: the English one, and the values in it."""

    key: str
    values: list[str | Message]


def message(key: str, *values: str | Message) -> Message:
    """Return a text for :func:`translated`, or for the page, which translates it too."""
    return Message(key=key, values=list(values))


def translated(text: str | Message) -> str:
    """Return ``text`` in the kernel's language; a name or number as it is."""
    if isinstance(text, str):
        return text
    return _translated(text["key"], [translated(value) for value in text["values"]])


def _translated(text: str, values: Sequence[object]) -> str:
    found = _catalogue(current()).get(text)
    words: str = found[0] if found else text
    if not values:
        return words
    return re.sub(
        r"%([1-9])",
        lambda match: str(values[int(match[1]) - 1]) if int(match[1]) <= len(values) else match[0],
        words,
    )


def current() -> str:
    """Return the kernel's language: "en", or that of a catalogue, such as "zh_CN".

    In this order: the language of the last page with our JupyterLab extension, whose own texts
    follow JupyterLab; that passed to :func:`set_language`; that of the environment; English.
    """
    return _page_language or _chosen or _known(os.environ.get(VARIABLE, "")) or ENGLISH


def page_language() -> str | None:
    """Return the language of the last page with our JupyterLab extension; None if there is none."""
    return _page_language


def languages() -> list[str]:
    """Return the supported languages."""
    return [ENGLISH, *sorted(path.parent.parent.name for path in LOCALE.glob(f"*/{CATALOGUE}"))]


def set_language(language: str | None) -> None:
    """Use ``language`` where no JupyterLab chooses one; None for that of the environment.

    Raises:
        ValueError: there is no catalogue for this language.
    """
    global _chosen
    known = None if language is None else _known(language)
    if language is not None and known is None:
        raise ValueError(
            f"Language {language!r} is not available. Choose one of {', '.join(languages())}."
        )
    before = current()
    _chosen = known
    _notify_listeners(before)


def set_page_language(language: object) -> None:
    """Store the language of a page; if it has no catalogue, texts are in English."""
    global _page_language
    if not isinstance(language, str):
        return
    before = current()
    _page_language = _known(language) or ENGLISH
    _notify_listeners(before)


def messages() -> dict[str, Any] | None:
    """Return the catalogue of the kernel's language, or None for English."""
    return _catalogue(current()) or None


def on_change(listener: Callable[[], None]) -> None:
    """Call a method when the language changes, as long as its object exists."""
    _listeners.append(weakref.WeakMethod(listener))


def _notify_listeners(before: str) -> None:
    if current() == before:
        return
    for reference in list(_listeners):
        listener = reference()
        if listener is None:
            _listeners.remove(reference)
        else:
            listener()


def _known(language: str) -> str | None:
    wanted = language.replace("-", "_").lower()
    return next((known for known in _languages() if known.lower() == wanted), None)


@functools.cache
def _languages() -> tuple[str, ...]:
    return tuple(languages())


@functools.cache
def _catalogue(language: str) -> dict[str, Any]:
    if language == ENGLISH:
        return {}
    text = (LOCALE / language / CATALOGUE).read_text(encoding="utf-8")
    catalogue: dict[str, Any] = json.loads(text)
    return catalogue
