"""The types of advice, fixes and rules, and the decorator that registers a rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Final, Literal

from kwidgets.builder import protocol
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ModelSpec

Level = Literal["error", "warning", "tip"]
# error: training fails or learns nothing. warning: training runs, but hardly as intended.
# tip: the model could be better.
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "tip")


@dataclasses.dataclass(frozen=True)
class Fix:
    """An edit that corrects a mistake, offered as a button.

    Args:
        label: of the button: "Set units to 10".
        apply: returns the corrected spec.
    """

    label: str
    apply: Callable[[ModelSpec], ModelSpec]


@dataclasses.dataclass(frozen=True)
class Advice:
    """A mistake that a rule found in a model.

    Args:
        rule: the name of the rule that found it.
        level: see ``LEVELS``.
        title: a few words.
        text: what was found, why it matters, what to do.
        target: where it is: a layer's uid, ``"input"``, ``"compile"``, ``"fit"``.
        fix: None where only the user can correct it.
        about: distinguishes advice of the same rule and target.
        code: the statement that corrects the data; "" where the mistake is not in the data.
    """

    rule: str
    level: Level
    title: str
    text: str
    target: str | None = None
    fix: Fix | None = None
    about: str = ""
    code: str = ""

    @property
    def id(self) -> str:
        """The same for the same mistake each time the rules run."""
        return ":".join(part for part in (self.rule, self.target, self.about) if part)


def as_wire(advice: Advice) -> protocol.Advice:
    return {
        "id": advice.id,
        "level": advice.level,
        "title": advice.title,
        "text": advice.text,
        "target": advice.target,
        "fix": None if advice.fix is None else advice.fix.label,
    }


@dataclasses.dataclass(frozen=True)
class Finding:
    """What a rule's function yields: an advice without the rule's name.

    ``level`` is set only where it differs from the rule's.
    """

    title: str
    text: str
    target: str | None = None
    fix: Fix | None = None
    about: str = ""
    level: Level | None = None
    code: str = ""


@dataclasses.dataclass(frozen=True)
class Rule:
    """A kind of mistake and the function that finds it.

    Args:
        name: never changes; the ids of its advice begin with it.
        level: of its advice, unless a finding sets another.
        why: why it is a mistake, for readers of the rules.
        check: yields what it finds; has no side effects.
    """

    name: str
    level: Level
    why: str
    check: Callable[[Situation], Iterator[Finding]]

    def find(self, situation: Situation) -> Iterator[Advice]:
        for finding in self.check(situation):
            yield Advice(
                self.name,
                finding.level or self.level,
                finding.title,
                finding.text,
                finding.target,
                finding.fix,
                finding.about,
                finding.code,
            )


def rule(
    table: list[Rule], name: str, level: Level
) -> Callable[[Callable[[Situation], Iterator[Finding]]], Callable[[Situation], Iterator[Finding]]]:
    """Register a function in a table of rules; its docstring says why the rule exists."""

    def register(
        check: Callable[[Situation], Iterator[Finding]],
    ) -> Callable[[Situation], Iterator[Finding]]:
        table.append(Rule(name, level, " ".join((check.__doc__ or "").split()), check))
        return check

    return register
