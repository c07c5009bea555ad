"""Where fit's data comes from: the notebook's statements that make it, and no others.

A backward slice over the executed cells: starting with the names wanted, each statement that binds
or changes one is taken in, and what it reads is wanted too.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kwidgets.builder.data.slicing.cells import statements_in
from kwidgets.builder.data.slicing.known_functions import DRAWING
from kwidgets.builder.data.slicing.statements import (
    FOLDER,
    STREAMS,
    UNKNOWN,
    Effects,
    Statements,
    called_names,
)

_BUILTINS: Final = frozenset(dir(builtins))
# States that need no statement: without one they are as in any new program.
_STATES: Final = STREAMS | {FOLDER}
_TRAINING_KEYWORDS: Final = frozenset(
    {"epochs", "batch_size", "callbacks", "validation_data", "validation_split", "steps_per_epoch"}
)


@dataclasses.dataclass(frozen=True)
class _Statement:
    """A statement of a cell, with its text and what it does."""

    node: ast.stmt
    text: str
    effects: Effects
    # Names of modules and what is in them.
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
    machine = Statements()
    statements = _statements(cells, machine)
    # What is made of a function or a class of the notebook's uses it again in the fit.
    needed = set(names) | machine.read_later(names)
    chosen, perhaps, modules = set[int](), set[str](), set[str]()
    for index in range(len(statements) - 1, -1, -1):
        found = statements[index].effects
        modules |= statements[index].modules
        if found.deletes & needed or (found.anything and needed - modules - _BUILTINS - _STATES):
            return None
        if not (found.binds | found.may_bind | found.changes) & needed:
            continue
        chosen.add(index)
        perhaps |= found.may_bind & (needed | found.reads)
        needed -= found.binds
        needed |= found.reads
    missing = needed - _BUILTINS - perhaps - _STATES
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
    if UNKNOWN in found.reads or "get_ipython" in found.reads:
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


def _statements(cells: Sequence[str], machine: Statements) -> list[_Statement]:
    """Every statement that ran, with what it does given those before it."""
    found: list[_Statement] = []
    drawing: set[str] = set()
    own: set[str] = set()
    for cell in cells:
        for node, text in statements_in(cell):
            done = machine.run(node)
            if _has_await(node):
                done.reads.add(UNKNOWN)
            drawing -= done.binds
            own -= done.binds
            for module, name in _imports(node):
                if module.partition(".")[0] in DRAWING:
                    drawing.add(name)
                if _is_own(module):
                    own.add(name)
            drawing |= machine.made_by(done.binds | done.may_bind, DRAWING)
            modules = frozenset(machine.modules_among(done.reads | done.binds | done.may_bind))
            found.append(_Statement(node, text, done, modules, frozenset(drawing), frozenset(own)))
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
