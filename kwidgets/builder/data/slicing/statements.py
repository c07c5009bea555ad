"""Analyze statements: what each reads, assigns and changes."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable, Iterator

from kwidgets.builder.data.slicing.abstract_values import (
    NOTHING,
    Arguments,
    Object,
    Objects,
    Scope,
    global_names,
    local_names,
    reach,
    symbols,
)
from kwidgets.builder.data.slicing.calls import decorator_names
from kwidgets.builder.data.slicing.effects import Effects
from kwidgets.builder.data.slicing.expressions import Expressions, base_name, last_name


class Statements(Expressions):
    """Analyzes the statements of a notebook in the order in which they ran."""

    def run(self, node: ast.stmt) -> Effects:
        """Return the effects of the next statement at the top of a cell."""
        self.found = Effects()
        self.changed = set()
        self.used = {}
        before = dict(self.notebook.names)
        self.statement(node)
        found = self.found
        after = self.notebook.names
        if self.changed:
            for name in before.keys() | after.keys():
                objects = before.get(name, NOTHING) | after.get(name, NOTHING)
                if reach(objects) & self.changed:
                    found.changes.add(name)
        found.may_bind -= found.binds
        found.reads |= self.read_later(found.reads, before) - found.binds
        return found

    def read_later(self, names: Iterable[str], space: dict[str, Objects] | None = None) -> set[str]:
        """Return the names that are read by the functions and classes that some names lead to."""
        known = self.notebook.names if space is None else space
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            reached = reach(known.get(waiting.pop(), NOTHING))
            classes = set().union(*(one.bases for one in reached))
            for one in reached | classes:
                if one.definition is not None:
                    scope = one.scope or self.notebook
                    names = global_names(symbols(one.definition))
                    more = {e for e in names if scope.of(e) is self.notebook} - found
                    found |= more
                    waiting += more
        return found

    def modules_among(self, names: Iterable[str]) -> set[str]:
        """Return the names that refer to modules and their members."""
        space = self.notebook.names
        return {n for n in names if space.get(n) and all(e.external for e in space[n])}

    def made_by(self, names: Iterable[str], modules: Iterable[str]) -> set[str]:
        """Return the names whose objects all come from some modules."""
        space, roots = self.notebook.names, set(modules)
        return {
            name
            for name in names
            if space.get(name) and all(e.origin.partition(".")[0] in roots for e in space[name])
        }

    def statement(self, node: ast.stmt) -> None:
        """Execute a statement."""
        self.step()
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            method(node)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.statement(child)
            else:
                self.value(child)

    def _block(self, statements: Iterable[ast.stmt]) -> None:
        for entry in statements:
            self.statement(entry)

    def _maybe_block(self, statements: Iterable[ast.stmt]) -> set[str]:
        return self.maybe(lambda: self._block(statements))

    def _certain(self, names: set[str]) -> None:
        self.found.binds |= names
        self.found.may_bind -= names

    def _expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.call_of(node.value, alone=True)
        else:
            self.value(node.value)

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            found = self.value(node.value)
            if self.returned:
                self.returned[-1] |= found

    # Assignments

    def _assign(self, node: ast.Assign) -> None:
        if len(node.targets) == 1 and _in_pairs(node.targets[0], node.value):
            target, value = node.targets[0], node.value
            values = [self.value(entry) for entry in value.elts]  # type: ignore[attr-defined]
            for one, objects in zip(target.elts, values, strict=True):  # type: ignore[attr-defined]
                self.assign(one, objects)
            return
        objects = self.value(node.value)
        for target in node.targets:
            self.assign(target, objects)

    def _annassign(self, node: ast.AnnAssign) -> None:
        self.value(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.value(node.value))

    def _augassign(self, node: ast.AugAssign) -> None:
        given = self.value(node.value)
        if not isinstance(node.target, ast.Name):
            self.assign(node.target, given)
            for one in self.value(node.target.value):
                self.change(one.items())
            return
        objects = self.read(node.target.id)
        self.change_name(node.target.id)
        self.change(objects)
        self._use(frozenset(one for one in objects if one.bases), given)
        for one in objects:
            one.held |= {held for entry in given for held in entry.held} - {one}
        scope = self.scope.of(node.target.id)
        scope.names[node.target.id] = objects or frozenset({Object()})
        if scope is not self.scope and scope is not self.notebook:
            self.change_variables(scope)

    def assign(self, target: ast.expr, objects: Objects) -> None:
        """Assign objects to a target."""
        if isinstance(target, ast.Name):
            self.bind(target.id, objects)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, frozenset({Object(held=set(objects), container=True)}))
        elif isinstance(target, (ast.Tuple, ast.List)):
            items = self.iterate(objects)
            for element in target.elts:
                self.assign(element, items)
        else:
            # x[0] = …, x.flags.writeable = …
            owner = self.value(target.value)  # type: ignore[attr-defined]
            if isinstance(target, ast.Subscript):
                self.value(target.slice)
                self.special(owner, "__setitem__")
            if not owner or any(one.external for one in owner):
                self.change_name(base_name(target))
            self.change(owner)
            for one in owner:
                if isinstance(target, ast.Attribute) and one.methods(target.attr):
                    self.change(one.items())  # it may be a property
                if not one.external:
                    one.held |= objects - {one}

    def assign_items(self, target: ast.expr, node: ast.expr) -> None:
        """Assign the items of an iterable to the target of a loop."""
        parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
        called = last_name(node.func) if isinstance(node, ast.Call) else ""
        given = node.args if isinstance(node, ast.Call) else []
        # The items of zip and enumerate are distinguished: charts are drawn in such loops.
        if called == "zip" and len(parts) == len(given):
            for part, one in zip(parts, given, strict=True):
                self.assign_items(part, one)
        elif called == "enumerate" and len(parts) == 2 and given:
            self.assign(parts[0], NOTHING)
            self.assign_items(parts[1], given[0])
            for one in given[1:]:
                self.value(one)
        else:
            self.assign(target, self.iterate(self.value(node)))

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, (ast.Tuple, ast.List)):
                self._delete(ast.Delete(list(target.elts)))
            elif not isinstance(target, ast.Name):
                self.assign(target, NOTHING)
            elif self.scope.of(target.id) is self.notebook:
                self.found.deletes.add(target.id)

    # Imports and definitions

    def _import(self, node: ast.Import) -> None:
        for entry in node.names:
            name = entry.name if entry.asname else entry.name.partition(".")[0]
            made = Object(_module(name), external=True)
            self.bind(entry.asname or name, frozenset({made}))

    def _importfrom(self, node: ast.ImportFrom) -> None:
        for entry in node.names:
            if entry.name == "*":
                self.found.star = True
                self.star_modules.append(node.module or "")
            else:
                made = Object(_module(f"{node.module or ''}.{entry.name}"), external=True)
                self.bind(entry.asname or entry.name, frozenset({made}))

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        wrappers = [self.value(entry) for entry in node.decorator_list]
        places = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        for annotation in (*(entry.annotation for entry in places), node.returns):
            if annotation is not None:
                self.value(annotation)
        made = self._decorated(self.function(node), wrappers)
        if decorator_names(node) & {"setter", "deleter"}:
            made |= self.scope.of(node.name).names.get(node.name, NOTHING)  # the getter stays
        self.bind(node.name, made)

    _asyncfunctiondef = _functiondef

    def _decorated(self, made: Object, wrappers: list[Objects]) -> Objects:
        """Return a definition, and what decorators of the notebook make of it."""
        found = frozenset({made})
        for objects in reversed(wrappers):
            own = frozenset(one for one in objects if one.definition is not None)
            if own:
                found |= self.call(own, "", Arguments([found]))
        return found

    def _classdef(self, node: ast.ClassDef) -> None:
        wrappers = [self.value(entry) for entry in node.decorator_list]
        bases = NOTHING.union(*(self.value(entry) for entry in node.bases))
        for keyword in node.keywords:
            self.value(keyword.value)
        made = Object(next((e.origin for e in bases if e.external), ""), definition=node)
        made.bases = frozenset(one for one in bases if one.is_class)
        made.scope = Scope(local_names(node), self.scope, class_=made)
        before, self.scope = self.scope, made.scope
        self._block(node.body)
        self.scope = before
        for objects in made.scope.names.values():
            made.held |= objects
        self.bind(node.name, self._decorated(made, wrappers))

    # Control flow

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        def run() -> None:
            self.assign_items(node.target, node.iter)
            self._block(node.body)

        self._loop(run)
        self._maybe_block(node.orelse)

    _asyncfor = _for

    def _while(self, node: ast.While) -> None:
        self.value(node.test)

        def run() -> None:
            self._block(node.body)
            self.value(node.test)

        self._loop(run)
        self._maybe_block(node.orelse)

    def _loop(self, run: Callable[[], object]) -> None:
        """Execute a loop: twice, for what its end assigns its beginning may change.

        Loops within it run twice by that already.
        """
        passes = 1 if self.in_loop else 2
        before, self.in_loop = self.in_loop, True
        for _ in range(passes):
            self.maybe(run)
        self.in_loop = before

    def _if(self, node: ast.If) -> None:
        self.value(node.test)
        one, other = self._maybe_block(node.body), self._maybe_block(node.orelse)
        self._certain(one & other)

    def _match(self, node: ast.Match) -> None:
        subject = frozenset(reach(self.value(node.subject)))

        def run(case: ast.match_case) -> None:
            for entry in ast.walk(case.pattern):
                if isinstance(entry, ast.expr):
                    self.value(entry)
                name = getattr(entry, "name", None) or getattr(entry, "rest", None)
                if isinstance(name, str):
                    self.bind(name, subject)
            if case.guard is not None:
                self.value(case.guard)
            self._block(case.body)

        bound = [self.maybe(functools.partial(run, case)) for case in node.cases]
        last = node.cases[-1]
        catches_all = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        if catches_all and last.guard is None:
            self._certain(set.intersection(*bound))

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        bound = [self._maybe_block([*node.body, *node.orelse])]
        for handler in node.handlers:
            if handler.type is not None:
                self.value(handler.type)
            new = self.maybe(functools.partial(self._handle, handler))
            if not isinstance(handler.body[-1], ast.Raise):
                bound.append(new)
        self._certain(set.intersection(*bound))
        self._block(node.finalbody)

    _trystar = _try

    def _handle(self, handler: ast.ExceptHandler) -> None:
        if handler.name is not None:
            self.bind(handler.name, NOTHING)
        self._block(handler.body)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        entered = NOTHING
        for item in node.items:
            objects = self.value(item.context_expr)
            objects |= self.special(objects, "__enter__")
            if item.optional_vars is not None:
                self.assign(item.optional_vars, objects)
            entered |= objects
        self._block(node.body)
        self.special(entered, "__exit__")

    _asyncwith = _with


def _in_pairs(target: ast.expr, value: ast.expr) -> bool:
    """Whether each element of the target has its own value: ``x, y = y, x``."""
    return (
        isinstance(target, (ast.Tuple, ast.List))
        and isinstance(value, (ast.Tuple, ast.List))
        and len(target.elts) == len(value.elts)
        and not any(isinstance(e, ast.Starred) for e in (*target.elts, *value.elts))
    )


def _module(name: str) -> str:
    """Return the dotted name of a module, Keras's own for ``tensorflow.keras``."""
    return name.removeprefix("tensorflow.") if name.startswith("tensorflow.keras") else name


def called_names(statement: ast.stmt) -> Iterator[tuple[str | None, str, set[str], bool]]:
    """Yield for each call its first name, its last, its keywords, whether it is a statement."""
    alone = {id(node.value) for node in ast.walk(statement) if isinstance(node, ast.Expr)}
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            keywords = {keyword.arg for keyword in node.keywords if keyword.arg is not None}
            yield base_name(node.func), last_name(node.func), keywords, id(node) in alone
