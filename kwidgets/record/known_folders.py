"""Remember the folders of run files that this user has used, so that all runs can be listed.

Each is a small file of its own in Jupyter's data directory: kernels that end or begin at the same
time never write the same one.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from kwidgets.record.run_file.folder import data_dir_folder

_remembered: set[Path] = set()


def remember_folder(folder: Path) -> None:
    """Add a folder to those that :func:`known_folders` returns; does nothing on a full disk."""
    if folder in _remembered:
        return
    _remembered.add(folder)
    name = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    entry = _registry() / f"{name}.txt"
    with contextlib.suppress(OSError):
        if not entry.exists():
            entry.parent.mkdir(parents=True, exist_ok=True)
            entry.write_text(str(folder), encoding="utf-8", errors="surrogateescape")


def known_folders() -> list[Path]:
    """Return the folders that exist, in no particular order."""
    folders = {data_dir_folder()}
    for entry in _registry().glob("*.txt"):
        with contextlib.suppress(OSError):
            folders.add(Path(entry.read_text(encoding="utf-8", errors="surrogateescape").strip()))
    return [folder for folder in folders if folder.is_dir()]


def _registry() -> Path:
    return Path(jupyter_data_dir(), "kwidgets", "run-folders")
