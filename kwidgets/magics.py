"""``%load_ext kwidgets`` and ``%kwidgets``. Imports neither Keras nor widgets."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from typing import Any

from IPython.core.error import UsageError

from kwidgets._version import __version__

_MAGIC = "kwidgets"


def load(ipython: Any) -> None:
    """Register the magic, and let the side panel see the models."""
    from kwidgets.connect import connect

    ipython.register_magic_function(_kwidgets, magic_kind="line", magic_name=_MAGIC)
    connect()


def unload(ipython: Any) -> None:
    """Remove the magic, where it is still ours, and leave the side panel."""
    from kwidgets.connect import disconnect

    disconnect()
    if ipython.magics_manager.magics["line"].get(_MAGIC) is _kwidgets:
        del ipython.magics_manager.magics["line"][_MAGIC]


def _kwidgets(line: str) -> None:
    """Print versions, the Keras backend and whether buttons work while a cell runs.

    ``%kwidgets summary model`` shows the summary of a model.
    """
    words = line.split(maxsplit=1)
    if not words:
        print(describe())
    elif words[0] == "summary" and len(words) == 2:
        _summary(words[1])
    else:
        raise UsageError(
            f"%kwidgets takes nothing, or: summary model; got {line.strip()!r}. "
            "Try %kwidgets summary model."
        )


def _summary(name: str) -> None:
    from IPython.core.getipython import get_ipython

    from kwidgets.models.show import summary

    shell: Any = get_ipython()
    try:
        model = shell.ev(name)
    except NameError as error:
        raise UsageError(f"{error}. Give the name of a model: %kwidgets summary model.") from None
    summary(model)


def describe() -> str:
    """Return what a bug report needs, a fact a line."""
    from kwidgets.kernel.inbox import running_kernel

    kernel = running_kernel()
    if kernel is None:
        buttons = "no notebook here: fits run without a view"
    elif getattr(kernel, "_supports_kernel_subshells", False):
        buttons = "yes, through a kernel subshell"
    else:
        buttons = "only once the cell has ended (ipykernel 7 or newer is needed)"
    if "keras" in sys.modules:
        backend = sys.modules["keras"].backend.backend()
    else:
        backend = f"not imported yet (KERAS_BACKEND={os.environ.get('KERAS_BACKEND', 'not set')})"
    facts = {
        "kwidgets": __version__,
        "Python": platform.python_version(),
        "Keras backend": backend,
        **{name: _version(name) for name in ("keras", "plotly", "anywidget", "ipykernel")},
        "Buttons during a running cell": buttons,
    }
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in facts.items())


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
