"""Find the folder of the run files: beside the notebook, or where one may write."""

from __future__ import annotations

import os
import secrets
import string
import tempfile
import time
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from kwidgets.kernel.notebook_path import notebook_path

#: Names the folder, or is "off": then no run is recorded.
VARIABLE = "KWIDGETS_RUNS"
_BESIDE_NOTEBOOK = Path(".kwidgets", "runs")


def is_switched_off() -> bool:
    """Return whether the environment says that no run is to be recorded."""
    return os.environ.get(VARIABLE, "").strip().lower() in ("off", "0", "false", "no")


def runs_folder() -> Path:
    """Return the folder of the runs of this notebook or script, which need not exist yet.

    It is ``$KWIDGETS_RUNS``; otherwise ``.kwidgets/runs`` beside the notebook, or in the current
    folder where the notebook is unknown; and where that cannot be written,
    :func:`data_dir_folder`.
    """
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen and not is_switched_off():
        return Path(chosen).expanduser().absolute()
    notebook = notebook_path()
    beside = (Path.cwd() if notebook is None else notebook.parent) / _BESIDE_NOTEBOOK
    return beside if _is_writable(beside) else data_dir_folder()


def data_dir_folder() -> Path:
    """Return the folder in Jupyter's data directory, for notebooks in read-only folders."""
    return Path(jupyter_data_dir(), "kwidgets", "runs")


def make_folder(folder: Path) -> bool:
    """Create the folder of the runs, for which git finds nothing to add; return whether it is new.

    Raises:
        OSError: it cannot be created.
    """
    is_new = not folder.is_dir()
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return is_new


def new_run_id() -> str:
    """Return an id for a run that begins now; ids sort by time (UTC)."""
    letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(6))
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{letters}"


def _is_writable(folder: Path) -> bool:
    """Return whether files can be created in ``folder``, or in what would become its parents."""
    while not folder.exists():
        if folder == folder.parent:
            return False
        folder = folder.parent
    try:
        # Tried, not asked for: permissions, a read-only file system and root all differ.
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
