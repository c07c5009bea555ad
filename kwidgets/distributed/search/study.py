"""Open the study of a search, and continue one that did not finish."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from kwidgets.distributed.search.earlier_trials import check_ranges
from kwidgets.distributed.search.space import plain_space
from kwidgets.distributed.search.storage import (
    ATTRIBUTE,
    attributes_of,
    code_of,
    find_storage,
    names_of_cell,
    open_storage,
)
from kwidgets.distributed.search.trial_row import Direction, TrialRow, plain_params
from kwidgets.distributed.search.trial_row import TrialState as RowState
from kwidgets.language import t
from kwidgets.record.fit_facts.process import describe_process, is_alive

_STATES: dict[TrialState, RowState] = {
    TrialState.RUNNING: "running",
    TrialState.WAITING: "queued",
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


class SearchRunsError(RuntimeError):
    """Another process runs this search."""


@dataclasses.dataclass(frozen=True)
class OpenedStudy:
    """A study, and what is known of its past.

    Attributes:
        done: how many trials it had finished before; those that were interrupted are not counted.
        notes: for the user.
    """

    study: optuna.Study
    done: int
    notes: tuple[str, ...]


def direction_of_study(study: optuna.Study) -> Direction:
    """Return the direction of a study.

    Raises:
        ValueError: it has several.
    """
    if len(study.directions) != 1:
        raise ValueError(
            f"kwidgets.search shows searches for one value, and study “{study.study_name}” has "
            f"{len(study.directions)}. Use study.optimize for it."
        )
    return "maximize" if study.direction == StudyDirection.MAXIMIZE else "minimize"


def open_study(
    objective: Callable[..., Any],
    name: str | None,
    storage: Any,
    direction: Direction,
    settings: Mapping[str, Any],
    trials: int | None,
    resume: bool,
    sampler: Any,
    pruner: Any,
    seed: int | None = None,
    space: Mapping[str, BaseDistribution] | None = None,
) -> OpenedStudy:
    """Return the study of a search: a new one, or the one that did not finish.

    Args:
        objective: of the search.
        name: of the study; None for one of the running cell.
        storage: as in ``optuna.create_study``; None for the file in the folder of the runs.
        direction: of the search.
        settings: JSON data; a search of the cell with other settings is a new one.
        trials: how many there are to be; None for no limit.
        resume: whether to continue one that did not finish.
        sampler, pruner: as in ``optuna.create_study``.
        seed: of the default sampler.
        space: of the search; None if its objective asks for each hyperparameter.

    Raises:
        SearchRunsError: another process runs it.
        ValueError: a study of this name has another direction, or trials with other ranges.
        OSError: the storage cannot be opened.
    """
    storage = open_storage() if storage is None else find_storage(storage)
    known = set(optuna.get_all_study_names(storage))
    facts = {**settings, "code": code_of(objective)}
    notes: list[str] = []
    if name is not None and resume:
        chosen = name
    elif name is not None:
        chosen = _first_new(itertools.chain([name], _numbered(name)), known)
    else:
        chosen = _of_cell(names_of_cell(objective), known, storage, facts, trials, resume, notes)
    is_new = chosen not in known
    study = optuna.create_study(
        study_name=chosen,
        storage=storage,
        direction=direction,
        sampler=sampler,
        pruner=pruner,
        load_if_exists=True,
    )
    if direction_of_study(study) != direction:
        raise ValueError(
            f"The search “{chosen}” was begun to {direction_of_study(study)} its value, and "
            f"now it is to {direction}. Choose another name, or pass direction="
            f'"{direction_of_study(study)}".'
        )
    check_ranges(chosen, space or {}, study.get_trials(deepcopy=False))
    before = attributes_of(study)
    if not is_new and before.get("facts", facts) != facts:
        notes.append(t("The objective or its settings have changed since this search was begun."))
    done = begin(study, facts)
    if sampler is None:
        study.sampler = optuna.samplers.TPESampler(seed=_mixed(seed, study))
    if not is_new:
        best = best_value(study)
        found = t("This search continues with trial %1.", _next_number(study))
        if best is not None:
            found += " " + t("Its best value so far: %1.", f"{best:.6g}")
        notes.append(found)
    return OpenedStudy(study, done, tuple(notes))


def _mixed(seed: int | None, study: optuna.Study) -> int | None:
    """Return the seed of a sampler that does not repeat the values of the study's trials."""
    count = len(study.get_trials(deepcopy=False))
    if seed is None or not count:
        return seed
    return int(np.random.SeedSequence([seed, count]).generate_state(1)[0])


def _next_number(study: optuna.Study) -> int:
    """Return the number of the trial that runs next."""
    trials = study.get_trials(deepcopy=False)
    queued = (trial.number for trial in trials if trial.state == TrialState.WAITING)
    return min(queued, default=len(trials))


