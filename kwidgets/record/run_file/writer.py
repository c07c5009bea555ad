"""Write a run file in a thread of its own: callers only queue."""

from __future__ import annotations

import atexit
import collections
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from kwidgets.record.ended import add_ended
from kwidgets.record.run_file import schema

#: Between two transactions: what a killed kernel loses.
FLUSH_SECONDS = 0.25
#: Until a transaction is tried again, such as on a disk that is full.
RETRY_SECONDS = 5.0
#: For how long the end of a run is tried.
CLOSE_SECONDS = 60.0
#: What waits for a disk; more would take up the memory of the training.
MAX_WAITING = 200_000
# How long another program may keep the file locked.
_BUSY_SECONDS = 2.0
# For all files, when Python ends.
_EXIT_SECONDS = 3.0

# Errors of the disk, after which the same change may succeed later.
_OF_THE_DISK = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}

Change: TypeAlias = "Callable[[RunWriter], None]"


class RunWriter:
    """Writes one run file. All methods but the constructor only queue, from any thread.

    Args:
        path: of the file, which does not exist yet.
        on_problem: called in the thread with the reason why nothing can be written, and with None
            when it can be again.
        before_write: called in the thread before each transaction, to queue what has changed.
    """

    def __init__(
        self,
        path: Path,
        on_problem: Callable[[str | None], None],
        before_write: Callable[[], None] | None = None,
    ) -> None:
        self.path = path
        self._on_problem = on_problem
        self._before_write = before_write
        self._waiting: collections.deque[Change] = collections.deque()
        self._closing = threading.Event()
        self._begun = threading.Event()
        self._columns: dict[str, dict[str, str]] = {"point": {}, "epoch": {}}
        self._taken = {
            "point": set(schema.POINT_COLUMNS),
            "epoch": set(schema.EPOCH_COLUMNS),
        }
        # Metrics that the tables have no room for.
        self._refused: set[str] = set()
        self._file: sqlite3.Connection | None = None
        self._problem: str | None = None
        # Why something can never be written, if there was such a thing.
        self._left_out: str | None = None
        #: Whether somebody has deleted the file: then nothing is written any more.
        self.deleted = False
        self._thread = threading.Thread(
            target=self._write_until_closed, name="kwidgets-record", daemon=True
        )
        _open_writers.add(self)
        self._thread.start()

    # From any thread.

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Set keys of the table ``run``. The values become JSON in the thread."""
        self._put(lambda writer: writer._set_values(values))

    def set_value_of(self, key: str, make: Callable[[], Any]) -> None:
        """Set a key of the table ``run`` to what ``make`` returns in the thread."""
        self._put(lambda writer: writer._set_values({key: make()}))

    def add_row(self, table: str, values: Mapping[str, Any]) -> None:
        """Add a row to ``mark`` or ``act``."""
        self._put(lambda writer: writer._insert(table, values))

    def add_numbers(
        self, table: str, axes: Mapping[str, float], values: Mapping[str, float]
    ) -> None:
        """Add a row to ``point`` or ``epoch``, with a value a metric."""
        self._put(lambda writer: writer._add_numbers(table, axes, values))

    def replace_last_epoch(self, values: Mapping[str, float]) -> None:
        """Give the last row of ``epoch`` other values."""
        self._put(lambda writer: writer._replace_last_epoch(values))

    def close(self) -> None:
        """Write what waits and end the thread, which makes the file a single one."""
        self._closing.set()
        add_ended(self)

    def wait(self, timeout_seconds: float) -> bool:
        """Return whether the thread has ended, at the latest after ``timeout_seconds``."""
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def was_deleted(self) -> bool:
        """Return whether somebody has deleted the file; looks at the disk."""
        return self.deleted or (self._file is not None and not self.path.exists())

    def wait_until_begun(self, timeout_seconds: float) -> bool:
        """Return whether the file is there, at the latest after ``timeout_seconds``."""
        return self._begun.wait(timeout_seconds)

    def _put(self, change: Change) -> None:
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(change)

    # In the thread.

    def _write_until_closed(self) -> None:
        # The file is made at once: on a busy disk that takes longest.
        pause = 0.0
        while not self._closing.wait(pause):
            error = self._attempt(self._write_changes)
            pause = FLUSH_SECONDS if error is None else RETRY_SECONDS
        self._write_end()
        self._release_file()
        _open_writers.discard(self)

    def _write_changes(self) -> None:
        if self._before_write is not None:
            self._before_write()
        self._write()

    def _write_end(self) -> None:
        """Write what waits and make a single file of it.

        Another program may have locked the file, or the disk may get room again: that is tried.
        """

        def write_and_close() -> None:
            self._write()
            self._close_file()

        until = time.monotonic() + CLOSE_SECONDS
        while (error := self._attempt(write_and_close)) is not None and _is_of_the_disk(error):
            if time.monotonic() >= until:
                return
            time.sleep(RETRY_SECONDS)

    def _attempt(self, write: Callable[[], None]) -> Exception | None:
        """Call ``write``, and report whether it can; return its error."""
        try:
            write()
        except Exception as error:
            self._report(_reason(error))
            return error
        if self._left_out is None:
            self._report(None)
        return None

    def _write(self) -> None:
        """Write what waits in one transaction; after an error of the disk it waits for the next."""
        if self.was_deleted():
            # SQLite would go on writing into a file that has no name.
            self._release_file()
            self.deleted = True
            self._waiting.clear()
        if not self._waiting:
            return
        file = self._file or self._open()
        changes = [self._waiting.popleft() for _ in range(len(self._waiting))]
        columns = {table: dict(names) for table, names in self._columns.items()}
        taken = {table: set(names) for table, names in self._taken.items()}
        try:
            file.execute("BEGIN")
            for change in changes:
                try:
                    change(self)
                except Exception as error:
                    if _is_of_the_disk(error):
                        raise
                    # One that can never be written is left out; it has changed nothing.
                    self._leave_out(_reason(error))
            file.execute("COMMIT")
            self._begun.set()
        except BaseException:
            if file.in_transaction:
                file.execute("ROLLBACK")
            # The columns that the transaction has added are gone too.
            self._columns, self._taken = columns, taken
            self._waiting.extendleft(reversed(changes))
            raise

    def _leave_out(self, reason: str) -> None:
        if self._left_out is None:
            self._left_out = reason
            self._report(reason)

    def _open(self) -> sqlite3.Connection:
        file = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            # Not on a network file system, where it keeps another mode.
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=NORMAL")
            file.execute("BEGIN")
            if not file.execute("SELECT 1 FROM sqlite_master WHERE name='run'").fetchone():
                for statement in schema.TABLES.split(";"):
                    file.execute(statement)
                file.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
                file.execute(f"PRAGMA user_version={schema.VERSION}")
            file.execute("COMMIT")
        except BaseException:
            file.close()
            raise
        self._file = file
        return file

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # A file with a log beside it cannot be read in a folder without write access.
            self._file.execute("PRAGMA journal_mode=DELETE")

    def _release_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _report(self, problem: str | None) -> None:
        if problem != self._problem:
            self._problem = problem
            self._on_problem(problem)

    @property
    def _connection(self) -> sqlite3.Connection:
        assert self._file is not None
        return self._file

    def _set_values(self, values: Mapping[str, Any]) -> None:
        self._connection.executemany(
            "INSERT INTO run VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [(key, schema.stored_json(value)) for key, value in values.items()],
        )

    def _insert(self, table: str, values: Mapping[str, Any]) -> None:
        names = ", ".join(map(schema.quoted, values))
        places = ", ".join("?" * len(values))
        self._connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({places})",
            [
                schema.stored_text(each) if isinstance(each, str) else each
                for each in values.values()
            ],
        )

    def _add_numbers(
        self, table: str, axes: Mapping[str, float], values: Mapping[str, float]
    ) -> None:
        columns = self._columns_of(table, values)
        self._insert(table, {**schema.stored_axes(table, axes), **columns})

    def _replace_last_epoch(self, values: Mapping[str, float]) -> None:
        columns = self._columns_of("epoch", values)
        sets = ", ".join(f"{schema.quoted(column)} = ?" for column in columns)
        self._connection.execute(
            f"UPDATE epoch SET {sets} WHERE id = (SELECT max(id) FROM epoch)",
            list(columns.values()),
        )

    def _columns_of(self, table: str, values: Mapping[str, float]) -> dict[str, Any]:
        """Return values by column, adding columns for metrics that are new."""
        columns = self._columns[table]
        for name in values:
            if name in columns or name in self._refused:
                continue
            column = schema.free_column(name, self._taken[table])
            try:
                self._connection.execute(
                    f"ALTER TABLE {table} ADD COLUMN {schema.quoted(column)} REAL"
                )
            except sqlite3.OperationalError as error:
                if _is_of_the_disk(error):
                    raise
                # SQLite has 2,000 columns at most: the first ones are recorded.
                self._refused.add(name)
                self._leave_out(_reason(error))
                continue
            self._insert("metric", {"table_name": table, "name": name, "column_name": column})
            self._taken[table].add(column.lower())
            columns[name] = column
        return {
            columns[name]: schema.stored_number(value)
            for name, value in values.items()
            if name in columns
        }


def _is_of_the_disk(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        # The extended code has the primary one in its last byte.
        return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & 0xFF in _OF_THE_DISK
    return isinstance(error, OSError)


def _reason(error: Exception) -> str:
    if isinstance(error, sqlite3.Error | OSError):
        return str(error)
    return f"{type(error).__name__}: {error}"


_open_writers: weakref.WeakSet[RunWriter] = weakref.WeakSet()


@atexit.register
def close_all() -> None:
    """Write what waits before Python ends."""
    writers = list(_open_writers)
    for writer in writers:
        writer.close()
    until = time.monotonic() + _EXIT_SECONDS
    for writer in writers:
        writer.wait(max(0.0, until - time.monotonic()))
