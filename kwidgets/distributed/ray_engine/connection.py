"""The connection of a bridge to the supervisor of its job on a Ray cluster."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import ray

from kwidgets.distributed.job import FUNCTION_FILE, PROGRESS_FILE, Job
from kwidgets.distributed.messages import StateItem
from kwidgets.distributed.ray_engine.bridge_desk import BridgeDesk
from kwidgets.distributed.ray_engine.cluster import connect
from kwidgets.distributed.ray_engine.relay_desk import call
from kwidgets.distributed.ray_engine.supervisor_actor import NAMESPACE, News, SupervisorActor
from kwidgets.distributed.supervisor.launcher import LaunchError
from kwidgets.distributed.supervisor.local import log_path
from kwidgets.distributed.supervisor.main import write_private
from kwidgets.distributed.supervisor.supervise import Progress
from kwidgets.language import message

#: Is there when the supervisor was started on the cluster: how many bytes of each worker's output
#: are in its file.
BEGUN_FILE: Final = "begun"
#: For a node to start a process.
_START_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 0.3
#: A cluster that does not answer for so long counts as lost.
_LOST_SECONDS: Final = 60.0


class Connection:
    """Starts the supervisor of a job on the cluster, or finds it there, and follows it.

    Args:
        job: the job.
        desk: is connected to that of the supervisor.
        write_desk: takes the address of the cluster, for a kernel that comes later; None for a
            cluster of this process.
    """

    def __init__(
        self, job: Job, desk: BridgeDesk, write_desk: Callable[[str | None], None]
    ) -> None:
        self._job, self._desk, self._write_desk = job, desk, write_desk
        self._begun = Path(job.folder, BEGUN_FILE)
        self._supervisor: Any = None
        #: Whether the training may go on although the connection has failed.
        self.may_still_run = False

    def follow(self) -> StateItem:
        """Return how the job has ended.

        When the supervisor is lost, another one goes on from the last checkpoints.

        Raises:
            LaunchError: the cluster cannot be reached, or supervisors were lost too often.
        """
        self.may_still_run = was_begun = self._begun.exists()
        function = Path(self._job.folder, FUNCTION_FILE).read_bytes()
        cluster = connect(self._job.engine, len(function))
        self.may_still_run = False
        self._write_desk(cluster.address)
        self._supervisor = self._find() if was_begun else None
        losses = 0
        while True:
            if self._supervisor is None:
                self._supervisor = self._start(function, cluster.address)
                self._begun.write_text("{}", encoding="utf-8")
            self._desk.connect(self._supervisor)
            result = self._follow()
            if result is not None:
                return result
            self._desk.connect(None)
            self._supervisor = None
            losses += 1
            if losses > self._job.max_restarts:
                raise LaunchError(message("The process that supervises the workers was lost."))

    def close(self) -> None:
        """End the supervisor, if the job has ended, and the connection."""
        if self._supervisor is not None and not self.may_still_run:
            ray.kill(self._supervisor)
        ray.shutdown()

    def _start(self, function: bytes, address: str | None) -> Any:
        progress = self._progress()
        if progress is None and address is None:
            self._desk.say("starting", message("Starting on a Ray cluster of this computer …"))
        elif progress is None:
            text = message("Starting on the Ray cluster %1 …", address or "")
            self._desk.say("starting", text)
        actor = ray.remote(SupervisorActor).options(
            name=self._job.job_id,
            namespace=NAMESPACE,
            lifetime="detached",
            num_cpus=0,
            max_concurrency=8,
        )
        try:
            supervisor = actor.remote(dataclasses.asdict(self._job), function, progress)
            ray.get(supervisor.begin.remote(), timeout=_START_SECONDS)
        except ray.exceptions.RayError as error:
            problem = str(error)
            if "No module named 'kwidgets" in problem:
                raise LaunchError(
                    message(
                        "The Ray cluster has no kwidgets, or another release. Install it on all "
                        "nodes, in the Python that runs Ray: %1",
                        f"pip install kwidgets=={self._job.versions['kwidgets']}",
                    )
                ) from error
            raise LaunchError(
                message("The supervisor cannot be started on the Ray cluster: %1", problem)
            ) from error
        return supervisor

    def _find(self) -> Any:
        """Return the supervisor that an earlier process has started; None if it was lost."""
        try:
            return ray.get_actor(self._job.job_id, namespace=NAMESPACE)
        except ValueError:
            return None

    def _progress(self) -> Progress | None:
        path = Path(self._job.folder, PROGRESS_FILE)
        if not path.exists():
            return None
        found: Progress = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _follow(self) -> StateItem | None:
        """Write what the workers print and the progress into files until the job has ended.

        Returns:
            How it has ended; None if the supervisor was lost.

        Raises:
            LaunchError: the cluster does not answer.
        """
        folder = Path(self._job.folder)
        # Of this supervisor's output, what this or another bridge has written.
        known = json.loads(self._begun.read_text(encoding="utf-8"))
        read = {int(rank): size for rank, size in known.items()}
        progress: Progress | None = None
        answered = time.monotonic()
        while True:
            try:
                news: News = call(self._supervisor.news, read)
                answered = time.monotonic()
            except ConnectionError as error:
                if isinstance(error.__cause__, ray.exceptions.ActorDiedError):
                    return None
                if time.monotonic() > answered + _LOST_SECONDS:
                    raise LaunchError(
                        message("The Ray cluster does not answer any more (%1).", str(error))
                    ) from error
                time.sleep(1)
                continue
            for rank, (begin, output) in news["output"].items():
                with open(log_path(str(folder), rank), "ab") as file:
                    file.write(output)
                read[rank] = begin + len(output)
            if news["output"]:
                self._begun.write_text(json.dumps(read), encoding="utf-8")
            if news["progress"] is not None and news["progress"] != progress:
                progress = news["progress"]
                write_private(folder / PROGRESS_FILE, dict(progress))
            if news["result"] is not None and not news["output"]:
                return news["result"]
            time.sleep(_LOOK_SECONDS)
