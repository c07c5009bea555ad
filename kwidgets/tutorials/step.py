"""Defines a step of a tutorial: its task, check, hints and solution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CheckResult:
    """The result for one condition of a check."""

    passed: bool
    text: str


def passed(text: str) -> CheckResult:
    """Return that a condition is met."""
    return CheckResult(True, text)


def failed(text: str) -> CheckResult:
    """Return what is missing or wrong, without giving the answer away."""
    return CheckResult(False, text)


def expect(condition: bool, if_true: str, if_false: str) -> CheckResult:
    """Return :func:`passed` or :func:`failed`, by a condition."""
    return passed(if_true) if condition else failed(if_false)


class MissingVariableError(Exception):
    """A check needs a variable that no cell has defined yet.

    Attributes:
        name: the name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"the name {name!r} is not there yet")
        self.name = name


class UserNamespace:
    """The reader's variables as attributes: ``user_ns.model`` is the variable ``model``.

    A missing variable raises :class:`MissingVariableError`; the reader is then told what to run.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise MissingVariableError(name) from None


@dataclass(frozen=True)
class Step:
    """One "your turn".

    Attributes:
        key: its name in ``%kwidgets check <key>``.
        title: the task, in a few words.
        cell_id: the id of the notebook's cell that the reader has to change or to write.
        check: yields a result for each condition on the reader's variables. The step is done when
            all have passed.
        hints: from vague to nearly the answer.
        solution: a text for the cell with which all conditions are met.
    """

    key: str
    title: str
    cell_id: str
    check: Callable[[UserNamespace], Iterator[CheckResult]]
    hints: tuple[str, ...]
    solution: str


def run_check(step: Step, namespace: Mapping[str, Any]) -> list[CheckResult]:
    """Return the results of the check of ``step``; an error in the check is a failed result.

    Raises:
        MissingVariableError: the check needs a variable that is missing.
    """
    results = []
    try:
        for result in step.check(UserNamespace(namespace)):
            results.append(result)
    except MissingVariableError:
        raise
    except Exception as error:
        results.append(failed(f"This cannot be checked yet: {type(error).__name__}: {error}"))
    return results or [failed("There is nothing to check yet.")]
