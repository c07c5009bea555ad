"""Analyze expressions: the objects that they may give, and what they read and change."""

from __future__ import annotations

import ast

from kwidgets.builder.data.slicing import known_functions as known
from kwidgets.builder.data.slicing.abstract_values import (
    NOTHING,
    Arguments,
    Function,
    Object,
    Objects,
    Scope,
    in_order,
    local_names,
    reach,
)
from kwidgets.builder.data.slicing.calls import Calls, decorator_names

# Stands for what cannot be written in Python: the result of a magic or of the shell.
UNKNOWN = "__kwidgets_unknown__"


def base_name(node: ast.AST) -> str | None:
    """Return the name that an expression begins with: ``data`` of ``data.images[0]``."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name: ``shuffle`` of ``np.random.shuffle``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class Expressions(Calls):
    """Analyzes expressions in the order in which Python evaluates them."""

    def value(self, node: ast.AST) -> Objects:
        """Evaluate an expression; return the objects that it may give."""
        self.step()
        method = getattr(self, f"_value_{type(node).__name__.lower()}", None)
        if method is not None:
            found: Objects = method(node)
            return found
        for child in ast.iter_child_nodes(node):
            self.value(child)
        return NOTHING

    def _value_name(self, node: ast.Name) -> Objects:
        return self.read(node.id) if isinstance(node.ctx, ast.Load) else NOTHING

    def _value_attribute(self, node: ast.Attribute) -> Objects:
        found = NOTHING
        for one in in_order(self.value(node.value)):
            if one.external:
                found |= {Object(f"{one.origin}.{node.attr}", external=True)}
            elif methods := one.methods(node.attr):
                found |= self._member(one, methods)
            elif node.attr not in known.PLAIN_ATTRIBUTES:
                found |= one.items()
        return found

    def _member(self, owner: Object, members: Objects) -> Objects:
        """Return what an object gives for a name that its class defines."""
        found = NOTHING
        for one in in_order(members):
            names = set() if one.definition is None else decorator_names(one.definition)
            if one.is_function and names & {"property", "cached_property"}:
                found |= self.call_function(one, Arguments(), frozenset({owner}))
            elif one.is_function and not owner.is_class:
                found |= {Object(held={one, owner})}  # a bound method
            elif one.is_function:
                found |= {one}
            else:
                found |= owner.items()
        return found

    def _value_subscript(self, node: ast.Subscript) -> Objects:
        owner = self.value(node.value)
        self.value(node.slice)
        found = NOTHING.union(*(one.items() for one in owner if not one.external))
        return found | self.special(owner, "__getitem__")

    def special(self, objects: Objects, *names: str) -> Objects:
        """Call the special methods of the notebook's classes that Python would call."""
        found = NOTHING
        for one in in_order(objects):
            for name in names if one.bases and not one.is_class else ():
                found |= self._call_all(one.methods(name), Arguments(), one)
        return found

    def iterate(self, objects: Objects) -> Objects:
        """Return the items of objects, as in a loop."""
        self.advance(objects)
        found = self.special(objects, "__iter__", "__next__", "__getitem__")
        self.advance(found)
        return NOTHING.union(*(one.items() for one in objects | found))

    def _value_starred(self, node: ast.Starred) -> Objects:
        return self.iterate(self.value(node.value))

    def _value_compare(self, node: ast.Compare) -> Objects:
        for entry in (node.left, *node.comparators):
            objects = self.value(entry)
            if any(isinstance(operator, (ast.In, ast.NotIn)) for operator in node.ops):
                self.advance(objects)
        return NOTHING

    def _value_list(self, node: ast.List | ast.Set | ast.Tuple) -> Objects:
        held = NOTHING.union(*(self.value(element) for element in node.elts))
        return frozenset({Object(held=set(held), container=True)})

    _value_set = _value_list
    _value_tuple = _value_list

    def _value_dict(self, node: ast.Dict) -> Objects:
        held = NOTHING
        for key, element in zip(node.keys, node.values, strict=True):
            if key is not None:
                self.value(key)
            held |= self.value(element)
        return frozenset({Object(held=set(held), container=True)})

    def _value_binop(self, node: ast.BinOp) -> Objects:
        both = self.value(node.left) | self.value(node.right)
        self._use(frozenset(one for one in both if one.bases), both)
        held = {held for one in both if one.container for held in one.held}
        return frozenset({Object(held=held, container=bool(held))})

    def _value_boolop(self, node: ast.BoolOp) -> Objects:
        return NOTHING.union(*(self.value(entry) for entry in node.values))

    def _value_ifexp(self, node: ast.IfExp) -> Objects:
        self.value(node.test)
        return self.value(node.body) | self.value(node.orelse)

    def _value_await(self, node: ast.Await) -> Objects:
        return self.value(node.value)

    def _value_yield(self, node: ast.Yield | ast.YieldFrom) -> Objects:
        found = NOTHING if node.value is None else self.value(node.value)
        if isinstance(node, ast.YieldFrom):
            found = self.iterate(found)
        if self.returned:
            self.returned[-1] |= found
        return found

    _value_yieldfrom = _value_yield

    def _value_namedexpr(self, node: ast.NamedExpr) -> Objects:
        found = self.value(node.value)
        scope, before = self.scope, self.scope
        while "<comprehension>" in scope.local and scope.parent is not None:
            scope = scope.parent
        self.scope = scope
        self.bind(node.target.id, found)
        self.scope = before
        return found

    def _value_lambda(self, node: ast.Lambda) -> Objects:
        return frozenset({self.function(node)})

    def function(self, node: Function) -> Object:
        """Return the object of a definition; its defaults are evaluated."""
        defaults = [*node.args.defaults, *(e for e in node.args.kw_defaults if e is not None)]
        held = NOTHING.union(*(self.value(entry) for entry in defaults))
        return Object(held=set(held), definition=node, scope=self.scope)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Objects:
        before = self.scope
        self.scope = Scope(local_names(node) | {"<comprehension>"}, before)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        held = set[Object]()

        def run() -> None:
            for generator in node.generators:
                self.assign_items(generator.target, generator.iter)
                for condition in generator.ifs:
                    self.value(condition)
            for part in parts:
                held.update(self.value(part))

        self.maybe(run)
        self.scope = before
        is_lazy = isinstance(node, ast.GeneratorExp)
        return frozenset({Object(held=held, container=True, stateful=is_lazy)})

    _value_listcomp = _comprehension
    _value_setcomp = _comprehension
    _value_dictcomp = _comprehension
    _value_generatorexp = _comprehension

    def assign_items(self, target: ast.expr, node: ast.expr) -> None:
        """Assign the items of an iterable to the target of a loop."""
        raise NotImplementedError

    # Calls

    def _value_call(self, node: ast.Call) -> Objects:
        return self.call_of(node, alone=False)

    def call_of(self, node: ast.Call, alone: bool) -> Objects:
        """Evaluate a call; ``alone``: it is a statement of its own."""
        function = node.func
        name = last_name(function)
        if name in known.CONFIGURING:
            self.change_name(base_name(function))
        if not isinstance(function, ast.Attribute):
            functions = self.value(function)
            return self.call(functions, name, self._arguments(node))
        if _is_super(function.value):
            return self._call_super(name, self._arguments(node))
        owner = self.value(function.value)
        if any(one.external for one in owner):
            if name in known.CHANGING - {"seed", "set_state", "fit", "read"}:
                self.change_name(base_name(function))  # sys.path.append
        elif not owner and (
            name in known.CHANGING or (alone and name not in known.READ_ONLY_METHODS)
        ):
            self.change_name(base_name(function))
        return self.call_method(owner, name, self._arguments(node), alone)

    def _call_super(self, name: str, arguments: Arguments) -> Objects:
        class_ = self.scope.class_
        owner = next(iter(self.scope.names.values()), NOTHING)
        found = owner
        methods = NOTHING if class_ is None else class_.inherited(name)
        for one in owner:
            if methods:
                found |= self._call_all(methods, arguments, one)
            else:
                one.held |= arguments.all() - {one}
        return found

    def _arguments(self, node: ast.Call) -> Arguments:
        found = Arguments()
        for argument in node.args:
            objects = self.value(argument)
            if isinstance(argument, ast.Starred) or found.rest:
                found.rest |= objects
            else:
                found.positional.append(objects)
        for keyword in node.keywords:
            objects = self.value(keyword.value)
            constant = keyword.value.value if isinstance(keyword.value, ast.Constant) else ...
            if keyword.arg is None:
                found.rest |= frozenset(reach(objects))
            elif constant is None and keyword.arg in ("seed", "random_state"):
                pass  # as if it were not given
            else:
                found.keywords[keyword.arg] = objects
                if constant is not ... and (keyword.arg != "copy" or constant is False):
                    found.constants[keyword.arg] = constant
        return found


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "super"
