"""What the value of an expression may be, and what computing it reads and changes."""

from __future__ import annotations

import ast
import dataclasses

from kwidgets.builder.data.slicing import known_functions as words
from kwidgets.builder.data.slicing.abstract_values import (
    NOTHING,
    Arguments,
    Comprehension,
    Definition,
    Kind,
    Scope,
    Thing,
    Things,
    bound_by,
)
from kwidgets.builder.data.slicing.calls import Calls

# What cannot be said again: what a magic or the shell gave.
UNKNOWN = "__kwidgets_unknown__"


def base_name(node: ast.AST) -> str | None:
    """The name an expression begins with: ``data`` of ``data.images[0]``."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def last_name(node: ast.AST) -> str:
    """The last part of what is called: ``shuffle`` of ``np.random.shuffle``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class Values(Calls):
    """Goes through expressions, in the order in which they are computed."""

    def value(self, node: ast.AST) -> Things:
        """Go through an expression; return what its value may be."""
        self.step()
        method = getattr(self, f"_value_{type(node).__name__.lower()}", None)
        if method is not None:
            found: Things = method(node)
            return found
        for child in ast.iter_child_nodes(node):
            self.value(child)
        return NOTHING

    def _value_name(self, node: ast.Name) -> Things:
        return self.read(node.id) if isinstance(node.ctx, ast.Load) else NOTHING

    def _value_attribute(self, node: ast.Attribute) -> Things:
        return self.attribute(self.value(node.value), node.attr)

    def attribute(self, things: Things, name: str) -> Things:
        """What an attribute of things may be."""
        found = NOTHING
        for thing in sorted(things, key=id):
            if thing.kind is Kind.EXTERNAL:
                found |= {Thing(Kind.EXTERNAL, f"{thing.origin}.{name}")}
                continue
            if thing.origin.startswith(words.OURS):
                # `builder.run` is ours as well, and not what the builder was made of.
                found |= {thing}
                continue
            defined = thing.method(name) if thing.kind in _OF_NOTEBOOK else NOTHING
            found |= NOTHING.union(*(self._got(thing, entry) for entry in defined))
            if not defined or name in thing.fields:
                found |= thing.item(name)
                if name in words.CHANGING or thing.kind is Kind.ITERATOR:
                    found |= {Thing(Kind.METHOD, name, bound=frozenset({thing}))}
        return found

    def _got(self, owner: Thing, entry: Thing) -> Things:
        """What an object gives for a name that its class defines."""
        if entry.kind is not Kind.FUNCTION or owner.kind is Kind.CLASS:
            return frozenset({entry})
        bound = frozenset({owner})
        if entry.wrappers & {"property", "cached_property"}:
            return self.call_function(entry, Arguments(), bound)
        if "staticmethod" in entry.wrappers:
            return frozenset({entry})
        return frozenset({dataclasses.replace(entry, bound=bound)})

    def _value_subscript(self, node: ast.Subscript) -> Things:
        owner = self.value(node.value)
        self.value(node.slice)
        key = constant_key(node.slice)
        found = NOTHING
        for thing in sorted(owner, key=id):
            if thing.kind is Kind.NAMESPACE:
                found |= self.read(key if isinstance(key, str) else UNKNOWN)
            elif thing.kind is Kind.EXTERNAL:
                found |= {self.fresh(Kind.PLAIN, thing.origin)}
            else:
                found |= thing.item(key)
                found |= self._special(thing, "__getitem__")
        return found

    def _special(self, thing: Thing, name: str) -> Things:
        """What Python calls on an object of a class of the notebook's."""
        defined = thing.method(name) if thing.kind is Kind.INSTANCE else NOTHING
        return self._call_defined(thing, defined, name, Arguments()) if defined else NOTHING

    def iterate(self, things: Things) -> Things:
        """Return what comes out of things in a loop."""
        found = NOTHING
        for thing in sorted(things, key=id):
            found |= thing.items()
            if thing.kind is Kind.INSTANCE:
                made = self._special(thing, "__iter__")
                for entry in made - {thing}:
                    found |= entry.items()
                    self.advance({entry})
                found |= self._special(thing, "__next__") | self._special(thing, "__getitem__")
            elif thing.kind is Kind.ITERATOR:
                self.advance({thing})
        return found

    def _value_starred(self, node: ast.Starred) -> Things:
        return self.iterate(self.value(node.value))

    def _value_constant(self, node: ast.Constant) -> Things:
        # None is told from other constants: a random_state of None is none.
        return frozenset({_NONE}) if node.value is None else NOTHING

    def _value_compare(self, node: ast.Compare) -> Things:
        found = NOTHING
        for entry in (node.left, *node.comparators):
            things = self.value(entry)
            if any(isinstance(operator, (ast.In, ast.NotIn)) for operator in node.ops):
                self.advance(things)
            found |= things
        return frozenset({self.fresh()}) if found else NOTHING

    def _value_list(self, node: ast.List | ast.Set) -> Things:
        held = NOTHING.union(*(self.value(element) for element in node.elts))
        return frozenset({self.fresh(Kind.CONTAINER, "builtins.list", held)})

    _value_set = _value_list

    def _value_tuple(self, node: ast.Tuple) -> Things:
        made = self.fresh(Kind.CONTAINER, "builtins.tuple")
        starred = False
        for place, element in enumerate(node.elts):
            starred = starred or isinstance(element, ast.Starred)
            made.put(None if starred else place, self.value(element))
        return frozenset({made})

    def _value_dict(self, node: ast.Dict) -> Things:
        made = self.fresh(Kind.CONTAINER, "builtins.dict")
        for key, element in zip(node.keys, node.values, strict=True):
            if key is None:
                made.put(None, NOTHING.union(*(e.items() for e in self.value(element))))
                continue
            self.value(key)
            made.put(constant_key(key), self.value(element))
        return frozenset({made})

    def _value_binop(self, node: ast.BinOp) -> Things:
        left, right = self.value(node.left), self.value(node.right)
        for thing in left | right:
            if thing.kind is Kind.INSTANCE:
                self._use(frozenset({thing}), left | right)
        held = NOTHING.union(
            *(thing.held() for thing in left | right if thing.kind is Kind.CONTAINER)
        )
        if held and isinstance(node.op, (ast.Add, ast.Mult, ast.BitOr)):
            return frozenset({self.fresh(Kind.CONTAINER, "builtins.list", held)})
        return frozenset({self.fresh(Kind.PLAIN, "", self._code(left | right))})

    def _value_unaryop(self, node: ast.UnaryOp) -> Things:
        return frozenset({self.fresh()}) if self.value(node.operand) else NOTHING

    def _value_boolop(self, node: ast.BoolOp) -> Things:
        return NOTHING.union(*(self.value(entry) for entry in node.values))

    def _value_ifexp(self, node: ast.IfExp) -> Things:
        self.value(node.test)
        return self.value(node.body) | self.value(node.orelse)

    def _value_await(self, node: ast.Await) -> Things:
        return self.value(node.value)

    def _value_yield(self, node: ast.Yield) -> Things:
        if node.value is not None:
            found = self.value(node.value)
            if self.returned:
                self.returned[-1] |= found
        return NOTHING

    def _value_yieldfrom(self, node: ast.YieldFrom) -> Things:
        found = self.iterate(self.value(node.value))
        if self.returned:
            self.returned[-1] |= found
        return found

    def _value_namedexpr(self, node: ast.NamedExpr) -> Things:
        found = self.value(node.value)
        scope = self.scope
        while (
            scope.class_of is None
            and scope.parent is not None
            and not scope.outside
            and ("<comprehension>" in scope.local)
        ):
            self.scope = scope = scope.parent
        before, self.scope = self.scope, scope
        self.bind(node.target.id, found)
        self.scope = before
        return found

    def _value_lambda(self, node: ast.Lambda) -> Things:
        return frozenset({self.make_function(node)})

    def make_function(self, node: Definition) -> Thing:
        """What a definition defines; what stands outside of its body is gone through."""
        made = Thing(Kind.FUNCTION, definition=node, scope=self.scope)
        arguments = node.args
        places = [*arguments.posonlyargs, *arguments.args]
        for entry, default in zip(
            places[len(places) - len(arguments.defaults) :], arguments.defaults, strict=True
        ):
            made.put(f"<default of {entry.arg}>", self.value(default))
        for entry, other in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if other is not None:
                made.put(f"<default of {entry.arg}>", self.value(other))
        return made

    def _comprehension(self, node: Comprehension) -> Things:
        names = {
            name
            for generator in node.generators
            for entry in ast.walk(generator.target)
            for name in bound_by(entry)
        }
        first = self.iterate(self.value(node.generators[0].iter))
        before = self.scope
        self.scope = Scope(frozenset({*names, "<comprehension>"}), before)
        found = NOTHING
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]

        def run() -> None:
            nonlocal found
            for place, generator in enumerate(node.generators):
                things = first if place == 0 else self.iterate(self.value(generator.iter))
                self.assign(generator.target, things)
                for condition in generator.ifs:
                    self.value(condition)
            for part in parts:
                found |= self.value(part)

        self.perhaps(run)
        self.scope = before
        kind = Kind.ITERATOR if isinstance(node, ast.GeneratorExp) else Kind.CONTAINER
        return frozenset({self.fresh(kind, "builtins.list", found)})

    _value_listcomp = _comprehension
    _value_setcomp = _comprehension
    _value_dictcomp = _comprehension
    _value_generatorexp = _comprehension

    def assign(self, target: ast.expr, things: Things) -> None:
        """Let a target of an assignment, a loop or a with stand for things."""
        raise NotImplementedError

    # Calls

    def _value_call(self, node: ast.Call) -> Things:
        return self.call_of(node, alone=False)

    def call_of(self, node: ast.Call, alone: bool) -> Things:
        """Go through a call; see :meth:`call_method` for ``alone``."""
        function = node.func
        name = last_name(function)
        base = base_name(function)
        if name in words.CONFIGURING:
            self.touch(base)
        if not isinstance(function, ast.Attribute):
            things = self.value(function)
            return self.call(things, name, self._arguments(node))
        if (
            isinstance(function.value, ast.Call)
            and isinstance(function.value.func, ast.Name)
            and function.value.func.id == "super"
        ):
            return self._call_super(name, self._arguments(node))
        owner = self.value(function.value)
        if any(thing.kind is Kind.EXTERNAL for thing in owner):
            # sys.path.append
            if name in words.CHANGING - {"seed", "set_state", "fit", "read"}:
                self.touch(base)
        elif (
            name in words.CHANGING
            or (alone and name not in words.LOOKING and "plot" not in name)
            or any(
                entry.arg == "inplace"
                and isinstance(entry.value, ast.Constant)
                and entry.value.value is True
                for entry in node.keywords
            )
        ) and not any(thing.kind in _OF_NOTEBOOK for thing in owner):
            self.touch(base)
        return self.call_method(owner, name, self._arguments(node), alone)

    def _call_super(self, name: str, arguments: Arguments) -> Things:
        own = self.scope.class_of
        scope: Scope | None = self.scope
        while own is None and scope is not None:
            own, scope = scope.class_of, scope.parent
        first = next(iter(self.scope.names.values()), NOTHING)
        defined = own.inherited(name) if own is not None else NOTHING
        if not defined:
            for thing in first:
                thing.put(None, arguments.all())
            return first
        found = NOTHING
        for thing in first:
            found |= self._call_defined(thing, defined, name, arguments)
        return found

    def _arguments(self, node: ast.Call) -> Arguments:
        found = Arguments()
        for place, argument in enumerate(node.args):
            things = self.value(argument)
            if isinstance(argument, ast.Starred) or found.rest:
                found.rest |= things
            else:
                found.positional.append(things)
            if isinstance(argument, ast.Constant):
                found.constants[str(place)] = constant_key(argument)
        for keyword in node.keywords:
            things = self.value(keyword.value)
            if keyword.arg is None:
                found.rest |= NOTHING.union(*(thing.items() for thing in things))
                continue
            found.keywords[keyword.arg] = things
            if isinstance(keyword.value, ast.Constant):
                found.constants[keyword.arg] = keyword.value.value
                if keyword.arg == "copy" and keyword.value.value is not False:
                    del found.constants["copy"]
            if _NONE in things and keyword.arg in ("seed", "random_state"):
                # As if it were not given.
                found.constants.pop(keyword.arg, None)
                del found.keywords[keyword.arg]
        return found


_NONE = Thing(Kind.EXTERNAL, "builtins.None")
_OF_NOTEBOOK = (Kind.INSTANCE, Kind.CLASS)


def constant_key(node: ast.AST) -> object:
    """A constant by which an item is looked up; None for any other key."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int)):
        return node.value
    return None
