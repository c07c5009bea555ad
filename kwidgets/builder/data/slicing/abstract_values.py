"""What the names of a notebook may stand for: objects, as far as the text of cells tells.

Two names that may stand for one thing share it: what changes the thing changes both. A view of an
array is the array itself here, and a container holds what was put into it.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
from collections.abc import Iterable, Iterator

Things = frozenset["Thing"]
NOTHING: Things = frozenset()
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


class Kind(enum.Enum):
    """What a thing is, where that makes a difference."""

    PLAIN = enum.auto()  # an array, a table, a model: an item of it may be a view of it
    CONTAINER = enum.auto()  # a list, a dict: an item of it is a thing of its own
    ITERATOR = enum.auto()  # to use it is to change it
    EXTERNAL = enum.auto()  # a module, or what stands in one
    FUNCTION = enum.auto()
    CLASS = enum.auto()
    INSTANCE = enum.auto()  # of a class of the notebook's
    NAMESPACE = enum.auto()  # globals()
    METHOD = enum.auto()  # of a library's, by its name in origin: ``add = rows.append``


@dataclasses.dataclass
class Scope:
    """The names of the notebook, of a function or of a class.

    Args:
        local: those bound here; of the notebook's own scope none, for all others are its.
        parent: where the other names are looked up; None for the notebook's.
        class_of: for a method's, its class; ``super`` needs it.
        outside: those that a function declares as global.
    """

    local: frozenset[str]
    parent: Scope | None = None
    names: dict[str, Things] = dataclasses.field(default_factory=dict)
    class_of: Thing | None = None
    outside: frozenset[str] = frozenset()
    # Stands for the names themselves: a function within may bind them anew.
    cell: Thing = dataclasses.field(default_factory=lambda: Thing())

    def of(self, name: str) -> Scope:
        """The scope that a name belongs to."""
        if self.parent is None or name in self.local:
            return self
        if name in self.outside:
            return self.notebook()
        return self.parent.of(name)

    def notebook(self) -> Scope:
        """The notebook's own."""
        return self if self.parent is None else self.parent.notebook()


@dataclasses.dataclass(eq=False)
class Thing:
    """An object that names may stand for.

    Args:
        kind: what it is.
        origin: what made it, with its module: ``sklearn.svm.SVC``; of a module, its name.
        fields: what it holds by attribute or key; by None what it holds somewhere.
        definition: of a function.
        scope: of a function, where it was defined; of a class, its attributes.
        types: of an instance its classes, of a class its bases.
        bound: of a method, the object.
        wrappers: of a function, the names of its decorators.
        resumes: of a generator, its function and what that was given.
    """

    kind: Kind = Kind.PLAIN
    origin: str = ""
    fields: dict[object, Things] = dataclasses.field(default_factory=dict)
    definition: Definition | None = None
    scope: Scope | None = None
    types: Things = NOTHING
    bound: Things = NOTHING
    wrappers: frozenset[str] = frozenset()
    resumes: tuple[Thing, Arguments] | None = None

    def put(self, key: object, things: Things) -> None:
        """Let it hold things, besides those it held."""
        if things:
            self.fields[key] = self.fields.get(key, NOTHING) | things

    def held(self) -> Things:
        """All that it holds."""
        return NOTHING.union(*self.fields.values())

    def items(self) -> Things:
        """What may come out when it is iterated or indexed."""
        if self.kind in (Kind.CONTAINER, Kind.ITERATOR):
            return self.held()
        return self.held() | {self} if self.kind in (Kind.PLAIN, Kind.INSTANCE) else NOTHING

    def item(self, key: object) -> Things:
        """What an attribute or a key, None for an unknown one, may give."""
        if key is None:
            return self.items()
        found = self.fields.get(key, NOTHING) | self.fields.get(None, NOTHING)
        if self.kind is Kind.CONTAINER and key in self.fields:
            return found
        if self.kind is Kind.INSTANCE and found:
            return found
        return self.items()

    def method(self, name: str) -> Things:
        """What a class, or the classes of an instance, define by a name."""
        for kind in sorted(self.types, key=id) if self.kind is Kind.INSTANCE else [self]:
            found = kind._defined(name, 0)
            if found:
                return found
        return NOTHING

    def inherited(self, name: str) -> Things:
        """What the bases of a class define by a name."""
        return NOTHING.union(*(base._defined(name, 0) for base in self.types))

    def _defined(self, name: str, depth: int) -> Things:
        if self.kind is not Kind.CLASS or self.scope is None or depth > 20:
            return NOTHING
        if name in self.scope.names:
            return self.scope.names[name]
        return NOTHING.union(*(base._defined(name, depth + 1) for base in self.types))


