"""What calls do: of functions of the notebook's own, by their text; of others, by their names."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from kwidgets.builder.data.slicing import known_functions as words
from kwidgets.builder.data.slicing import random_state as random
from kwidgets.builder.data.slicing.abstract_values import (
    NOTHING,
    Arguments,
    Definition,
    Kind,
    Scope,
    Thing,
    Things,
    body_of,
    is_generator,
    locals_of,
    reach,
)
from kwidgets.builder.data.slicing.effects import State

# How often a function is followed into itself.
_DEEPEST = 2
# How deep objects of the notebook's are followed through libraries that call them.
_MOST_DEPTH = 2
# How often libraries call one function within a statement: twice for each pass of a loop.
_MOST_USES = 4
_PARTIAL = "functools.partial"
# At the end of the origin of what was told to work without copies.
_IN_PLACE = " in place"


class Calls(State):
    """Goes through calls."""

    def call(self, things: Things, name: str, arguments: Arguments) -> Things:
        """Call things; return what may come back."""
        found = NOTHING
        for thing in sorted(things, key=id):
            if thing.kind is Kind.EXTERNAL:
                found |= self._call_external(thing.origin, arguments)
            elif thing.kind is Kind.FUNCTION:
                found |= self.call_function(thing, arguments)
            elif thing.kind is Kind.CLASS:
                found |= self._make(thing, arguments)
            elif thing.kind is Kind.INSTANCE:
                found |= self.call_method(frozenset({thing}), "__call__", arguments)
            elif thing.kind is Kind.METHOD:
                found |= self.call_method(thing.bound, thing.origin, arguments)
            elif thing.resumes is not None and thing.origin == _PARTIAL:
                found |= self._call_partial(thing.resumes[1], arguments)
            else:
                # A layer, a namedtuple, a partial function: it may keep what it is given.
                self._use(arguments.all() | {thing}, arguments.all())
                held = arguments.all() if name[:1].isupper() else NOTHING
                found |= {self.fresh(Kind.PLAIN, thing.origin, held | self._code(things))}
        if not things:
            self._use(arguments.all(), arguments.all())
            held = arguments.all() if name[:1].isupper() else NOTHING
            found |= {self.fresh(Kind.PLAIN, "", held)}
        return found

    def _call_partial(self, first: Arguments, more: Arguments) -> Things:
        whole = Arguments(
            first.positional[1:] + more.positional,
            first.keywords | more.keywords,
            first.rest | more.rest,
            first.constants | more.constants,
        )
        return self.call(NOTHING.union(*first.positional[:1]), "", whole)

    def call_method(
        self, owner: Things, name: str, arguments: Arguments, alone: bool = False
    ) -> Things:
        """Call a method of things; return what may come back.

        Args:
            owner: the things.
            name: of the method.
            arguments: what it is given.
            alone: the call is a statement, which it is for what it changes.
        """
        found = NOTHING
        for thing in sorted(owner, key=id):
            if thing.kind is Kind.EXTERNAL:
                found |= self._call_external(f"{thing.origin}.{name}", arguments)
                continue
            if thing.kind in (Kind.INSTANCE, Kind.CLASS):
                defined = thing.method(name) | thing.fields.get(name, NOTHING)
                if defined:
                    found |= self._call_defined(thing, defined, name, arguments)
                    continue
            elif name in thing.fields and thing.kind is not Kind.CONTAINER:
                found |= self.call(thing.fields[name], name, arguments)
            found |= self._call_unknown(thing, name, arguments, alone)
        if not owner:
            # ", ".join(names), or a method of what is not known.
            self._arguments_change(name, arguments)
            self._use(arguments.all(), arguments.all())
            if name in words.VIEWS or name in words.CHANGING:
                found |= arguments.all()
            found |= {self.fresh()}
        return found

    def _call_defined(
        self, owner: Thing, defined: Things, name: str, arguments: Arguments
    ) -> Things:
        found = NOTHING
        for entry in sorted(defined, key=id):
            bound: Things = frozenset({owner})
            of_class = owner.kind is Kind.CLASS and "classmethod" not in entry.wrappers
            if of_class or entry.kind is not Kind.FUNCTION or "staticmethod" in entry.wrappers:
                bound = NOTHING
            if entry.kind is Kind.FUNCTION:
                found |= self.call_function(entry, arguments, bound)
            else:
                found |= self.call(frozenset({entry}), name, arguments)
        return found

    def _call_unknown(self, owner: Thing, name: str, arguments: Arguments, alone: bool) -> Things:
        """Call a method that no text defines."""
        given = arguments.all()
        keywords = {*arguments.keywords, *arguments.constants}
        if random.reads_files(name):
            self.look_at_files()
        self.draw(random.drawn_by_method(name, owner.origin, keywords))
        standing = alone and name not in words.LOOKING and "plot" not in name
        # Ours may hold data, and change none: `builder.fit(x, y)`, `builder.run.wait()`.
        if not owner.origin.startswith(words.OURS) and (
            name in words.CHANGING
            or arguments.constants.get("inplace") is True
            or arguments.constants.get("copy") is False
            or standing
        ):
            # What holds functions may run them now: a thread.
            running = standing and any(e.kind is Kind.FUNCTION for e in owner.held())
            self.change({owner}, deep=running or name in words.CHANGING_DEEP)
        if name in words.KEEPING or (owner.kind is Kind.INSTANCE and standing):
            kept = given
            if name in ("extend", "update", "extendleft"):
                kept |= self.iterate(given)
            owner.put(None, kept)
        if owner.origin.endswith(_IN_PLACE):
            self.change(given)
        if owner.kind is Kind.ITERATOR:
            self.advance({owner})
        self._arguments_change(name, arguments)
        self._use(given | ({owner} if owner.kind is Kind.INSTANCE else NOTHING), given | {owner})
        if owner.kind is Kind.ITERATOR:
            return owner.held() | {self.fresh()}
        key = arguments.constants.get("0")
        if name in ("get", "pop", "setdefault", "__getitem__") and key is not None:
            return owner.item(key) | given
        if name == "items" and not given:
            pair = self.fresh(Kind.CONTAINER, "builtins.tuple")
            pair.put(1, owner.items())
            return frozenset({self.fresh(Kind.CONTAINER, "builtins.list", frozenset({pair}))})
        if name in words.VIEWS or "copy" in arguments.constants:
            # a.view(), table.get("x", other)
            kept = given if name in ("get", "pop", "setdefault", "pipe") else NOTHING
            return owner.items() | kept | self._code({owner})
        if name == "copy" and owner.kind is Kind.CONTAINER:
            return frozenset({self.fresh(Kind.CONTAINER, owner.origin, owner.held())})
        if name == "flow" or name in words.LAZY:
            return frozenset({self.fresh(Kind.ITERATOR, owner.origin, given | {owner})})
        if name in words.ITERATORS:
            return frozenset({self.fresh(Kind.ITERATOR, owner.origin, self._code(given))})
        kind = Kind.PLAIN
        result = self.fresh(kind, owner.origin, self._code(given | {owner}))
        if owner.kind is Kind.INSTANCE:
            # Of a class that builds on one of a library's.
            result.put(None, owner.items())
        return frozenset({result})

    # Functions of libraries

    def _call_external(self, dotted: str, arguments: Arguments) -> Things:
        name = dotted.rpartition(".")[2]
        given = arguments.all()
        if dotted in ("builtins.globals", "builtins.locals") or (
            dotted == "builtins.vars" and not given
        ):
            return frozenset({Thing(Kind.NAMESPACE)})
        if dotted == "builtins.exec":
            self.found.anything = True
        if dotted == "os.chdir" or name == "chdir":
            self.change_folder()
        elif random.reads_files(name):
            self.look_at_files()
        self.look_at_state(random.kept_by(dotted))
        self.seed(random.seeded_by(dotted))
        if not random.seeded_by(dotted):
            self.draw(random.drawn_by(dotted, {*arguments.keywords, *arguments.constants}))
        if name in words.BLIND and dotted.startswith(("builtins.", "IPython.", "pprint.")):
            return NOTHING
        self._arguments_change(name, arguments)
        if arguments.constants.get("copy") is False or arguments.constants.get("inplace") is True:
            self.change(given)
        return self._external_result(dotted, name, arguments)

    def _external_result(self, dotted: str, name: str, arguments: Arguments) -> Things:
        given = arguments.all()
        first = arguments.positional[0] if arguments.positional else arguments.rest
        if dotted == "builtins.getattr":
            key = arguments.constants.get("1")
            other = given - first
            if isinstance(key, str):
                return self.attribute(first, key) | other
            # Of a method that nobody knows the worst is assumed.
            method = Thing(Kind.METHOD, "__setitem__", bound=first)
            return NOTHING.union(*(thing.items() for thing in first), other, {method})
        if dotted == "builtins.vars":
            return first
        if name in words.CONTAINERS or name in words.PASSING:
            callbacks = self._use(given, NOTHING.union(*(thing.items() for thing in given)))
            items = self._pairs(dotted, arguments) or self.iterate(given)
            if name in ("max", "min", "next"):
                return items | callbacks
            kind = Kind.CONTAINER if name in words.CONTAINERS else Kind.ITERATOR
            moving = frozenset(entry for entry in given if entry.kind is Kind.ITERATOR)
            held = callbacks if name == "map" and callbacks else items | callbacks
            made = self.fresh(kind, dotted, held | moving | self._code(given))
            if name == "defaultdict":
                made.put(None, self.call(first, "", Arguments()))
            if name == "SimpleNamespace":
                for key, things in arguments.keywords.items():
                    made.put(key, things)
            return frozenset({made})
        if dotted in ("copy.copy",):
            return frozenset(self.fresh(thing.kind, thing.origin, thing.held()) for thing in first)
        if dotted == "copy.deepcopy":
            return frozenset(_copied(thing, {}) for thing in first)
        callbacks = self._use(given, NOTHING.union(*(thing.items() for thing in given)))
        if name == "partial":
            made = self.fresh(Kind.PLAIN, _PARTIAL, given)
            made.resumes = (made, arguments)
            return callbacks | {made}
        out = arguments.keywords.get("out", NOTHING)
        if name[:1].isupper() and arguments.constants.get("copy") is False:
            out |= {self.fresh(Kind.PLAIN, dotted + _IN_PLACE, given)}
        if name in words.VIEWS or "copy" in arguments.constants:
            first = first or given
            return self._flat(first | out | arguments.keywords.get("data", NOTHING)) | {
                self.fresh(Kind.PLAIN, dotted, self._code(given))
            }
        if name in words.ITERATORS:
            held = NOTHING if name in ("open", "default_rng", "RandomState") else given
            return frozenset({self.fresh(Kind.ITERATOR, dotted, held)})
        drawing = dotted.partition(".")[0] in words.DRAWING
        if (name[:1].isupper() or name in words.LAZY) and not drawing:
            return out | {self.fresh(Kind.PLAIN, dotted, given)}
        return out | {self.fresh(Kind.PLAIN, dotted, self._code(given))}

    def _pairs(self, dotted: str, arguments: Arguments) -> Things:
        """The tuples that come out of zip and enumerate: what stands where in them."""
        if dotted not in ("builtins.zip", "builtins.enumerate") or arguments.rest:
            return NOTHING
        made = self.fresh(Kind.CONTAINER, "builtins.tuple")
        for place, things in enumerate(arguments.positional, dotted == "builtins.enumerate"):
            made.put(place, self.iterate(things))
        return frozenset({made})

    def _flat(self, things: Things) -> Things:
        """Of containers what they hold: np.asarray copies a list, but not an array."""
        found = NOTHING
        for thing in things:
            found |= thing.held() if thing.kind is Kind.CONTAINER else {thing}
        return found

    def _arguments_change(self, name: str, arguments: Arguments) -> None:
        """Note the arguments that a function changes."""
        if name in words.CHANGING_FUNCTIONS:
            changed = arguments.positional[:1] or [arguments.all()]
            self.change(NOTHING.union(*changed))
            for things in changed:
                for thing in things:
                    thing.put(None, arguments.all() - {thing})
        for keyword in ("out", "dst"):
            self.change(arguments.keywords.get(keyword, NOTHING), deep=True)
        position = words.OUT_POSITION.get(name)
        if position is not None and len(arguments.positional) > position:
            self.change(arguments.positional[position])

    def _use(self, things: Things, given: Things) -> Things:
        """Let a library use what it is given: it may call functions, and use up iterators.

        Returns:
            what the functions may have returned.
        """
        found = NOTHING
        given |= self._flat(given)
        reached = reach(things)
        self.step(len(reached))
        self.depth += 1
        for thing in sorted(reached, key=id):
            if thing.kind is Kind.METHOD:
                self.call_method(thing.bound, thing.origin, Arguments(rest=given))
            elif thing.kind is Kind.FUNCTION:
                # Methods are called with their objects, unless they were given as they are.
                method = thing.scope is not None and thing.scope.class_of is not None
                if (not method or thing.bound or thing in given | things) and self._may_use(
                    thing, thing.bound
                ):
                    found |= self.call_function(thing, Arguments(rest=given))
            elif thing.kind is Kind.INSTANCE:
                self._use_instance(thing, given)
        self.depth -= 1
        self.advance(self._flat(things) | things)
        return found

    def _may_use(self, function: Thing, bound: Things) -> bool:
        """Whether a library's call of a function is worth following once more."""
        key = (function.definition, bound)
        self.used[key] = self.used.get(key, 0) + 1
        return function.definition not in self.stack and self.used[key] <= _MOST_USES

    def _use_instance(self, thing: Thing, given: Things) -> None:
        """Let a library call any method of an object of the notebook's."""
        if self.depth > _MOST_DEPTH:
            self.change({thing})
            return
        for kind in sorted(thing.types, key=id):
            for name, entries in list(kind.scope.names.items()) if kind.scope else ():
                for entry in entries if name != "__init__" else ():
                    if entry.kind is Kind.FUNCTION and self._may_use(entry, frozenset({thing})):
                        self.call_function(entry, Arguments(rest=given), frozenset({thing}))

    def _code(self, things: Things | set[Thing]) -> Things:
        """Of things, those whose text may still be run when the result is used."""
        return frozenset(
            thing
            for thing in reach(things)
            if thing.kind in (Kind.FUNCTION, Kind.INSTANCE, Kind.CLASS)
        )

    def advance(self, things: Iterable[Thing]) -> None:
        """Use up iterators, and those that they themselves use."""
        waiting = list(things)
        seen: set[Thing] = set()
        while waiting:
            thing = waiting.pop()
            if thing.kind is not Kind.ITERATOR or thing in seen:
                continue
            seen.add(thing)
            self.change({thing})
            waiting += thing.held()
            if thing.resumes is not None:
                function, arguments = thing.resumes
                self._run(function, arguments, function.bound)

    # Functions and classes of the notebook's

    def _make(self, kind: Thing, arguments: Arguments) -> Things:
        made = Thing(Kind.INSTANCE, kind.origin, types=frozenset({kind}))
        begin = made.method("__init__")
        if begin:
            self._call_defined(made, begin, "__init__", arguments)
        else:
            # A dataclass, or one that leaves it to a class of a library.
            made.put(None, arguments.rest.union(*arguments.positional))
            for key, things in arguments.keywords.items():
                made.put(key, things)
                made.put(None, things)
        after = made.method("__post_init__")
        if after:
            self._call_defined(made, after, "__post_init__", Arguments())
        return frozenset({made})

    def call_function(
        self, function: Thing, arguments: Arguments, bound: Things = NOTHING
    ) -> Things:
        """Go through a function as it is called; return what it may return."""
        definition = function.definition
        if definition is None:
            return NOTHING
        bound |= function.bound
        found = self._run(function, arguments, bound)
        if is_generator(definition):
            made = Thing(Kind.ITERATOR)
            made.put(None, found)
            made.resumes = (function, arguments)
            if bound:
                made.resumes = (
                    Thing(Kind.FUNCTION, definition=definition, scope=function.scope, bound=bound),
                    arguments,
                )
            return frozenset({made})
        if function.wrappers & {"lru_cache", "cache", "cached_property"}:
            # Each call gives the same thing.
            function.put("<returned>", found)
            return function.fields.get("<returned>", NOTHING)
        return found

    def _run(self, function: Thing, arguments: Arguments, bound: Things) -> Things:
        definition = function.definition
        assert definition is not None
        depth = self.stack.count(definition)
        if depth >= _DEEPEST:
            return arguments.all()
        if depth == _DEEPEST - 1:
            # What deeper calls would come to.
            arguments = Arguments(
                [_within(things) for things in arguments.positional],
                {name: _within(things) for name, things in arguments.keywords.items()},
                _within(arguments.rest),
                arguments.constants,
            )
        local, outside = locals_of(definition)
        scope = Scope(local, function.scope or self.notebook, outside=outside)
        if function.scope is not None:
            scope.class_of = function.scope.class_of
        if scope.parent is not None and scope.parent.class_of is not None:
            # Functions do not see the names of the class they stand in.
            scope.parent = scope.parent.parent
        self._give(definition, function, arguments, bound, scope)
        before = self.scope
        self.scope = scope
        self.stack.append(definition)
        self.returned.append(set())
        try:
            for part in body_of(definition):
                if isinstance(part, ast.stmt):
                    self.statement(part)
                else:
                    self.returned[-1] |= self.value(part)
        finally:
            self.stack.pop()
            self.scope = before
            returned = frozenset(self.returned.pop())
        return returned

    def _give(
        self,
        definition: Definition,
        function: Thing,
        arguments: Arguments,
        bound: Things,
        scope: Scope,
    ) -> None:
        """Give the parameters of a function what it is called with."""
        places = [entry.arg for entry in (*definition.args.posonlyargs, *definition.args.args)]
        positional = ([bound] if bound else []) + arguments.positional
        for place, name in enumerate((*places, *(e.arg for e in definition.args.kwonlyargs))):
            things = arguments.keywords.get(name, NOTHING)
            if place < min(len(positional), len(places)):
                things |= positional[place]
            else:
                things |= arguments.rest
                if name not in arguments.keywords:
                    things |= function.fields.get(f"<default of {name}>", NOTHING)
            scope.names[name] = things
        if definition.args.vararg is not None:
            more = arguments.rest.union(*positional[len(places) :])
            made = self.fresh(Kind.CONTAINER, "builtins.tuple", more)
            scope.names[definition.args.vararg.arg] = frozenset({made})
        if definition.args.kwarg is not None:
            made = self.fresh(Kind.CONTAINER, "builtins.dict", arguments.rest)
            for name, things in arguments.keywords.items():
                if name not in scope.names:
                    made.put(name, things)
            scope.names[definition.args.kwarg.arg] = frozenset({made})


def _within(things: Things) -> Things:
    """Things, and all that the containers among them hold."""
    found = set(things)
    waiting = list(things)
    while waiting:
        thing = waiting.pop()
        if thing.kind is Kind.CONTAINER:
            waiting += thing.held() - found
            found |= thing.held()
    return frozenset(found)


def _copied(thing: Thing, known: dict[Thing, Thing]) -> Thing:
    if thing in known or thing.kind in (Kind.FUNCTION, Kind.CLASS, Kind.EXTERNAL):
        return known.get(thing, thing)
    made = Thing(thing.kind, thing.origin, types=thing.types, resumes=thing.resumes)
    known[thing] = made
    for key, things in thing.fields.items():
        made.put(key, frozenset(_copied(entry, known) for entry in things))
    return made
