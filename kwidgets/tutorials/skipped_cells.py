"""Says which cell of a tutorial was skipped, before a cell that needs it runs."""

from __future__ import annotations

import ast
import builtins
from typing import Any

from IPython.core.error import InputRejected

from kwidgets.tutorials.cells import Cell, find, names_of
from kwidgets.tutorials.tutorial import Lesson


class SkippedCellError(InputRejected):
    """A cell was not run, because it needs one that was skipped."""

    def _render_traceback_(self) -> list[str]:
        # What IPython shows: the reader's cell has not failed, and our code is not of interest.
        return [str(self)]


class Order(ast.NodeTransformer):
    """Watches the cells of one kernel while a tutorial is open in it.

    A cell that uses a name which only a skipped cell makes is not run: its reader is told which
    one. A cell that would run, but builds on what a skipped one was to change, runs with a note.
    """

    def __init__(self, shell: Any, lesson: Lesson) -> None:
        self.lesson = lesson
        self.run: set[str] = set()
        self._shell = shell
        self._modules = frozenset[str]().union(*(cell.names.imports for cell in lesson.cells))
        self._cell: Cell | None = None

    def start(self) -> None:
        """Begin to watch; the cell that runs now is the tutorial's first."""
        self.run.add(self.lesson.cells[0].id)
        self._shell.events.register("pre_run_cell", self._before)
        self._shell.events.register("post_run_cell", self._after)
        self._shell.ast_transformers.append(self)

    def stop(self) -> None:
        """Watch no more."""
        if self in self._shell.ast_transformers:
            self._shell.ast_transformers.remove(self)
        for event, callback in (("pre_run_cell", self._before), ("post_run_cell", self._after)):
            if callback in self._shell.events.callbacks[event]:
                self._shell.events.unregister(event, callback)

    def has_run(self, cell: Cell) -> bool:
        """Whether the cell has run through, here or edited."""
        return cell.id in self.run

    def where(self, name: str) -> str:
        """Say what to do about a name that is not there."""
        cell = self.lesson.maker(name)
        if cell is None:
            return f"“{name}” is not there. Run the notebook's cells from top to bottom."
        return f"“{name}” is not there yet. It is made by {cell.called}: run that one first."

    def visit(self, node: ast.AST) -> ast.AST:
        """What IPython calls with each cell before it runs; raises where a name is missing."""
        if isinstance(node, ast.Module):
            known = self._shell.user_ns.keys() | vars(builtins).keys()
            for name in sorted(names_of(node).uses - known):
                if self.lesson.maker(name) is not None:
                    raise SkippedCellError(self.where(name))
            self._note_skipped()
        return node

    def _note_skipped(self) -> None:
        cell = self._cell
        if cell is None:
            return
        before = self.lesson.cells[: self.lesson.cells.index(cell)]
        skipped = [c for c in before if c.id not in self.run and not c.optional]
        earlier = next((c for c in skipped if cell.builds_on(c, self._modules)), None)
        if earlier is not None:
            print(f"Note: this cell builds on {earlier.called}, which has not been run.")

    def _before(self, info: Any) -> None:
        source = info.raw_cell or ""
        self._cell = find(self.lesson.cells, source, getattr(info, "cell_id", None))

    def _after(self, result: Any) -> None:
        error = result.error_in_exec
        # Where a function needs the name, nobody knew before it was called.
        if isinstance(error, NameError) and self.lesson.maker(name := error.name or ""):
            print(self.where(name))
        if self._cell is not None and result.success:
            self.run.add(self._cell.id)
        self._cell = None
