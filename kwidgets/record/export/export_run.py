"""Export one run to a tracker, by the tracker's own library."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from kwidgets.language import t
from kwidgets.record.ended import wait_for_ended
from kwidgets.record.export.exported import Exported, ExportError
from kwidgets.record.export.exported_run import ExportedRun

Target: TypeAlias = Literal["tensorboard", "mlflow", "trackio", "wandb-offline", "csv"]
TARGETS: tuple[Target, ...] = get_args(Target)

Exporter: TypeAlias = Callable[[ExportedRun, "Path | None"], Exported]


def export_run(
    path: Path, target: Target, folder: str | os.PathLike[str] | None = None
) -> Exported:
    """Export the run of a file, also while it is running: then what is there so far.

    Args:
        path: of the run file.
        target: the tracker; "csv" needs no library.
        folder: where to write; None for the place where the tracker looks by default.

    Raises:
        ValueError: there is no such target.
        ExportError: the tracker's library is not installed, or it cannot write.
        UnreadableRunError: the run file cannot be read.
    """
    if target not in TARGETS:
        names = ", ".join(map(repr, TARGETS))
        raise ValueError(f"unknown target {target!r}. Use one of {names}")
    wait_for_ended()
    run = ExportedRun(path)
    place = None if folder is None else Path(folder).expanduser().absolute()
    module, package = {
        "csv": ("csv_files", ""),
        "mlflow": ("mlflow_store", "mlflow"),
        "tensorboard": ("tensorboard_events", "tensorboard"),
        "trackio": ("trackio_project", "trackio"),
        "wandb-offline": ("wandb_offline", "wandb"),
    }[target]
    try:
        exporter: Exporter = importlib.import_module(f"kwidgets.record.export.{module}").export
        return exporter(run, place)
    except OSError as error:
        raise ExportError(t("Cannot export the run: %1", error)) from error
    except ImportError as error:
        if not package or (error.name or "").partition(".")[0] == "kwidgets":
            raise
        raise ExportError(
            t("This export needs %1, which cannot be imported. Run: pip install %1", package)
        ) from error
