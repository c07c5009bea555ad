"""What a view shows before a fit of the workers has begun."""

from __future__ import annotations

from kwidgets.distributed.messages import FitItem
from kwidgets.live import protocol
from kwidgets.live.view_options import DEFAULTS


def placeholder(backend: str) -> FitItem:
    """Return the item of a fit that has not begun."""
    options = protocol.ViewOptions(
        x_axis=DEFAULTS["x_axis"],
        smoothing=DEFAULTS["smoothing"],
        log_scale=DEFAULTS["log_scale"],
    )
    run = protocol.RunInfo(
        run_id="",
        fit=1,
        model_name="",
        optimizer="",
        backend=backend,
        device="",
        epochs=0,
        initial_epoch=0,
        epochs_before=0,
        first_epoch=0,
        metrics=[],
        controls="live",
        options=options,
        checkpoints=[],
    )
    progress = protocol.Progress(
        status="running",
        diverged=False,
        detail="",
        phase="starting",
        epoch=0,
        batch=0,
        batches=None,
        validation_batch=0,
        step=0,
        total_steps=None,
        elapsed_seconds=0.0,
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
    return FitItem(
        kind="fit",
        fit=0,
        attempt=1,
        run=run,
        progress=progress,
        recorded_as=None,
        branch=0,
        branch_step=0,
        complete=True,
        rows=[],
    )
