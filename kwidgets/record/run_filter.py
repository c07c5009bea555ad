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
from kwidgets.record.run_file.run_info import RunInfo

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
    r"""\s*(?:
      (?P<name>`[^`]+`|[^\s<>=!"'`,]+)\s*(?P<operator>>=|<=|==|!=|=|>|<)\s*
      (?P<value>"[^"]*"|'[^']*'|[^\s,<>=!]+)
      | (?P<word>"[^"]*"|'[^']*'|[^\s,]+)
    )\s*,?""",
    re.VERBOSE,
)
_CONNECTIVES = ("and", "&", "&&")
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

    def check_names(self, runs: Iterable[RunInfo]) -> None:
        """Check that each condition is about a value that a run could have.

        Raises:
            FilterError: no run has the value.
        """
        runs = list(runs)
        known = set(FIELDS).union(*(names_of(run) for run in runs))
        for comparison in self.comparisons:
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
        FilterError: a condition is not complete.
    """
    words: list[str] = []
    comparisons: list[Comparison] = []
    place = 0
    text = text.strip()
    while place < len(text):
        match = _TERM.match(text, place)
        if match is None or match.end() == place:
            break
        place = match.end()
        word = match["word"]
        if word is None:
            comparisons.append(
                Comparison(match["name"].strip("`"), match["operator"], _unquoted(match["value"]))
            )
        elif word[0] in "<>=!" or word[-1] in "<>=!":
            raise FilterError(
                t("“%1” is not complete. Write a name, an operator and a value: loss < 0.5.", word)
            )
        elif word.lower() not in _CONNECTIVES:
            words.append(_unquoted(word).lower())
    return RunFilter(tuple(words), tuple(comparisons))


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
    number = _number(wanted, name)
    if number is None:
        raise FilterError(t("“%1” is compared with a number, such as %1 > 0.9.", name))
    if math.isnan(number):
        return math.isnan(value) is (sign != "!=")
    return compare(value, number)


def _number(text: str, name: str) -> float | None:
    if text.lower() in ("nan", "inf", "-inf"):
        return float(text)
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
    """Return the names that the user may have meant, or all of them."""
    names = sorted(known)
    return difflib.get_close_matches(name, names, n=3) or names
