"""Call the user's function on one worker, with every ``fit`` in it watched and steered."""

from __future__ import annotations

import contextlib
import inspect
from pathlib import Path
from typing import Any

from kwidgets.distributed.job import FUNCTION_FILE, Job
from kwidgets.distributed.rank.join import join_processes, set_data_parallel
from kwidgets.distributed.rank.worker import Worker
from kwidgets.lazy_tensorflow import without_importing_tensorflow


def train(
    job: Job,
    desk: Any,
    *,
    rank: int,
    attempt: int,
    coordinator: str | None,
    resume: dict[str, str],
) -> None:
    """Join the other workers, and call the user's function. See ``run_rank``.

    Raises:
        Exception: whatever the function raises.
    """
    if coordinator is not None:
        join_processes(coordinator, job.workers, rank)
    import keras

    from kwidgets.distributed.rank.agreement import Agreement
    from kwidgets.distributed.rank.context import RankContext
    from kwidgets.distributed.rank.observers import set_up_observers
    from kwidgets.distributed.rank.outbox import Outbox
    from kwidgets.distributed.rank.steered_run import SteeredRun
    from kwidgets.live.auto import auto_view
    from kwidgets.live.callback import LivePlot

    outbox = Outbox(desk, rank, attempt, job.workers)
    SteeredRun.rank = RankContext(rank, job.workers, attempt, Agreement(job.workers), outbox)
    LivePlot.run_class = SteeredRun
    set_up_observers(SteeredRun.rank, job, resume)
    auto_view.options = job.options
    auto_view.watches_silent_fits = True
    auto_view.start()
    with without_importing_tensorflow():
        keras.utils.set_random_seed(job.seed)
    strategy = set_data_parallel(job.backend, job.workers)
    function = load_function(job.folder)
    arguments = (Worker(rank, job.workers, job.seed),) if takes_worker(function) else ()
    with strategy.scope() if strategy is not None else contextlib.nullcontext():
        function(*arguments)
    outbox.close()


def load_function(folder: str) -> Any:
    """Return the user's function, which the kernel of the same user has written."""
    import cloudpickle

    return cloudpickle.loads(Path(folder, FUNCTION_FILE).read_bytes())


def takes_worker(function: Any) -> bool:
    """Return whether a function has a parameter for the worker."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    kinds = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    )
    return any(parameter.kind in kinds for parameter in parameters)
