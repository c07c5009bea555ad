"""Let the fits of a trial report to it; one function for ``add_observers``."""

from __future__ import annotations

from collections.abc import Iterable

from kwidgets.distributed.search.trial_watch import TrialWatch, watch_of_this_thread
from kwidgets.language import message
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import RunObserver


def observe_run(run: FitRun) -> Iterable[RunObserver]:
    """Return what connects a fit with the trial that runs on its thread."""
    watch = watch_of_this_thread()
    if watch is None or run.kind == "evaluation":
        return ()
    # What records the run writes them when it begins.
    run.state.extras.tags.extend(watch.tags)
    run.state.extras.may_resume = False
    return (TrialFit(run, watch),)


class TrialFit(RunObserver):
    """Reports one fit of a trial, and ends it when the trial is pruned.

    Args:
        run: the fit, which begins.
        watch: the trial.
    """

    label = "The search"

    def __init__(self, run: FitRun, watch: TrialWatch) -> None:
        self._run = run
        self._watch = watch

    def begin(self) -> None:
        self._watch.begin_fit(self._run.store.recorded_as)
        self._watch.controls.add_fit(self._run, self._watch.row.number)

    def end_epoch(self, epoch: int) -> None:
        fit = self._run.state
        # Stopped in mid-epoch: its means are not those of an epoch.
        if fit.trainer.stop_training and fit.status.status == "stopping":
            complete = fit.progress.batch == fit.progress.batches
            if not complete:
                return
        if self._watch.end_epoch(epoch + 1, fit.reader.logs) and not fit.trainer.stop_training:
            fit.trainer.stop_training = True
            fit.end_reason = message("Pruned: other trials were better at this epoch")

    def end(self) -> None:
        self._watch.model = self._run.model
        self._watch.controls.remove_fit(self._run)
