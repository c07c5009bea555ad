"""Where fit's data comes from: the notebook's statements that make it, and no others.

A backward slice over the executed cells: starting with the names wanted, each statement that binds
or changes one is taken in, and what it reads is wanted too.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kwidgets.builder.statements import (
    RANDOM_STATE,
    Effects,
    Helper,
    called_names,
    effects,
    expression_changes,
    helper,
)

_BUILTINS: Final = frozenset(dir(builtins))
# What a magic or the shell gave; nobody can say it again.
_UNKNOWN: Final = "__kwidgets_unknown__"
_ASSIGNED_MAGIC: Final = re.compile(r"^(\s*[\w, ]+=\s*)[!%].*$")
_MAGIC: Final = re.compile(r"^(\s*)(?:[!%].*|\?.*|[\w.]+\?{1,2}\s*)$")
# Cell magics whose body runs in the notebook's own namespace.
_TRANSPARENT: Final = frozenset({"time", "capture", "prun"})
_DRAWING: Final = ("matplotlib", "seaborn", "plotly", "IPython", "bokeh", "altair")
_TRAINING_KEYWORDS: Final = frozenset(
    {"epochs", "batch_size", "callbacks", "validation_data", "validation_split", "steps_per_epoch"}
)


@dataclasses.dataclass(frozen=True)
class _Statement:
    """A statement of a cell, with its text and what it does."""

    node: ast.stmt
    text: str
    effects: Effects
    modules: frozenset[str]
    drawing: frozenset[str]
    # Names from kwidgets.
    own: frozenset[str]


def source_of(names: Iterable[str], cells: Sequence[str]) -> str | None:
    """Return source that defines variables as the notebook did, or None where it cannot be told.

    Args:
        names: the variables.
        cells: the executed cells, in order, as IPython's ``In`` holds them. A cell that ran twice
            stands there twice, and counts twice.
    """
    statements = _statements(cells)
    # RANDOM_STATE and names of a star import need not be found.
    needed, chosen, perhaps = set(names), set[int](), set[str]()
    for index in range(len(statements) - 1, -1, -1):
        found = statements[index].effects
        if found.deletes & needed:
            return None
        if not (found.binds | found.may_bind | found.changes) & needed:
            continue
        chosen.add(index)
        perhaps |= found.may_bind & needed
        needed -= found.binds
        needed |= found.reads
    missing = needed - _BUILTINS - perhaps - {RANDOM_STATE}
    if missing:
        stars = [at for at, entry in enumerate(statements) if entry.effects.star]
        if not stars or missing & set(names):
            return None
        chosen.update(stars)
    taken = [statements[index] for index in sorted(chosen)]
    if any(_refused(statement) for statement in taken):
        return None
    texts = [_trimmed(statement) for statement in taken]
    return "\n".join(texts) + "\n" if texts else None


def _refused(statement: _Statement) -> bool:
    """Whether a statement must not stand in a script: it trains, draws, or needs kwidgets."""
    found = statement.effects
    if _UNKNOWN in found.reads or "get_ipython" in found.reads:
        return True
    if found.reads & statement.own or (found.star and statement.own):
        return True
    if isinstance(statement.node, ast.ImportFrom) and _is_own(statement.node.module):
        return True
    if isinstance(statement.node, ast.Import) and all(
        _is_own(entry.name) for entry in statement.node.names
    ):
        return True
    for owner, function, keywords, alone in called_names(statement.node):
        if alone and (owner in statement.drawing or owner == "display" or function == "show"):
            return True
        # Within a loop that makes the data it does no harm.
        if owner == "print" and isinstance(statement.node, ast.Expr):
            return True
        if function == "input" and owner == "input":
            return True
        if function in ("fit", "fit_generator", "train_on_batch") and keywords & _TRAINING_KEYWORDS:
            return True
        if function == "compile" and keywords & {"optimizer", "loss"}:
            return True
    return False


def _trimmed(statement: _Statement) -> str:
    """The statement's text; of imports, without those of kwidgets."""
    node = statement.node
    if isinstance(node, ast.Import) and any(_is_own(entry.name) for entry in node.names):
        kept = [entry for entry in node.names if not _is_own(entry.name)]
        return ast.unparse(ast.Import(kept))
    return statement.text


def _is_own(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] == "kwidgets"


