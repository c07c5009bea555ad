"""Export a run to MLflow: a database in a folder, or the store that MLflow is set to."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import Metric, Param, RunTag
from mlflow.tracking import MlflowClient

from kwidgets.language import t
from kwidgets.record.export.exported import Exported, ExportError, shell_command
from kwidgets.record.export.exported_run import ExportedRun, Row, free_name

EXPERIMENT = "kwidgets"
# What MLflow takes at once, and in a parameter's value, a tag's and a name.
_METRICS = 1000
_PARAMETERS = 100
_PARAMETER_LENGTH = 6000
_TAG_LENGTH = 8000
_CHARACTERS = "_-. /"
_STATUS = {"running": "RUNNING", "failed": "FAILED", "died": "FAILED", "interrupted": "KILLED"}


def export(run: ExportedRun, folder: Path | None) -> Exported:
    """Write the run into the experiment "kwidgets".

    Steps are batches. The values of the epochs are called as in Keras (``loss``, ``val_loss``),
    those within them ``batch/loss``.

    Raises:
        ExportError: MLflow refuses it.
    """
    if folder is None:
        uri = mlflow.get_tracking_uri()
    else:
        folder.mkdir(parents=True, exist_ok=True)
        uri = f"sqlite:///{folder / 'mlflow.db'}"
    try:
        _write(run, MlflowClient(tracking_uri=uri), folder)
    except mlflow.exceptions.MlflowException as error:
        raise ExportError(t("Cannot export the run: %1", error)) from error
    command = shell_command("mlflow", "ui", "--backend-store-uri", uri)
    return Exported(uri if folder is None else folder / "mlflow.db", command)


def _write(run: ExportedRun, client: MlflowClient, folder: Path | None) -> None:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        place = None if folder is None else (folder / "mlartifacts").as_uri()
        experiment = client.create_experiment(EXPERIMENT, artifact_location=place)
    else:
        experiment = found.experiment_id
    info = run.info
    created = client.create_run(
        experiment, start_time=_milliseconds(info.created), run_name=run.title
    )
    run_id = created.info.run_id
    tags = {f"kwidgets.{name}": text for name, text in run.facts.items()}
    marks = "\n".join(f"step {mark.step}: {mark.text}" for mark in run.marks())
    tags |= {"mlflow.note.content": info.notes, "kwidgets.marks": marks}
    client.log_batch(
        run_id, tags=[RunTag(name, text[:_TAG_LENGTH]) for name, text in tags.items() if text]
    )
    names: dict[str, str] = {}
    for name in run.parameters:
        names[name] = free_name(name, _CHARACTERS, names)
    parameters = [
        Param(names[name], str(value)[:_PARAMETER_LENGTH]) for name, value in run.parameters.items()
    ]
    for part in _parts(parameters, _PARAMETERS):
        client.log_batch(run_id, params=part)
    names = {}
    for part in _parts(_metrics(run, names), _METRICS):
        client.log_batch(run_id, metrics=part)
    if info.state != "running":
        ended = None if info.ended is None else _milliseconds(info.ended)
        client.set_terminated(run_id, _STATUS.get(info.state, "FINISHED"), ended)


def _metrics(run: ExportedRun, names: dict[str, str]) -> Iterator[Metric]:
    for prefix, rows in (("batch/", run.rows("point")), ("", run.rows("epoch"))):
        for row in rows:
            yield from _metrics_of(row, prefix, names)


def _metrics_of(row: Row, prefix: str, names: dict[str, str]) -> Iterator[Metric]:
    at = _milliseconds(row.wall_time)
    # Within the epochs, the step says enough.
    epoch = {} if prefix else {"epoch": row.epoch}
    for name, value in {**row.values, **epoch}.items():
        key = f"{prefix}{name}"
        if key not in names:
            names[key] = free_name(key, _CHARACTERS, names)
        yield Metric(names[key], value, at, row.step)


def _parts(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(items)
    while part := list(itertools.islice(iterator, size)):
        yield part


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
