"""Read run files into plain data: what a list shows, and the details, marks and checkpoints."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kwidgets.language import Message, t
from kwidgets.live.numbers.acts import Act
from kwidgets.live.numbers.metric_store import SPLITS
from kwidgets.live.protocol import BestEpoch, Mark, MetricInfo, Split
from kwidgets.record.checkpoints import retention
from kwidgets.record.checkpoints.folder import list_folders
from kwidgets.record.fit_facts.process import is_alive
from kwidgets.record.run_file import schema
from kwidgets.record.run_file.open_file import LOG_SUFFIX, UnreadableRunError, open_run_file
from kwidgets.record.run_file.run_info import (
    STATES,
    CheckpointInfo,
    Parent,
    RunInfo,
    RunProgress,
    State,
)

#: Keys of the table ``run`` that may be long, and that no list shows.
DETAIL_KEYS = (
    "code",
    "compile_config",
    "data",
    "environment",
    "fit_arguments",
    "model_config",
    "seeds",
    "variables",
    "versions",
)
#: The key of the table ``run`` with the predictions, layers and data: a list of parts of
#: ``kwidgets/insight/protocol.py``.
INSIGHT_KEY = "insight"
# More is not what kwidgets has written.
_INSIGHT_CHARACTERS = 2_000_000
_LIST_KEYS = (
    "backend",
    "batches",
    "best",
    "cell_id",
    "created",
    "detail",
    "device",
    "diverged",
    "ended",
    "epochs",
    "fit_arguments",
    "heartbeat",
    "id",
    "initial_epoch",
    "kind",
    "last",
    "metrics",
    "model_name",
    "name",
    "notebook",
    "notes",
    "optimizer",
    "parent",
    "process",
    "progress",
    "state",
    "tags",
)
# Other ids, such as "../other", are not ours.
_ID = re.compile(r"[\w-]+")
# A time beyond it, in the year 5138, is none, and most libraries cannot show it.
_LATEST = 1e11
#: Of a run of another computer, whose processes cannot be looked at: without a sign of life for so
#: long it died. A process that computes may hold Python's lock for a minute, and clocks differ.
DEAD_AFTER_SECONDS = 180.0
_NO_PROGRESS: RunProgress = {"epoch": 0, "batch": 0, "step": 0, "seconds": 0.0, "epochs_rewound": 0}


def read_info(path: Path) -> RunInfo:
    """Return what a list shows of the run in this file.

    Raises:
        UnreadableRunError: it cannot be read.
    """
    with open_run_file(path) as file:
        values = _values(file, _LIST_KEYS)
    if not isinstance(values.get("id"), str) or not _ID.fullmatch(values["id"]):
        raise UnreadableRunError(t("The file has no run in it: its program ended too early."))
    process = _mapping(values.get("process"))
    return RunInfo(
        path=path,
        id=values["id"],
        kind="loop" if values.get("kind") == "loop" else "fit",
        created=_finite(values.get("created")) or 0.0,
        ended=_finite(values.get("ended")),
        state=_state(values.get("state"), process, values.get("heartbeat")),
        diverged=bool(values.get("diverged")),
        detail=_text(values.get("detail")),
        host=_text(process.get("host")),
        model_name=_text(values.get("model_name")),
        optimizer=_text(values.get("optimizer")),
        backend=_text(values.get("backend")),
        device=_text(values.get("device")),
        epochs=_integer(values.get("epochs")) or 0,
        initial_epoch=_integer(values.get("initial_epoch")) or 0,
        batches=_integer(values.get("batches")),
        progress=_progress(values.get("progress")),
        notebook=_text(values.get("notebook")) or None,
        cell_id=_text(values.get("cell_id")) or None,
        best=_best(values.get("best")),
        last=_last(values.get("last")),
        metrics=tuple(_metrics(values.get("metrics"))),
        fit_arguments=_mapping(values.get("fit_arguments")),
        parent=_parent(values.get("parent")),
        name=_text(values.get("name")),
        tags=tuple(tag for tag in _items(values.get("tags")) if isinstance(tag, str)),
        notes=_text(values.get("notes")),
        file_bytes=file_bytes(path),
        checkpoint_bytes=folder_bytes(checkpoints_folder(path)),
    )


def read_values(path: Path, keys: Iterable[str] = DETAIL_KEYS) -> dict[str, Any]:
    """Return values of the table ``run`` by their keys; None for those that are missing.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    keys = tuple(keys)
    with open_run_file(path) as file:
        values = _values(file, keys)
    return {key: values.get(key) for key in keys}


def read_insight(path: Path) -> list[dict[str, Any]]:
    """Return what was recorded of the predictions, layers and data; empty if nothing was.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    with open_run_file(path) as file:
        row = file.execute(
            "SELECT value FROM run WHERE key = ? AND length(value) <= ?",
            (INSIGHT_KEY, _INSIGHT_CHARACTERS),
        ).fetchone()
    try:
        parts = json.loads(row[0]) if row else []
    except ValueError as error:
        raise UnreadableRunError(t("The file is damaged: %1", error)) from None
    return [part for part in _items(parts) if isinstance(part, dict)]


def read_marks(path: Path) -> list[Mark]:
    """Return the marks on the curves, in the order in which they were set.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    with open_run_file(path) as file:
        rows = file.execute(
            "SELECT kind, text, step, epoch, seconds FROM mark ORDER BY id"
        ).fetchall()
    return [
        Mark(kind=kind, text=_message(text), step=step, epoch=epoch, seconds=seconds)
        for kind, text, step, epoch, seconds in rows
    ]


