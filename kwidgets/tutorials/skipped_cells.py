"""Names the skipped cell of a tutorial before a cell that needs it runs."""

from __future__ import annotations

import ast
import builtins
from typing import Any

from IPython.core.error import InputRejected

from kwidgets.tutorials.cells import Cell, find_cell, read_names
from kwidgets.tutorials.tutorial import Tutorial


class SkippedCellError(InputRejected):
    """A cell was not run because it needs a cell that was skipped."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows only the message: the reader's cell has not failed.
        return [str(self)]


class SkippedCellDetector(ast.NodeTransformer):
    """Checks each cell of a kernel before it runs, while a tutorial is open.

    A cell that uses a variable which only a skipped cell defines is not run, and a message names
    the skipped cell. A cell that depends on a variable which a skipped cell mutates runs, and a
    note names the skipped cell.
    """

    def __init__(self, shell: Any, tutorial: Tutorial) -> None:
        self.tutorial = tutorial
        self.run_cell_ids: set[str] = set()
        self._shell = shell
        self._modules = frozenset[str]().union(*(cell.names.imports for cell in tutorial.cells))
        self._cell: Cell | None = None

    def start(self) -> None:
        """Start checking; the cell that is running is the tutorial's first."""
        self.run_cell_ids.add(self.tutorial.cells[0].id)
        self._shell.events.register("pre_run_cell", self._pre_run_cell)
        self._shell.events.register("post_run_cell", self._post_run_cell)
        self._shell.ast_transformers.append(self)

    def stop(self) -> None:
        """Stop checking."""
        if self in self._shell.ast_transformers:
            self._shell.ast_transformers.remove(self)
        for event, callback in (
            ("pre_run_cell", self._pre_run_cell),
            ("post_run_cell", self._post_run_cell),
        ):
            if callback in self._shell.events.callbacks[event]:
                self._shell.events.unregister(event, callback)

    def has_run(self, cell: Cell) -> bool:
        """Return whether the cell, edited or not, has run without an error."""
        return cell.id in self.run_cell_ids

    def missing_name_message(self, name: str) -> str:
        """Return a message that says which cell defines a missing variable."""
        cell = self.tutorial.cell_defining(name)
        if cell is None:
            return f"“{name}” is not there. Run the notebook's cells from top to bottom."
        return f"“{name}” is not there yet. It is made by {cell.description}: run that one first."

    def visit(self, node: ast.AST) -> ast.AST:
        """Raise for a cell with a missing variable; IPython calls this before each cell."""
        if isinstance(node, ast.Module):
            known = self._shell.user_ns.keys() | vars(builtins).keys()
            for name in sorted(read_names(node).uses - known):
                if self.tutorial.cell_defining(name) is not None:
                    raise SkippedCellError(self.missing_name_message(name))
            self._note_skipped()
        return node

    def _note_skipped(self) -> None:
        cell = self._cell
        if cell is None:
            return
        before = self.tutorial.cells[: self.tutorial.cells.index(cell)]
        skipped = [c for c in before if c.id not in self.run_cell_ids and not c.optional]
        earlier = next((c for c in skipped if cell.depends_on(c, self._modules)), None)
        if earlier is not None:
            print(f"Note: this cell builds on {earlier.description}, which has not been run.")

    def _pre_run_cell(self, info: Any) -> None:
        source = info.raw_cell or ""
        self._cell = find_cell(self.tutorial.cells, source, getattr(info, "cell_id", None))

    def _post_run_cell(self, result: Any) -> None:
        error = result.error_in_exec
        # A variable used in a function is only known to be missing when the function runs.
        if isinstance(error, NameError) and self.tutorial.cell_defining(name := error.name or ""):
            print(self.missing_name_message(name))
        if self._cell is not None and result.success:
            self.run_cell_ids.add(self._cell.id)
        self._cell = None
