"""What a Python statement reads, binds and changes, as far as its text tells."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Iterator, Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Methods that change what they are called on, in Python, NumPy and pandas.
CHANGING = _words(
    "append extend insert pop popitem remove clear sort reverse update setdefault add discard fill "
    "resize partition put itemset setfield setflags byteswap appendleft popleft rotate move_to_end "
    "fit fit_transform partial_fit fit_resample adapt seed set_state load_state_dict "
    "difference_update intersection_update setitem __setitem__"
)
# Functions that change their first argument or arguments.
CHANGING_FUNCTIONS = _words(
    "shuffle put place copyto putmask fill_diagonal put_along_axis heappush heappop heapify insort "
    "next setattr delattr exec"
)
# Methods of a needed object that only look at it.
LOOKING = _words(
    "head tail describe info plot hist show mean sum std min max var count value_counts nunique "
    "unique keys values items copy get tolist item corr sample groupby isna isnull any all astype "
    "reshape flatten ravel transpose squeeze summary predict evaluate score transform numpy "
    "to_numpy index find startswith endswith format join split lower upper strip element_spec "
    "take skip batch map cache prefetch repeat boxplot scatter bar line display memory_usage "
    "get_params shape argmax argmin argsort round dot cumsum nbytes isnan select_dtypes query"
)
# Random numbers come out of a state that no statement names.
RANDOM_STATE = "<random state>"
_SEEDS = frozenset({"seed", "set_seed", "set_random_seed"})
_GENERATORS = frozenset(
    {"default_rng", "RandomState", "Random", "Generator", "SeedSequence", "iter"}
)
_VIEWS = _words("reshape ravel squeeze transpose swapaxes view to_numpy asarray asanyarray")


@dataclasses.dataclass
class Effects:
    """What a statement does with names of the namespace.

    Args:
        reads: what must be there before.
        binds: what it gives a new value for sure.
        may_bind: what it gives a new value perhaps: in a branch, a loop.
        changes: objects it may change in place.
        deletes: names that are gone afterwards.
        shares: a name, and those whose data it may share: a view, another name for the same.
        generators: names bound to random generators and iterators; to use one is to change it.
        uses: by a name, the functions and classes the bound object comes from.
        calls: the names that calls begin with: ``np`` of ``np.load(path)``.
        star: ``from module import *``.
    """

    reads: set[str] = dataclasses.field(default_factory=set)
    binds: set[str] = dataclasses.field(default_factory=set)
    may_bind: set[str] = dataclasses.field(default_factory=set)
    changes: set[str] = dataclasses.field(default_factory=set)
    deletes: set[str] = dataclasses.field(default_factory=set)
    shares: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    generators: set[str] = dataclasses.field(default_factory=set)
    uses: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    calls: set[str] = dataclasses.field(default_factory=set)
    star: bool = False


@dataclasses.dataclass(frozen=True)
class Helper:
    """A function or class of the user's.

    Args:
        reads: names of the namespace that its body reads, when it is called.
        changes: such names that its body binds or changes.
        changes_arguments: it may change what it is given.
        is_class: its objects carry these along.
    """

    reads: frozenset[str]
    changes: frozenset[str]
    changes_arguments: bool
    is_class: bool


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


def _parts(node: ast.AST) -> set[str]:
    """All names in what is called: np, random and shuffle of ``np.random.shuffle``."""
    found = set()
    while isinstance(node, ast.Attribute):
        found.add(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        found.add(node.id)
    return found


def effects(
    statement: ast.stmt,
    helpers: Mapping[str, Helper],
    modules: Iterable[str],
    generators: Iterable[str],
) -> Effects:
    """Return what a statement at the top of a cell does.

    Args:
        statement: the statement.
        helpers: the user's functions and classes so far, by the name they go by.
        modules: names bound by imports so far.
        generators: names of random generators and iterators so far.
    """
    walk = _Walk(dict(helpers), set(modules), set(generators))
    walk.statement(statement)
    return walk.finish()


def helper(definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Helper:
    """Return what a function or class does with the namespace when it is used."""
    reads, changes = set(), set()
    arguments = False
    functions = (
        [definition]
        if not isinstance(definition, ast.ClassDef)
        else [node for node in definition.body if isinstance(node, ast.FunctionDef)]
    )
    for function in functions:
        inner_reads, inner_changes, inner_arguments = _function(function)
        reads |= inner_reads
        changes |= inner_changes
        # Methods may well change self: that is their object's own.
        arguments |= inner_arguments and not isinstance(definition, ast.ClassDef)
    return Helper(
        frozenset(reads), frozenset(changes), arguments, isinstance(definition, ast.ClassDef)
    )


def _function(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
) -> tuple[set[str], set[str], bool]:
    """Names of the namespace a function reads, those it changes, whether it changes arguments."""
    parameters = {
        argument.arg
        for argument in (
            *node.args.posonlyargs,
            *node.args.args,
            *node.args.kwonlyargs,
            *(entry for entry in (node.args.vararg, node.args.kwarg) if entry is not None),
        )
    }
    body = node.body if isinstance(node.body, list) else [node.body]
    declared = {
        name
        for part in body
        for entry in ast.walk(part)
        if isinstance(entry, ast.Global)
        for name in entry.names
    }
    walk = _Walk({}, set(), set())
    walk.in_function = True
    for part in body:
        if isinstance(part, ast.stmt):
            walk.statement(part)
        else:
            walk.expression(part)
    local = (parameters | walk.all_bound) - declared
    found = walk.found
    return (
        found.reads - local,
        (found.changes - local) | (walk.all_bound & declared),
        bool(found.changes & parameters),
    )


class _Walk:
    """Goes through a statement in the order in which it runs."""

    def __init__(self, helpers: dict[str, Helper], modules: set[str], generators: set[str]) -> None:
        self.found = Effects()
        self.all_bound: set[str] = set()
        self.in_function = False
        self._helpers = helpers
        self._modules = modules
        self._generators = generators

    def finish(self) -> Effects:
        found = self.found
        if RANDOM_STATE in found.binds:
            found.reads.discard(RANDOM_STATE)
        # What a called helper reads and changes, and what those it calls do.
        reached: set[str] = set()
        waiting = [name for name in found.reads if name in self._helpers]
        while waiting:
            name = waiting.pop()
            if name in reached:
                continue
            reached.add(name)
            found.reads |= self._helpers[name].reads
            found.changes |= self._helpers[name].changes
            waiting += [entry for entry in self._helpers[name].reads if entry in self._helpers]
        # A global that a helper only binds need not have been there before.
        found.may_bind |= {name for entry in reached for name in self._helpers[entry].changes}
        found.may_bind -= found.binds
        return found

    # Statements

    def statement(self, node: ast.stmt) -> None:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            method(node)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.statement(child)
            else:
                self.expression(child)

    def _block(self, statements: Iterable[ast.stmt]) -> None:
        for entry in statements:
            self.statement(entry)

    def _perhaps(self, statements: Iterable[ast.stmt]) -> set[str]:
        """Go through statements that may not run; return what they bind if they do."""
        binds = set(self.found.binds)
        self._block(statements)
        new = self.found.binds - binds
        self.found.binds = binds
        self.found.may_bind |= new
        return new

    def _bind_surely(self, names: set[str]) -> None:
        self.found.binds |= names
        self.found.may_bind -= names

    def _assign(self, node: ast.Assign) -> None:
        self.expression(node.value)
        for target in node.targets:
            self._target(target, node.value)

    def _annassign(self, node: ast.AnnAssign) -> None:
        self.expression(node.annotation)
        if node.value is not None:
            self.expression(node.value)
            self._target(node.target, node.value)

    def _augassign(self, node: ast.AugAssign) -> None:
        self.expression(node.value)
        name = base_name(node.target)
        if isinstance(node.target, ast.Name):
            self._read(node.target.id)
            self.all_bound.add(node.target.id)
        else:
            self.expression(node.target)
        if name is not None:
            self.found.changes.add(name)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.found.deletes.add(target.id)
            else:
                self._target(target, None)

    def _import(self, node: ast.Import) -> None:
        for entry in node.names:
            self._bind(entry.asname or entry.name.partition(".")[0])

    def _importfrom(self, node: ast.ImportFrom) -> None:
        for entry in node.names:
            if entry.name == "*":
                self.found.star = True
            else:
                self._bind(entry.asname or entry.name)

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for outside in (
            *node.decorator_list,
            *node.args.defaults,
            *(entry for entry in node.args.kw_defaults if entry is not None),
        ):
            self.expression(outside)
        if self.in_function:
            reads, changes, _ = _function(node)
            self.found.reads |= reads
            self.found.changes |= changes
        # Else, what the body reads must be there only when the function is called: see finish.
        self._bind(node.name)

    _asyncfunctiondef = _functiondef

    def _classdef(self, node: ast.ClassDef) -> None:
        for outside in (
            *node.decorator_list,
            *node.bases,
            *(entry.value for entry in node.keywords),
        ):
            self.expression(outside)
        inner = _Walk(self._helpers, self._modules, self._generators)
        inner._block(node.body)
        self.found.reads |= inner.found.reads - self.found.binds
        self._bind(node.name)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self.expression(node.iter)
        self._perhaps_with(node.target, node.iter, [*node.body, *node.orelse])

    _asyncfor = _for

    def _perhaps_with(self, target: ast.expr, value: ast.expr, body: list[ast.stmt]) -> None:
        binds = set(self.found.binds)
        self._target(target, value)
        self._block(body)
        new = self.found.binds - binds
        self.found.binds = binds
        self.found.may_bind |= new

    def _while(self, node: ast.While) -> None:
        self.expression(node.test)
        self._perhaps([*node.body, *node.orelse])

    def _if(self, node: ast.If) -> None:
        self.expression(node.test)
        one, other = self._perhaps(node.body), self._perhaps(node.orelse)
        self._bind_surely(one & other)

    def _try(self, node: ast.Try) -> None:
        bound = [self._perhaps([*node.body, *node.orelse])]
        for handler in node.handlers:
            if handler.type is not None:
                self.expression(handler.type)
            if not isinstance(handler.body[-1], ast.Raise):
                bound.append(self._perhaps(handler.body))
        self._bind_surely(set.intersection(*bound))
        self._block(node.finalbody)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.expression(item.context_expr)
            if item.optional_vars is not None:
                self._target(item.optional_vars, None)
        self._block(node.body)

    _asyncwith = _with

    # Targets and names

    def _bind(self, name: str) -> None:
        self.all_bound.add(name)
        self.found.binds.add(name)

    def _read(self, name: str) -> None:
        if name not in self.found.binds and name not in self.found.may_bind:
            self.found.reads.add(name)

    def _target(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            if value is not None:
                self._origin(target.id, value)
            self._bind(target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts: list[ast.expr | None] = [value] * len(target.elts)
            if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                parts = list(value.elts)
            for element, part in zip(target.elts, parts, strict=True):
                self._target(element, part)
        elif isinstance(target, ast.Starred):
            self._target(target.value, value)
        else:
            # x[0] = …, x.flags.writeable = …
            self.expression(target)
            name = base_name(target)
            if name is not None:
                self._read(name)
                self.found.changes.add(name)

    def _origin(self, name: str, value: ast.expr) -> None:
        """Note whose data a new name may share, and what made it."""
        viewed = value
        while isinstance(viewed, ast.Call) and last_name(viewed.func) in _VIEWS:
            if (
                isinstance(viewed.func, ast.Attribute)
                and base_name(viewed.func) not in self._modules
            ):
                viewed = viewed.func.value
            elif viewed.args:
                viewed = viewed.args[0]
            else:
                break
        shared = base_name(viewed)
        if shared is not None and shared != name:
            self.found.shares.setdefault(name, set()).add(shared)
        if isinstance(value, ast.Call):
            if last_name(value.func) in _GENERATORS:
                self.found.generators.add(name)
            if isinstance(value.func, ast.Name):
                self.found.uses.setdefault(name, set()).add(value.func.id)

    # Expressions

    def expression(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                self._read(node.id)
        elif isinstance(node, ast.Lambda):
            reads, changes, _ = _function(node)
            for default in (*node.args.defaults, *node.args.kw_defaults):
                if default is not None:
                    self.expression(default)
            for name in reads:
                self._read(name)
            self.found.changes |= changes
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            self._comprehension(node)
        elif isinstance(node, ast.NamedExpr):
            self.expression(node.value)
            self._target(node.target, node.value)
        else:
            for child in ast.iter_child_nodes(node):
                self.expression(child)
            if isinstance(node, ast.Call):
                self._call(node)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        inner = _Walk(self._helpers, self._modules, self._generators)
        for generator in node.generators:
            inner.expression(generator.iter)
            inner._target(generator.target, None)
            for condition in generator.ifs:
                inner.expression(condition)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        for part in parts:
            inner.expression(part)
        for name in inner.found.reads:
            self._read(name)
        self.found.changes |= inner.found.changes - inner.found.binds
        self.found.calls |= inner.found.calls

    def _call(self, node: ast.Call) -> None:
        function = last_name(node.func)
        owner = base_name(node.func)
        if owner is not None:
            self.found.calls.add(owner)
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        given = {name for name in map(base_name, arguments) if name is not None}
        if function in _SEEDS:
            self.found.binds.add(RANDOM_STATE)
        elif function not in _GENERATORS and (
            "random" in _parts(node.func) or function in ("train_test_split", "shuffle")
        ):
            self._read(RANDOM_STATE)
        if (
            isinstance(node.func, ast.Attribute)
            and owner is not None
            and owner not in self._modules
        ):
            inplace = any(
                keyword.arg == "inplace"
                and isinstance(keyword.value, ast.Constant)
                and keyword.value.value is True
                for keyword in node.keywords
            )
            if function in CHANGING or inplace or owner in self._generators:
                self.found.changes.add(owner)
        elif isinstance(node.func, ast.Attribute) and function in CHANGING - _SEEDS and owner:
            # sys.path.append
            self.found.changes.add(owner)
        if function in CHANGING_FUNCTIONS and given:
            self.found.changes |= given
        known = self._helpers.get(owner) if owner is not None else None
        if known is not None and known.changes_arguments:
            self.found.changes |= given
        self.found.changes |= given & self._generators


def expression_changes(statement: ast.stmt, modules: Iterable[str]) -> set[str]:
    """The name whose method stands alone as a statement, which it does for a change."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return set()
    function = statement.value.func
    name = base_name(function)
    if not isinstance(function, ast.Attribute) or name is None or name in set(modules):
        return set()
    return set() if function.attr in LOOKING or "plot" in _parts(function) else {name}


def called_names(statement: ast.stmt) -> Iterator[tuple[str | None, str, set[str], bool]]:
    """For each call within: the first name, the last, its keywords, whether it stands alone."""
    alone = {id(node.value) for node in ast.walk(statement) if isinstance(node, ast.Expr)}
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            keywords = {keyword.arg for keyword in node.keywords if keyword.arg is not None}
            yield base_name(node.func), last_name(node.func), keywords, id(node) in alone
