"""Filter runs by words and by values: ``digits val_accuracy > 0.9 state = finished``.

The text is parsed here; nothing of it is evaluated.
"""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import math
import operator
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from kwidgets.language import t
from kwidgets.record.run_file.run_info import STATES, RunInfo

#: What may stand before an operator, besides the names of metrics and of arguments of ``fit``.
FIELDS = (
    "backend",
    "device",
    "duration",
    "epochs",
    "id",
    "kind",
    "model",
    "name",
    "notebook",
    "notes",
    "optimizer",
    "size",
    "started",
    "state",
    "steps",
    "tag",
)
_BEST = "best_"

_TERM = re.compile(
    r"""[\s,]*(?:
      (?P<name>`[^`]+`|[^\s<>=!"'`,]+)\s*(?P<operator>>=|<=|==|!=|=|>|<)\s*
      (?P<value>"[^"]*"|'[^']*'|[^\s,<>=!]+)
      | (?P<word>"[^"]*"|'[^']*'|[^\s,]+)
    )""",
    re.VERBOSE,
)
_CONNECTIVES = ("and", "&", "&&")
_UNSUPPORTED = ("or", "|", "||", "not", "in", "~", "(", ")")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_UNITS: dict[str, dict[str, float]] = {
    "duration": {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400},
    "size": {"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12},
}
_KINDS = ("fit", "loop")
#: Fields that have one of a few values, and those that are other texts: neither has an order.
_CHOICES = {"kind": _KINDS, "state": (*STATES, "diverged")}
_TEXTS = ("backend", "device", "id", "model", "name", "notebook", "notes", "optimizer", "tag")
_NUMBERS = ("duration", "epochs", "size", "steps")
# Any beginning of 2026-11-01 09:30:00.
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d([ T]\d\d(:\d\d(:\d\d)?)?)?)?)?")
# Names that an error shows, at most.
_NAMED = 20
_NUMBER = re.compile(r"([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z]*)", re.IGNORECASE)

Value: TypeAlias = "float | str | tuple[str, ...] | None"


class FilterError(ValueError):
    """A filter cannot be understood; the message says what is possible."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A condition on one value."""

    name: str
    operator: str
    value: str

    def matches(self, run: RunInfo) -> bool:
        """Return whether the run has the value and it fulfils the condition."""
        return _holds(value_of(run, self.name), self.operator, self.value, self.name)


@dataclasses.dataclass(frozen=True)
class RunFilter:
    """Words that each occur in a text of the run, and conditions that each hold."""

    words: tuple[str, ...]
    comparisons: tuple[Comparison, ...]

    def matches(self, run: RunInfo) -> bool:
        """Return whether the run is to be shown."""
        text = _text_of(run) if self.words else ""
        return all(word in text for word in self.words) and all(
            comparison.matches(run) for comparison in self.comparisons
        )

    def check(self, runs: Iterable[RunInfo]) -> None:
        """Check that each condition is about a value that a run could have, and can be compared.

        Raises:
            FilterError: no run has the value, or it is compared with something of another kind.
        """
        runs = list(runs)
        known = set(FIELDS).union(*(names_of(run) for run in runs))
        for word in self.words:
            if word in known and not any(word in _text_of(run) for run in runs):
                raise _incomplete(word)
        for comparison in self.comparisons:
            for run in runs:
                comparison.matches(run)
            if runs and comparison.name not in known:
                raise FilterError(
                    t(
                        "No run has a value “%1”. Use one of: %2.",
                        comparison.name,
                        ", ".join(_similar(comparison.name, known)),
                    )
                )


def parse_filter(text: str) -> RunFilter:
    """Return the filter of a text; an empty one matches all runs.

    Raises:
        FilterError: a part of it is not understood.
    """
    words: list[str] = []
    comparisons: list[Comparison] = []
    for match in _TERM.finditer(text):
        word = match["word"]
        if word is None:
            comparisons.append(
                Comparison(match["name"].strip("`"), match["operator"], _unquoted(match["value"]))
            )
            _check_comparison(comparisons[-1], match["value"])
        elif word.lower() not in _CONNECTIVES:
            _check_word(word)
            words.append(_unquoted(word).lower())
    return RunFilter(tuple(words), tuple(comparisons))


def _check_word(word: str) -> None:
    if word[0] in "<>=!" or word[-1] in "<>=!":
        raise _incomplete(word)
    if word.lower() in _UNSUPPORTED:
        raise _unsupported(word)
    if word[0] in "\"'" and _unquoted(word) == word:
        raise FilterError(t("The quotation mark in %1 is not closed.", word))
    name, colon, value = word.partition(":")
    if colon and name in FIELDS:
        raise FilterError(t("Write %1 in place of %2.", f"{name} = {value or '…'}", word))


