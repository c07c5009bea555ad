"""Export a run to a folder that Weights & Biases can upload later; nothing is uploaded here.

In a process of its own: all is on disk only when the service that the library starts has ended,
which the notebook's own runs may need.
"""

from __future__ import annotations

import heapq
import importlib.util
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from kwidgets.record.export.exported import Exported, shell_command
from kwidgets.record.export.exported_run import ExportedRun, Row
from kwidgets.record.export.own_process import run_module

PROJECT = "kwidgets"


def export(run: ExportedRun, folder: Path | None) -> Exported:
    """Write an offline run of the project "kwidgets" into the folder ``wandb`` in ``folder``.

    Steps are batches. The values of the epochs are called as in Keras (``loss``, ``val_loss``),
    those within them ``batch/loss``.

    Raises:
        ImportError: the library is not installed.
        ExportError: the library refuses it.
    """
    if importlib.util.find_spec("wandb") is None:
        raise ImportError("wandb is not installed", name="wandb")
    place = folder or Path.cwd()
    place.mkdir(parents=True, exist_ok=True)
    # Or the library sends errors of its own to its maker, also from an offline run.
    written = run_module(__name__, run.path, place, WANDB_ERROR_REPORTING="false")
    return Exported(Path(written), shell_command("wandb", "sync", written))


def _write(run: ExportedRun, place: Path) -> Path:
    """Write the run by this process's library; return its folder."""
    import wandb

    info = run.info
    settings = wandb.Settings(
        mode="offline",
        root_dir=str(place),
        # What it would collect of this process has nothing to do with the run.
        console="off",
        disable_code=True,
        disable_git=True,
        save_code=False,
        silent=True,
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )
    offline = wandb.init(
        project=PROJECT,
        name=run.title,
        notes=info.notes or None,
        tags=[tag[:64] for tag in info.tags],
        config={**run.parameters, "kwidgets": run.facts},
        settings=settings,
    )
    folder = Path(offline.dir).parent
    try:
        for step, rows in itertools.groupby(_rows(run), key=lambda pair: pair[1].step):
            values: dict[str, float] = {}
            for prefix, row in rows:
                values |= {f"{prefix}{name}": value for name, value in row.values.items()}
                values |= {"epoch": row.epoch, "_timestamp": row.wall_time}
            offline.log(values, step=step, commit=True)
        marks = wandb.Table(columns=["step", "epoch", "kind", "text"])
        for mark in run.marks():
            marks.add_data(mark.step, mark.epoch, mark.kind, mark.text)
        if marks.data:
            offline.summary["marks"] = marks
    finally:
        offline.finish(exit_code=int(info.state in ("failed", "died")))
    return folder


def _rows(run: ExportedRun) -> Iterator[tuple[str, Row]]:
    """Yield all rows by step: Weights & Biases takes no step that is smaller than the last."""
    tables = [
        (("batch/", row) for row in run.rows("point")),
        (("", row) for row in run.rows("epoch")),
    ]
    return heapq.merge(*tables, key=lambda pair: pair[1].step)


if __name__ == "__main__":
    print(_write(ExportedRun(Path(sys.argv[1])), Path(sys.argv[2])))