def begin(study: optuna.Study, facts: Mapping[str, Any] | None = None) -> int:
    """Note that this process runs the study; queue again what a process that has died left undone.

    Returns:
        how many trials have been finished.

    Raises:
        SearchRunsError: another process runs it.
    """
    attributes = attributes_of(study)
    process = attributes.get("process")
    ours = describe_process()
    undone = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    runs = any(attributes_of(trial).get("process") == process for trial in undone)
    if runs and isinstance(process, dict) and process != ours and is_alive(process):
        raise SearchRunsError(
            t(
                "The search “%1” runs in another kernel or script (process %2). Stop it there, or "
                "pass another name.",
                study.study_name,
                process.get("pid"),
            )
        )
    for trial in undone:
        # Others may run trials of the same study, with Optuna alone or on other machines.
        asked_by = attributes_of(trial).get("process")
        if not isinstance(asked_by, dict):
            continue
        if asked_by != ours and is_alive(asked_by) is not False:
            continue
        retry(study, trial.number, trial.params)
    study.set_user_attr(
        ATTRIBUTE,
        {
            **attributes_of(study),
            "process": ours,
            "finished": False,
            **({"facts": facts} if facts else {}),
        },
    )
    return count_done(study)


def retry(study: optuna.Study, number: int, params: Mapping[str, Any]) -> None:
    """End a trial that was interrupted as failed, and queue its hyperparameters again."""
    attributes = attributes_of(study)
    retried = [*attributes.get("retried", ()), number]
    study.set_user_attr(ATTRIBUTE, {**attributes, "retried": retried})
    study.tell(number, state=TrialState.FAIL)
    if params:
        study.enqueue_trial(dict(params), user_attrs={ATTRIBUTE: {"retries": number}})


def finish(study: optuna.Study) -> None:
    """Note that the search has all its trials: the cell begins another one next time."""
    study.set_user_attr(ATTRIBUTE, {**attributes_of(study), "finished": True})


def count_done(study: optuna.Study) -> int:
    """Return how many trials have ended, those that were interrupted left out."""
    retried = attributes_of(study).get("retried", ())
    return sum(
        trial.state.is_finished() and trial.number not in retried
        for trial in study.get_trials(deepcopy=False)
    )


def best_value(study: optuna.Study) -> float | None:
    """Return the best value so far; None without any."""
    with contextlib.suppress(ValueError):
        return study.best_value
    return None


def trial_of(study: optuna.Study, number: int) -> FrozenTrial:
    """Return a trial by its number; it must not be changed."""
    # Without copies of all others, as study.trials makes them.
    return study.get_trials(deepcopy=False)[number]


def rows_of(study: optuna.Study) -> list[TrialRow]:
    """Return the trials of a study that have ended or are queued."""
    retried = attributes_of(study).get("retried", ())
    rows = [row_of(trial) for trial in study.get_trials(deepcopy=False)]
    for row in rows:
        if row.number in retried:
            row.state = "interrupted"
    return rows


def row_of(trial: FrozenTrial) -> TrialRow:
    """Return a trial as plain data."""
    ours = attributes_of(trial)
    begin, end = trial.datetime_start, trial.datetime_complete
    params = trial.params or trial.system_attrs.get("fixed_params", {})
    row = TrialRow(
        number=trial.number,
        state=_STATES[trial.state],
        params=plain_params(params),
        value=trial.value,
        epochs=int(ours.get("epochs") or 0),
        started=0.0 if begin is None else begin.timestamp(),
        seconds=(end - begin).total_seconds() if begin and end else None,
        detail=str(ours.get("detail") or ""),
        runs=[str(run) for run in ours.get("runs") or ()],
    )
    for epoch, value in sorted(trial.intermediate_values.items()):
        row.add_point(epoch, value)
    row.epochs = row.epochs or max(trial.intermediate_values, default=0)
    return row


def spaces_of(trials: Iterable[FrozenTrial | optuna.Trial]) -> dict[str, BaseDistribution]:
    """Return the distributions of all hyperparameters of these trials."""
    found: dict[str, BaseDistribution] = {}
    for trial in trials:
        found |= trial.distributions
    return found


def plain_spaces(distributions: Mapping[str, BaseDistribution]) -> list[Any]:
    """Return the ranges of hyperparameters for the page."""
    return [plain_space(name, each) for name, each in distributions.items()]


def _of_cell(
    names: Iterator[str],
    known: set[str],
    storage: Any,
    facts: Mapping[str, Any],
    trials: int | None,
    resume: bool,
    notes: list[str],
) -> str:
    """Return the name of the cell's last search if it did not finish; otherwise a new one."""
    taken = []
    for new in names:
        if new not in known:
            break
        taken.append(new)
    if not taken:
        return new
    study = optuna.load_study(study_name=taken[-1], storage=storage)
    attributes = attributes_of(study)
    if not resume or attributes.get("finished"):
        return new
    if trials is not None and count_done(study) >= trials:
        return new
    if attributes.get("facts") != facts:
        notes.append(
            t(
                "A new search: the objective or its settings have changed since “%1”, which did "
                "not finish.",
                taken[-1],
            )
        )
        return new
    return taken[-1]


def _numbered(name: str) -> Iterator[str]:
    return (f"{name}-{number}" for number in itertools.count(2))


def _first_new(names: Iterable[str], known: set[str]) -> str:
    return next(each for each in names if each not in known)
