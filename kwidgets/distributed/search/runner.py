"""Run the trials of a study: ask for one, launch it, tell how it ended, until there are enough."""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState as OptunaState

from kwidgets.distributed.search.best_model import BestModel
from kwidgets.distributed.search.controls import SearchControls
from kwidgets.distributed.search.earlier_trials import outside
from kwidgets.distributed.search.importance import Importance
from kwidgets.distributed.search.outcome import Launch, Outcome
from kwidgets.distributed.search.state import SearchState
from kwidgets.distributed.search.storage import ATTRIBUTE, attributes_of
from kwidgets.distributed.search.study import plain_spaces, retry, row_of, trial_of
from kwidgets.distributed.search.trial_row import TrialState
from kwidgets.language import t
from kwidgets.record.fit_facts.process import describe_process

logger = logging.getLogger("kwidgets")

# Between two looks at what the user wants, while trials run elsewhere.
_WAIT_SECONDS = 0.5


class TooManyFailuresError(RuntimeError):
    """So many trials in a row have failed that the objective itself must be wrong."""


class SearchRunner:
    """Runs the trials of one search.

    Args:
        study: of the search.
        space: the hyperparameters that are chosen before the objective is called.
        launch: starts a trial.
        state: what the views show.
        controls: of the search.
        best_model: keeps the model of the best trial; None to keep none.
        max_failures: so many failed trials in a row end the search.
        after_trial: called after each trial.
    """

    def __init__(
        self,
        study: optuna.Study,
        space: Mapping[str, BaseDistribution],
        launch: Launch,
        state: SearchState,
        controls: SearchControls,
        best_model: BestModel | None,
        max_failures: int,
        after_trial: Callable[[], None],
    ) -> None:
        self._study = study
        self._space = dict(space)
        self._launch = launch
        self._state = state
        self._controls = controls
        self._best_model = best_model
        self._max_failures = max_failures
        self._after_trial = after_trial
        self._importance = Importance()
        self._failures = 0
        self._running: dict[Future[Outcome], optuna.Trial] = {}

    def run(self, trials: int | None, timeout: float | None) -> None:
        """Run so many trials, or until so many seconds have passed, or the user stops.

        Raises:
            TooManyFailuresError: too many trials in a row have failed.
            KeyboardInterrupt: Ctrl-C was pressed; the trial is queued again.
        """
        until = None if timeout is None else time.monotonic() + timeout
        begun = 0

        def may_begin() -> bool:
            enough = trials is not None and begun >= trials
            late = until is not None and time.monotonic() >= until
            return not (enough or late or self._controls.stops)

        while True:
            self._controls.receive()
            while len(self._running) < self._launch.slots and may_begin():
                if self._controls.is_paused:
                    break
                self._begin()
                begun += 1
            if self._running:
                done, _ = wait(self._running, _WAIT_SECONDS, FIRST_COMPLETED)
                for future in done:
                    trial = self._running.pop(future)
                    self._end(trial, future.result())
            elif may_begin():
                self._controls.wait_while_paused()
            else:
                break
        self._compute_importance(at_once=True)

    def _begin(self) -> None:
        trial = self._ask()
        self._state.add_space(plain_spaces(trial.distributions))
        try:
            future = self._launch.start(trial)
        except BaseException:
            # Ctrl-C, or SystemExit: the search can be continued.
            retry(self._study, trial.number, trial.params)
            self._show(trial.number, "interrupted")
            raise
        self._running[future] = trial

    def _ask(self) -> optuna.Trial:
        """Return the next trial, with a value of each hyperparameter of the space."""
        while True:
            began = datetime.datetime.now()
            trial: optuna.Trial | None = None
            try:
                trial = self._study.ask()
                ours = {"process": describe_process()}
                earlier = trial_of(self._study, trial.number)
                queued = earlier.system_attrs.get("fixed_params", {})
                is_retried = "retries" in attributes_of(earlier)
                trial.set_user_attr(ATTRIBUTE, ours)
                names = outside(self._space, queued) if is_retried else []
                if not names:
                    for name, distribution in self._space.items():
                        _suggest(trial, name, distribution)
                    return trial
            except BaseException as error:
                self._end_asked(trial, began, isinstance(error, Exception))
                raise
            retry(self._study, trial.number, {})
            self._show(trial.number, "interrupted")
            self._state.add_note(
                t(
                    "Trial %1 was interrupted and is not tried again: %2 is outside its range now.",
                    trial.number,
                    ", ".join(f"{name}={queued[name]!r}" for name in names),
                )
            )

    def _end_asked(
        self, asked: optuna.Trial | None, began: datetime.datetime, is_error: bool
    ) -> None:
        """End the trial whose hyperparameters Optuna could not choose.

        Args:
            asked: the trial; None if it was not returned, but may be in the study.
            began: when it was asked for.
            is_error: whether it failed; otherwise it was interrupted.
        """
        running = {trial.number for trial in self._running.values()}
        ours = describe_process()
        left = []
        for trial in self._study.get_trials(deepcopy=False, states=(OptunaState.RUNNING,)):
            asked_by = attributes_of(trial).get("process", ours)
            is_new = trial.datetime_start is not None and trial.datetime_start >= began
            if asked is not None:
                is_ours = trial.number == asked.number
            else:
                is_ours = is_new and trial.number not in running and asked_by == ours
            if is_ours:
                left.append(trial)
        # Of several, another process may have asked for one just now.
        if len(left) == 1:
            (trial,) = left
            # After Ctrl-C it can be continued; after an error it would fail again.
            again = {} if is_error else trial.system_attrs.get("fixed_params") or trial.params
            retry(self._study, trial.number, again)
            self._show(trial.number, "interrupted")

    def _end(self, trial: optuna.Trial, outcome: Outcome) -> None:
        kept = {"runs": outcome.runs, "epochs": outcome.epochs, "detail": outcome.detail}
        trial.set_user_attr(ATTRIBUTE, kept)
        value = outcome.value if outcome.state == OptunaState.COMPLETE else None
        self._study.tell(trial, value, state=outcome.state)
        self._show(trial.number)
        if outcome.state == OptunaState.COMPLETE:
            self._keep_model(trial.number, outcome)
        self._compute_importance()
        self._after_trial()
        self._count_failure(outcome)

    def _show(self, number: int, state: TrialState | None = None) -> None:
        row = row_of(trial_of(self._study, number))
        row.state = state or row.state
        self._state.put(row)

    def _keep_model(self, number: int, outcome: Outcome) -> None:
        best = self._state.best()
        if self._best_model is None or outcome.model is None:
            return
        if best is None or best.number != number:
            return
        try:
            self._best_model.save(number, outcome.model)
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            self._state.add_note(t("The best model could not be saved: %1", text))
            logger.debug("saving the best model", exc_info=True)

    def _compute_importance(self, at_once: bool = False) -> None:
        found = self._importance.compute(self._study, at_once)
        if found is not None:
            self._state.change(importance=tuple(found.items()))

    def _count_failure(self, outcome: Outcome) -> None:
        self._failures = self._failures + 1 if outcome.state == OptunaState.FAIL else 0
        if self._failures and self._failures >= self._max_failures:
            raise TooManyFailuresError(
                t(
                    "%1 trials in a row have failed. The last one: %2",
                    self._failures,
                    outcome.detail,
                )
            ) from outcome.error


def _suggest(trial: optuna.Trial, name: str, of: BaseDistribution) -> None:
    """Let Optuna choose the value of a hyperparameter."""
    if isinstance(of, CategoricalDistribution):
        trial.suggest_categorical(name, of.choices)
    elif isinstance(of, IntDistribution):
        trial.suggest_int(name, of.low, of.high, step=of.step, log=of.log)
    elif isinstance(of, FloatDistribution):
        trial.suggest_float(name, of.low, of.high, step=of.step, log=of.log)
