"""Copies the tutorials' notebooks into a folder of the user's."""

from __future__ import annotations

import pathlib
import shutil

from kwidgets.tutorials.tutorial import notebooks_folder, tutorial_names


def copy_tutorials(into: pathlib.Path, name: str = "") -> list[pathlib.Path]:
    """Copy the notebooks, or the one whose name begins with ``name``, into a folder.

    No file is overwritten: the copy gets a free name, such as ``01_first_model-1.ipynb``.

    Returns:
        the copies.

    Raises:
        ValueError: no tutorial has such a name.
        OSError: the folder cannot be written to.
    """
    names = tutorial_names(name)
    into.mkdir(parents=True, exist_ok=True)
    copies = []
    for known in names:
        target = _free_path(into, known)
        shutil.copyfile(notebooks_folder() / f"{known}.ipynb", target)
        copies.append(target)
    return copies


def _free_path(into: pathlib.Path, name: str) -> pathlib.Path:
    target = into / f"{name}.ipynb"
    number = 0
    while target.exists():
        number += 1
        target = into / f"{name}-{number}.ipynb"
    return target
