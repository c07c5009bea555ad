"""Collect the details for a bug report that ``%kwidgets`` prints, without importing Keras."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata

from kwidgets import language
from kwidgets._version import __version__
from kwidgets.live.auto import auto_view

# In addition to the package of the Keras backend.
_PACKAGES = ("anywidget", "ipykernel", "ipywidgets", "plotly")
_BUTTONS = {
    "subshell": "work, in a kernel subshell",
    "polling": "work, between two steps of a fit (ipykernel 6, marimo)",
    None: "take effect when the cell has ended",
}


def describe() -> str:
    """Return the details as aligned lines of text."""
    facts = {
        "kwidgets": __version__,
        "Python": f"{platform.python_version()} on {platform.platform(terse=True)}",
        "Keras": _keras(),
        "Device": _device(),
        "Packages": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
        "Live view in every fit": "on" if auto_view.on else "off (%kwidgets live on)",
        "Buttons while a cell runs": _buttons(),
        "Side panel": _panel(),
        "Language": language.current(),
        "Fits so far": _fits(),
    }
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in facts.items())


def _keras() -> str:
    keras = sys.modules.get("keras")
    if keras is None or not hasattr(keras, "backend"):
        chosen = os.environ.get("KERAS_BACKEND", "not set")
        return f"{_version('keras')}, not imported yet (KERAS_BACKEND={chosen})"
    backend = keras.backend.backend()
    return f"{keras.__version__} on {backend} {_version(backend)}"


def _device() -> str:
    if "keras" not in sys.modules:
        return "unknown until Keras is imported"
    try:
        from kwidgets.live.devices.describe import describe_device
        from kwidgets.live.devices.missing_gpu import missing_gpu_notice

        return "; ".join(filter(None, [describe_device(), missing_gpu_notice()]))
    except Exception as error:  # an error of the driver belongs in the report
        return f"unknown ({type(error).__name__}: {error})"


def _buttons() -> str:
    from kwidgets.kernel.busy_messages import method_while_busy
    from kwidgets.kernel.running_kernel import has_page

    if not has_page():
        return "not available: outside a notebook, fits have no view"
    return _BUTTONS[method_while_busy()]


def _panel() -> str:
    from kwidgets.kernel.channel import channel

    if not channel.is_open:
        return "not connected: run %load_ext kwidgets"
    if not channel.receives:
        return "not connected: something closed the channel to the page (%reload_ext kwidgets)"
    if channel.has_listening_page:
        return "connected"
    return "not connected: no page of JupyterLab or Notebook 7 with the kwidgets extension"


def _fits() -> str:
    latest_run = sys.modules.get("kwidgets.live.latest_run")
    return latest_run.describe_fits() if latest_run is not None else "none"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        # Builds for other hardware have other names: tensorflow-cpu, jax-metal.
        module = sys.modules.get(package)
        return getattr(module, "__version__", "not installed")
