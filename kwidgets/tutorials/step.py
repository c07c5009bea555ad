"""A step of a tutorial: what the reader is to do, how that is told, hints and a solution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """One thing that a check looked at."""

    right: bool
    text: str


def right(text: str) -> Verdict:
    """Say what the reader has got right."""
    return Verdict(True, text)


def missing(text: str) -> Verdict:
    """Say what is not there yet, or not right, without giving the answer away."""
    return Verdict(False, text)


def expect(holds: bool, so: str, else_: str) -> Verdict:
    """Return :func:`right` of ``so`` where a condition holds, else :func:`missing` of ``else_``."""
    return right(so) if holds else missing(else_)


class NotRunError(Exception):
    """A check needs a name that no cell has made yet.

    Attributes:
        name: the name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"the name {name!r} is not there yet")
        self.name = name


class Given:
    """The reader's namespace, as a check sees it: ``given.model`` is the variable ``model``.

    A name that is not there raises :class:`NotRunError`, which tells the reader what to run.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise NotRunError(name) from None


@dataclass(frozen=True)
class Step:
    """One "your turn".

    Attributes:
        key: its name in ``%kwidgets check <key>``.
        title: what is to be done, in a few words.
        cell: the id of the notebook's cell that the reader is to change or to write.
        check: looks at the reader's namespace and tells, a verdict a thing, what is right and what
            is missing. The step is done when all are right.
        hints: from a nudge to nearly the answer.
        solution: a text for the cell with which all verdicts are right.
    """

    key: str
    title: str
    cell: str
    check: Callable[[Given], Iterator[Verdict]]
    hints: tuple[str, ...]
    solution: str


def judge(step: Step, namespace: Mapping[str, Any]) -> list[Verdict]:
    """Return what ``step`` finds in ``namespace``; that a check fails on it is a verdict too.

    Raises:
        NotRunError: the check needs a name that is not there.
    """
    verdicts = []
    try:
        for verdict in step.check(Given(namespace)):
            verdicts.append(verdict)
    except NotRunError:
        raise
    except Exception as error:
        verdicts.append(missing(f"This cannot be checked yet: {type(error).__name__}: {error}"))
    return verdicts or [missing("There is nothing to check yet.")]
