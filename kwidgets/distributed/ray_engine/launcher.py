"""Start workers by actors of a Ray cluster, each in its bundle of one placement group."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import ray
from ray.util.placement_group import (
    PlacementGroup,
    placement_group,
    placement_group_table,
    remove_placement_group,
)
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from kwidgets.distributed.job import Job, difference
from kwidgets.distributed.ray_engine import probe
from kwidgets.distributed.ray_engine.rank_actor import RankActor, sees_shared
from kwidgets.distributed.supervisor.launcher import LaunchError, Report, Start
from kwidgets.language import Message, message

#: For a node that joins, or for what the last workers had, before fewer workers are started.
_RESERVE_SECONDS: Final = 15.0
#: For a process of Ray's to start on a node.
_START_SECONDS: Final = 180.0
_STOP_SECONDS: Final = 25.0
_LOOK_SECONDS: Final = 0.2


class RayLauncher:
    """Starts the workers of a job on a cluster. In the supervisor's actor.

    Args:
        job: the job.
        function: a reference to the user's pickled function.
        supervisor: the actor.
        terminated: set when the user ends the training.
        on_output: takes the rank and the output of a worker.
    """

    def __init__(
        self,
        job: Job,
        function: Any,
        supervisor: Any,
        terminated: threading.Event,
        on_output: Callable[[int, bytes], None],
    ) -> None:
        self._job, self._function, self._supervisor = job, function, supervisor
        self._terminated, self._on_output = terminated, on_output
        self._options = dict(job.engine_options)
        self._bundle = self._take_bundle()
        self._group: PlacementGroup | None = None
        self._actors: list[Any] = []

    def _take_bundle(self) -> dict[str, float]:
        """Return the resources of a worker, which are options of ``ray.remote``."""
        cluster, devices = ray.cluster_resources(), self._job.devices
        gpus = self._options.pop("num_gpus", None)
        if gpus is None:
            gpus = (devices or 1) if cluster.get("GPU") else 0
        cpus = self._options.pop("num_cpus", 1 if gpus else devices or 1)
        others = self._options.pop("resources", {})
        bundle = {"CPU": float(cpus), "GPU": float(gpus), **others}
        return {name: amount for name, amount in bundle.items() if amount}

    # As a ``Launcher``.

    def set_desk(self, address: Any) -> None:
        """Nothing: the actors know the supervisor."""

    def reserve(self, sizes: Sequence[int], report: Report) -> int:
        size = self._place(sizes, report)
        try:
            self._check_versions()
            self._start_actors(size)
            self._check_storage()
        except ray.exceptions.RayError as error:
            raise LaunchError(message("Ray cannot start the workers: %1", str(error))) from error
        return size

    def room(self) -> int:
        free = ray.available_resources()
        return int(min(free.get(name, 0.0) // amount for name, amount in self._bundle.items()))

    def release(self) -> None:
        for actor in self._actors:
            ray.kill(actor)
        if self._group is not None:
            remove_placement_group(self._group)
        self._actors, self._group = [], None

    def coordinator(self) -> str:
        return str(ray.get(self._actors[0].coordinator.remote(), timeout=_START_SECONDS))

    def start(self, start: Start) -> RayWorker:
        actor = self._actors[start.rank]
        try:
            ray.get(actor.start.remote(dataclasses.asdict(start)), timeout=_START_SECONDS)
        except ray.exceptions.RayError as error:
            raise OSError(f"{type(error).__name__}: {error}") from error
        return RayWorker(actor, lambda output: self._on_output(start.rank, output))

    # Room.

    def _place(self, sizes: Sequence[int], report: Report) -> int:
        """Reserve a bundle a worker; return how many."""
        until = time.monotonic() + _RESERVE_SECONDS
        said = False
        while True:
            if self._terminated.is_set():
                raise LaunchError(message("The workers were ended."))
            late = time.monotonic() > until
            free = self.room()
            for size in sizes if late else sizes[:1]:
                if size <= free and self._reserve_group(size):
                    return size
            total = ray.cluster_resources()
            if late and not self._fits(sizes[-1], total):
                raise LaunchError(self._too_few(sizes[-1], total))
            if late and not said:
                said = True
                needs = self._needs(sizes[-1])
                report(message("Waiting for %1 of the Ray cluster, which is in use.", needs))
            time.sleep(_LOOK_SECONDS)

    def _reserve_group(self, size: int) -> bool:
        group = placement_group([self._bundle] * size, strategy="PACK")
        if group.wait(_RESERVE_SECONDS):
            self._group = group
            return True
        remove_placement_group(group)
        return False

    def _fits(self, size: int, resources: dict[str, float]) -> bool:
        return all(resources.get(name, 0) >= size * each for name, each in self._bundle.items())

    def _needs(self, size: int) -> str:
        return ", ".join(f"{size * each:g} {name}" for name, each in self._bundle.items())

    def _too_few(self, size: int, total: dict[str, float]) -> Message:
        there = ", ".join(f"{total.get(name, 0):g} {name}" for name in self._bundle)
        most = int(min(total.get(name, 0) // each for name, each in self._bundle.items()))
        numbers = (str(size), self._needs(size), there)
        if most:
            return message(
                "%1 workers need %2; the Ray cluster has %3. Use workers=%4, or add nodes.",
                *numbers,
                str(most),
            )
        return message("%1 workers need %2; the Ray cluster has %3. Add nodes.", *numbers)

    # What the nodes have.

    def _strategy(self, index: int) -> Any:
        assert self._group is not None
        return PlacementGroupSchedulingStrategy(
            placement_group=self._group, placement_group_bundle_index=index
        )

    def _check_versions(self) -> None:
        """Raise if a node has other versions than the kernel: kwidgets cannot start there."""
        ray.cloudpickle.register_pickle_by_value(probe)
        task = ray.remote(probe.probe)
        nodes: dict[str, int] = placement_group_table(self._group)["bundles_to_node_id"]
        first = {node: index for index, node in reversed(nodes.items())}
        packages = [name for name in self._job.versions if name != "Python"]
        found = {
            node: task.options(num_cpus=0, scheduling_strategy=self._strategy(int(index))).remote(
                packages
            )
            for node, index in first.items()
        }
        hosts = {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes()}
        wrong = []
        for node, reference in found.items():
            different = difference(self._job.versions, ray.get(reference, timeout=_START_SECONDS))
            if different:
                wrong.append(f"{hosts.get(node, node)}: {different}")
        if wrong:
            raise LaunchError(
                message(
                    "The Ray cluster has other packages than the kernel: %1. Install the same "
                    "versions on all nodes.",
                    "; ".join(wrong),
                )
            )

    def _start_actors(self, size: int) -> None:
        # ``stop`` is called while ``watch`` waits.
        kind = ray.remote(RankActor)
        cpus, gpus = self._bundle.get("CPU", 0), self._bundle.get("GPU", 0)
        others = {k: v for k, v in self._bundle.items() if k not in ("CPU", "GPU")}
        self._actors = [
            kind.options(
                num_cpus=cpus,
                num_gpus=gpus,
                resources=others,
                scheduling_strategy=self._strategy(index),
                max_concurrency=4,
                max_restarts=0,
                **self._options,
            ).remote(dataclasses.asdict(self._job), self._function, self._supervisor)
            for index in range(size)
        ]
        ray.get([actor.host.remote() for actor in self._actors], timeout=_START_SECONDS)

    def _check_storage(self) -> None:
        """Raise if a node, or that of the supervisor, does not see what rank 0 writes."""
        name = f".shared-{secrets.token_hex(8)}"
        first, others = self._actors[0], self._actors[1:]
        problem = ray.get(first.write_shared.remote(name), timeout=_START_SECONDS)
        if problem:
            raise LaunchError(
                message(
                    "Rank 0 cannot write the folder of the runs, %1 (%2). Set KWIDGETS_RUNS to a "
                    "folder on storage that all nodes share, before training.",
                    self._job.runs,
                    problem,
                )
            )
        try:
            seen = ray.get(
                [actor.sees_shared.remote(name) for actor in others], timeout=_START_SECONDS
            )
            hosts = ray.get([actor.host.remote() for actor in others], timeout=_START_SECONDS)
            blind = sorted({host for host, sees in zip(hosts, seen, strict=True) if not sees})
            if not sees_shared(self._job.runs, name):
                blind.append(str(ray.util.get_node_ip_address()))
        finally:
            ray.get(first.remove_shared.remote(name), timeout=_START_SECONDS)
        if blind:
            raise LaunchError(
                message(
                    "The nodes do not share the folder of the runs, %1: %2 cannot see what rank 0 "
                    "writes there, such as checkpoints. Set KWIDGETS_RUNS to a folder on storage "
                    "that all nodes share, before training.",
                    self._job.runs,
                    ", ".join(blind),
                )
            )


class RayWorker:
    """A worker that an actor has started.

    Args:
        actor: its ``RankActor``.
        on_output: takes what it prints.
    """

    def __init__(self, actor: Any, on_output: Callable[[bytes], None]) -> None:
        self._actor, self._on_output = actor, on_output
        self._read = 0
        self._state: str | None = None
        self._watch = actor.watch.remote(0)

    def poll(self) -> str | None:
        if self._state is None and ray.wait([self._watch], timeout=0)[0]:
            try:
                state, output = ray.get(self._watch)
            except ray.exceptions.RayError:
                self._state = "its node or Ray's process there has ended"
                return self._state
            if output:
                self._read += len(output)
                self._on_output(output)
            self._state = state
            if state is None:
                self._watch = self._actor.watch.remote(self._read)
        return self._state

    def kill(self) -> None:
        # A worker whose actor was lost ends by itself.
        with contextlib.suppress(ray.exceptions.RayError):
            if self._state is None and ray.wait([self._watch], timeout=0)[0]:
                self.poll()
            output = ray.get(self._actor.stop.remote(self._read), timeout=_STOP_SECONDS)
            if output:
                self._on_output(output)
