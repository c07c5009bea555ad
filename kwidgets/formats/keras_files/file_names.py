"""Give a file a name with the end by which Keras recognises it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def named_as(path: Path, end: str) -> Iterator[str]:
    """Yield a name of the file that ends in ``end``, such as ".keras": Keras goes by that."""
    if path.name.endswith(end):
        yield str(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, f"model{end}")
        try:
            os.symlink(path.resolve(), name)
        except OSError:
            shutil.copyfile(path, name)
        yield name
