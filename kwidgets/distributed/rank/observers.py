"""Choose what observes the fits of one worker: rank 0 records, the others follow it."""

from __future__ import annotations

from collections.abc import Iterable

from kwidgets.distributed.job import Job
from kwidgets.distributed.rank.context import RankContext
from kwidgets.distributed.rank.followed_state import FollowedState
from kwidgets.insight.fit_predictions import FitPredictions
from kwidgets.insight.observers import observe_run as observe_insight
from kwidgets.insight.page.session import InsightSession
from kwidgets.live.run import observers
from kwidgets.live.run.fit_run import FitRun
from kwidgets.record.fit_facts import cell
from kwidgets.record.nan_guard.guard import NanGuard
from kwidgets.record.observers import observe_run
from kwidgets.record.recording import recording


def set_up_observers(rank: RankContext, job: Job, resume: dict[str, str]) -> None:
    """Let the fits of this process be observed as those of a worker.

    Args:
        rank: of this process.
        job: what is trained.
        resume: the checkpoint folder from which each fit goes on, by the fit's number.
    """
    cell.describe_as(job.cell)
    observers.remove_observers()
    numbers = iter(range(1, 1_000_000))

    def observe(run: FitRun) -> Iterable[observers.RunObserver]:
        checkpoint = resume.get(str(next(numbers)))
        if rank.is_first:
            recording.resume_next = checkpoint
            return [*observe_insight(run), *observe_run(run)]
        # What reads the predictions is a part of the step that all workers run.
        return FitPredictions(run, InsightSession()), NanGuard(run), FollowedState(run, checkpoint)

    observers.add_observers(lambda: observe)
