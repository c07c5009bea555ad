"""Choose what observes the fits of one worker: rank 0 records, the others follow it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from kwidgets.distributed.job import Job
from kwidgets.distributed.messages import Restart
from kwidgets.distributed.rank.context import RankContext
from kwidgets.distributed.rank.followed_state import FollowedState
from kwidgets.distributed.rank.steered_run import SteeredRun
from kwidgets.insight.fit_predictions import FitPredictions
from kwidgets.insight.observers import observe_run as observe_insight
from kwidgets.insight.page.session import InsightSession
from kwidgets.language import Message, message
from kwidgets.live.run import observers
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import RunObserver
from kwidgets.record.fit_facts import cell
from kwidgets.record.nan_guard.guard import NanGuard
from kwidgets.record.observers import observe_run
from kwidgets.record.recording import recording


class TellOfRewinds(observers.RunObserver):
    """Tells the desk that a fit was rewound.

    Args:
        run: the fit.
    """

    def __init__(self, run: FitRun) -> None:
        self._run = run

    def after_rewind(self, step: int) -> None:
        assert isinstance(self._run, SteeredRun)
        self._run.rank.outbox.rewound(self._run, step)


class RestartMark(RunObserver):
    """Marks that a fit was started again, for want of a checkpoint.

    Args:
        run: the fit.
        restart: why.
    """

    label = "The mark of the restart"

    def __init__(self, run: FitRun, restart: Restart) -> None:
        self._reader = run.state.reader
        self._restart: Restart | None = restart

    def begin_epoch(self, epoch: int) -> None:
        if self._restart is not None:
            text = message("%1; restarted from the beginning (%2 of %3)", *_values(self._restart))
            self._reader.add_mark("fit", text)
            self._restart = None


def set_up_observers(
    rank: RankContext, job: Job, resume: dict[str, str], restart: Restart | None
) -> None:
    """Let the fits of this process be observed as those of a worker.

    Args:
        rank: of this process.
        job: what is trained.
        resume: the checkpoint folder from which each fit goes on, by the fit's number.
        restart: why the workers are started again; None for the first start.
    """
    cell.describe_as(job.cell)
    observers.remove_observers()
    numbers = iter(range(1, 1_000_000))

    def observe(run: FitRun) -> Iterable[observers.RunObserver]:
        number = next(numbers)
        checkpoint = resume.get(str(number))
        if rank.is_first:
            recording.resume_next = checkpoint
            # The others could not follow another one.
            run.state.extras.may_resume = checkpoint is not None
            # The fits before have ended before the restart.
            restarted = restart if number == max(map(int, resume), default=1) else None
            observers_of_rank_0 = [*observe_insight(run), *observe_run(run), TellOfRewinds(run)]
            if restarted is not None and checkpoint is None:
                observers_of_rank_0.append(RestartMark(run, restarted))
            elif restarted is not None:
                recording.resume_mark = partial(_mark, restarted)
            return observers_of_rank_0
        # What reads the predictions is a part of the step that all workers run.
        return FitPredictions(run, InsightSession()), NanGuard(run), FollowedState(run, checkpoint)

    observers.add_observers(lambda: observe)


def _mark(restart: Restart, step: int) -> Message:
    reason, number, limit = _values(restart)
    return message("%1; restarted from step %2 (%3 of %4)", reason, f"{step:,}", number, limit)


def _values(restart: Restart) -> tuple[Message, str, str]:
    return restart["reason"], str(restart["number"]), str(restart["limit"])