def read_acts(path: Path) -> list[Act]:
    """Return what was done to the training, in order.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    with open_run_file(path) as file:
        rows = file.execute(
            'SELECT epoch, batch, hook, iteration, "do", value, "by" FROM act ORDER BY id'
        ).fetchall()
    return [
        Act(epoch, batch, hook, iteration, do, schema.read_number(value), by or "")
        for epoch, batch, hook, iteration, do, value, by in rows
    ]


def read_checkpoints(path: Path) -> list[CheckpointInfo]:
    """Return the checkpoints that are on disk, in the order of their steps.

    The folders say what they are: a killed process may have written one that no table has.
    """
    found = [
        CheckpointInfo(
            step=int(checkpoint.meta["step"]),
            epoch=int(checkpoint.meta["epoch"]),
            batch=int(checkpoint.meta["batch"]),
            folder=checkpoint.path,
            bytes=checkpoint.num_bytes,
            reason=str(checkpoint.meta["reason"]),
            label=str(checkpoint.meta["label"]),
            created=float(checkpoint.meta["created"]),
            cut_validation=bool(checkpoint.meta.get("cut_validation")),
        )
        for checkpoint in list_folders(checkpoints_folder(path))
    ]
    return sorted(found, key=lambda checkpoint: checkpoint.step)


def checkpoints_folder(path: Path) -> Path:
    """Return the folder with the checkpoints of the run in this file, which need not exist."""
    return path.with_name(path.name.removesuffix(schema.SUFFIX) + retention.SUFFIX)


def file_bytes(path: Path) -> int:
    """Return the size of a run file, with its log."""
    log = path.with_name(path.name + LOG_SUFFIX)
    return sum(each.stat().st_size for each in (path, log) if each.exists())


def folder_bytes(folder: Path) -> int:
    """Return the size of all files in a folder; 0 if it does not exist."""
    if not folder.is_dir():
        return 0
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:  # deleted meanwhile
                continue
    return total


def _values(file: sqlite3.Connection, keys: tuple[str, ...]) -> dict[str, Any]:
    places = ", ".join("?" * len(keys))
    rows = file.execute(f"SELECT key, value FROM run WHERE key IN ({places})", keys).fetchall()
    pairs = ",".join(f'"{key}":{text}' for key, text in rows)
    try:
        # At once: a thousand runs have 26,000 values.
        values: dict[str, Any] = json.loads("{" + pairs + "}")
    except ValueError as error:
        raise UnreadableRunError(t("The file is damaged: %1", error)) from None
    return values


def _state(value: Any, process: Mapping[str, Any], heartbeat: Any) -> State:
    if value not in STATES:
        return "died"
    if value != "running":
        return value  # type: ignore[no-any-return]
    lives = is_alive(dict(process))
    if lives is None:
        lives = abs(time.time() - (_finite(heartbeat) or 0.0)) < DEAD_AFTER_SECONDS
    return "running" if lives else "died"


def _progress(value: Any) -> RunProgress:
    known = {key: _number(item) for key, item in _mapping(value).items() if key in _NO_PROGRESS}
    return {**_NO_PROGRESS, **{key: item for key, item in known.items() if item is not None}}  # type: ignore[typeddict-item]


def _metrics(value: Any) -> Iterable[MetricInfo]:
    for item in _items(value):
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            yield MetricInfo(
                name=item["name"],
                kind=item.get("kind", "epoch"),
                direction=item.get("direction"),
                group=item.get("group"),
            )


def _best(value: Any) -> dict[str, BestEpoch]:
    """Return the best epochs; what was recorded in another form is left out."""
    found = {}
    for name, best in _mapping(value).items():
        numbers = {key: _number(_mapping(best).get(key)) for key in ("step", "seconds", "value")}
        epoch, split = _integer(_mapping(best).get("epoch")), _mapping(best).get("split")
        if None not in numbers.values() and epoch is not None and split in SPLITS:
            found[name] = BestEpoch(split=split, epoch=epoch, **numbers)  # type: ignore[typeddict-item]
    return found


def _last(value: Any) -> dict[str, dict[Split, float]]:
    found: dict[str, dict[Split, float]] = {}
    for name, values in _mapping(value).items():
        numbers = {split: _number(_mapping(values).get(split)) for split in SPLITS}
        found[name] = {split: number for split, number in numbers.items() if number is not None}
    return found


def _parent(value: Any) -> Parent | None:
    parent = _mapping(value)
    if not isinstance(parent.get("run"), str):
        return None
    step = _integer(parent.get("step")) or 0
    return Parent(run=parent["run"], step=step, how=_text(parent.get("how")))


def _message(text: str) -> Message:
    try:
        found = json.loads(text)
    except ValueError:
        found = text
    return found if isinstance(found, dict) else Message(key=str(found), values=[])  # type: ignore[return-value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _finite(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and abs(number) < _LATEST else None


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
