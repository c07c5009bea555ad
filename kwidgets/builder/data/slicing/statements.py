"""What a Python statement reads, binds and changes, as far as its text tells."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from kwidgets.builder.data.slicing.abstract_values import (
    NOTHING,
    Arguments,
    Kind,
    Scope,
    Thing,
    Things,
    bound_by,
    free_names,
    reach,
)
from kwidgets.builder.data.slicing.effects import Effects
from kwidgets.builder.data.slicing.expressions import (
    UNKNOWN,
    Values,
    base_name,
    constant_key,
    last_name,
)
from kwidgets.builder.data.slicing.random_state import FOLDER, STREAMS

__all__ = ["FOLDER", "STREAMS", "UNKNOWN", "Effects", "Statements", "called_names"]


class Statements(Values):
    """Goes through the statements of a notebook in the order in which they ran."""

    def run(self, node: ast.stmt) -> Effects:
        """Return what the next statement at the top of a cell does."""
        self.found = Effects()
        self.changed = set()
        self.used = {}
        before = dict(self.notebook.names)
        self.statement(node)
        found = self.found
        after = self.notebook.names
        if self.changed:
            for name in before.keys() | after.keys():
                things = before.get(name, NOTHING) | after.get(name, NOTHING)
                if reach(things) & self.changed:
                    found.changes.add(name)
        found.may_bind -= found.binds
        found.reads |= self.read_later(found.reads, before) - found.binds
        return found

    def read_later(self, names: Iterable[str], space: dict[str, Things] | None = None) -> set[str]:
        """The names that functions read which can be got at through some names."""
        known = self.notebook.names if space is None else space
        found: set[str] = set()
        waiting = list(names)
        seen = set(waiting)
        while waiting:
            more = free_names(known.get(waiting.pop(), NOTHING))
            found |= more
            waiting += more - seen
            seen |= more
        return found

    def modules_among(self, names: Iterable[str]) -> set[str]:
        """Those of some names that stand for modules and what is in them."""
        return {
            name
            for name in names
            if (things := self.notebook.names.get(name))
            and all(thing.kind is Kind.EXTERNAL for thing in things)
        }

    def made_by(self, names: Iterable[str], modules: Iterable[str]) -> set[str]:
        """Those of some names whose things were all made by functions of modules."""
        roots = set(modules)
        return {
            name
            for name in names
            if (things := self.notebook.names.get(name))
            and all(thing.origin.partition(".")[0] in roots for thing in things)
        }

    # Statements

    def statement(self, node: ast.stmt) -> None:
        """Go through a statement."""
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

    def _perhaps(self, statements: Iterable[ast.stmt]) -> set[str]:
        """Go through statements that may not run; return what they bind if they do."""
        return self.perhaps(lambda: self._block(statements))

    def _bind_surely(self, names: set[str]) -> None:
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

    def _assign(self, node: ast.Assign) -> None:
        things = self.value(node.value)
        for target in node.targets:
            self.assign(target, things, node.value)

    def _annassign(self, node: ast.AnnAssign) -> None:
        self.value(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.value(node.value), node.value)

    def _augassign(self, node: ast.AugAssign) -> None:
        given = self.value(node.value)
        if not isinstance(node.target, ast.Name):
            owner = self.value(node.target.value)
            self.value(node.target)
            if isinstance(node.target, ast.Subscript):
                self.value(node.target.slice)
            self.touch(base_name(node.target))
            self.change(owner)
            for thing in owner:
                self.change(thing.item(self._key(node.target)))
            return
        things = self.read(node.target.id)
        self.touch(node.target.id)
        self.change(things)
        for thing in things:
            if thing.kind is Kind.CONTAINER:
                thing.put(None, self.iterate(given))
            elif thing.kind is Kind.INSTANCE:
                self._use(frozenset({thing}), given)
        scope = self.scope.of(node.target.id)
        scope.names[node.target.id] = things or frozenset({self.fresh()})
        if scope is not self.scope and scope is not self.notebook:
            self.changed.add(scope.cell)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, (ast.Tuple, ast.List)):
                self._delete(ast.Delete(list(target.elts)))
            elif not isinstance(target, ast.Name):
                self.assign(target, NOTHING)
            elif self.scope.of(target.id) is self.notebook:
                self.found.deletes.add(target.id)

    def _import(self, node: ast.Import) -> None:
        for entry in node.names:
            name = entry.name if entry.asname else entry.name.partition(".")[0]
            self.bind(entry.asname or name, frozenset({Thing(Kind.EXTERNAL, _whole(name))}))

    def _importfrom(self, node: ast.ImportFrom) -> None:
        for entry in node.names:
            if entry.name == "*":
                self.found.star = True
                self.stars.append(node.module or "")
            else:
                origin = _whole(f"{node.module or ''}.{entry.name}")
                self.bind(entry.asname or entry.name, frozenset({Thing(Kind.EXTERNAL, origin)}))

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        wrappers = [self.value(entry) for entry in node.decorator_list]
        places = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        for annotation in (*(entry.annotation for entry in places), node.returns):
            if annotation is not None:
                self.value(annotation)
        made = self.make_function(node)
        made.wrappers = frozenset(
            last_name(entry.func if isinstance(entry, ast.Call) else entry)
            for entry in node.decorator_list
        )
        things = self._wrapped(frozenset({made}), wrappers)
        if made.wrappers & {"setter", "deleter"}:
            # What gets the property stays.
            things |= self.scope.of(node.name).names.get(node.name, NOTHING)
        self.bind(node.name, things)

    _asyncfunctiondef = _functiondef

    def _wrapped(self, made: Things, wrappers: list[Things]) -> Things:
        """What a decorator of the notebook's makes of a definition; or else the definition."""
        for things in reversed(wrappers):
            own = frozenset(e for e in things if e.kind in (Kind.FUNCTION, Kind.CLASS))
            if own:
                made |= self.call(own, "", Arguments([made]))
        return made

    def _classdef(self, node: ast.ClassDef) -> None:
        wrappers = [self.value(entry) for entry in node.decorator_list]
        bases = NOTHING.union(*(self.value(entry) for entry in node.bases))
        for keyword in node.keywords:
            self.value(keyword.value)
        names = {name for part in node.body for e in ast.walk(part) for name in bound_by(e)}
        made = Thing(Kind.CLASS, ".".join(e.origin for e in sorted(bases, key=id))[:200])
        made.types = frozenset(e for e in bases if e.kind is Kind.CLASS)
        made.scope = Scope(frozenset(names), self.scope, class_of=made)
        before, self.scope = self.scope, made.scope
        self._block(node.body)
        self.scope = before
        self.bind(node.name, self._wrapped(frozenset({made}), wrappers))

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        things = self.value(node.iter)

        def run() -> None:
            self.assign(node.target, self.iterate(things))
            self._block(node.body)

        # Twice: what the end of the body shares, its beginning may change.
        self.perhaps(run)
        self.perhaps(run)
        self._perhaps(node.orelse)

    _asyncfor = _for

    def _while(self, node: ast.While) -> None:
        self.value(node.test)
        for _ in range(2):
            self._perhaps(node.body)
        self.value(node.test)
        self._perhaps(node.orelse)

    def _if(self, node: ast.If) -> None:
        self.value(node.test)
        one, other = self._perhaps(node.body), self._perhaps(node.orelse)
        self._bind_surely(one & other)

    def _match(self, node: ast.Match) -> None:
        subject = self.value(node.subject)
        held = subject | NOTHING.union(*(thing.items() for thing in reach(subject)))
        bound = []
        sure = False

        def run(case: ast.match_case) -> None:
            for entry in ast.walk(case.pattern):
                if isinstance(entry, ast.expr):
                    self.value(entry)
                for name in bound_by(entry):
                    self.bind(name, held)
            if case.guard is not None:
                self.value(case.guard)
            self._block(case.body)

        for case in node.cases:
            bound.append(self.perhaps(lambda case=case: run(case)))  # type: ignore[misc]
            pattern = case.pattern
            sure = (
                case.guard is None
                and isinstance(pattern, ast.MatchAs)
                and (pattern.pattern is None)
            )
        if sure:
            self._bind_surely(set.intersection(*bound))

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        bound = [self._perhaps([*node.body, *node.orelse])]
        for handler in node.handlers:
            if handler.type is not None:
                self.value(handler.type)
            if handler.name is not None:
                self.scope.of(handler.name).names.pop(handler.name, None)
            new = self.perhaps(lambda handler=handler: self._handle(handler))  # type: ignore[misc]
            if not isinstance(handler.body[-1], ast.Raise):
                bound.append(new)
        self._bind_surely(set.intersection(*bound))
        self._block(node.finalbody)

    _trystar = _try

    def _handle(self, handler: ast.ExceptHandler) -> None:
        if handler.name is not None:
            self.bind(handler.name, NOTHING)
        self._block(handler.body)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        entered = NOTHING
        for item in node.items:
            things = self.value(item.context_expr)
            for thing in sorted(things, key=id):
                things |= self._special(thing, "__enter__")
            if item.optional_vars is not None:
                self.assign(item.optional_vars, things)
            entered |= things
        self._block(node.body)
        for thing in sorted(entered, key=id):
            self._special(thing, "__exit__")

    _asyncwith = _with

    # Targets

    def assign(self, target: ast.expr, things: Things, value: ast.expr | None = None) -> None:
        """Let a target of an assignment, a loop or a with stand for things."""
        if isinstance(target, ast.Name):
            self.bind(target.id, things)
        elif isinstance(target, ast.Starred):
            held = self.fresh(Kind.CONTAINER, "builtins.list", things)
            self.assign(target.value, frozenset({held}))
        elif isinstance(target, (ast.Tuple, ast.List)):
            starred = any(isinstance(element, ast.Starred) for element in target.elts)
            items = self.iterate(things)
            for place, element in enumerate(target.elts):
                part = NOTHING
                for thing in things:
                    known = place in thing.fields and not starred
                    part |= thing.item(place) if known else thing.items()
                self.assign(element, part if things else items)
        else:
            # x[0] = …, x.flags.writeable = …
            owner = self.value(target.value)  # type: ignore[attr-defined]
            if isinstance(target, ast.Subscript):
                self.value(target.slice)
                for thing in owner:
                    self._special(thing, "__setitem__")
            self.touch(base_name(target))
            self.change(owner)
            for thing in owner:
                if isinstance(target, ast.Attribute) and thing.kind is Kind.INSTANCE:
                    for entry in thing.method(target.attr):
                        if "setter" in entry.wrappers:
                            self.call_function(entry, Arguments([things]), frozenset({thing}))
                if thing.kind is not Kind.EXTERNAL:
                    thing.put(self._key(target), things - {thing})
                if thing.kind is Kind.NAMESPACE:
                    self.found.anything = True

    def _key(self, target: ast.expr) -> object:
        if isinstance(target, ast.Attribute):
            return target.attr
        return constant_key(target.slice) if isinstance(target, ast.Subscript) else None


def _whole(module: str) -> str:
    """The name of a module by which Keras is Keras, wherever it is imported from."""
    return module.removeprefix("tensorflow.") if module.startswith("tensorflow.keras") else module


def called_names(statement: ast.stmt) -> Iterator[tuple[str | None, str, set[str], bool]]:
    """For each call within: the first name, the last, its keywords, whether it stands alone."""
    alone = {id(node.value) for node in ast.walk(statement) if isinstance(node, ast.Expr)}
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            keywords = {keyword.arg for keyword in node.keywords if keyword.arg is not None}
            yield base_name(node.func), last_name(node.func), keywords, id(node) in alone
