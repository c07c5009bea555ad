"""Encode recorded runs for the wire."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from kwidgets.live import protocol as live
from kwidgets.live.page.encode import snapshot_of
from kwidgets.protocol import wire_number
from kwidgets.record import protocol
from kwidgets.record.compare.comparison import Comparison
from kwidgets.record.compare.layers import LayerChange
from kwidgets.record.compare.values import Change
from kwidgets.record.run_file.run_info import RunInfo, UnreadableRun
from kwidgets.record.run_numbers import load_store


def encode_row(run: RunInfo) -> protocol.RunRow:
    """Return a run as the table shows it."""
    return protocol.RunRow(
        id=run.id,
        name=run.name,
        tags=list(run.tags),
        notes=run.notes,
        state=run.state,
        diverged=run.diverged,
        detail=run.detail,
        kind=run.kind,
        created=run.created,
        seconds=run.progress["seconds"],
        epoch=run.finished_epochs,
        epochs=run.all_epochs,
        step=run.progress["step"],
        model_name=run.model_name,
        optimizer=run.optimizer,
        backend=run.backend,
        device=run.device,
        notebook=run.notebook,
        metrics=[
            protocol.MetricBrief(name=metric["name"], direction=metric["direction"])
            for metric in run.metrics
        ],
        values={name: wire_number(value) for name, value in run.values.items()},
        best={name: wire_number(value) for name, value in run.best_values.items()},
        parent=None if run.parent is None else protocol.ParentRow(**run.parent),
        bytes=run.bytes,
        checkpoint_bytes=run.checkpoint_bytes,
    )


def encode_unreadable(files: Iterable[UnreadableRun]) -> list[protocol.UnreadableRow]:
    """Return the files that cannot be read."""
    return [
        protocol.UnreadableRow(path=str(file.path), reason=file.reason, bytes=file.bytes)
        for file in files
    ]


def encode_settings(settings: Mapping[str, str]) -> list[protocol.Setting]:
    """Return settings by name, in order."""
    return [protocol.Setting(name=name, value=value) for name, value in settings.items()]


def encode_curves(run: RunInfo, sequence: int) -> live.Snapshot:
    """Return the curves of a run as a snapshot of the live view.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    store = load_store(run)
    first = store.epoch.view(1 << 20).columns["epoch"]
    first_epoch = max(0, int(first[0]) - 1) if len(first) else run.initial_epoch
    info = live.RunInfo(
        run_id=run.id,
        fit=1,
        model_name=run.title,
        optimizer=run.optimizer,
        backend=run.backend,
        device=run.device,
        epochs=run.epochs,
        initial_epoch=run.initial_epoch,
        epochs_before=max(0, first_epoch - run.initial_epoch),
        first_epoch=first_epoch,
        metrics=list(store.metrics.values()),
        controls="after_cell",
        options=live.ViewOptions(x_axis="step", smoothing=0.0, log_scale=False),
        checkpoints=[],
    )
    if run.progress["epochs_rewound"]:
        info["epochs_rewound"] = run.progress["epochs_rewound"]
    return snapshot_of(store, info, _progress(run), sequence)


def _progress(run: RunInfo) -> live.Progress:
    place = run.progress
    return live.Progress(
        # A view of the curves does not tell a process that died from one that was interrupted.
        status="interrupted" if run.state == "died" else run.state,
        diverged=run.diverged,
        detail=run.detail,
        phase="training",
        epoch=place["epoch"],
        batch=place["batch"],
        batches=run.batches,
        validation_batch=0,
        step=place["step"],
        total_steps=None,
        elapsed_seconds=place["seconds"],
        remaining_seconds=None,
        steps_per_second=None,
        learning_rate=None,
        learning_rate_schedule=None,
        learning_rate_held=False,
        notices=[],
        question=None,
        can_checkpoint=False,
        nan_guard=None,
        devices=[],
    )


def encode_difference(found: Comparison) -> protocol.Difference:
    """Return the differences of two runs."""
    return protocol.Difference(
        first=found.first,
        second=found.second,
        layers=[_layer(change) for change in found.layers],
        parameters=list(found.parameters),
        model=_changes(found.model),
        compile=_changes(found.compile),
        fit=_changes(found.fit),
        data=_changes(found.data),
        seeds=_changes(found.seeds),
        versions=_changes(found.versions),
        environment=_changes(found.environment),
        code=found.code,
        missing=list(found.missing),
    )


def _layer(change: LayerChange) -> protocol.LayerRow:
    return protocol.LayerRow(
        what=change.what,
        name=change.name,
        class_name=change.class_name,
        settings=_changes(change.settings),
    )


def _changes(changes: Iterable[Change]) -> list[protocol.ChangeRow]:
    rows: Any = [dataclasses.asdict(change) for change in changes]
    return rows  # type: ignore[no-any-return]
