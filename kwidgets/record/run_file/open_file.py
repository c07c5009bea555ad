"""Open a run file for reading, wherever it lies, and say why where that fails."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from kwidgets.language import t
from kwidgets.record.run_file import schema

#: A log of changes that is beside the file while it is written, and after its process died.
LOG_SUFFIX = "-wal"
# How long another program may keep the file locked.
_BUSY_SECONDS = 1.0


class UnreadableRunError(Exception):
    """A file is no run file, or cannot be read; the message says why, in the user's language."""


@contextlib.contextmanager
def open_run_file(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection that reads the run file.

    A file in a folder without write access is read too. If a log of changes is beside it there, a
    copy of both is read, because SQLite writes into the folder to read a log.

    Raises:
        UnreadableRunError: the file is missing, damaged, no run file, or of a newer version; also
            if reading within the block finds damage.
    """
    with contextlib.ExitStack() as stack:
        try:
            yield _connect(path, stack)
        except sqlite3.DatabaseError as error:
            raise UnreadableRunError(_reason(path, error)) from error
        except OSError as error:
            raise UnreadableRunError(str(error)) from error


def _connect(path: Path, stack: contextlib.ExitStack) -> sqlite3.Connection:
    if not path.stat().st_size:
        raise UnreadableRunError(t("The file is empty: nothing was written."))
    try:
        return _open(path, "mode=ro", stack)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _WITHOUT_WRITE_ACCESS:
            raise
    log = path.with_name(path.name + LOG_SUFFIX)
    if log.exists() and log.stat().st_size:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kwidgets-"))
        for source in (path, log):
            shutil.copy(source, folder)
        return _open(Path(folder, path.name), "mode=rw", stack)
    return _open(path, "immutable=1", stack)


_WITHOUT_WRITE_ACCESS = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR}


def _open(path: Path, mode: str, stack: contextlib.ExitStack) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?{mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
    )
    stack.callback(connection.close)
    # The first statement opens the file in fact.
    application, version = connection.execute(
        "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if application != schema.APPLICATION_ID:
        raise UnreadableRunError(t("The file is an SQLite database of another program."))
    if version > schema.VERSION:
        raise UnreadableRunError(
            t("The file was written by a newer kwidgets. Run pip install --upgrade kwidgets.")
        )
    return connection


def _reason(path: Path, error: sqlite3.DatabaseError) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return t("The file is not an SQLite database.")
    if code == sqlite3.SQLITE_CORRUPT:
        return t("The file is damaged: %1", error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return t("Another program has locked the file.")
    return str(error)
