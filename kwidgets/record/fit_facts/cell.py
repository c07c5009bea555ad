"""Find the cell that trains: its code, and its place in the notebook."""

from __future__ import annotations

import sys
from typing import Any

from kwidgets.kernel.notebook_path import notebook_path
from kwidgets.kernel.running_kernel import cell_execution, running_kernel

# The request whose trainings are counted, and their number so far.
_counted: tuple[str | None, int] = (None, 0)
# What is known of the cell of another process, in whose place this one trains.
_known: dict[str, Any] | None = None


def describe_as(cell: dict[str, Any]) -> None:
    """Let the trainings of this process be those of a cell in another one.

    Args:
        cell: what :func:`describe_cell` has returned there.
    """
    global _known
    _known = cell


def describe_cell(with_code: bool) -> dict[str, Any]:
    """Return the keys ``notebook``, ``cell_id``, ``script``, ``code`` and ``fit_in_cell`` of a run.

    To be called once for each training: it counts them.

    Only the cell is recorded, never its output or the environment.

    Args:
        with_code: whether the code may be recorded.
    """
    if _known is not None:
        return {**_known, "fit_in_cell": _count("another process")}
    path = notebook_path()
    execution = cell_execution()
    return {
        "notebook": None if path is None else str(path),
        "cell_id": None if execution is None else execution.cell_id,
        # What "python train.py" has started.
        "script": sys.argv[0] if running_kernel() is None and sys.argv else None,
        "code": cell_code() if with_code else None,
        "fit_in_cell": _count(None if execution is None else execution.request_id),
    }


def _count(request: str | None) -> int:
    """Return the number of the training within its cell, from 1."""
    global _counted
    if _counted[0] != request:
        _counted = request, 0
    _counted = request, _counted[1] + 1
    return _counted[1]


def cell_code() -> str | None:
    """Return the code of the running cell; None in a script."""
    try:
        return str(running_kernel().get_parent()["content"]["code"])  # type: ignore[union-attr]
    except Exception:  # no kernel, or one of another make
        pass
    from IPython.core.getipython import get_ipython

    inputs = getattr(get_ipython(), "user_ns", {}).get("In")
    return str(inputs[-1]) if inputs else None
