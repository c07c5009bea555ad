"""Identify front ends by their messages and by the objects that they create in the kernel.

No message of Jupyter's says what a front end can draw, or whether there is one.
"""

from __future__ import annotations

import functools
import os
import sys

from kwidgets.kernel import marimo_kernel
from kwidgets.kernel.running_kernel import running_kernel, user_namespace

# The name under which VS Code puts the path of the notebook into the namespace.
_VS_CODE = "__vsc_ipynb_file__"
_made_a_widget = False
_CONSOLES = ("jupyter-console", "jupyter_console", "qtconsole", "jupyter-run")


def shows_widgets() -> bool:
    """Return whether the front end is known to show our widgets.

    VS Code and Colab get the code of any widget from the web, and make none before it is shown: it
    cannot say before that it can be drawn. marimo draws any anywidget.
    """
    in_vs_code = _VS_CODE in user_namespace()
    known = _made_a_widget or in_vs_code or "google.colab" in sys.modules
    return known or marimo_kernel.is_running()


def note_widget() -> None:
    """Record that the front end has created one of our widgets, so that it can draw them."""
    global _made_a_widget
    _made_a_widget = True


def shows_text_only() -> bool:
    """Return whether output goes to a terminal or a log: a console, ``jupyter run``, Spyder."""
    return running_kernel() is not None and _was_started_by_console()


@functools.lru_cache(1)
def _was_started_by_console() -> bool:
    # A console's requests are like those of a notebook, but it starts the kernel itself.
    import psutil

    if "spyder_kernels" in sys.modules:
        return True
    try:
        parent = psutil.Process().parent()
        command = [] if parent is None else parent.cmdline()
    except psutil.Error:
        return False
    # As "…/jupyter-console" or, after "python -m", as "…/jupyter_console/__main__.py".
    paths = [os.path.normpath(part).split(os.sep)[-2:] for part in command[:4]]
    return any(name in part for path in paths for part in path for name in _CONSOLES)
