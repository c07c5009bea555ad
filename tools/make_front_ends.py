"""Create environments with other front ends that use the kernels of this environment.

``python tools/make_front_ends.py NAME ...`` makes ``.build/front-ends/NAME`` for each; without a
name, all of them. Environments that exist already are kept. A kernel of this environment is known
as ``kwidgets`` in ``.build/kernels/share/jupyter``: it is what a front end of another environment
runs, so that Keras and its backends are installed once.
"""

from __future__ import annotations

import pathlib
import re
import sys
from dataclasses import dataclass

import environments

KERNEL = "kwidgets"


@dataclass(frozen=True)
class FrontEnd:
    """What is in an environment."""

    requirements: tuple[str, ...]
    kwidgets: bool = True
    """Whether JupyterLab has kwidgets' extension, as after ``pip install --no-deps kwidgets``."""
    on_top: bool = False
    """Whether cells run in the front end's own process, which then needs Keras and kwidgets."""
    locked: bool = True
    """Whether other packages have the versions of requirements.lock, or the newest."""


FRONT_ENDS = {
    # The oldest of all that kwidgets draws with.
    "jupyterlab-4.4": FrontEnd(("jupyterlab==4.4.0", "anywidget==0.11.0", "ipywidgets==8.1.0")),
    "jupyterlab-4.5": FrontEnd(("jupyterlab==4.5.11", "anywidget")),
    "jupyterlab-4.6": FrontEnd(("jupyterlab==4.6.0", "anywidget")),
    # Pre-releases too.
    "jupyterlab-newest": FrontEnd(("jupyterlab>=4.7.0a0", "anywidget"), locked=False),
    "notebook-7.4": FrontEnd(("notebook==7.4.7", "anywidget")),
    "notebook-7.5": FrontEnd(("notebook==7.5.8", "anywidget")),
    "notebook-7.6": FrontEnd(("notebook==7.6.0", "anywidget")),
    # Two pages of one notebook share its document.
    "collaboration": FrontEnd(("jupyterlab", "jupyter-collaboration==5.0.4", "anywidget")),
    # ... and the server runs the cells and writes their outputs into it.
    "collaboration-nbmodel": FrontEnd(
        ("jupyterlab", "jupyter-collaboration==5.0.4", "jupyter-server-nbmodel==0.2.9", "anywidget")
    ),
    # The kernel's environment has what draws the view, JupyterLab's has not.
    "jupyterlab-ipywidgets": FrontEnd(("jupyterlab", "ipywidgets"), kwidgets=False),
    "jupyterlab-alone": FrontEnd(("jupyterlab",), kwidgets=False),
    # Servers whose kernels a JupyterLab on another machine uses.
    "kernel-gateway": FrontEnd(("jupyter-kernel-gateway==3.0.1",), kwidgets=False),
    # ... which asks for an older jupyter_client.
    "enterprise-gateway": FrontEnd(
        ("jupyter-enterprise-gateway==3.3.0",), kwidgets=False, locked=False
    ),
    # Cells run in marimo's own process.
    "marimo": FrontEnd(("marimo==0.25.2",), kwidgets=False, on_top=True),
    # Its test copies the extension, since Voilà serves no links.
    "voila": FrontEnd(("voila==0.5.13", "anywidget"), kwidgets=False),
    "papermill": FrontEnd(("papermill",), kwidgets=False),
    "jupyter-console": FrontEnd(("jupyter-console",), kwidgets=False),
    "qtconsole": FrontEnd(("qtconsole", "PySide6-Essentials"), kwidgets=False),
}
# What an environment with JupyterLab has of its own version.
OWN_VERSIONS = ("jupyterlab", "notebook")


def make(name: str) -> pathlib.Path:
    """Return the Python of a front end's environment, which is made if it does not exist."""
    front_end = FRONT_ENDS[name]
    folder = environments.FRONT_ENDS / name
    python = environments.make(
        folder,
        front_end.requirements,
        on_top=front_end.on_top,
        constraint=_constraint(name, front_end) if front_end.locked else None,
    )
    if front_end.kwidgets:
        _link_extension(folder)
    environments.write_kernelspec(KERNEL, sys.executable)
    return python


def _constraint(name: str, front_end: FrontEnd) -> pathlib.Path:
    """Return a file like requirements.lock, less the packages that the front end chooses."""
    chosen = {_package(requirement) for requirement in front_end.requirements if "=" in requirement}
    if any(package in chosen for package in OWN_VERSIONS):
        chosen.update(OWN_VERSIONS)
    lock = (environments.ROOT / "requirements.lock").read_text().splitlines()
    file = environments.FRONT_ENDS / f"{name}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(line for line in lock if _package(line) not in chosen) + "\n")
    return file


def _package(requirement: str) -> str:
    """Return the name of the package that a requirement is about."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()


def _link_extension(folder: pathlib.Path) -> None:
    """Give JupyterLab the extension as it is built, which each new build changes."""
    link = folder / "share" / "jupyter" / "labextensions" / "kwidgets"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(environments.ROOT / "kwidgets" / "labextension")


if __name__ == "__main__":
    for wanted in sys.argv[1:] or FRONT_ENDS:
        make(wanted)
