"""Read the names that a tutorial's cells define and use, and find the cell that was run."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from IPython.core.inputtransformer2 import TransformerManager

# How similar an edited cell must be to one of the tutorial, from 0 to 1, to count as the same.
_MIN_SIMILARITY = 0.6


@dataclass(frozen=True)
class Cell:
    """A code cell of a tutorial's original notebook.

    Attributes:
        id: its id in the notebook.
        heading: the heading above it.
        source: its text.
        optional: whether later cells run without it.
    """

    id: str
    heading: str
    source: str
    optional: bool

    @property
    def description(self) -> str:
        """How messages refer to the cell."""
        lines = [line for line in self.source.splitlines() if line and line[0] not in "%#"]
        begin = (lines or self.source.splitlines() or [""])[0].split("  # ")[0]
        return f"the cell under “{self.heading}” that begins with “{begin}”"

    @cached_property
    def names(self) -> CellNames:
        """The names that the cell defines and uses."""
        return read_names(parse(self.source))

    def depends_on(self, earlier: Cell, modules: frozenset[str]) -> bool:
        """Return whether this cell uses a variable that ``earlier`` defines or mutates.

        Args:
            earlier: a cell.
            modules: names that the notebook imports; ``live = kw.LivePlot()`` mutates no ``kw``.
        """
        touched = earlier.names.defines | (earlier.names.mutates - modules)
        return bool(self.names.uses & touched)


@dataclass(frozen=True)
class CellNames:
    """The names at the top level of a cell.

    Attributes:
        uses: read before the cell itself defines them.
        defines: assigned, imported, or defined as a function or class.
        imports: those of them that are imported.
        mutates: a statement consists of a call of their method, as in ``model.compile()``.
    """

    uses: frozenset[str]
    defines: frozenset[str]
    imports: frozenset[str]
    mutates: frozenset[str]


def parse(source: str) -> ast.Module:
    """Return the syntax tree of a cell's text, which may have magics; empty for a syntax error."""
    try:
        code: str = TransformerManager().transform_cell(source)
        return ast.parse(code)
    except SyntaxError:
        return ast.Module([], [])


def read_names(module: ast.Module) -> CellNames:
    """Return the names of a cell, without those in the bodies of its functions."""
    uses: set[str] = set()
    defines: set[str] = set()
    imports: set[str] = set()
    mutates: set[str] = set()
    for statement in module.body:
        nodes = list(_executed_nodes(statement))
        stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        imported = {
            (alias.asname or alias.name).split(".")[0]
            for node in nodes
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        imports |= imported
        stored |= imported
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            stored.add(statement.name)
        # `for x in …: f(x)` stores and reads x in one statement. So does `x = x / 255`, but it uses
        # an earlier x.
        own = set() if isinstance(statement, ast.Assign | ast.AugAssign) else stored
        bound_inside = {
            name.id
            for node in nodes
            if isinstance(node, ast.comprehension)
            for name in ast.walk(node.target)
            if isinstance(name, ast.Name)
        }
        loaded = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        loaded |= {
            node.target.id
            for node in nodes
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
        }
        uses |= loaded - defines - own - bound_inside
        defines |= stored - bound_inside
        mutates |= _mutated_names(nodes)
    return CellNames(frozenset(uses), frozenset(defines), frozenset(imports), frozenset(mutates))


def _executed_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Return all nodes that run when ``node`` runs: not the bodies of functions."""
    yield node
    for field, value in ast.iter_fields(node):
        if field == "body" and isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        ):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.arguments):
                continue
            if isinstance(child, ast.AST):
                yield from _executed_nodes(child)


def _mutated_names(nodes: list[ast.AST]) -> set[str]:
    """Return the names whose methods are called, in expression statements and assignments.

    In ``history = model.fit(x)`` the model; in ``(folder / "a").write_text(b)`` the folder.
    """
    mutated = set()
    for node in nodes:
        call = node.value if isinstance(node, ast.Expr | ast.Assign) else None
        # `print(x)` is a call too, and has no receiver.
        while isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            receiver = call.func.value
            while isinstance(receiver, ast.Attribute):
                receiver = receiver.value
            call = receiver
            if not isinstance(receiver, ast.Call):
                mutated |= {n.id for n in ast.walk(receiver) if isinstance(n, ast.Name)}
    return mutated


def find_cell(cells: list[Cell], source: str, cell_id: str | None) -> Cell | None:
    """Return which of ``cells`` was run, even if the reader has edited it."""
    for cell in cells:
        if cell.id == cell_id:
            return cell
    stripped = source.strip()
    for cell in cells:
        if cell.source.strip() == stripped:
            return cell
    matcher = difflib.SequenceMatcher(b=stripped, autojunk=False)
    best, similarity = None, _MIN_SIMILARITY
    for cell in cells:
        matcher.set_seq1(cell.source.strip())
        if matcher.quick_ratio() > similarity and (ratio := matcher.ratio()) > similarity:
            best, similarity = cell, ratio
    return best or _find_by_names(cells, source)


def _find_by_names(cells: list[Cell], source: str) -> Cell | None:
    """Return the only cell whose defined names ``source`` defines too."""
    defined = read_names(parse(source)).defines
    matches = [cell for cell in cells if cell.names.defines and cell.names.defines <= defined]
    return matches[0] if len(matches) == 1 else None