def _statements(cells: Sequence[str]) -> list[_Statement]:
    """Every statement that ran, with what it does given those before it."""
    found: list[_Statement] = []
    helpers: dict[str, Helper] = {}
    modules: set[str] = set()
    drawing: set[str] = set()
    own: set[str] = set()
    generators: set[str] = set()
    # Names that share data, by name; each set holds the name itself.
    shared: dict[str, set[str]] = {}
    for cell in cells:
        for node, text in _parsed(cell):
            done = effects(node, helpers, modules, generators)
            done.changes |= expression_changes(node, modules)
            done.changes = {other for name in done.changes for other in shared.get(name, {name})}
            if _has_await(node):
                done.reads.add(_UNKNOWN)
            for name in done.binds | done.may_bind:
                group = shared.get(name)
                if group is not None and name in done.binds:
                    group.discard(name)
                modules.discard(name)
                generators.discard(name)
                if name in done.binds:
                    helpers.pop(name, None)
                    drawing.discard(name)
                    own.discard(name)
                    shared[name] = {name}
            for name, others in done.shares.items():
                for other in others - modules:
                    group = shared.setdefault(other, {other})
                    group |= shared.get(name, {name})
                    for member in group:
                        shared[member] = group
            generators |= done.generators
            for name, origins in done.uses.items():
                for origin in origins & helpers.keys():
                    if not helpers[origin].is_class:
                        continue
                    helpers[name] = helpers[origin]
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                helpers[node.name] = helper(node)
            for module, name in _imports(node):
                if isinstance(node, ast.Import):
                    modules.add(name)
                if module.partition(".")[0] in _DRAWING:
                    drawing.add(name)
                if _is_own(module):
                    own.add(name)
            found.append(
                _Statement(node, text, done, frozenset(modules), frozenset(drawing), frozenset(own))
            )
    return found


def _imports(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """The module and the name of each import within a statement."""
    for entry in ast.walk(node):
        if isinstance(entry, ast.Import):
            for alias in entry.names:
                yield alias.name, alias.asname or alias.name.partition(".")[0]
        elif isinstance(entry, ast.ImportFrom):
            for alias in entry.names:
                yield entry.module or "", alias.asname or alias.name


def _has_await(node: ast.stmt) -> bool:
    """Whether it awaits outside of functions, which notebooks allow and scripts do not."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    return any(
        isinstance(entry, (ast.Await, ast.AsyncFor, ast.AsyncWith)) for entry in ast.walk(node)
    )


def _parsed(cell: str) -> Iterator[tuple[ast.stmt, str]]:
    """The statements of a cell, each with its text; none of a cell that is not Python."""
    source = _without_magics(cell)
    if source is None:
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in tree.body:
        body = _magic_body(node)
        if body is not None:
            yield from _parsed(body)
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        yield node, _text(source, node)


def _text(source: str, node: ast.stmt) -> str:
    """The statement as written; a decorator belongs to it."""
    decorators = getattr(node, "decorator_list", [])
    if decorators:
        lines = source.splitlines()
        return "\n".join(lines[decorators[0].lineno - 1 : node.end_lineno])
    return ast.get_source_segment(source, node) or ast.unparse(node)


def _without_magics(cell: str) -> str | None:
    """A cell as Python: magics and shell lines left out; None where another language speaks."""
    lines = cell.splitlines()
    while lines and not lines[0].strip():
        lines.pop(0)
    if lines and lines[0].startswith("%%"):
        words = lines[0][2:].split()
        if not words or words[0] not in _TRANSPARENT:
            return None
        lines = lines[1:]
    plain = "\n".join(lines)
    try:
        ast.parse(plain)
        return plain  # "%" may begin a line of an expression
    except (SyntaxError, ValueError):
        pass
    cleaned = [_MAGIC.sub(r"\1pass", _ASSIGNED_MAGIC.sub(rf"\1{_UNKNOWN}", line)) for line in lines]
    return "\n".join(cleaned)


def _magic_body(node: ast.stmt) -> str | None:
    """The body of ``%%time`` as IPython writes it down: ``run_cell_magic("time", "", body)``."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return None
    call = node.value
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "run_cell_magic":
        return None
    values = [entry.value if isinstance(entry, ast.Constant) else None for entry in call.args]
    if len(values) == 3 and values[0] in _TRANSPARENT and isinstance(values[2], str):
        return values[2]
    return None
