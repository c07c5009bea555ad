"""The tables of a run file, a SQLite database that other programs can read too."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

#: In the file's header: tells ours from other databases.
APPLICATION_ID: Final = 0x6B776472
#: A higher one is a file of a newer kwidgets.
VERSION: Final = 1
SUFFIX: Final = ".sqlite"

# SQLite stores such whole numbers in four bytes and fractions in eight: of a million points with
# five metrics, that is the difference between 77 and 69 MB. Older releases cannot compute columns.
_COMPACT: Final = sqlite3.sqlite_version_info >= (3, 31)
_AXES: Final = (
    "epoch_millionths INTEGER, milliseconds INTEGER,"
    " epoch REAL AS (epoch_millionths / 1e6), seconds REAL AS (milliseconds / 1e3)"
    if _COMPACT
    else "epoch REAL, seconds REAL"
)

# A metric gets a column of its own when it first appears; ``metric`` says which.
POINT_COLUMNS: Final = (
    "id",
    "step",
    "epoch",
    "epoch_millionths",
    "seconds",
    "milliseconds",
    "batches",
)
EPOCH_COLUMNS: Final = ("id", "step", "epoch", "seconds", "partial")
TABLES: Final = f"""
CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE point (id INTEGER PRIMARY KEY, step INTEGER, {_AXES}, batches INTEGER);
CREATE TABLE epoch (
  id INTEGER PRIMARY KEY, step INTEGER, epoch REAL, seconds REAL, partial INTEGER
);
CREATE TABLE metric (
  table_name TEXT, name TEXT, column_name TEXT, PRIMARY KEY (table_name, name)
);
CREATE TABLE mark (
  id INTEGER PRIMARY KEY, kind TEXT, text TEXT, step REAL, epoch REAL, seconds REAL
);
CREATE TABLE act (
  id INTEGER PRIMARY KEY, epoch INTEGER, batch INTEGER, hook TEXT, iteration INTEGER, "do" TEXT,
  value REAL, "by" TEXT
);
"""


def stored_number(value: float | None) -> float | str | None:
    """Return a number as a table has it: SQLite has no NaN, and makes it NULL."""
    return "nan" if value is not None and math.isnan(value) else value


def read_number(value: float | str | None) -> float | None:
    """Return a number that :func:`stored_number` has made; None where there is no value."""
    return math.nan if value == "nan" else None if value is None else float(value)


def stored_axes(
    table: str, axes: Mapping[str, float], compact: bool = _COMPACT
) -> Mapping[str, float]:
    """Return the axes of a row of ``point`` or ``epoch`` by the columns that store them.

    Args:
        table: its name.
        axes: by the columns that readers get.
        compact: whether columns are computed from others.
    """
    if table != "point" or not compact:
        return axes
    stored = {name: value for name, value in axes.items() if name not in ("epoch", "seconds")}
    stored["epoch_millionths"] = round(axes["epoch"] * 1e6)
    stored["milliseconds"] = round(axes["seconds"] * 1e3)
    return stored


def stored_json(value: Any) -> str:
    """Return a value of the table ``run`` as text. NaN and infinities are as Python writes them."""
    return stored_text(json.dumps(value, ensure_ascii=False, default=str))


def stored_text(text: str) -> str:
    """Return a text as SQLite can have it: lone surrogates become question marks."""
    return text.encode("utf-8", "replace").decode()


def quoted(column: str) -> str:
    """Return the name of a column as SQL has it."""
    return '"' + column.replace('"', '""') + '"'


def free_column(name: str, taken: set[str]) -> str:
    """Return a column for a metric: its name, unless another column has it.

    Args:
        name: of the metric.
        taken: the columns that exist, in lower case, as SQLite compares them.
    """
    # A NUL ends a statement in SQLite.
    name = stored_text(name)
    column = name.replace("\0", "") or "metric"
    number = 2
    while column.lower() in taken:
        column = f"{name} {number}".replace("\0", "")
        number += 1
    return column
