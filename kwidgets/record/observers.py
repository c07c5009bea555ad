"""Make the observers that record a training; one function for ``add_observer``."""

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
    return recorder, FitCheckpoints(run, recorder)
