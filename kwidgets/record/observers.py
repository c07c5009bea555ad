"""Make the observers that record a training; one function for ``add_observers``."""

from __future__ import annotations

from collections.abc import Iterable

from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import RunObserver
from kwidgets.record.fit_checkpoints import FitCheckpoints
from kwidgets.record.fit_recorder import FitRecorder
from kwidgets.record.recording import recording


def observe_run(run: FitRun) -> Iterable[RunObserver]:
    """Return what records a training, in the order in which it is called."""
    if not recording.on:
        return ()
    recorder = FitRecorder(run)
    found: list[RunObserver] = [recorder, FitCheckpoints(run, recorder)]
    if recording.tensorboard is not None:
        # TensorBoard's library is imported for those who ask for it.
        from kwidgets.record.export.live_tensorboard import write_for_tensorboard

        # After the recorder: it reads what that writes.
        found += write_for_tensorboard(run)
    return found
