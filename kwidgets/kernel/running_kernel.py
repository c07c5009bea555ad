"""Find the kernel that this process runs, Jupyter's or marimo's, and what it supports."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from kwidgets.kernel import marimo_kernel


@dataclass(frozen=True)
class CellExecution:
    """A page's request to execute a cell."""

    request_id: str
    #: Identifies the page's connection to the kernel.
    client: str
    #: The cell's id in its notebook.
    cell_id: str


def running_kernel() -> Any | None:
    """Return the ipykernel of this process, or None in a script or a terminal IPython."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return getattr(shell, "kernel", None)


def user_namespace() -> dict[str, Any]:
    """Return the variables of the user's cells; none outside a notebook."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return marimo_kernel.user_namespace() if shell is None else shell.user_ns


def user_variables() -> dict[str, Any]:
    """Return the user's variables whose names can be written in code.

    ``globals()`` takes any string for a name, and anything else too: ``""``, ``3``.
    """
    # A copy is one call into C, during which no other thread changes the namespace.
    return {
        name: value
        for name, value in dict(user_namespace()).items()
        if type(name) is str and name.isidentifier()
    }


def has_page() -> bool:
    """Return whether a page can show widgets: this is a notebook, not a script or a terminal."""
    return running_kernel() is not None or marimo_kernel.is_running()


def runs_cells_here() -> bool:
    """Return whether this is the thread in which cells run."""
    if marimo_kernel.is_running():
        return marimo_kernel.runs_cells_here()
    return threading.current_thread() is threading.main_thread()


def has_subshells(kernel: Any) -> bool:
    """Return whether the kernel can handle messages in other threads than the cells'."""
    return bool(getattr(kernel, "_supports_kernel_subshells", False))


def is_run_by_program() -> bool:
    """Return whether a program runs the notebook (nbclient, papermill), not a user."""
    kernel = running_kernel()
    if kernel is None:
        return not marimo_kernel.is_running()
    try:
        return kernel.get_parent()["content"]["allow_stdin"] is False
    except Exception:  # before the first request, or a kernel of another make
        return False


def cell_execution() -> CellExecution | None:
    """Return the request whose cell runs in this context, or None if it names no cell."""
    kernel = running_kernel()
    try:
        request = kernel.get_parent()  # type: ignore[union-attr]
        header, cell_id = request["header"], request["metadata"]["cellId"]
        return CellExecution(str(header["msg_id"]), str(header["session"]), str(cell_id))
    except Exception:  # no kernel, one of another make, or a front end that sends no id
        return None
