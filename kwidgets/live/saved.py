"""What stays in the notebook when a fit has ended: readable with no kernel and no kwidgets."""

from __future__ import annotations

import base64
import html
from typing import Any

from kwidgets import protocol
from kwidgets.live.encode import as_json, snapshot_of
from kwidgets.live.metrics import MetricStore
from kwidgets.live.picture import draw_picture

# So much raw data a table at most: with the picture, a saved run stays under 150 kB.
BATCH_BYTES = 30_000
EPOCH_BYTES = 18_000


def saved_bundle(
    store: MetricStore, run: protocol.RunInfo, progress: protocol.Progress
) -> dict[str, Any]:
    """Return the output as a mime bundle: data for our renderer, a picture, a line of text.

    The picture is an ``<img>`` of an SVG: GitHub, nbconvert and an untrusted notebook show it,
    and nothing in it can run.
    """
    snapshot = snapshot_of(
        store,
        run,
        progress,
        max_batch_rows=_rows_in(BATCH_BYTES, 3 + 3 * len(store.batch.names)),
        max_epoch_rows=_rows_in(EPOCH_BYTES, 3 + len(store.epoch.names)),
    )
    text = summarize(store, run, progress)
    picture = base64.b64encode(draw_picture(store, run, progress).encode()).decode("ascii")
    return {
        protocol.MIME_TYPE: protocol.envelope(protocol.SNAPSHOT, as_json(snapshot)),
        "text/html": (
            f'<img alt="{html.escape(text)}" style="max-width:100%" '
            f'src="data:image/svg+xml;base64,{picture}">'
        ),
        "text/plain": text,
    }


def summarize(store: MetricStore, run: protocol.RunInfo, progress: protocol.Progress) -> str:
    """Return the run in a line, such as
    ``Training finished: 10 of 10 epochs, 0:12. loss 0.05, validation 0.08 (best 0.07, epoch 8)``.
    """
    with store.lock:
        epochs = store.epoch.view(1).columns
        finished = int(epochs["epoch"][-1]) - run["initial_epoch"] if len(epochs["epoch"]) else 0
        parts = []
        for name in store.metrics:
            latest = [
                f"{'' if split == 'training' else 'validation '}{format_value(column[-1])}"
                for split in ("training", "validation")
                if (column := epochs.get(f"{split}/{name}")) is not None and len(column)
            ]
            if not latest:
                continue
            best = store.best.get(name)
            note = f" (best {format_value(best['value'])}, epoch {best['epoch']})" if best else ""
            parts.append(f"{name} {', '.join(latest)}{note}")
    wanted = run["epochs"] - run["initial_epoch"]
    head = (
        f"Training {progress['status']}: {finished} of {wanted} epochs, "
        f"{format_seconds(progress['elapsed_seconds'])}."
    )
    detail = f" {progress['detail']}" if progress["detail"] else ""
    return f"{head}{detail} {'; '.join(parts)}".rstrip()


def format_value(value: float) -> str:
    """Return a metric's value with four significant digits."""
    return f"{value:.4g}"


def format_seconds(seconds: float) -> str:
    """Return a duration as m:ss, or h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _rows_in(num_bytes: int, columns: int) -> int:
    return max(16, min(500, num_bytes // (4 * columns)))
