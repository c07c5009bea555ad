"""``%load_ext kwidgets`` and ``%kwidgets``. Imports neither Keras nor widgets."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from typing import Any

from IPython.core.error import UsageError

from kwidgets._version import __version__
from kwidgets.live.auto import auto_view

_MAGIC = "kwidgets"


def load(ipython: Any) -> None:
    """Register the magic, let the side panel see the models, and show each fit live."""
    from kwidgets.connect import connect

    ipython.register_magic_function(_kwidgets, magic_kind="line", magic_name=_MAGIC)
    connect()
    auto_view.start()


def unload(ipython: Any) -> None:
    """Undo :func:`load`; a magic that is no longer ours stays."""
    from kwidgets.connect import disconnect

    auto_view.stop()
    disconnect()
    if ipython.magics_manager.magics["line"].get(_MAGIC) is _kwidgets:
        del ipython.magics_manager.magics["line"][_MAGIC]


def _kwidgets(line: str) -> None:
    """Print versions, the Keras backend and whether buttons work while a cell runs.

    ``%kwidgets summary model`` shows the summary of a model. ``%kwidgets live off`` leaves fits as
    Keras has them, ``%kwidgets live on`` gives each a live view again.
    """
    words = line.split(maxsplit=1)
    if not words:
        print(describe())
    elif words[0] == "summary" and len(words) == 2:
        _summary(words[1])
    elif words[0] == "live" and len(words) == 2 and words[1].strip() in ("on", "off"):
        (auto_view.start if words[1].strip() == "on" else auto_view.stop)()
    else:
        raise UsageError(
            "%kwidgets takes nothing, or one of: summary <model>, live on, live off; "
            f"got {line.strip()!r}. Try %kwidgets summary model."
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
    from kwidgets.kernel.inbox import running_kernel, way_to_hear

    if running_kernel() is None:
        buttons = "no notebook here: fits run without a view"
    else:
        buttons = {
            "subshell": "yes, through a kernel subshell",
            "polling": "yes, between two steps of a fit (ipykernel 6)",
            None: "only once the cell has ended",
        }[way_to_hear()]
    if "keras" in sys.modules:
        backend = sys.modules["keras"].backend.backend()
    else:
        backend = f"not imported yet (KERAS_BACKEND={os.environ.get('KERAS_BACKEND', 'not set')})"
    facts = {
        "kwidgets": __version__,
        "Python": platform.python_version(),
        "Keras backend": backend,
        **{name: _version(name) for name in ("keras", "plotly", "anywidget", "ipykernel")},
        "Live view in every fit": "on" if auto_view.on else "off (%kwidgets live on)",
        "Buttons during a running cell": buttons,
    }
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in facts.items())


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
