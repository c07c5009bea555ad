"""What is known while statements are gone through: what names stand for, and what was done."""

from __future__ import annotations

import ast
import builtins
import dataclasses
from collections.abc import Callable, Iterable

from kwidgets.builder.data.slicing import random_state as random
from kwidgets.builder.data.slicing.abstract_values import (
    NOTHING,
    Arguments,
    Kind,
    Scope,
    Thing,
    Things,
    reach,
)

# Steps after which a notebook counts as too much to be understood.
_MOST_STEPS = 200_000


class TooMuchError(Exception):
    """The notebook takes too long to go through."""


@dataclasses.dataclass
class Effects:
    """What a statement does with names of the namespace.

    Args:
        reads: what must be there before.
        binds: what it gives a new value for sure.
        may_bind: what it gives a new value perhaps: in a branch, a loop.
        changes: names whose objects it may change in place.
        deletes: names that are gone afterwards.
        star: ``from module import *``.
        anything: it may bind any name at all: ``exec``.
    """

    reads: set[str] = dataclasses.field(default_factory=set)
    binds: set[str] = dataclasses.field(default_factory=set)
    may_bind: set[str] = dataclasses.field(default_factory=set)
    changes: set[str] = dataclasses.field(default_factory=set)
    deletes: set[str] = dataclasses.field(default_factory=set)
    star: bool = False
    anything: bool = False


class State:
    """The names so far, and the effects of the statement at hand."""

    def __init__(self) -> None:
        self.notebook = Scope(frozenset())
        self.scope = self.notebook
        self.found = Effects()
        # Things that the statement may have changed.
        self.changed: set[Thing] = set()
        # States of random numbers with a known value: the others give what they like anyway.
        self.seeded: set[str] = set()
        # The functions that are being called, and what they return and yield.
        self.stack: list[ast.AST] = []
        self.returned: list[set[Thing]] = []
        # How many libraries deep functions are called that were given to them.
        self.depth = 0
        self.used: dict[tuple[ast.AST | None, Things], int] = {}
        # Modules all of whose names were imported.
        self.stars: list[str] = []
        self._steps = 0

    def step(self, count: int = 1) -> None:
        """Count steps.

        Raises:
            TooMuchError: there were too many.
        """
        self._steps += count
        if self._steps > _MOST_STEPS:
            raise TooMuchError

    # Names

    def read(self, name: str) -> Things:
        """Note that a name is read; return what it may stand for."""
        scope = self.scope.of(name)
        if scope is not self.notebook:
            return scope.names.get(name, NOTHING)
        if name not in self.found.binds:
            self.found.reads.add(name)
        if name in scope.names:
            return scope.names[name]
        modules = ["builtins"] if hasattr(builtins, name) else []
        return frozenset(
            Thing(Kind.EXTERNAL, f"{module}.{name}") for module in (*modules, *self.stars)
        )

    def bind(self, name: str, things: Things) -> None:
        """Note that a name is bound."""
        scope = self.scope.of(name)
        if scope is self.notebook:
            if self.stack:
                # Nobody knows whether the function gets so far.
                self.found.may_bind.add(name)
                things |= scope.names.get(name, NOTHING)
            else:
                self.found.binds.add(name)
        elif scope is not self.scope:
            self.changed.add(scope.cell)
        scope.names[name] = things

    def touch(self, name: str | None) -> None:
        """Note a change of what a name of the notebook's stands for, thing or not."""
        if name is not None and self.scope.of(name) is self.notebook:
            self.found.changes.add(name)

    # Things

    def change(self, things: Iterable[Thing], deep: bool = False) -> None:
        """Note that things may be changed in place."""
        for thing in reach(things) if deep else things:
            if thing.kind is Kind.NAMESPACE:
                self.found.anything = True
            elif thing.kind is not Kind.EXTERNAL:
                self.changed.add(thing)

    def fresh(self, kind: Kind = Kind.PLAIN, origin: str = "", held: Things = NOTHING) -> Thing:
        """A new thing."""
        thing = Thing(kind, origin)
        thing.put(None, held)
        return thing

    # States without a name

    def seed(self, states: Iterable[str]) -> None:
        """Note that random numbers begin anew."""
        for state in states:
            self.seeded.add(state)
            (self.found.may_bind if self.stack else self.found.binds).add(state)

    def look_at_state(self, states: Iterable[str]) -> None:
        """Note that a state of random numbers is kept, to begin there again."""
        self.found.reads |= self.seeded.intersection(states) - self.found.binds

    def draw(self, states: Iterable[str]) -> None:
        """Note that random numbers are drawn."""
        for state in states:
            if state in self.seeded:
                if state not in self.found.binds:
                    self.found.reads.add(state)
                self.found.changes.add(state)

    def look_at_files(self) -> None:
        """Note that it matters in which folder the program runs."""
        if random.FOLDER not in self.found.binds:
            self.found.reads.add(random.FOLDER)

    def change_folder(self) -> None:
        """Note that the program goes to another folder."""
        self.found.reads.add(random.FOLDER)
        self.found.changes.add(random.FOLDER)

    # Branches

    def perhaps(self, run: Callable[[], None]) -> set[str]:
        """Do what may not happen; return what it binds if it does."""
        binds = set(self.found.binds)
        before: list[tuple[Scope, dict[str, Things]]] = []
        scope: Scope | None = self.scope
        while scope is not None:
            before.append((scope, dict(scope.names)))
            scope = scope.parent
        run()
        new = self.found.binds - binds
        self.found.binds = binds
        self.found.may_bind |= new
        for scope, names in before:
            for name, things in names.items():
                scope.names[name] = scope.names.get(name, NOTHING) | things
        return new

    # What the others do

    def value(self, node: ast.AST) -> Things:
        """Go through an expression; return what its value may be."""
        raise NotImplementedError

    def statement(self, node: ast.stmt) -> None:
        """Go through a statement."""
        raise NotImplementedError

    def attribute(self, things: Things, name: str) -> Things:
        """Return what an attribute of things may be."""
        raise NotImplementedError

    def iterate(self, things: Things) -> Things:
        """Return what comes out of things in a loop."""
        raise NotImplementedError

    def call(self, things: Things, name: str, arguments: Arguments) -> Things:
        """Call things; return what may come back."""
        raise NotImplementedError
