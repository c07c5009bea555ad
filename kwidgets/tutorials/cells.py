"""The code cells of a tutorial: which names each makes and uses, and what to call it."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from IPython.core.inputtransformer2 import TransformerManager

# How alike an edited cell and the tutorial's must be, from 0 to 1, to be taken for the same.
_ALIKE = 0.6


@dataclass(frozen=True)
class Cell:
    """One code cell of a tutorial, as it is shipped.

    Attributes:
        id: its id in the notebook.
        heading: the heading above it.
        source: its text.
        optional: whether the tutorial goes on without it.
    """

    id: str
    heading: str
    source: str
    optional: bool

    @property
    def called(self) -> str:
        """How a message refers to it."""
        lines = [line for line in self.source.splitlines() if line and line[0] not in "%#"]
        begin = (lines or self.source.splitlines() or [""])[0].split("  # ")[0]
        return f"the cell under “{self.heading}” that begins with “{begin}”"

    @cached_property
    def names(self) -> Names:
        """The names it makes and uses."""
        return names_of(parse(self.source))

    def builds_on(self, earlier: Cell, modules: frozenset[str]) -> bool:
        """Whether this cell uses what ``earlier`` made or changed.

        Args:
            earlier: a cell.
            modules: names that the notebook imports: ``live = kw.LivePlot()`` changes no ``kw``.
        """
        touched = earlier.names.makes | (earlier.names.changes - modules)
        return bool(self.names.uses & touched)


@dataclass(frozen=True)
class Names:
    """What a cell does with names at its top level.

    Attributes:
        uses: read before the cell itself makes them.
        makes: assigned, imported, defined.
        imports: those of them that are imported.
        changes: methods of them were called in a statement of its own, as in ``model.compile()``.
    """

    uses: frozenset[str]
    makes: frozenset[str]
    imports: frozenset[str]
    changes: frozenset[str]


def parse(source: str) -> ast.Module:
    """Return the syntax tree of a cell's text, magics included; of wrong syntax, an empty one."""
    try:
        code: str = TransformerManager().transform_cell(source)
        return ast.parse(code)
    except SyntaxError:
        return ast.Module([], [])


def names_of(module: ast.Module) -> Names:
    """Return the names of a cell. What stands inside functions counts when they are called."""
    uses: set[str] = set()
    makes: set[str] = set()
    imports: set[str] = set()
    changes: set[str] = set()
    for statement in module.body:
        nodes = list(_evaluated(statement))
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
        # `for x in …: f(x)` stores and reads x in one statement; `x = x / 255` does too, and needs
        # the x of before.
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
        uses |= loaded - makes - own - bound_inside
        makes |= stored - bound_inside
        changes |= _changed(nodes)
    return Names(frozenset(uses), frozenset(makes), frozenset(imports), frozenset(changes))


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below ``node`` that run when it runs: not the bodies of functions."""
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
                yield from _evaluated(child)


def _changed(nodes: list[ast.AST]) -> set[str]:
    """What methods are called of, in statements of their own or with a value that is kept.

    In ``history = model.fit(x)`` the model; in ``(folder / "a").write_text(b)`` the folder.
    """
    changed = set()
    for node in nodes:
        call = node.value if isinstance(node, ast.Expr | ast.Assign) else None
        # `print(x)` is a call too, and has no receiver.
        while isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            receiver = call.func.value
            while isinstance(receiver, ast.Attribute):
                receiver = receiver.value
            call = receiver
            if not isinstance(receiver, ast.Call):
                changed |= {n.id for n in ast.walk(receiver) if isinstance(n, ast.Name)}
    return changed


def find(cells: list[Cell], source: str, cell_id: str | None) -> Cell | None:
    """Return which of ``cells`` was run, though the reader may have edited it."""
    for cell in cells:
        if cell.id == cell_id:
            return cell
    stripped = source.strip()
    for cell in cells:
        if cell.source.strip() == stripped:
            return cell
    matcher = difflib.SequenceMatcher(b=stripped, autojunk=False)
    best, likeness = None, _ALIKE
    for cell in cells:
        matcher.set_seq1(cell.source.strip())
        if matcher.quick_ratio() > likeness and (ratio := matcher.ratio()) > likeness:
            best, likeness = cell, ratio
    return best or _by_names(cells, source)


def _by_names(cells: list[Cell], source: str) -> Cell | None:
    """The only cell that makes names which this text makes too, however else it may differ."""
    made = names_of(parse(source)).makes
    makers = [cell for cell in cells if cell.names.makes and cell.names.makes <= made]
    return makers[0] if len(makers) == 1 else None
