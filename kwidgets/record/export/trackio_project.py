"""Export a run to Trackio's folder, in a process of its own.

Trackio reads the name of its folder once, when it is imported, and an ``init`` would end the run
that the notebook may have. The rows are written as Trackio's own import of CSV files does, with
the times at which they were recorded.
"""

from __future__ import annotations

import datetime
import importlib.util
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from kwidgets.record.export.exported import Exported, shell_command
from kwidgets.record.export.exported_run import ExportedMark, ExportedRun, Row
from kwidgets.record.export.own_process import run_module

PROJECT = "kwidgets"
_VARIABLE = "TRACKIO_DIR"
_ROWS = 5_000


def export(run: ExportedRun, folder: Path | None) -> Exported:
    """Write the run into the project "kwidgets"; marks become alerts.

    Steps are batches. The values of the epochs are called as in Keras (``loss``, ``val_loss``),
    those within them ``batch/loss``. Exported again, only what is new is added.

    Raises:
        ImportError: Trackio is not installed.
        ExportError: Trackio refuses it.
    """
    if importlib.util.find_spec("trackio") is None:
        raise ImportError("trackio is not installed", name="trackio")
    environment = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"}
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        environment[_VARIABLE] = str(folder)
    written = run_module(__name__, run.path, **environment)
    command = shell_command("trackio", "show", "--project", PROJECT)
    if folder is not None:
        command = f"{shell_command(f'{_VARIABLE}={folder}')} {command}"
    return Exported(Path(written), command)


def _write(run: ExportedRun) -> Path:
    """Write the run by this process's Trackio; return the project's file."""
    from trackio.sqlite_storage import SQLiteStorage

    info = run.info
    for part in _parts(_rows(run)):
        SQLiteStorage.bulk_log(
            project=PROJECT,
            run=run.title,
            run_id=info.id,
            metrics_list=[values for _, _, values in part],
            steps=[row.step for _, row, _ in part],
            timestamps=[_time(row) for _, row, _ in part],
            # What has an id is not added twice.
            log_ids=[f"{info.id}-{prefix}{row.id}" for prefix, row, _ in part],
            config={**run.parameters, "kwidgets": run.facts},
        )
    marks = run.marks()
    SQLiteStorage.bulk_alert(
        project=PROJECT,
        run=run.title,
        run_id=info.id,
        titles=[mark.text for mark in marks],
        texts=[None] * len(marks),
        levels=["info"] * len(marks),
        steps=[mark.step for mark in marks],
        timestamps=[_time(mark) for mark in marks],
        alert_ids=[f"{info.id}-{mark.id}" for mark in marks],
    )
    return Path(SQLiteStorage.get_project_db_path(PROJECT))


def _rows(run: ExportedRun) -> Iterator[tuple[str, Row, dict[str, float]]]:
    for prefix, rows in (("batch/", run.rows("point")), ("", run.rows("epoch"))):
        for row in rows:
            values = {f"{prefix}{name}": value for name, value in row.values.items()}
            yield prefix, row, {**values, "epoch": row.epoch}


def _parts(
    rows: Iterator[tuple[str, Row, dict[str, float]]],
) -> Iterator[list[tuple[str, Row, dict[str, float]]]]:
    while part := list(itertools.islice(rows, _ROWS)):
        yield part


def _time(row: Row | ExportedMark) -> str:
    return datetime.datetime.fromtimestamp(row.wall_time, datetime.UTC).isoformat()


if __name__ == "__main__":
    print(_write(ExportedRun(Path(sys.argv[1]))))
