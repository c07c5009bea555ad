"""Whether a model fits into the memory of this machine, before any of it is taken."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import psutil

from kwidgets.formats.errors import FormatError
from kwidgets.language import t

# 1 GB of float32: the largest nets of the time that these files are of have half of it.
_MOST_NUMBERS: Final = 2**28
_BYTES: Final = 4


def most_new_numbers() -> int:
    """Return how many weights a description without weights may ask for."""
    return min(_MOST_NUMBERS, int(psutil.virtual_memory().available) // (2 * _BYTES))


def check_files(paths: Iterable[Path]) -> None:
    """Check that the contents of files fit into memory.

    Raises:
        FormatError: they do not.
    """
    size = sum(each.stat().st_size for path in paths for each in _files(path))
    free = psutil.virtual_memory().available
    if size > free:
        raise FormatError(
            t(
                "The file has %1 GB, and only %2 GB of memory are free. Close other programs or "
                "restart other kernels, or import it on a larger machine and save it there in "
                "float16.",
                f"{size / 1e9:.1f}",
                f"{free / 1e9:.1f}",
            )
        )


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return (each for each in path.rglob("*") if each.is_file())
    return [path] if path.is_file() else []
