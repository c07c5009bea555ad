"""Select the statements of a notebook that create some variables: a backward slice.

Starting with the variables, each statement that assigns or changes one is included, from the last
one that ran to the first, and the names that it reads are looked for as well.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kwidgets.builder.data.slicing.cells import statements_in
from kwidgets.builder.data.slicing.effects import Effects
from kwidgets.builder.data.slicing.expressions import UNKNOWN
from kwidgets.builder.data.slicing.known_functions import CHART_LIBRARIES
from kwidgets.builder.data.slicing.random_state import FOLDER, RANDOM_STATES
from kwidgets.builder.data.slicing.statements import (
    Statements,
    called_names,
)

# `display` is one in notebooks alone.
_BUILTINS: Final = frozenset(dir(builtins)) - {"display"}
# Random states and the working folder need no statement: a new program has them.
_STATES: Final = RANDOM_STATES | {FOLDER}
_TRAINING: Final = frozenset({"fit", "fit_generator", "train_on_batch"})
_TRAINING_KEYWORDS: Final = frozenset(
    {"epochs", "batch_size", "callbacks", "validation_data", "validation_split", "steps_per_epoch"}
)


@dataclasses.dataclass(frozen=True)
class _Statement:
    """A statement of a cell, with its text and its effects."""

    node: ast.stmt
    text: str
    effects: Effects
    # Of the names that it uses: modules and their members, objects of chart libraries, of Keras and
    # of kwidgets.
    modules: frozenset[str]
    drawing: frozenset[str]
    keras: frozenset[str]
    own: frozenset[str]


def source_of(names: Iterable[str], cells: Sequence[str]) -> str | None:
    """Return source that defines variables as the notebook did, or None where that is not certain.

    Args:
        names: the variables.
        cells: the executed cells in order, as in IPython's ``In``: a cell that ran twice is there
            twice.
    """
    machine = Statements()
    statements = _statements(cells, machine)
    # Data that is made by functions of the notebook calls them again during the fit.
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
    """Whether a statement must not be in the program: it trains, draws or needs kwidgets."""
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
        if function in _TRAINING and (keywords & _TRAINING_KEYWORDS or owner in statement.keras):
            return True
        if function == "compile" and keywords & {"optimizer", "loss"}:
            return True
    return False


def _trimmed(statement: _Statement) -> str:
    """Return the text of a statement, without imports of kwidgets."""
    node = statement.node
    if isinstance(node, ast.Import) and any(_is_own(entry.name) for entry in node.names):
        kept = [entry for entry in node.names if not _is_own(entry.name)]
        return ast.unparse(ast.Import(kept))
    return statement.text


def _is_own(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] == "kwidgets"


def _statements(cells: Sequence[str], machine: Statements) -> list[_Statement]:
    """Return every statement that ran, with its effects."""
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
                if module.partition(".")[0] in CHART_LIBRARIES:
                    drawing.add(name)
                if _is_own(module):
                    own.add(name)
            drawing |= machine.made_by(done.binds | done.may_bind, CHART_LIBRARIES)
            modules = frozenset(machine.modules_among(done.reads | done.binds | done.may_bind))
            keras = frozenset(machine.made_by(done.reads, ("keras",)))
            found.append(
                _Statement(node, text, done, modules, frozenset(drawing), keras, frozenset(own))
            )
    return found


def _imports(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield the module and the name of each import within a statement."""
    for entry in ast.walk(node):
        if isinstance(entry, ast.Import):
            for alias in entry.names:
                yield alias.name, alias.asname or alias.name.partition(".")[0]
        elif isinstance(entry, ast.ImportFrom):
            for alias in entry.names:
                yield entry.module or "", alias.asname or alias.name


def _has_await(node: ast.stmt) -> bool:
    """Whether it awaits outside a function, which notebooks allow and scripts do not."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    return any(
        isinstance(entry, (ast.Await, ast.AsyncFor, ast.AsyncWith)) for entry in ast.walk(node)
    )
