"""What an advice and a rule are, and the registry that rules enter themselves into."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Final, Literal

from kwidgets.builder import protocol
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ModelSpec

Level = Literal["error", "warning", "tip"]
# error: training fails or learns nothing. warning: it runs, but hardly as meant. tip: it could be
# better.
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "tip")


@dataclasses.dataclass(frozen=True)
class Fix:
    """What a button does about a mistake.

    Args:
        label: on the button: "Set units to 10".
        apply: returns the mended spec.
    """

    label: str
    apply: Callable[[ModelSpec], ModelSpec]


@dataclasses.dataclass(frozen=True)
class Advice:
    """A common mistake, found.

    Args:
        rule: the name of the rule that found it.
        level: see ``LEVELS``.
        title: a few words.
        text: what came, why it matters, what to do.
        target: what it is about: a layer's uid, ``"input"``, ``"compile"``, ``"fit"``.
        fix: None where only the user can mend it.
        about: tells advice of the same rule and target apart.
    """

    rule: str
    level: Level
    title: str
    text: str
    target: str | None = None
    fix: Fix | None = None
    about: str = ""

    @property
    def id(self) -> str:
        """The same for the same mistake, however often it is looked for."""
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


# What a rule's function yields: the advice, with the rule's name and level to be filled in.
@dataclasses.dataclass(frozen=True)
class Finding:
    """An advice without what its rule knows; ``level`` only where it differs from the rule's."""

    title: str
    text: str
    target: str | None = None
    fix: Fix | None = None
    about: str = ""
    level: Level | None = None


@dataclasses.dataclass(frozen=True)
class Rule:
    """A kind of mistake.

    Args:
        name: never changes; begins its advice's ids.
        level: of its advice, unless a finding says otherwise.
        why: what is wrong about it, for who reads the rules.
        look: yields what is found; pure.
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
            )


def rule(
    table: list[Rule], name: str, level: Level
) -> Callable[[Callable[[Situation], Iterator[Finding]]], Callable[[Situation], Iterator[Finding]]]:
    """Enter a function into a table of rules; its docstring says why."""

    def register(
        check: Callable[[Situation], Iterator[Finding]],
    ) -> Callable[[Situation], Iterator[Finding]]:
        table.append(Rule(name, level, " ".join((check.__doc__ or "").split()), check))
        return check

    return register
