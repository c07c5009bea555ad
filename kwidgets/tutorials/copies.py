"""Copy the tutorial notebooks into a folder of the user."""

from __future__ import annotations

import pathlib
import shutil

from kwidgets.tutorials.tutorial import notebooks_folder, tutorial_names


def copy_tutorials(into: pathlib.Path, name: str = "") -> list[pathlib.Path]:
    """Copy the tutorials that are not in a folder yet, or a new copy of one tutorial.

    No file is overwritten.

    Args:
        into: the folder; it is created if necessary.
        name: the beginning of a tutorial's name. That tutorial is copied even if the folder
            contains it: a further copy gets a name such as ``01_first_model-1.ipynb``.

    Returns:
        the paths of the copies.

    Raises:
        ValueError: no tutorial has this name.
        OSError: the folder is not writable.
    """
    names = tutorial_names(name)
    into.mkdir(parents=True, exist_ok=True)
    copies = []
    for known in names:
        target = _free_path(into, known) if name else into / f"{known}.ipynb"
        if not target.exists():
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
