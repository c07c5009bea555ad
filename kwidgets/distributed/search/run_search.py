"""Run one search in the notebook: its study, its view, its fits, and how it ends."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution

from kwidgets.distributed.search.best_model import BestModel, folder_name
from kwidgets.distributed.search.controls import SearchControls
from kwidgets.distributed.search.earlier_trials import check_ranges
from kwidgets.distributed.search.local_trials import LocalTrials
from kwidgets.distributed.search.page.output import SearchOutput
from kwidgets.distributed.search.page.running_trial import watched_fits
from kwidgets.distributed.search.page.searches import searches
from kwidgets.distributed.search.result import SearchResult
from kwidgets.distributed.search.runner import SearchRunner
from kwidgets.distributed.search.state import Head, SearchState
from kwidgets.distributed.search.storage import searches_folder, storage_file
from kwidgets.distributed.search.study import (
    OpenedStudy,
    begin,
    finish,
    open_study,
    plain_spaces,
    rows_of,
    spaces_of,
)
from kwidgets.distributed.search.trial_row import Direction
from kwidgets.distributed.search.trial_watch import watch_of_this_thread
from kwidgets.language import t


@dataclasses.dataclass(frozen=True)
class SearchPlan:
    """The arguments of ``kwidgets.search``, checked."""

    objective: Callable[..., Any]
    space: Mapping[str, BaseDistribution] | None
    metric: str | None
    direction: Direction
    trials: int | None
    timeout: float | None
    study: optuna.Study | None
    name: str | None
    storage: Any
    sampler: Any
    pruner: Any
    seed: int | None
    resume: bool
    keep_model: bool
    max_failures: int


def run_search(plan: SearchPlan) -> SearchResult:
    """Run a search, show it in the cell, and return its result.

    Raises:
        RuntimeError: the objective of another search calls this.
        TooManyFailuresError: too many trials in a row have failed.
        KeyboardInterrupt: Ctrl-C was pressed.
    """
    if watch_of_this_thread() is not None:
        raise RuntimeError(t("A search cannot run inside the objective of another one."))
    with _quiet_optuna():
        opened = _open(plan)
        state = _state_of(plan, opened)
        controls = SearchControls(state)
        kept = BestModel(_model_folder(opened.study)) if plan.keep_model else None
        result = SearchResult(opened.study, state, kept)
        output = SearchOutput(state)
        searches.add(state, controls)
        output.show()
        runner = SearchRunner(
            opened.study,
            plan.space or {},
            LocalTrials(plan.objective, plan.space is not None, state, controls, plan.metric),
            state,
            controls,
            kept,
            plan.max_failures,
            output.refresh,
        )
        more = plan.trials
        if plan.study is None and more is not None:
            more = max(0, more - opened.done)
            if more == 0:
                state.add_note(
                    t(
                        "All its trials are done. To go on, pass more trials; to begin another "
                        "search, pass resume=False or another name."
                    )
                )
        try:
            with watched_fits(state):
                runner.run(more, plan.timeout)
            if controls.stops:
                state.change(status="stopped")
            else:
                finish(opened.study)
                state.change(status="finished")
        except KeyboardInterrupt:
            detail = t("Run the cell again to continue the search.")
            state.change(status="interrupted", detail=detail)
            raise
        except BaseException as error:
            state.change(status="failed", detail=f"{type(error).__name__}: {error}")
            raise
        finally:
            output.finish()
    return result


def _open(plan: SearchPlan) -> OpenedStudy:
    if plan.study is not None:
        trials = plan.study.get_trials(deepcopy=False)
        check_ranges(plan.study.study_name, plan.space or {}, trials)
        done = begin(plan.study)
        return OpenedStudy(plan.study, done, ())
    settings = {
        "metric": plan.metric,
        "space": {name: repr(each) for name, each in (plan.space or {}).items()},
    }
    return open_study(
        plan.objective,
        plan.name,
        plan.storage,
        plan.direction,
        settings,
        plan.trials,
        plan.resume,
        plan.sampler,
        plan.pruner,
        plan.seed,
        plan.space,
    )


def _state_of(plan: SearchPlan, opened: OpenedStudy) -> SearchState:
    study = opened.study
    planned = plan.trials
    if plan.study is not None and planned is not None:
        planned += opened.done
    in_our_file = plan.study is None and plan.storage is None
    state = SearchState(
        Head(
            title=study.study_name,
            metric=plan.metric or "",
            direction=plan.direction,
            planned=planned,
            notes=opened.notes,
            storage=str(storage_file()) if in_our_file else "",
        )
    )
    for row in rows_of(study):
        state.put(row)
    spaces = spaces_of(study.get_trials(deepcopy=False)) | dict(plan.space or {})
    state.add_space(plain_spaces(spaces))
    return state


def _model_folder(study: optuna.Study) -> Path:
    return searches_folder() / folder_name(study.study_name)


@contextlib.contextmanager
def _quiet_optuna() -> Iterator[None]:
    """Keep Optuna from printing a line a trial: the view shows them."""
    before = optuna.logging.get_verbosity()
    if before == optuna.logging.INFO:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
