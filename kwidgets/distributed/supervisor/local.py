"""Start workers as processes of this computer."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kwidgets.distributed.desk.socket_desk import DeskAddress
from kwidgets.distributed.job import Job
from kwidgets.distributed.rank.main import SETTINGS_VARIABLE
from kwidgets.distributed.supervisor.launcher import Report, Start

_KILL_SECONDS = 20
# For a worker to write where it is.
_STACK_SECONDS = 0.3


class LocalLauncher:
    """Starts the workers of a job on this computer; their output goes to files.

    Args:
        job: the job.
        gpus: the ids of the GPUs that are divided among the workers; none for CPUs.
    """

    def __init__(self, job: Job, gpus: list[str]) -> None:
        self._job, self._gpus = job, gpus
        self._desk: DeskAddress | None = None

    def set_desk(self, address: DeskAddress) -> None:
        self._desk = address

    def reserve(self, sizes: Sequence[int], report: Report) -> int:
        return sizes[0]

    def room(self) -> int:
        return 0

    def release(self) -> None:
        """Nothing is kept for the workers."""

    def coordinator(self) -> str:
        return f"127.0.0.1:{free_port()}"

    def start(self, start: Start) -> LocalWorker:
        assert self._desk is not None
        settings = {
            "job_folder": self._job.folder,
            "desk": dataclasses.asdict(self._desk),
            "parent": os.getpid(),
            **dataclasses.asdict(start),
        }
        environment = os.environ | self._device_variables(start.rank)
        environment |= {
            SETTINGS_VARIABLE: json.dumps(settings),
            "KERAS_BACKEND": self._job.backend,
            "PYTHONUNBUFFERED": "1",
        }
        with open(log_path(self._job.folder, start.rank), "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "kwidgets.distributed.rank.main"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return LocalWorker(process)

    def _device_variables(self, rank: int) -> dict[str, str]:
        if self._gpus:
            share = len(self._gpus) // self._job.workers
            mine = self._gpus[rank * share : (rank + 1) * share][: self._job.devices]
            return {"CUDA_VISIBLE_DEVICES": ",".join(mine)}
        if self._job.devices and self._job.devices > 1 and self._job.backend == "jax":
            flags = os.environ.get("XLA_FLAGS", "")
            count = f"--xla_force_host_platform_device_count={self._job.devices}"
            return {"XLA_FLAGS": f"{flags} {count}".strip()}
        return {}


class LocalWorker:
    """A worker process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> str | None:
        status = self._process.poll()
        if status is None:
            return None
        if status < 0:
            return f"killed by signal {signal.Signals(-status).name}"
        return f"exit status {status}" if status else ""

    def kill(self) -> None:
        if self._process.poll() is None:
            if hasattr(signal, "SIGUSR1"):
                self._process.send_signal(signal.SIGUSR1)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_STACK_SECONDS)
            self._process.kill()
        self._process.wait(_KILL_SECONDS)


def log_path(folder: str, rank: int) -> Path:
    """Return the file with the output of a worker."""
    return Path(folder, f"rank-{rank}.log")


def free_port() -> int:
    """Return a port that no program listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: Any = probe.getsockname()[1]
    return int(port)


def own_address() -> str:
    """Return the address at which other computers of the network reach this one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: the system only chooses the interface.
            probe.connect(("10.255.255.255", 1))
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostbyname(socket.gethostname())
