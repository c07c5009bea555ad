"""Describe a fit for its views: the facts of the whole fit, and where it is now."""

from __future__ import annotations

from kwidgets import protocol as wire
from kwidgets.language import translated
from kwidgets.live import protocol
from kwidgets.live.page.view import LiveView
from kwidgets.live.run.fit_state import FitState


def describe_run(fit: FitState, view: LiveView) -> protocol.RunInfo:
    """Return the facts of the whole fit, as ``view`` shows them. From any thread."""
    live = view.receives_commands or not fit.on_main_thread
    info = protocol.RunInfo(
        run_id=view.run_id,
        fit=view.fit_number,
        model_name=fit.model_name,
        optimizer=fit.optimizer_name,
        backend=fit.backend,
        device=fit.devices.name,
        epochs=fit.progress.epochs,
        initial_epoch=fit.progress.initial_epoch,
        epochs_before=fit.reader.epochs_before,
        first_epoch=fit.reader.first_epoch,
        metrics=list(fit.reader.store.metrics.values()),
        controls="live" if live else "after_cell",
        options=fit.options,
        checkpoints=list(fit.extras.checkpoints),
    )
    if view.branch_of is not None:
        info["branch_of"] = view.branch_of
    if fit.reader.whole_epochs_rewound:
        info["epochs_rewound"] = fit.reader.whole_epochs_rewound
    if fit.rate.names:
        info["optimizers"] = list(fit.rate.names)
    return info


def describe_progress(fit: FitState) -> protocol.Progress:
    """Return where the fit is. From any thread."""
    progress = fit.progress
    rate = fit.rate.value
    is_overridden = fit.rate.is_overridden()
    warnings = [*fit.reader.not_finite_notices(_cause_of_nan(fit)), *fit.guard.failures.values()]
    if fit.devices.missing_gpu:
        warnings.insert(0, fit.devices.missing_gpu)
    described = protocol.Progress(
        status=fit.status.status,
        diverged=fit.reader.diverged,
        detail=fit.status.detail,
        phase=progress.phase,
        epoch=min(progress.epoch + 1, progress.epochs) if progress.epochs else progress.epoch + 1,
        batch=progress.batch,
        batches=progress.batches,
        validation_batch=progress.validation_batch,
        step=progress.step,
        total_steps=progress.total_steps,
        elapsed_seconds=fit.reader.duration,
        remaining_seconds=None if fit.status.ended else progress.remaining_seconds,
        steps_per_second=progress.steps_per_second,
        learning_rate=None if rate is None else wire.wire_number(rate),
        learning_rate_schedule=fit.rate.schedule,
        learning_rate_held=is_overridden,
        notices=[
            *(protocol.Notice(level="warning", text=text) for text in warnings),
            *(protocol.Notice(level="info", text=text) for text in fit.extras.notes),
        ],
        question=fit.extras.question,
        can_checkpoint=fit.extras.can_checkpoint and not fit.status.ended,
        nan_guard=fit.extras.nan_guard,
        devices=fit.devices.usage(),
    )
    if fit.rate.names:
        described["chosen_optimizer"] = fit.rate.chosen
    return described


def _cause_of_nan(fit: FitState) -> str:
    """Return what the layers say of where a NaN came from; "" where that is not known."""
    verdict = None if fit.layers is None else fit.layers.verdict
    return translated(verdict.title) if verdict is not None and verdict.is_known else ""
