"""Find the Jupyter kernel that this process runs, and what it supports."""

from __future__ import annotations

from typing import Any


def running_kernel() -> Any | None:
    """Return the ipykernel of this process, or None in a script or a terminal IPython."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return getattr(shell, "kernel", None)


def has_subshells(kernel: Any) -> bool:
    """Return whether the kernel can handle messages in other threads than the cells'."""
    return bool(getattr(kernel, "_supports_kernel_subshells", False))


def is_run_by_program() -> bool:
    """Return whether a program runs the notebook (nbclient, papermill), not a user."""
    kernel = running_kernel()
    if kernel is None:
        return True
    try:
        return kernel.get_parent()["content"]["allow_stdin"] is False
    except Exception:  # before the first request, or a kernel of another make
        return False
