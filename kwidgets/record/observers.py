"""Make the observers that record a training; one function for ``add_observers``."""

from __future__ import annotations

from collections.abc import Iterable

from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import RunObserver
from kwidgets.record.fit_checkpoints import FitCheckpoints
from kwidgets.record.fit_recorder import FitRecorder
from kwidgets.record.fit_rewind import FitRewind
from kwidgets.record.nan_guard.guard import NanGuard
from kwidgets.record.recording import recording


def observe_run(run: FitRun) -> Iterable[RunObserver]:
    """Return what records and restores a training, in the order in which it is called."""
    if run.kind == "evaluation":
        return ()
    # First, so that no checkpoint has a state that the guard is about to replace.
    guard = (NanGuard(run),) if run.kind == "fit" else ()
    if not recording.on:
        return guard
    recorder = FitRecorder(run)
    checkpoints = FitCheckpoints(run, recorder)
    rewind = FitRewind(run, recorder, checkpoints)
    found: list[RunObserver] = [*guard, recorder, checkpoints, rewind]
    if recording.tensorboard is not None:
        # TensorBoard's library is imported for those who ask for it.
        from kwidgets.record.export.live_tensorboard import write_for_tensorboard

        # After the recorder: it reads what that writes.
        found += write_for_tensorboard(run)
    return found