def _check_comparison(comparison: Comparison, value: str) -> None:
    """Check what is wrong whatever the runs have."""
    name, sign, wanted = comparison.name, comparison.operator, comparison.value
    if name[0] in "(!~" or (value == wanted and wanted[-1] == ")"):
        raise _unsupported(name if name[0] in "(!~" else wanted)
    if value[0] in "\"'" and value == wanted:
        raise FilterError(t("The quotation mark in %1 is not closed.", value))
    choices = _CHOICES.get(name)
    if (choices or name in _TEXTS) and sign not in ("=", "==", "!="):
        raise FilterError(t("“%1” is a text: compare it by = or !=.", name))
    if choices and wanted.lower() not in choices:
        raise FilterError(t("“%1” is one of %2, not “%3”.", name, ", ".join(choices), wanted))
    if name == "started" and not _DATE.fullmatch(wanted):
        raise FilterError(t("“%1” is compared with a date, such as %1 > 2026-11-01.", name))
    if name in _NUMBERS:
        _needed_number(wanted, name)


def _incomplete(word: str) -> FilterError:
    return FilterError(
        t(
            "“%1” is not complete. Write a name, an operator and a value: loss < 0.5. To search "
            "for it as a word, put it in quotation marks.",
            word,
        )
    )


def _unsupported(word: str) -> FilterError:
    return FilterError(
        t(
            "“%1” cannot be used. A run must match all words and conditions: digits loss < 0.5 "
            "tag = baseline. To search for it as a word, put it in quotation marks.",
            word,
        )
    )


def names_of(run: RunInfo) -> set[str]:
    """Return the names of the values of a run that a filter can use, without ``FIELDS``."""
    plain = {name for name, value in run.fit_arguments.items() if _is_plain(value)}
    return {*run.values, *(_BEST + name for name in run.best), *plain}


def value_of(run: RunInfo, name: str) -> Value:
    """Return the value that a filter compares; None if the run has none."""
    if name in run.values:
        return run.values[name]
    best = run.best.get(name.removeprefix(_BEST)) if name.startswith(_BEST) else None
    if best is not None:
        return best["value"]
    if name in FIELDS:
        return _field(run, name)
    argument = run.fit_arguments.get(name)
    return argument if _is_plain(argument) else None


def _field(run: RunInfo, name: str) -> Value:
    fields: dict[str, Value] = {
        "backend": run.backend,
        "device": run.device,
        "duration": run.progress["seconds"],
        "epochs": float(run.epochs),
        "id": run.id,
        "kind": run.kind,
        "model": run.model_name,
        "name": run.name,
        "notebook": run.notebook or "",
        "notes": run.notes,
        "optimizer": run.optimizer,
        "size": float(run.bytes),
        "started": datetime.datetime.fromtimestamp(run.created).isoformat(" ", "seconds"),
        "state": "diverged" if run.diverged else run.state,
        "steps": float(run.progress["step"]),
        "tag": run.tags,
    }
    return fields[name]


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float | str)


def _holds(value: Value, sign: str, wanted: str, name: str) -> bool:
    if value is None:
        return False
    compare = _COMPARE[sign]
    if isinstance(value, tuple):
        found = any(item.lower() == wanted.lower() for item in value)
        return found if sign in ("=", "==") else not found if sign == "!=" else False
    if isinstance(value, str):
        if name == "started":
            # A day is equal to each of its moments.
            return compare(value[: len(wanted)], wanted.replace("T", " "))
        return compare(value.lower(), wanted.lower())
    number = _needed_number(wanted, name)
    if math.isnan(number):
        return math.isnan(value) is (sign != "!=")
    return compare(value, number)


def _needed_number(text: str, name: str) -> float:
    number = _number(text, name)
    if number is None:
        raise FilterError(
            t("“%1” is compared with a number, such as %1 > 0.9; not with “%2”.", name, text)
        )
    return number


def _number(text: str, name: str) -> float | None:
    if text.lower() in ("nan", "inf", "-inf"):
        return float(text)
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    factor = {"": 1, **_UNITS.get(name, {})}.get(match[2].lower())
    return None if factor is None else float(match[1]) * factor


def _text_of(run: RunInfo) -> str:
    parts = (
        run.id,
        run.name,
        run.model_name,
        run.optimizer,
        run.backend,
        run.notes,
        run.state,
        run.notebook or "",
        *run.tags,
    )
    return "\n".join(parts).lower()


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _similar(name: str, known: Iterable[str]) -> list[str]:
    """Return the names that the user may have meant, or the first ones of all."""
    names = sorted(known)
    shown = names if len(names) <= _NAMED else [*names[:_NAMED], "…"]
    return difflib.get_close_matches(name, names, n=3) or shown
