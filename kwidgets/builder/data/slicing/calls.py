"""Analyze calls: functions and classes of the notebook by their code, others by their names."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable

from kwidgets.builder.data.slicing import known_functions as known
from kwidgets.builder.data.slicing import random_state
from kwidgets.builder.data.slicing.abstract_values import (
    NOTHING,
    Arguments,
    Object,
    Objects,
    Scope,
    body_of,
    declared_global,
    in_order,
    is_generator,
    local_names,
    reach,
)
from kwidgets.builder.data.slicing.effects import State

# How often a function is followed into itself.
_MAX_RECURSION = 2
# How often the calls of one function by libraries are followed within a statement.
_MAX_USES = 4


class Calls(State):
    """Analyzes calls."""

    def call(self, functions: Objects, name: str, arguments: Arguments) -> Objects:
        """Call what an expression gave; return what the call may give."""
        found = NOTHING
        for one in in_order(functions):
            if one.external:
                found |= self._call_library(one.origin, arguments)
            elif one.is_class:
                found |= self._instance(one, arguments)
            elif one.is_function:
                found |= self.call_function(one, arguments)
            elif one.methods("__call__"):
                found |= self._call_all(one.methods("__call__"), arguments, one)
            else:
                # A layer, a partial function, a bound method in a variable.
                self.change({one})
                found |= self._use({one}, arguments.all())
        if not functions or not all(e.external or e.definition is not None for e in functions):
            found |= self._use(arguments.all(), arguments.all())
            kept = arguments.all() if name[:1].isupper() else NOTHING
            found |= {Object(held=set(kept | _code(functions)))}
        return found

    def call_method(
        self, owner: Objects, name: str, arguments: Arguments, alone: bool = False
    ) -> Objects:
        """Call a method of objects; return what it may give.

        Args:
            owner: the objects.
            name: of the method.
            arguments: of the call.
            alone: whether the call is a statement of its own.
        """
        found = NOTHING
        others = set()
        for one in in_order(owner):
            if one.external:
                found |= self._call_library(f"{one.origin}.{name}", arguments)
            elif one.methods(name):
                found |= self._call_all(one.methods(name), arguments, one)
            else:
                others.add(one)
        if others or not owner:
            found |= self._call_unknown(frozenset(others), name, arguments, alone)
        return found

    def _call_all(self, functions: Objects, arguments: Arguments, owner: Object) -> Objects:
        found = NOTHING
        for one in in_order(functions):
            decorators = {} if one.definition is None else decorator_names(one.definition)
            if not one.is_function or "staticmethod" in decorators:
                found |= self.call(frozenset({one}), "", arguments)
            elif owner.is_class and "classmethod" not in decorators:
                found |= self.call_function(one, arguments)
            else:
                found |= self.call_function(one, arguments, frozenset({owner}))
        return found

    def _call_unknown(
        self, owner: Objects, name: str, arguments: Arguments, alone: bool
    ) -> Objects:
        """Call a method that the notebook does not define."""
        keywords = {*arguments.keywords, *arguments.constants}
        given = arguments.all()
        origins = sorted(one.origin for one in owner)
        if random_state.reads_files(name):
            self.read_state(random_state.FOLDER)
        for origin in origins or [""]:
            self.draw(random_state.drawn_by_method(name, origin, keywords))
        drawn = frozenset(one for one in owner if is_drawing(one.origin))
        if drawn:
            owner = drawn  # a chart changes no data
        own = frozenset(one for one in owner if one.origin.startswith(known.OWN_ORIGIN))
        changing = (
            name in known.CHANGING
            or (alone and name not in known.READ_ONLY_METHODS and "plot" not in name)
            or arguments.constants.get("inplace") is True
            or arguments.constants.get("copy") is False
        )
        if changing:
            self.change(reach(owner - own) if name in known.CHANGING_DEEP else owner - own)
        self.advance(owner)
        if name in known.HOLDING_ARGUMENTS and not drawn:
            for one in owner:
                one.held |= given - {one}
                if name in ("extend", "update", "extendleft"):
                    one.held |= reach(given) - {one}
        self._change_arguments(name, arguments)
        items = NOTHING.union(*(one.items() for one in owner))
        used = owner | given if changing or _code(owner) else given
        found = self._use(used, given | items)
        if own:
            return found | own
        if name in known.VIEWS or name in known.CHANGING:
            found |= items
            found |= given if not owner or name in ("pop", "setdefault") else NOTHING
        found |= NOTHING.union(*(one.held for one in owner if one.stateful))
        if "copy" in arguments.constants:
            found |= owner
        kept = owner | given if name in known.USING_LATER else _code(owner)
        kept = kept.union(*(one.held for one in owner if one.container))
        if name in known.GIVING_ITEMS:
            kept |= _code(given)
        made = Object(origins[0] if origins else "", held=set(kept))
        # `filter` of a table or a data set is not Python's.
        made.stateful = name in known.STATEFUL - known.GIVING_ITEMS
        return found | {made} | arguments.keywords.get("out", NOTHING)

    # Functions of libraries

    def _call_library(self, dotted: str, arguments: Arguments) -> Objects:
        name = dotted.rpartition(".")[2]
        given = arguments.all()
        if dotted in ("builtins.globals", "builtins.locals", "builtins.exec"):
            self.found.anything = True
        if name == "chdir":
            self.change_folder()
        elif random_state.reads_files(name):
            self.read_state(random_state.FOLDER)
        for state in self.seeded.intersection(random_state.kept_by(dotted)):
            self.read_state(state)
        seeded = random_state.seeded_by(dotted)
        self.seed(seeded)
        if not seeded:
            keywords = {*arguments.keywords, *arguments.constants}
            self.draw(random_state.drawn_by(dotted, keywords))
        if name in known.READ_ONLY_FUNCTIONS and dotted.startswith(
            ("builtins.", "IPython.", "pprint.")
        ):
            return NOTHING
        self._change_arguments(name, arguments)
        if arguments.constants.get("copy") is False or arguments.constants.get("inplace") is True:
            self.change(given)
        found = self._use(given, given)
        first = arguments.positional[0] if arguments.positional else given
        drawing = is_drawing(dotted)
        if name in known.VIEWS or dotted in ("builtins.getattr", "builtins.vars"):
            found |= NOTHING.union(*(one.items() for one in first))
            found |= arguments.keywords.get("data", NOTHING)
        if "copy" in arguments.constants or name in ("max", "min", "next"):
            found |= frozenset(reach(given))
        holds = (
            name[:1].isupper() or name in known.USING_LATER | known.CONTAINERS | known.GIVING_ITEMS
        )
        made = Object(dotted, held=set(_code(given)))
        if dotted == "copy.copy":
            made.held |= reach(given) - first
        if holds and not drawing and not dotted.startswith(known.OWN_ORIGIN):
            made.held |= given
        made.stateful = name in known.STATEFUL
        made.container = name in known.CONTAINERS | known.GIVING_ITEMS
        if made.container:
            made.held = set(NOTHING.union(*(one.items() for one in given), _code(given)))
            made.held |= {one for one in given if one.stateful}
        return found | {made} | arguments.keywords.get("out", NOTHING)

    def _change_arguments(self, name: str, arguments: Arguments) -> None:
        """Note the arguments that a function of a library changes."""
        if name in known.CHANGING_FUNCTIONS:
            for changed in arguments.positional[:1] or [arguments.all()]:
                self.change(changed)
                for one in changed:
                    one.held |= arguments.all() - {one}
        for keyword in ("out", "dst"):
            self.change(reach(arguments.keywords.get(keyword, NOTHING)))
        position = known.OUT_POSITION.get(name)
        if position is not None and len(arguments.positional) > position:
            self.change(arguments.positional[position])

    def _use(self, objects: Iterable[Object], arguments: Objects) -> Objects:
        """Let a library use objects: it may call the functions in them, and advance iterators.

        Args:
            objects: what it uses.
            arguments: what it may call the functions with.

        Returns:
            what the functions may have returned.
        """
        found = NOTHING
        reached = reach(objects)
        self.step(len(reached))
        given = Arguments(rest=frozenset(e for e in reach(arguments) if not e.is_function))
        self.advance(objects)
        for one in in_order(reached):
            if one.is_function and self._may_use(one):
                found |= self.call_function(one, given)
            for base in in_order(one.bases) if not one.is_class else ():
                for name, methods in list(base.scope.names.items()) if base.scope else ():
                    for method in methods if name != "__init__" else ():
                        if method.is_function and self._may_use(method):
                            found |= self.call_function(method, given, frozenset({one}))
        return found

    def _may_use(self, function: Object) -> bool:
        self.used[function.definition] = self.used.get(function.definition, 0) + 1
        return function.definition not in self.calls and self.used[function.definition] <= _MAX_USES

    def advance(self, objects: Iterable[Object]) -> None:
        """Use iterators, and those that they themselves use."""
        for one in reach(one for one in objects if one.stateful):
            if one.stateful:
                self.change({one})
                if one.arguments is not None and one.definition not in self.calls:
                    self._run(one, one.arguments)

    # Functions and classes of the notebook

    def _instance(self, class_: Object, arguments: Arguments) -> Objects:
        made = Object(class_.origin, bases=frozenset({class_}))
        made.held = {one for one in reach({class_}) if one.definition is None}  # its defaults
        start = class_.methods("__init__")
        if start:
            self._call_all(start, arguments, made)
        else:
            made.held |= arguments.all()  # a dataclass, or a subclass of a library's class
        self._call_all(class_.methods("__post_init__"), Arguments(), made)
        return frozenset({made})

    def call_function(
        self, function: Object, arguments: Arguments, bound: Objects = NOTHING
    ) -> Objects:
        """Analyze a call of a function of the notebook; return what it may return."""
        if bound:
            arguments = dataclasses.replace(arguments, positional=[bound, *arguments.positional])
        found = self._run(function, arguments)
        definition = function.definition
        assert definition is not None and not isinstance(definition, ast.ClassDef)
        if is_generator(definition):
            made = Object(stateful=True, container=True, arguments=arguments, held=set(found))
            made.definition, made.scope = definition, function.scope
            return frozenset({made})
        if decorator_names(definition) & {"lru_cache", "cache", "cached_property"}:
            function.held |= found  # each call gives the same object
            return frozenset(function.held)
        return found

    def _run(self, function: Object, arguments: Arguments) -> Objects:
        definition = function.definition
        assert definition is not None and not isinstance(definition, ast.ClassDef)
        if self.calls.count(definition) >= _MAX_RECURSION:
            return frozenset(reach(arguments.all()))
        parent = function.scope or self.notebook
        class_ = parent.class_
        while parent.class_ is not None and parent.parent is not None and parent.local:
            parent = parent.parent  # functions do not see the names of the class around them
        scope = Scope(local_names(definition), parent, outer=declared_global(definition))
        scope.class_, scope.variables = class_, Object()
        self._bind_parameters(definition, function, arguments, scope)
        before, self.scope = self.scope, scope
        self.calls.append(definition)
        self.returned.append(set())
        try:
            for part in body_of(definition):
                if isinstance(part, ast.stmt):
                    self.statement(part)
                else:
                    self.returned[-1] |= self.value(part)
        finally:
            self.calls.pop()
            self.scope = before
            returned = frozenset(self.returned.pop())
        return returned

    def _bind_parameters(
        self, definition: ast.AST, function: Object, arguments: Arguments, scope: Scope
    ) -> None:
        """Give the parameters of a function their arguments."""
        parameters: ast.arguments = definition.args  # type: ignore[attr-defined]
        places = [entry.arg for entry in (*parameters.posonlyargs, *parameters.args)]
        for place, name in enumerate((*places, *(e.arg for e in parameters.kwonlyargs))):
            objects = arguments.keywords.get(name, NOTHING)
            if place < min(len(arguments.positional), len(places)):
                objects |= arguments.positional[place]
            else:
                objects |= arguments.rest
                if name not in arguments.keywords:
                    objects |= frozenset(function.held)  # the defaults
            scope.names[name] = objects
        more = arguments.rest.union(*arguments.positional[len(places) :])
        named = [v for k, v in arguments.keywords.items() if k not in scope.names]
        if parameters.vararg is not None:
            scope.names[parameters.vararg.arg] = frozenset({Object(held=set(more), container=True)})
        if parameters.kwarg is not None:
            held = set(arguments.rest.union(*named))
            scope.names[parameters.kwarg.arg] = frozenset({Object(held=held, container=True)})


def decorator_names(node: ast.AST) -> set[str]:
    """Return the last names of the decorators of a definition."""
    found = set()
    for entry in getattr(node, "decorator_list", []):
        function = entry.func if isinstance(entry, ast.Call) else entry
        found.add(getattr(function, "attr", getattr(function, "id", "")))
    return found


def is_drawing(origin: str) -> bool:
    """Whether an object comes from a library of charts."""
    return origin.partition(".")[0] in known.CHART_LIBRARIES


def _code(objects: Iterable[Object]) -> Objects:
    """Return the functions, classes and instances of the notebook that objects lead to."""
    return frozenset(e for e in reach(objects) if e.definition is not None or e.bases)
