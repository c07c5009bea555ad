"""Make the output that is saved in the notebook: readable without a kernel or kwidgets."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from kwidgets import protocol as wire
from kwidgets.language import t
from kwidgets.live import protocol
from kwidgets.live.numbers.metric_store import PARTIAL, MetricStore
from kwidgets.live.page.encode import snapshot_of
from kwidgets.live.page.fits_table import fits_table
from kwidgets.live.page.number_format import format_seconds, format_value
from kwidgets.live.page.status_labels import epoch_label, progress_label
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
    insight: Sequence[Any] = (),
    workers: protocol.Workers | None = None,
) -> dict[str, Any]:
    """Return the output as a mime bundle: data for our renderer, a picture, a line of text.

    The picture is an ``<img>`` of an SVG: GitHub, nbconvert and an untrusted notebook show it,
    and nothing in it can run. Below it is a table of the fits if the view has shown several.
    """
    snapshot = _reduced(store, run, progress, BATCH_BYTES, EPOCH_BYTES)
    snapshot["earlier"], snapshot["earlier_start"] = list(earlier), earlier_dropped
    snapshot["final"] = True
    if insight:
        snapshot["insight"] = list(insight)
    if workers is not None:
        snapshot["workers"] = workers
    text = summarize(store, run, progress)
    picture = base64.b64encode(draw_picture(store, run, progress).encode()).decode("ascii")
    names = [fit["snapshot"]["run"]["model_name"] for fit in earlier]
    lines = [
        t("Fit %1, %2: %3", earlier_dropped + i, name, fit["summary"])
        for i, (name, fit) in enumerate(zip(names, earlier, strict=True), start=1)
    ]
    table = ""
    if lines:
        text = t("Fit %1, %2: %3", run["fit"], run["model_name"], text)
        table = fits_table([*(fit["snapshot"] for fit in earlier), snapshot])
    return {
        protocol.MIME_TYPE: wire.envelope(protocol.SNAPSHOT, snapshot),
        "text/html": (
            f'<img alt="{html.escape(text)}" style="max-width:100%" '
            f'src="data:image/svg+xml;base64,{picture}">{table}'
        ),
        "text/plain": "\n".join([*lines, text]),
    }


def earlier_snapshot(
    store: MetricStore, run: protocol.RunInfo, progress: protocol.Progress
) -> protocol.EarlierFit:
    """Return a small snapshot of a fit, as JSON, for when the view shows the next one."""
    snapshot = _reduced(store, run, progress, EARLIER_BYTES, EARLIER_BYTES)
    summary = summarize(store, run, progress)
    return protocol.EarlierFit(summary=summary, snapshot=snapshot)


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
        max_batch_rows=_rows_in(batch_bytes, 3 + len(store.batch.names)),
        max_epoch_rows=_rows_in(epoch_bytes, 3 + len(store.epoch.names)),
    )
    snapshot["marks"] = snapshot["marks"][-SAVED_MARKS:]
    return snapshot


def summarize(store: MetricStore, run: protocol.RunInfo, progress: protocol.Progress) -> str:
    """Return the run in a line, such as
    ``Training finished: 10 of 10 epochs, 0:12. loss 0.05, validation 0.08 (best 0.07, epoch 8)``.
    """
    detail = f" {progress['detail']}" if progress["detail"] else ""
    return f"{_summary_head(store, run, progress)}{detail} {latest_values(store)}".rstrip()


def _summary_head(store: MetricStore, run: protocol.RunInfo, progress: protocol.Progress) -> str:
    label, seconds = progress_label(progress), format_seconds(progress["elapsed_seconds"])
    epochs = run["epochs"]
    with store.lock:
        last = store.epoch.view(MAX_EPOCHS_READ).columns
    end = math.ceil(last["epoch"][-1] - 1e-3) if len(last["epoch"]) else 0
    ended = max(0, end - store.epochs_before)
    rewound = run.get("epochs_rewound", 0)
    if store.epochs_before or rewound:
        # The values name epochs by their numbers on the curves, which differ from Keras's.
        in_keras = run["initial_epoch"] + ended + rewound
        epoch = epoch_label(run, in_keras if ended else progress["epoch"])
        return t("Training %1: %2, %3.", label, epoch, seconds)
    if not epochs and not progress["epoch"]:  # workers that have not begun a fit
        return t("Training %1, %2.", label, seconds)
    if not epochs:
        finished = t("1 epoch") if ended == 1 else t("%1 epochs", ended)
        return t("Training %1: %2, %3.", label, finished, seconds)
    if ended and PARTIAL in last and last[PARTIAL][-1] == 1:
        return t(
            "Training %1: %2 of %3 epochs and a part of epoch %4, %5.",
            *(label, ended - 1, epochs, ended, seconds),
        )
    return t("Training %1: %2 of %3 epochs, %4.", label, ended, epochs, seconds)


def latest_values(store: MetricStore) -> str:
    """Return the metrics, such as ``loss 0.05, validation 0.08 (best 0.07, epoch 8)``."""
    with store.lock:
        latest, best = store.latest(), dict(store.best)
    parts = []
    for name, values in latest.items():
        if not values:
            continue
        texts = []
        if "training" in values:
            texts.append(format_value(values["training"]))
        if "validation" in values:
            texts.append(t("validation %1", format_value(values["validation"])))
        part = f"{name} {', '.join(texts)}"
        if name in best:
            part = f"{part} {_best_note(best[name], values)}"
        parts.append(part)
    return "; ".join(parts)


def _best_note(best: protocol.BestEpoch, values: Mapping[protocol.Split, float]) -> str:
    value = format_value(best["value"])
    if best["split"] == "validation" and "validation" not in values:
        # An earlier fit of the model was validated, this one was not.
        return t("(best validation %1, epoch %2)", value, best["epoch"])
    return t("(best %1, epoch %2)", value, best["epoch"])


def _rows_in(num_bytes: int, columns: int) -> int:
    return max(16, min(500, num_bytes // (4 * columns)))
