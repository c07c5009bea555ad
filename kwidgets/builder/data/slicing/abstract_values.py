"""Abstract objects, which names may refer to, and the scopes of names."""

from __future__ import annotations

import ast
import copy
import dataclasses
import functools
import itertools
import re
import symtable
from collections.abc import Iterable, Iterator

Objects = frozenset["Object"]
NOTHING: Objects = frozenset()
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclasses.dataclass(eq=False)
class Object:
    """An object that names may refer to; two names that may refer to it share its changes.

    An object does not know its attributes and items one by one, only all objects that it may hold.

    Args:
        origin: dotted name of what created it, ``sklearn.svm.SVC``; of a module its own.
        external: whether it is a module or a member of one.
        held: the objects that it may hold.
        definition: of a function or class of the notebook, its syntax.
        scope: where a function was defined; the body of a class.
        bases: of a class its base classes, of an instance its classes.
        container: whether its items are objects of their own: a list, a dictionary, no array.
        stateful: whether each use changes it: an iterator, a file, a random generator.
        arguments: of a generator, what its function was called with.
    """

    origin: str = ""
    external: bool = False
    held: set[Object] = dataclasses.field(default_factory=set)
    definition: Function | ast.ClassDef | None = None
    scope: Scope | None = None
    bases: Objects = NOTHING
    stateful: bool = False
    container: bool = False
    arguments: Arguments | None = None
    # In the order of their creation, the same in each run.
    number: int = dataclasses.field(default_factory=itertools.count().__next__)

    @property
    def is_function(self) -> bool:
        """Whether it is a function of the notebook; a generator is an object that it made."""
        return self.definition is not None and not self.is_class and self.arguments is None

    @property
    def is_class(self) -> bool:
        """Whether it is a class of the notebook."""
        return isinstance(self.definition, ast.ClassDef)

    def items(self) -> Objects:
        """Return what its items and attributes may be; those of an array may be views of it."""
        parts = reach(self.held)
        return frozenset(parts) if self.container or self.bases else frozenset(parts | {self})

    def methods(self, name: str) -> Objects:
        """Return what this class, or the classes of this instance, define by a name."""
        return self.own(name) if self.is_class else self.inherited(name)

    def own(self, name: str) -> Objects:
        """Return what this class or its base classes define by a name."""
        if self.scope is not None and name in self.scope.names:
            return self.scope.names[name]
        return self.inherited(name)

    def inherited(self, name: str) -> Objects:
        """Return what the base classes define by a name."""
        return NOTHING.union(*(base.own(name) for base in self.bases if base is not self))


@dataclasses.dataclass
class Arguments:
    """The arguments of a call.

    Args:
        positional, keywords: the objects, by position and by name.
        rest: those of ``*args`` and ``**options``, which any parameter may get.
        constants: the keywords given as a constant, and their values.
    """

    positional: list[Objects] = dataclasses.field(default_factory=list)
    keywords: dict[str, Objects] = dataclasses.field(default_factory=dict)
    rest: Objects = NOTHING
    constants: dict[str, object] = dataclasses.field(default_factory=dict)

    def all(self) -> Objects:
        """Return all arguments."""
        return NOTHING.union(self.rest, *self.positional, *self.keywords.values())


@dataclasses.dataclass(eq=False)
class Scope:
    """The names of the notebook, of a function call or of a class body."""

    local: frozenset[str] = frozenset()
    parent: Scope | None = None
    names: dict[str, Objects] = dataclasses.field(default_factory=dict)
    outer: frozenset[str] = frozenset()  # declared global
    class_: Object | None = None  # of a class body, and of calls of its methods
    # Of a function call: stands for its variables themselves, which functions within may assign.
    variables: Object | None = None

    def of(self, name: str) -> Scope:
        """Return the scope that a name belongs to."""
        if self.parent is None or name in self.local:
            return self
        return self.notebook if name in self.outer else self.parent.of(name)

    @property
    def notebook(self) -> Scope:
        """The scope of the notebook."""
        return self if self.parent is None else self.parent.notebook


def in_order(objects: Iterable[Object]) -> list[Object]:
    """Return objects in the order of their creation."""
    return sorted(objects, key=lambda one: one.number)


def reach(objects: Iterable[Object]) -> set[Object]:
    """Return the objects and all that they hold, directly or not."""
    found = set(objects)
    waiting = list(found)
    while waiting:
        one = waiting.pop()
        new = one.held - found
        if one.is_function:
            scope = one.scope
            while scope is not None and scope.parent is not None:
                new = new.union(*scope.names.values()) - found
                if scope.variables is not None and scope.variables not in found:
                    new |= {scope.variables}
                scope = scope.parent
        found |= new
        waiting += new
    return found


@functools.lru_cache(maxsize=512)
def symbols(node: Function | ast.ClassDef | ast.expr) -> symtable.SymbolTable:
    """Return Python's table of the names in a definition or a comprehension."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        node = copy.copy(node)
        node.decorator_list = []  # evaluated outside
        vars(node).pop("type_params", None)
    # Outside of its function `nonlocal` is an error; see local_names.
    source = re.sub(r"(?m)^(\s*)nonlocal .*$", r"\1pass", ast.unparse(node))
    children = symtable.symtable(source, "<cell>", "exec").get_children()
    # What stands in defaults comes first.
    return [child for child in children if child.get_name() != "__annotate__"][-1]


def local_names(node: Function | ast.ClassDef | ast.expr) -> frozenset[str]:
    """Return the names that a definition or a comprehension binds for itself."""
    names = {e.get_name() for e in symbols(node).get_symbols() if e.is_local()}
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        names -= {e for n in own_nodes(node) if isinstance(n, ast.Nonlocal) for e in n.names}
    return frozenset(names)


def declared_global(node: Function) -> frozenset[str]:
    """Return the names that a function declares as global."""
    found = (e for e in symbols(node).get_symbols() if e.is_declared_global())
    return frozenset(e.get_name() for e in found)


def global_names(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the names that a definition, or one within it, reads from outside."""
    for entry in table.get_symbols():
        if entry.is_global() and entry.is_referenced() and entry.get_name() != "__class__":
            yield entry.get_name()
    for child in table.get_children():
        yield from global_names(child)


@functools.lru_cache(maxsize=512)
def is_generator(node: Function) -> bool:
    """Whether a function yields."""
    return any(isinstance(e, (ast.Yield, ast.YieldFrom)) for e in own_nodes(node))


def body_of(node: Function) -> list[ast.AST]:
    """Return the statements of a function, or the expression of a lambda."""
    return [node.body] if isinstance(node, ast.Lambda) else list(node.body)


def own_nodes(node: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function without those of functions within it."""
    waiting = body_of(node)
    while waiting:
        entry = waiting.pop()
        yield entry
        if not isinstance(entry, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(entry)
