"""Change what users own of a run file: the name, the tags, the notes, and whether it exists."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kwidgets.record.run_file import schema
from kwidgets.record.run_file.open_file import LOG_SUFFIX
from kwidgets.record.run_file.reader import checkpoints_folder, file_bytes, folder_bytes

# The training writes four times a second.
_BUSY_SECONDS = 5.0


def write_values(path: Path, values: Mapping[str, Any]) -> None:
    """Set keys of the table ``run``, also while a training writes the file.

    Raises:
        OSError: the file cannot be written, such as in a folder that is read-only.
    """
    if not path.exists():
        raise FileNotFoundError(f"the run file {path} was deleted")
    try:
        with contextlib.closing(
            sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        ) as file:
            file.execute("BEGIN IMMEDIATE")
            file.executemany(
                "INSERT INTO run VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [(key, schema.stored_json(value)) for key, value in values.items()],
            )
            file.execute("COMMIT")
    except sqlite3.Error as error:
        raise OSError(f"the run file {path} cannot be changed: {error}") from error


def delete_run_file(path: Path) -> int:
    """Delete a run file with its checkpoints, and return the freed bytes.

    Raises:
        OSError: it cannot be deleted.
    """
    freed = delete_checkpoints(path) + file_bytes(path)
    # The file last: without it, nothing would show what is left.
    for suffix in (LOG_SUFFIX, "-shm", "-journal", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return freed


def delete_checkpoints(path: Path) -> int:
    """Delete the checkpoints of a run, and return the freed bytes.

    Raises:
        OSError: they cannot be deleted.
    """
    folder = checkpoints_folder(path)
    if not folder.is_dir():
        return 0
    freed = folder_bytes(folder)
    shutil.rmtree(folder)
    return freed
