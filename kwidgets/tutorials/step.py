"""Define a step of a tutorial: its task, check, hints and solution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CheckResult:
    """The result of one condition of a check."""

    passed: bool
    text: str


def passed(text: str) -> CheckResult:
    """Return the result of a condition that is met."""
    return CheckResult(True, text)


def failed(text: str) -> CheckResult:
    """Return the result of a condition that is not met, without revealing the solution."""
    return CheckResult(False, text)


def expect(condition: bool, if_true: str, if_false: str) -> CheckResult:
    """Return :func:`passed` or :func:`failed`, by a condition."""
    return passed(if_true) if condition else failed(if_false)


class MissingVariableError(Exception):
    """A check uses a variable that is not defined yet.

    Attributes:
        name: the name of the variable.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"the variable {name!r} is not defined yet")
        self.name = name


class UserNamespace:
    """The user's variables as attributes: ``user_ns.model`` is the variable ``model``.

    A missing variable raises :class:`MissingVariableError`; a message then names the cell to run.
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
    """One exercise.

    Attributes:
        key: its name in ``%kwidgets check <key>``.
        title: the task, in a few words.
        cell_id: the id of the cell that the user has to edit.
        check: yields a result for each condition on the user's variables. The step is done when
            all of them have passed.
        hints: from general to specific.
        solution: the text of a cell that meets all conditions.
    """

    key: str
    title: str
    cell_id: str
    check: Callable[[UserNamespace], Iterator[CheckResult]]
    hints: tuple[str, ...]
    solution: str


def run_check(step: Step, namespace: Mapping[str, Any]) -> list[CheckResult]:
    """Run the check of ``step`` and return its results; an error becomes a failed result.

    Raises:
        MissingVariableError: the check uses a variable that is missing.
    """
    results = []
    try:
        for result in step.check(UserNamespace(namespace)):
            results.append(result)
    except MissingVariableError:
        raise
    except Exception as error:
        results.append(failed(f"The check failed with {type(error).__name__}: {error}"))
    return results or [failed("There is nothing to check yet.")]