@dataclasses.dataclass
class Arguments:
    """What a call gives.

    Args:
        positional, keywords: the things, by where they stand.
        rest: what may stand anywhere: ``*args`` and ``**options``.
        constants: keywords written with a constant.
    """

    positional: list[Things] = dataclasses.field(default_factory=list)
    keywords: dict[str, Things] = dataclasses.field(default_factory=dict)
    rest: Things = NOTHING
    constants: dict[str, object] = dataclasses.field(default_factory=dict)

    def all(self) -> Things:
        """Everything given."""
        return NOTHING.union(self.rest, *self.positional, *self.keywords.values())


def reach(things: Iterable[Thing]) -> set[Thing]:
    """The things, and all that can be got at through them."""
    found: set[Thing] = set()
    waiting = list(things)
    while waiting:
        thing = waiting.pop()
        if thing in found:
            continue
        found.add(thing)
        waiting += thing.held() | thing.types | thing.bound
        if thing.resumes is not None:
            waiting += thing.resumes[1].all() | {thing.resumes[0]}
        scope = thing.scope
        while scope is not None and scope.parent is not None:
            waiting.append(scope.cell)
            for entry in scope.names.values():
                waiting += entry
            scope = scope.parent
    return found


def free_names(things: Iterable[Thing]) -> set[str]:
    """The notebook's names that functions and classes may read when they are used."""
    found: set[str] = set()
    for thing in reach(things):
        if thing.definition is not None:
            scope = thing.scope
            names = _free(thing.definition)
            found |= {name for name in names if scope is None or scope.of(name).parent is None}
    return found


def locals_of(definition: Definition) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a function binds for itself, and those it declares as global."""
    arguments = definition.args
    names = {
        entry.arg
        for entry in (
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            *(entry for entry in (arguments.vararg, arguments.kwarg) if entry is not None),
        )
    }
    outside, enclosing = set(), set()
    for node in _own(definition):
        names |= bound_by(node)
        if isinstance(node, ast.Global):
            outside |= set(node.names)
        elif isinstance(node, ast.Nonlocal):
            enclosing |= set(node.names)
    return frozenset(names - outside - enclosing), frozenset(outside)


def bound_by(node: ast.AST) -> set[str]:
    """The names that one node binds itself."""
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, (ast.Store, ast.Del)) else set()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {entry.asname or entry.name.partition(".")[0] for entry in node.names}
    if isinstance(node, (ast.MatchAs, ast.MatchStar, ast.ExceptHandler)) and node.name:
        return {node.name}
    if isinstance(node, ast.MatchMapping) and node.rest:
        return {node.rest}
    return set()


def is_generator(definition: Definition) -> bool:
    """Whether a function yields."""
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _own(definition))


def body_of(definition: Definition) -> list[ast.AST]:
    """What a function does when it is called."""
    return list(definition.body) if not isinstance(definition, ast.Lambda) else [definition.body]


def _own(definition: Definition) -> Iterator[ast.AST]:
    """The nodes within a function, without those within functions and comprehensions in it."""
    waiting: list[ast.AST] = body_of(definition)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting += node.decorator_list
            continue
        if isinstance(node, ast.Lambda):
            continue
        for child in ast.iter_child_nodes(node):
            if isinstance(node, ast.comprehension) and child is node.target:
                continue
            waiting.append(child)


def _free(definition: Definition) -> set[str]:
    """The names that a function reads and does not bind itself."""
    local, _ = locals_of(definition)
    read: set[str] = set()
    within: set[str] = set()
    for part in body_of(definition):
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                read.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                # Names of inner functions are not the notebook's, but what these read may be.
                within |= locals_of(node)[0]
            elif isinstance(node, ast.comprehension):
                within |= {
                    entry.id for entry in ast.walk(node.target) if isinstance(entry, ast.Name)
                }
    return read - local - within
