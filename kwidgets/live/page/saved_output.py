"""Make the output that is saved in the notebook: readable without a kernel or kwidgets."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from typing import Any

import numpy as np

from kwidgets import protocol as wire
from kwidgets.language import t
from kwidgets.live import protocol
from kwidgets.live.numbers.bounded_table import FloatArray
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.encode import as_json, snapshot_of
from kwidgets.live.page.number_format import format_seconds, format_value
from kwidgets.live.page.status_labels import status_label
from kwidgets.live.page.svg_picture import draw_picture

# The most raw data of each table: with the picture, a saved run stays under 150 kB.
BATCH_BYTES = 24_000
EPOCH_BYTES = 14_000
# The same for each earlier fit of a loop.
EARLIER_BYTES = 3_000
MAX_EPOCHS_READ = 500
SAVED_MARKS = 40


def saved_bundle(
    store: MetricStore,
    run: protocol.RunInfo,
    progress: protocol.Progress,
    earlier: Sequence[protocol.EarlierFit] = (),
    earlier_dropped: int = 0,
) -> dict[str, Any]:
    """Return the output as a mime bundle: data for our renderer, a picture, a line of text.

    The picture is an ``<img>`` of an SVG: GitHub, nbconvert and an untrusted notebook show it,
    and nothing in it can run. Below it is a line for each earlier fit of the view.
    """
    snapshot = _reduced(store, run, progress, BATCH_BYTES, EPOCH_BYTES)
    snapshot["earlier"], snapshot["earlier_start"] = list(earlier), earlier_dropped
    snapshot["final"] = True
    text = summarize(store, run, progress)
    picture = base64.b64encode(draw_picture(store, run, progress).encode()).decode("ascii")
    lines = [
        t("Fit %1: %2", earlier_dropped + i, fit["summary"])
        for i, fit in enumerate(earlier, start=1)
    ]
    if lines:
        text = t("Fit %1: %2", run["fit"], text)
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return {
        protocol.MIME_TYPE: wire.envelope(protocol.SNAPSHOT, as_json(snapshot)),
        "text/html": (
            f'<img alt="{html.escape(text)}" style="max-width:100%" '
            f'src="data:image/svg+xml;base64,{picture}">' + (f"<ul>{items}</ul>" if items else "")
        ),
        "text/plain": "\n".join([*lines, text]),
    }


def earlier_snapshot(
    store: MetricStore, run: protocol.RunInfo, progress: protocol.Progress
) -> protocol.EarlierFit:
    """Return a small snapshot of a fit, as JSON, for when the view shows the next one."""
    snapshot = _reduced(store, run, progress, EARLIER_BYTES, EARLIER_BYTES)
    summary = summarize(store, run, progress)
    return protocol.EarlierFit(summary=summary, snapshot=as_json(snapshot))


def _reduced(
    store: MetricStore,
    run: protocol.RunInfo,
    progress: protocol.Progress,
    batch_bytes: int,
    epoch_bytes: int,
) -> protocol.Snapshot:
    """Return a snapshot with the latest marks and at most about so many bytes a table."""
    snapshot = snapshot_of(
        store,
        run,
        progress,
        max_batch_rows=_rows_in(batch_bytes, 3 + 3 * len(store.batch.names)),
        max_epoch_rows=_rows_in(epoch_bytes, 3 + len(store.epoch.names)),
    )
    snapshot["marks"] = snapshot["marks"][-SAVED_MARKS:]
    return snapshot


def summarize(store: MetricStore, run: protocol.RunInfo, progress: protocol.Progress) -> str:
    """Return the run in a line, such as
    ``Training finished: 10 of 10 epochs, 0:12. loss 0.05, validation 0.08 (best 0.07, epoch 8)``.
    """
    with store.lock:
        epochs = store.epoch.view(MAX_EPOCHS_READ).columns
    before = run["initial_epoch"] + run["epochs_before"]
    finished = max(0, int(epochs["epoch"][-1]) - before) if len(epochs["epoch"]) else 0
    status, time = status_label(progress["status"]), format_seconds(progress["elapsed_seconds"])
    if run["epochs"]:
        wanted = run["epochs"] - run["initial_epoch"]
        head = t("Training %1: %2 of %3 epochs, %4.", status, finished, wanted, time)
    else:
        count = t("1 epoch") if finished == 1 else t("%1 epochs", finished)
        head = t("Training %1: %2, %3.", status, count, time)
    detail = f" {progress['detail']}" if progress["detail"] else ""
    return f"{head}{detail} {latest_values(store)}".rstrip()


def latest_values(store: MetricStore) -> str:
    """Return the metrics, such as ``loss 0.05, validation 0.08 (best 0.07, epoch 8)``."""
    with store.lock:
        epochs = store.epoch.view(MAX_EPOCHS_READ).columns
        parts = []
        for name in store.metrics:
            latest = [
                format_value(value)
                if split == "training"
                else t("validation %1", format_value(value))
                for split in ("training", "validation")
                if (value := _last(epochs.get(f"{split}/{name}"))) is not None
            ]
            if not latest:
                continue
            best = store.best.get(name)
            part = f"{name} {', '.join(latest)}"
            if best:
                note = t("(best %1, epoch %2)", format_value(best["value"]), best["epoch"])
                part = f"{part} {note}"
            parts.append(part)
    return "; ".join(parts)


def _last(column: FloatArray | None) -> float | None:
    """Return the last value: with validation_freq, the last epoch may have none."""
    if column is None or not len(column):
        return None
    known = np.flatnonzero(~np.isnan(column))
    return float(column[known[-1]] if len(known) else column[-1])


def _rows_in(num_bytes: int, columns: int) -> int:
    return max(16, min(500, num_bytes // (4 * columns)))
