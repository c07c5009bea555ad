"""Follow the trial that runs on a thread: its fits report to it, and may be ended by it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from kwidgets.distributed.search.controls import SearchControls
from kwidgets.distributed.search.state import SearchState
from kwidgets.distributed.search.trial_row import TrialRow

# The trials that run now, by the thread in which their fits run.
_watches: dict[int, TrialWatch] = {}


def watch_of_this_thread() -> TrialWatch | None:
    """Return the trial that runs on this thread; None outside a search."""
    return _watches.get(threading.get_ident())


class TrialWatch:
    """One trial, from its beginning to its end. Used on the thread on which it runs.

    Args:
        state: of the search; the row of the trial goes there.
        controls: of the search.
        row: of the trial, which begins.
        metric: of which each epoch's value is reported; None for the validation loss, or else the
            loss.
        tags: of the recorded runs.
        report: called with the value and the number of epochs so far; None where nothing prunes.
            Returns whether the trial is to be pruned.
    """

    def __init__(
        self,
        state: SearchState,
        controls: SearchControls,
        row: TrialRow,
        metric: str | None,
        tags: tuple[str, ...],
        report: Callable[[float, int], bool] | None = None,
    ) -> None:
        self.state = state
        self.controls = controls
        self.row = row
        self.tags = tags
        self._metric = metric
        self._report = report
        self._began = time.monotonic()
        # Epochs of earlier fits of this trial.
        self._epochs_before = 0
        #: Whether the objective reports its own values: ours would be mixed with them.
        self.user_reports = False
        #: Whether a fit was ended because the trial is not worth it.
        self.pruned = False
        #: The model that was trained last.
        self.model: Any = None
        #: The value of the metric in each epoch of the last fit.
        self.values: list[float] = []
        #: The last logs of the last fit.
        self.logs: dict[str, float] = {}

    def __enter__(self) -> TrialWatch:
        _watches[threading.get_ident()] = self
        self.state.put(self.row)
        return self

    def __exit__(self, *exception: object) -> None:
        _watches.pop(threading.get_ident(), None)
        self.row.seconds = self.seconds

    @property
    def seconds(self) -> float:
        """Since the trial began."""
        return time.monotonic() - self._began

    def begin_fit(self, run_id: str | None) -> None:
        """Note that a fit of this trial begins."""
        self._epochs_before = self.row.epochs
        self.values = []
        if run_id is not None:
            self.row.runs.append(run_id)
        self.state.put(self.row)

    def end_epoch(self, epoch: int, logs: Mapping[str, float]) -> bool:
        """Report the results of an epoch of a fit, from 1; return whether the fit is to end."""
        self.row.epochs = self._epochs_before + epoch
        self.logs = dict(logs)
        metric = self.find_metric(logs)
        value = None if metric is None else logs.get(metric)
        prune = False
        if value is not None:
            self.values.append(value)
            if not self.user_reports:
                self.row.add_point(self.row.epochs, value)
                if self._report is not None:
                    prune = self._report(value, self.row.epochs)
        self.pruned = self.pruned or prune
        self.state.put(self.row)
        return self.pruned

    def report_of_user(self, value: float, step: int) -> None:
        """Show a value that the objective has reported itself."""
        if not self.user_reports:
            self.user_reports = True
            self.row.curve = []
        self.row.add_point(step, value)
        self.state.put(self.row)

    def find_metric(self, logs: Mapping[str, float]) -> str | None:
        """Return the name of the reported metric; None if the fit does not have it."""
        if self._metric is None:
            self._metric = "val_loss" if "val_loss" in logs else "loss"
            self.state.change(metric=self._metric)
        if self._metric in logs:
            return self._metric
        has = ", ".join(logs)
        self.state.add_note(missing_metric(self._metric, has))
        return None

    @property
    def best_value(self) -> float | None:
        """The best value of the metric in the last fit; None without any."""
        values = [value for value in self.values if not math.isnan(value)]
        if not values:
            return self.values[-1] if self.values else None
        better = max if self.state.head.direction == "maximize" else min
        return better(values)


def missing_metric(metric: str, has: str) -> str:
    """Return why a trial has no curve."""
    from kwidgets.language import t

    return t("The fits have no metric “%1”, so no trial can be pruned. They have: %2.", metric, has)
