"""The connection of a bridge to the supervisor of its job on a Ray cluster."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import ray

from kwidgets.distributed.job import FUNCTION_FILE, Job
from kwidgets.distributed.messages import StateItem
from kwidgets.distributed.ray_engine.bridge_desk import BridgeDesk
from kwidgets.distributed.ray_engine.cluster import connect
from kwidgets.distributed.ray_engine.relay_desk import call
from kwidgets.distributed.ray_engine.supervisor_actor import NAMESPACE, SupervisorActor
from kwidgets.distributed.supervisor.launcher import LaunchError
from kwidgets.distributed.supervisor.local import log_path
from kwidgets.language import message

#: Is there when the supervisor was started on the cluster.
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

        Raises:
            LaunchError: the cluster or the supervisor cannot be reached.
        """
        self.may_still_run = was_begun = self._begun.exists()
        function = Path(self._job.folder, FUNCTION_FILE).read_bytes()
        cluster = connect(self._job.engine, len(function))
        self.may_still_run = False
        self._write_desk(cluster.address)
        self._supervisor = self._find() if was_begun else self._start(function, cluster.address)
        self._begun.touch()
        self._desk.connect(self._supervisor)
        return self._follow()

    def close(self) -> None:
        """End the supervisor, if the job has ended, and the connection."""
        if self._supervisor is not None and not self.may_still_run:
            ray.kill(self._supervisor)
        ray.shutdown()

    def _start(self, function: bytes, address: str | None) -> Any:
        where = message("this computer") if address is None else address
        self._desk.say("starting", message("Starting Ray’s supervisor: %1", where))
        actor = ray.remote(SupervisorActor).options(
            name=self._job.job_id,
            namespace=NAMESPACE,
            lifetime="detached",
            num_cpus=0,
            max_concurrency=8,
        )
        try:
            supervisor = actor.remote(dataclasses.asdict(self._job), function)
            ray.get(supervisor.begin.remote(), timeout=_START_SECONDS)
        except ray.exceptions.RayError as error:
            text = str(error)
            if "No module named 'kwidgets" in text:
                raise LaunchError(
                    "The Ray cluster has no kwidgets, or another release. Install it on all nodes, "
                    "in the Python that runs Ray: pip install "
                    f"kwidgets=={self._job.versions['kwidgets']}"
                ) from error
            raise LaunchError(f"The supervisor cannot be started on the cluster: {text}") from error
        return supervisor

    def _find(self) -> Any:
        """Return the supervisor that an earlier process has started."""
        try:
            return ray.get_actor(self._job.job_id, namespace=NAMESPACE)
        except ValueError as error:
            raise LaunchError("The process that supervises the workers was lost.") from error

    def _follow(self) -> StateItem:
        """Write the output of the workers into files until the job has ended."""
        folder = self._job.folder
        read: dict[int, int] = {}
        for path in Path(folder).glob("rank-*.log"):
            read[int(path.stem.removeprefix("rank-"))] = path.stat().st_size
        answered = time.monotonic()
        while True:
            try:
                state, new = call(self._supervisor.result, read)
                answered = time.monotonic()
            except ConnectionError as error:
                cause = error.__cause__
                is_dead = isinstance(cause, ray.exceptions.ActorDiedError)
                if is_dead or time.monotonic() > answered + _LOST_SECONDS:
                    raise LaunchError(
                        f"The supervisor on the Ray cluster was lost ({type(cause).__name__})."
                    ) from error
                time.sleep(1)
                continue
            for rank, (begin, output) in new.items():
                with open(log_path(folder, rank), "ab") as file:
                    file.write(output)
                read[rank] = begin + len(output)
            if state is not None and not new:
                found: StateItem = state
                return found
            time.sleep(_LOOK_SECONDS)
