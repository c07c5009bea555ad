"""The program of one worker: ``python -m kwidgets.distributed.rank.main``.

Its settings are environment variables, so that other users of the computer do not see the token.
"""

from __future__ import annotations

import contextlib
import dataclasses
import faulthandler
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, Final

from kwidgets.distributed.desk.socket_desk import DeskAddress, DeskClient
from kwidgets.distributed.job import Job, difference, versions
from kwidgets.distributed.messages import LOST_PEER_STATUS, Restart, StateItem
from kwidgets.language import Message, message

#: Its value is the JSON of ``RankSettings``.
SETTINGS_VARIABLE: Final = "KWIDGETS_RANK"


#: In the errors of JAX's collectives when another process has ended: of Gloo on CPUs, of NCCL on
#: GPUs, and of the service that watches the processes.
_LOST_PEER_SIGNS: Final = (
    "Gloo all-",
    "Gloo collective",
    "gloo/transport",
    "ncclRemoteError",
    "ncclSystemError",
    "NCCL communicator was aborted",
    "coordination service",
    "heartbeat timeout",
    # Another program has taken the port of rank 0 meanwhile: the next attempt has another one.
    "Address already in use",
)


def main() -> int:
    """Train as one worker; return the exit status: 0, or 1 after an error of the function."""
    settings = json.loads(os.environ.pop(SETTINGS_VARIABLE))
    job = Job.read(Path(settings["job_folder"]))
    job = dataclasses.replace(job, workers=int(settings["workers"]))
    if hasattr(signal, "SIGUSR1"):
        # Its log then says where it was when the supervisor ended it.
        faulthandler.register(signal.SIGUSR1)
    desk = DeskClient(DeskAddress(**settings["desk"]))
    if settings.get("parent") is not None:
        from kwidgets.distributed.rank.outbox import end_with_parent

        end_with_parent(int(settings["parent"]))
    return run_rank(
        job,
        desk,
        rank=int(settings["rank"]),
        attempt=int(settings["attempt"]),
        coordinator=settings["coordinator"],
        resume=settings["resume"],
        restart=settings.get("restart"),
    )


def run_rank(
    job: Job,
    desk: Any,
    *,
    rank: int,
    attempt: int,
    coordinator: str | None,
    resume: dict[str, str],
    restart: Restart | None = None,
) -> int:
    """Train as one worker of a job.

    Args:
        job: what is trained.
        desk: where to post.
        rank: of this worker.
        attempt: how often the workers have been started, from 1.
        coordinator: ``host:port`` at which JAX's processes meet; None for a single worker.
        resume: the checkpoint folder from which each fit goes on, by the fit's number, from "1".
        restart: why the workers are started again; None for the first start.
    """
    os.environ["KERAS_BACKEND"] = job.backend
    os.environ["KWIDGETS_RUNS"] = job.runs
    # Another computer need not have it.
    if os.path.isdir(job.cwd):
        os.chdir(job.cwd)
    sys.path[:] = list(dict.fromkeys([*sys.path, *job.sys_path]))

    def fail(text: str | Message, error: BaseException | None = None) -> int:
        item = StateItem(
            kind="state",
            state="failed",
            attempt=attempt,
            text=text,
            traceback="" if error is None else _traceback(error),
            rank=rank,
        )
        # Of a worker.shard that cannot be divided among so many workers.
        batch_size = getattr(error, "batch_size", None)
        if batch_size is not None:
            item["batch_size"] = batch_size
        desk.post([item])
        return 1

    different = difference(job.versions, versions(job.backend))
    if different:
        return fail(message("It has other versions than the kernel: %1.", different))
    try:
        from kwidgets.distributed.rank.train import train

        train(
            job,
            desk,
            rank=rank,
            attempt=attempt,
            coordinator=coordinator,
            resume=resume,
            restart=restart,
        )
    except BaseException as error:
        if is_lost_peer(error):
            # Not this worker's error: the supervisor sees which process has ended.
            traceback.print_exc()
            with contextlib.suppress(Exception):
                sys.stderr.flush()
            os._exit(LOST_PEER_STATUS)
        status = fail(describe(error), error)
        traceback.print_exc()
        sys.stderr.flush()
        # JAX would wait for the others at exit.
        os._exit(status)
    sys.stdout.flush()
    sys.stderr.flush()
    return 0


def describe(error: BaseException) -> str:
    """Return an error as a sentence, with advice where JAX's own is of little help."""
    if "is not the same on each process" in str(error):
        return (
            "The workers have different values where all must have the same: the initial weights "
            "of a model, or what a callback sets on one worker only. Create models from the same "
            "seed on all workers, and set variables on all of them in the same step."
        )
    return f"{type(error).__name__}: {error}"


def _traceback(error: BaseException) -> str:
    """Return the traceback of an error from the user's function on."""
    frames, folder = error.__traceback__, str(Path(__file__).parent)
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(folder):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames or error.__traceback__))


def is_lost_peer(error: BaseException) -> bool:
    """Return whether another worker has ended: JAX's collectives fail then."""
    # Reading an array raises them as ValueError.
    return any(sign in str(error) for sign in _LOST_PEER_SIGNS)


if __name__ == "__main__":
    sys.exit(main())
