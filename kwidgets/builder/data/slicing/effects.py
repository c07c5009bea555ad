"""The effects of a statement on names of the notebook, and the state of the analysis."""

from __future__ import annotations

import ast
import builtins
import dataclasses
from collections.abc import Callable, Iterable

from kwidgets.builder.data.slicing import random_state
from kwidgets.builder.data.slicing.abstract_values import (
    NOTHING,
    Object,
    Objects,
    Scope,
)

# Steps after which the analysis of a notebook is given up.
_MAX_STEPS = 200_000


class TooLongError(Exception):
    """The analysis of the notebook takes too long."""


@dataclasses.dataclass
class Effects:
    """What a statement does with names of the notebook.

    Args:
        reads: names that must be defined before.
        binds: names that it certainly assigns.
        may_bind: names that it may assign: in a branch, a loop.
        changes: names whose objects it may change in place.
        deletes: names that it deletes.
        star: ``from module import *``.
        anything: it may assign any name: ``exec``.
    """

    reads: set[str] = dataclasses.field(default_factory=set)
    binds: set[str] = dataclasses.field(default_factory=set)
    may_bind: set[str] = dataclasses.field(default_factory=set)
    changes: set[str] = dataclasses.field(default_factory=set)
    deletes: set[str] = dataclasses.field(default_factory=set)
    star: bool = False
    anything: bool = False


class State:
    """The names so far, and the effects of the current statement."""

    def __init__(self) -> None:
        self.notebook = Scope()
        self.scope = self.notebook
        self.found = Effects()
        # Objects that the statement may have changed.
        self.changed: set[Object] = set()
        # Random states that the notebook has seeded; the others differ in each run anyway.
        self.seeded: set[str] = set()
        # The functions being called, and what each returns.
        self.calls: list[ast.AST] = []
        self.returned: list[set[Object]] = []
        # How often libraries have called a function within the statement.
        self.used: dict[ast.AST | None, int] = {}
        self.in_loop = False
        self.star_modules: list[str] = []
        self._steps = 0

    def step(self, count: int = 1) -> None:
        """Count steps.

        Raises:
            TooLongError: there were too many.
        """
        self._steps += count
        if self._steps > _MAX_STEPS:
            raise TooLongError

    def read(self, name: str) -> Objects:
        """Note that a name is read; return what it may refer to."""
        scope = self.scope.of(name)
        if scope is self.notebook and name not in self.found.binds:
            self.found.reads.add(name)
        if name in scope.names:
            return scope.names[name]
        if scope is not self.notebook:
            return NOTHING
        # IPython makes `display` a builtin.
        is_builtin = hasattr(builtins, name) or name == "display"
        modules = (["builtins"] if is_builtin else []) + self.star_modules
        return frozenset(Object(f"{module}.{name}", external=True) for module in modules)

    def bind(self, name: str, objects: Objects) -> None:
        """Note that a name is assigned."""
        scope = self.scope.of(name)
        if scope is self.notebook:
            if self.calls:
                # The function may not get that far.
                self.found.may_bind.add(name)
                objects |= scope.names.get(name, NOTHING)
            else:
                self.found.binds.add(name)
        elif scope is not self.scope:
            self.change_variables(scope)
            objects |= scope.names.get(name, NOTHING)
        scope.names[name] = objects

    def change(self, objects: Iterable[Object]) -> None:
        """Note that objects may be changed in place."""
        self.changed.update(one for one in objects if not (one.external or one.is_function))

    def change_variables(self, scope: Scope) -> None:
        """Note that a function assigns a variable of the function around it."""
        if scope.variables is not None:
            self.changed.add(scope.variables)

    def change_name(self, name: str | None) -> None:
        """Note that the object of a name is changed, whatever that is."""
        if name is not None and self.scope.of(name) is self.notebook:
            self.found.changes.add(name)

    # Random states and the working folder

    def seed(self, states: Iterable[str]) -> None:
        """Note that random states are set to known values."""
        for state in states:
            self.seeded.add(state)
            (self.found.may_bind if self.calls else self.found.binds).add(state)

    def draw(self, states: Iterable[str]) -> None:
        """Note that random numbers are drawn."""
        for state in self.seeded.intersection(states):
            self.read_state(state)
            self.found.changes.add(state)

    def read_state(self, state: str) -> None:
        """Note that a random state or the working folder matters."""
        if state not in self.found.binds:
            self.found.reads.add(state)

    def change_folder(self) -> None:
        """Note that the working folder is another from now on."""
        self.found.reads.add(random_state.FOLDER)
        self.found.changes.add(random_state.FOLDER)

    # Branches

    def maybe(self, run: Callable[[], object]) -> set[str]:
        """Run what may not happen; return the names that it assigns if it does."""
        binds = set(self.found.binds)
        scopes = [self.scope]
        while scopes[-1].parent is not None:
            scopes.append(scopes[-1].parent)
        before = [(scope, dict(scope.names)) for scope in scopes]
        run()
        new = self.found.binds - binds
        self.found.binds = binds
        self.found.may_bind |= new
        for scope, names in before:
            for name, objects in names.items():
                scope.names[name] = scope.names.get(name, NOTHING) | objects
        return new

    # Defined by the subclasses

    def value(self, node: ast.AST) -> Objects:
        """Evaluate an expression; return the objects that it may give."""
        raise NotImplementedError

    def statement(self, node: ast.stmt) -> None:
        """Execute a statement."""
        raise NotImplementedError
