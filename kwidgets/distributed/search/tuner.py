"""Watch the search of a KerasTuner tuner: its trials in our view, in place of its printed table.

Only public names of KerasTuner are used: the tuner's hooks ``on_trial_begin`` and ``on_trial_end``,
its oracle's ``objective``, ``verbose`` and ``get_space``, and what trials have.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

from kwidgets.distributed.search.controls import SearchControls
from kwidgets.distributed.search.page.output import SearchOutput
from kwidgets.distributed.search.page.running_trial import watched_fits
from kwidgets.distributed.search.page.searches import searches
from kwidgets.distributed.search.state import Head, SearchState
from kwidgets.distributed.search.trial_row import (
    Direction,
    ParamSpace,
    TrialRow,
    TrialState,
    plain_param,
    plain_params,
)
from kwidgets.distributed.search.trial_watch import TrialWatch, watch_of_this_thread
from kwidgets.language import t

_STATES: dict[str, TrialState] = {
    "COMPLETED": "complete",
    "FAILED": "failed",
    "INVALID": "failed",
    "STOPPED": "pruned",
    "RUNNING": "interrupted",
}


class _SearchStoppedError(Exception):
    """The user has stopped the search."""


def search_with_tuner(tuner: Any, *args: Any, **kwargs: Any) -> Any:
    """Call ``tuner.search`` with these arguments, and show it in our view.

    Raises:
        TypeError: the tuner optimizes several values, or none that is known.
    """
    return watch_tuner(tuner, tuner.search, args, kwargs)


def watch_tuner(
    tuner: Any, search: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Return what ``search`` returns, and show its trials meanwhile.

    Args:
        tuner: a tuner of KerasTuner.
        search: its ``search``.
        args, kwargs: its arguments.
    """
    if watch_of_this_thread() is not None or getattr(tuner, "_kwidgets_watched", False):
        return search(*args, **kwargs)
    follower = _Tuner(tuner)
    output = SearchOutput(follower.state)
    searches.add(follower.state, follower.controls)
    output.show()
    follower.after_trial = output.refresh
    try:
        with follower.hooks(), watched_fits(follower.state):
            returned = search(*args, **kwargs)
        follower.state.change(status="finished")
        return returned
    except _SearchStoppedError:
        follower.state.change(status="stopped")
        return None
    except KeyboardInterrupt:
        follower.state.change(status="interrupted")
        raise
    except BaseException as error:
        follower.state.change(status="failed", detail=f"{type(error).__name__}: {error}")
        raise
    finally:
        follower.end_trial(interrupted=True)
        output.finish()


class _Tuner:
    """Follows the trials of a tuner.

    Args:
        tuner: of KerasTuner.
    """

    def __init__(self, tuner: Any) -> None:
        self._tuner = tuner
        oracle = tuner.oracle
        objective = oracle.objective
        if isinstance(objective, list | tuple):
            raise TypeError("kwidgets.search shows searches for one objective; call tuner.search.")
        self._metric = str(objective.name)
        direction = "maximize" if objective.direction == "max" else "minimize"
        self.state = SearchState(
            Head(
                title=str(getattr(tuner, "project_name", type(tuner).__name__)),
                metric=self._metric,
                direction=cast(Direction, direction),
                planned=getattr(oracle, "max_trials", None),
                storage=str(getattr(tuner, "project_dir", "")),
            )
        )
        self.controls = SearchControls(self.state)
        self.after_trial: Callable[[], None] = lambda: None
        self._numbers: dict[str, int] = {}
        self._watch: TrialWatch | None = None
        # A search that goes on: KerasTuner has reloaded its trials.
        for trial in getattr(oracle, "trials", {}).values():
            self.state.put(self._row(trial))

    @contextlib.contextmanager
    def hooks(self) -> Iterator[None]:
        """Have the tuner call us before and after each trial, and print nothing itself."""
        tuner, oracle = self._tuner, self._tuner.oracle
        begin, end = tuner.on_trial_begin, tuner.on_trial_end
        verbose = getattr(oracle, "verbose", None)

        def on_trial_begin(trial: Any) -> None:
            self._begin_trial(trial)
            begin(trial)

        def on_trial_end(trial: Any) -> None:
            end(trial)
            self.end_trial(trial)

        tuner.on_trial_begin, tuner.on_trial_end = on_trial_begin, on_trial_end
        tuner._kwidgets_watched = True
        if verbose is not None:
            oracle.verbose = 0
        try:
            yield
        finally:
            # The methods of its class are back.
            del tuner.on_trial_begin, tuner.on_trial_end, tuner._kwidgets_watched
            if verbose is not None:
                oracle.verbose = verbose

    def _begin_trial(self, trial: Any) -> None:
        self.controls.receive()
        self.controls.wait_while_paused()
        if self.controls.stops:
            raise _SearchStoppedError
        self._add_space()
        row = self._row(trial)
        row.state, row.started = "running", time.time()
        self._watch = TrialWatch(
            self.state,
            self.controls,
            row,
            self._metric,
            tags=(self.state.head.title, f"trial {trial.trial_id}"),
        )
        self._watch.__enter__()

    def end_trial(self, trial: Any = None, interrupted: bool = False) -> None:
        """Show how the running trial has ended, if there is one."""
        watch, self._watch = self._watch, None
        if watch is None:
            return
        watch.__exit__()
        if interrupted or trial is None:
            watch.row.state = "interrupted"
        else:
            ended = self._row(trial)
            watch.row.state, watch.row.value = ended.state, ended.value
            # A hypermodel may ask for further ones while it runs.
            watch.row.params = ended.params
            self._add_space()
            watch.row.detail = ended.detail
            if watch.row.number in self.controls.stopped_trials:
                watch.row.state, watch.row.detail = "pruned", t("Stopped by you")
        self.state.put(watch.row)
        self.after_trial()
        if self.controls.stops and not interrupted:
            raise _SearchStoppedError

    def _row(self, trial: Any) -> TrialRow:
        """Return a trial of KerasTuner as plain data."""
        number = self._numbers.setdefault(str(trial.trial_id), len(self._numbers))
        message = str(getattr(trial, "message", None) or "").strip()
        return TrialRow(
            number=number,
            state=_STATES.get(str(trial.status), "complete"),
            params=plain_params(
                {
                    name: value
                    for name, value in trial.hyperparameters.values.items()
                    # Its own of Hyperband.
                    if not str(name).startswith("tuner/")
                }
            ),
            value=None if trial.score is None else float(trial.score),
            epochs=int(getattr(trial, "best_step", None) or 0),
            detail=message.splitlines()[-1] if message else "",
        )

    def _add_space(self) -> None:
        spaces = []
        for each in self._tuner.oracle.get_space().space:
            if str(each.name).startswith("tuner/"):
                continue
            values = getattr(each, "values", None)
            low, high = (getattr(each, end, None) for end in ("min_value", "max_value"))
            if low is not None and high is not None:
                log = getattr(each, "sampling", None) in ("log", "reverse_log")
                spaces.append(ParamSpace(str(each.name), float(low), float(high), log))
            elif values:
                spaces.append(ParamSpace(str(each.name), choices=tuple(map(plain_param, values))))
        self.state.add_space(spaces)
