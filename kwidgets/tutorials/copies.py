"""Fresh copies of the tutorials, for the reader to write in."""

from __future__ import annotations

import pathlib
import shutil

from kwidgets.tutorials.tutorial import folder, names_that_begin


def copy_tutorials(into: pathlib.Path, name: str = "") -> list[pathlib.Path]:
    """Copy the notebooks, or the one whose name begins with ``name``, into a folder.

    A file that is there is never overwritten: the copy gets a number, ``01_first_model-1.ipynb``.

    Returns:
        the copies.

    Raises:
        ValueError: no tutorial is called so.
        OSError: the folder cannot be written to.
    """
    names = names_that_begin(name)
    into.mkdir(parents=True, exist_ok=True)
    copies = []
    for known in names:
        target = _free(into, known)
        shutil.copyfile(folder() / f"{known}.ipynb", target)
        copies.append(target)
    return copies


def _free(into: pathlib.Path, name: str) -> pathlib.Path:
    target = into / f"{name}.ipynb"
    number = 0
    while target.exists():
        number += 1
        target = into / f"{name}-{number}.ipynb"
    return target
