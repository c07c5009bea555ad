"""Run trials in the kernel, one after the other: each fit is an ordinary fit of the notebook."""

from __future__ import annotations

import math
import numbers
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import optuna
from optuna.trial import TrialState

from kwidgets.distributed.search.controls import SearchControls
from kwidgets.distributed.search.outcome import Outcome
from kwidgets.distributed.search.state import SearchState
from kwidgets.distributed.search.study import plain_spaces
from kwidgets.distributed.search.trial_row import TrialRow, plain_params
from kwidgets.distributed.search.trial_watch import TrialWatch
from kwidgets.language import t


class LocalTrials:
    """Runs the objective in the thread that starts a trial.

    Args:
        objective: called with the trial, or with the hyperparameters of ``space``.
        by_name: whether it is called with the hyperparameters.
        state: of the search.
        controls: of the search.
        metric: of which each epoch's value is reported; None for the validation loss.
    """

    slots = 1

    def __init__(
        self,
        objective: Callable[..., Any],
        by_name: bool,
        state: SearchState,
        controls: SearchControls,
        metric: str | None,
    ) -> None:
        self._objective = objective
        self._by_name = by_name
        self._state = state
        self._controls = controls
        self._metric = metric

    def start(self, trial: optuna.Trial) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        future.set_result(self._run(trial))
        return future

    def _run(self, trial: optuna.Trial) -> Outcome:
        started = trial.datetime_start
        row = TrialRow(
            number=trial.number,
            state="running",
            params=plain_params(trial.params),
            started=0.0 if started is None else started.timestamp(),
        )
        name = trial.study.study_name
        watch = TrialWatch(
            self._state,
            self._controls,
            row,
            self._metric,
            tags=(name, f"trial {trial.number}"),
            report=_reporter(trial),
        )
        self._follow_suggestions(trial, watch)
        report = trial.report

        def report_of_user(value: float, step: int) -> None:
            report(value, step)
            watch.report_of_user(float(value), int(step))

        trial.report = report_of_user  # type: ignore[method-assign]
        with watch:
            return self._outcome(trial, watch)

    def _outcome(self, trial: optuna.Trial, watch: TrialWatch) -> Outcome:
        row = watch.row
        error: Exception | None = None
        returned: Any = None
        state = TrialState.COMPLETE
        detail = ""
        try:
            returned = self._objective(**trial.params) if self._by_name else self._objective(trial)
        except optuna.TrialPruned as pruned:
            state, detail = TrialState.PRUNED, str(pruned)
        except Exception as raised:
            state, error = TrialState.FAIL, raised
            detail = describe_failure(raised, self._objective)
        common: dict[str, Any] = {"runs": tuple(row.runs), "epochs": row.epochs}
        if error is not None:
            return Outcome(state, None, detail, error, **common)
        if row.number in self._controls.stopped_trials:
            return Outcome(
                TrialState.PRUNED, None, t("Stopped by you"), model=watch.model, **common
            )
        if state == TrialState.PRUNED or watch.pruned:
            return Outcome(TrialState.PRUNED, None, detail, model=watch.model, **common)
        try:
            value = value_of(returned, watch)
        except (TypeError, ValueError) as problem:
            return Outcome(TrialState.FAIL, None, str(problem), problem, **common)
        if math.isnan(value):
            return Outcome(TrialState.FAIL, None, t("The value is NaN."), **common)
        return Outcome(state, value, "", model=watch.model, **common)

    def _follow_suggestions(self, trial: optuna.Trial, watch: TrialWatch) -> None:
        """Show a hyperparameter as soon as the objective has asked for it."""
        names = ("suggest_float", "suggest_int", "suggest_categorical")
        for name in names if not self._by_name else ():
            suggest = getattr(trial, name)

            def suggesting(
                *args: Any, _suggest: Callable[..., Any] = suggest, **kwargs: Any
            ) -> Any:
                value = _suggest(*args, **kwargs)
                watch.row.params = plain_params(trial.params)
                self._state.add_space(plain_spaces(trial.distributions))
                self._state.put(watch.row)
                return value

            setattr(trial, name, suggesting)


def _reporter(trial: optuna.Trial) -> Callable[[float, int], bool]:
    report = trial.report

    def report_and_ask(value: float, step: int) -> bool:
        report(value, step)
        return trial.should_prune()

    return report_and_ask


def describe_failure(error: Exception, objective: Callable[..., Any]) -> str:
    """Return what an objective has raised, and in which of its lines."""
    text = "".join(traceback.format_exception_only(error)).strip()
    code = getattr(objective, "__code__", None)
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if code is not None and frame.filename == code.co_filename
    ]
    if not lines or lines[-1] is None or code is None:
        return text
    # As the notebook counts the lines of the cell.
    return t("%1 (line %2)", text, lines[-1])


def value_of(returned: Any, watch: TrialWatch) -> float:
    """Return the value of a trial from what its objective has returned.

    Raises:
        TypeError: that is no number, and there was no fit.
        ValueError: the fit does not have the metric.
    """
    if isinstance(returned, numbers.Real) and not isinstance(returned, bool):
        return float(returned)
    logs = getattr(returned, "history", None)
    if returned is None or isinstance(logs, Mapping):
        value = watch.best_value
        if value is not None:
            return value
        raise ValueError(
            t(
                "The objective returned no number, and no fit in it has the metric “%1”. Return a "
                "number, or pass metric=.",
                watch.state.head.metric or "val_loss",
            )
        )
    try:
        # A scalar of NumPy or of a backend.
        return float(returned)
    except (TypeError, ValueError):
        raise TypeError(
            t(
                "The objective must return a number, what fit returns, or None; it returned %1 "
                "(%2).",
                repr(returned)[:100],
                type(returned).__name__,
            )
        ) from None
