"""Report skipped cells of a tutorial before a cell that depends on them runs."""

from __future__ import annotations

import ast
import builtins
from typing import Any

from IPython.core.error import InputRejected

from kwidgets.tutorials.cells import Cell, find_cell, read_names
from kwidgets.tutorials.tutorial import Tutorial


class SkippedCellError(InputRejected):
    """A cell was not run because it depends on a cell that was skipped."""

    def _render_traceback_(self) -> list[str]:
        # Show only the message, without a traceback: the user's cell has not failed.
        return [str(self)]


class SkippedCellDetector(ast.NodeTransformer):
    """Check each cell before it runs, while a tutorial is open.

    A cell that uses a variable that only a skipped cell defines is not run, and a message names
    the skipped cell. A cell that depends on a variable that a skipped cell mutates is run with a
    note that names the skipped cell.
    """

    def __init__(self, shell: Any, tutorial: Tutorial) -> None:
        self.tutorial = tutorial
        self.run_cell_ids: set[str] = set()
        self._failed_cell_ids: set[str] = set()
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
        """Return whether the cell, edited or not, has run without an error, or was interrupted."""
        return cell.id in self.run_cell_ids

    def not_run_message(self, cell: Cell) -> str:
        """Return a message that says why the result of a cell cannot be checked."""
        if cell.id in self._failed_cell_ids:
            return f"There was an error in {cell.description}. Fix it, then run the cell again."
        return f"There is nothing to check yet. Run {cell.description}."

    def missing_name_message(self, name: str) -> str:
        """Return a message that names the cell that defines a missing variable."""
        cell = self.tutorial.cell_defining(name)
        if cell is None:
            return f"“{name}” is not defined. Run the cells of the notebook from top to bottom."
        return f"“{name}” is not defined yet. Run {cell.description} first."

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
            print(f"Note: this cell depends on {earlier.description}, which has not been run.")

    def _pre_run_cell(self, info: Any) -> None:
        source = info.raw_cell or ""
        self._cell = find_cell(self.tutorial.cells, source, getattr(info, "cell_id", None))

    def _post_run_cell(self, result: Any) -> None:
        error = result.error_in_exec
        # A missing variable in a function is detected only when the function runs.
        if isinstance(error, NameError) and self.tutorial.cell_defining(name := error.name or ""):
            print(self.missing_name_message(name))
        if self._cell is not None:
            # Interrupting a fit is a way to end it, so its results can be checked.
            if result.success or isinstance(error, KeyboardInterrupt):
                self.run_cell_ids.add(self._cell.id)
            elif error is not None or result.error_before_exec is not None:
                self._failed_cell_ids.add(self._cell.id)
        self._cell = None
