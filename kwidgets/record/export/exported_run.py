"""Read from a run file what trackers take, as plain data: rows, parameters, tags, marks."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from kwidgets.language import translated
from kwidgets.record.run_file import schema
from kwidgets.record.run_file.open_file import open_run_file
from kwidgets.record.run_file.reader import read_info, read_values
from kwidgets.record.run_file.run_info import RunInfo

Plain: TypeAlias = "bool | int | float | str"
Table: TypeAlias = Literal["point", "epoch"]

# Of what compile and fit were given, and what else a tracker may compare.
_KEYS = ("compile_config", "data", "fit_arguments", "seeds", "versions")
_BATCH = 10_000


@dataclasses.dataclass(frozen=True)
class Row:
    """Values of metrics at a step.

    Attributes:
        id: counts the rows of the table.
        step: finished batches.
        epoch: finished epochs, a fraction within one.
        wall_time: Unix seconds, as if the training had never been paused.
        values: by the metric's name, ``val_`` before validation ones.
    """

    id: int
    step: int
    epoch: float
    wall_time: float
    values: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class ExportedMark:
    """A mark on the curves, its text in the kernel's language."""

    id: int
    step: int
    epoch: float
    wall_time: float
    kind: str
    text: str


class ExportedRun:
    """One run, read from its file; also while it is written.

    Args:
        path: of the file.

    Raises:
        UnreadableRunError: it cannot be read; so do the methods.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.info: RunInfo = read_info(path)
        self.parameters = _parameters(self.info, read_values(path, _KEYS))
        self.title = self.info.name or f"{self.info.model_name} {self.info.id}".strip()
        # When its seconds began; those of a run that goes on from another one continue.
        self._began: float | None = None

    @property
    def facts(self) -> dict[str, str]:
        """What describes the run, besides its parameters: texts by name."""
        info = self.info
        facts = {
            "run": info.id,
            "state": info.state,
            "detail": info.detail,
            "host": info.host,
            "device": info.device,
            "notebook": info.notebook or "",
            "began": datetime.datetime.fromtimestamp(info.created, datetime.UTC).isoformat(),
            "tags": ", ".join(info.tags),
            "notes": info.notes,
        }
        if info.parent is not None:
            facts["continues"] = f"{info.parent['run']} at step {info.parent['step']}"
        return {name: text for name, text in facts.items() if text}

    def rows(self, table: Table, after: int = 0) -> Iterator[Row]:
        """Yield the rows of a table whose id is above ``after``."""
        while True:
            found = self._read_rows(table, after)
            yield from found
            if len(found) < _BATCH:
                return
            after = found[-1].id

    def marks(self, after: int = 0) -> list[ExportedMark]:
        """Return the marks whose id is above ``after``."""
        began = self._seconds_began()
        with open_run_file(self.path) as file:
            rows = file.execute(
                "SELECT id, step, epoch, seconds, kind, text FROM mark WHERE id > ? ORDER BY id",
                (after,),
            ).fetchall()
        return [
            ExportedMark(row, int(step), epoch, began + seconds, kind, translated(json.loads(text)))
            for row, step, epoch, seconds, kind, text in rows
        ]

    def _read_rows(self, table: Table, after: int) -> list[Row]:
        began = self._seconds_began()
        with open_run_file(self.path) as file:
            # Again each time: a metric may be new.
            columns = dict(
                file.execute(
                    "SELECT name, column_name FROM metric WHERE table_name = ? ORDER BY rowid",
                    (table,),
                ).fetchall()
            )
            names = "".join(f", {schema.quoted(column)}" for column in columns.values())
            rows = file.execute(
                f"SELECT id, step, epoch, seconds{names} FROM {table} WHERE id > ?"
                " ORDER BY id LIMIT ?",
                (after, _BATCH),
            ).fetchall()
        return [
            Row(
                id=row[0],
                step=row[1],
                epoch=row[2],
                wall_time=began + row[3],
                values={
                    name: math.nan if value == "nan" else value
                    for name, value in zip(columns, row[4:], strict=True)
                    if value is not None
                },
            )
            for row in rows
        ]

    def _seconds_began(self) -> float:
        """Return the Unix time at which the seconds of the rows began."""
        if self.info.parent is None:
            return self.info.created
        if self._began is not None:
            return self._began
        with open_run_file(self.path) as file:
            last = file.execute(
                "SELECT max(s) FROM"
                " (SELECT max(seconds) AS s FROM point UNION SELECT max(seconds) FROM epoch)"
            ).fetchone()[0]
        if last is None:
            return self.info.created
        # Those of its own are counted in its progress.
        before = max(0.0, last - read_info(self.path).progress["seconds"])
        self._began = self.info.created - before
        return self._began


def free_name(name: str, allowed: str, taken: Mapping[str, str]) -> str:
    """Return a name for a tracker: other characters become "_", and no two names are the same.

    Args:
        name: of a metric or parameter.
        allowed: the characters besides letters and digits that the tracker takes.
        taken: the names that the tracker has, by ours.
    """
    letters = (c if (c.isascii() and c.isalnum()) or c in allowed else "_" for c in name)
    plain = "".join(letters)[:200].strip() or "_"
    number, found = 2, plain
    while found in taken.values():
        found = f"{plain}_{number}"
        number += 1
    return found


def _parameters(info: RunInfo, values: Mapping[str, Any]) -> dict[str, Plain]:
    """Return the arguments of compile and fit, the data's shapes and the seed, as plain values."""
    compile_config = values["compile_config"] or {}
    parameters: dict[str, Plain] = {
        "model": info.model_name,
        "optimizer": info.optimizer,
        "backend": info.backend,
    }
    described = {
        "fit": values["fit_arguments"] or {},
        "compile": {k: v for k, v in compile_config.items() if k != "optimizer"},
        "optimizer": _mapping(_mapping(compile_config.get("optimizer")).get("config")),
        "data": values["data"] or {},
        "versions": values["versions"] or {},
        "seed": (values["seeds"] or {}).get("keras"),
    }
    for name, value in described.items():
        parameters.update(_flat(name, value))
    return parameters


def _flat(name: str, value: Any) -> Iterator[tuple[str, Plain]]:
    if value is None or value == {} or value == []:
        return
    if isinstance(value, bool | int | float | str):
        yield name, value
    elif isinstance(value, dict):
        if set(value) >= {"class_name", "config"}:  # an object of Keras's
            yield name, str(value["class_name"])
            value = _mapping(value["config"])
        for key, item in value.items():
            yield from _flat(f"{name}.{key}", item)
    else:
        yield name, json.dumps(value, ensure_ascii=False, default=str)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
