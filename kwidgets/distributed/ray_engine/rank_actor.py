"""Runs one worker as a process of the node on which Ray has placed this actor."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import ray

from kwidgets.distributed.desk.socket_desk import DeskServer
from kwidgets.distributed.job import FUNCTION_FILE, Job
from kwidgets.distributed.ray_engine.relay_desk import RelayDesk
from kwidgets.distributed.supervisor.launcher import Start
from kwidgets.distributed.supervisor.local import LocalLauncher, LocalWorker, free_port, log_path

#: For new output or the end of the worker, and between two looks, in seconds.
_WATCH_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.1
#: For files to be seen on other nodes.
_SHARED_SECONDS: Final = 10.0


class RankActor:
    """Starts a worker, which calls the supervisor's desk through this process.

    Ray's worker processes have threads and libraries of their own, and one that is killed says
    nothing any more: so the training has a process to itself.

    Args:
        job: the keys of ``Job``.
        function: the user's, pickled.
        supervisor: the actor.
    """

    def __init__(self, job: dict[str, Any], function: bytes, supervisor: Any) -> None:
        # This node need not share a disk with the kernel.
        self._folder = Path(tempfile.mkdtemp(prefix="kwidgets-"))
        self._job = Job(**{**job, "folder": str(self._folder)})
        self._job.write()
        (self._folder / FUNCTION_FILE).write_bytes(function)
        server = DeskServer(RelayDesk(supervisor), secrets.token_hex(32))
        # Ray has set CUDA_VISIBLE_DEVICES.
        self._launcher = LocalLauncher(self._job, [])
        self._launcher.set_desk(server.address)
        self._worker: LocalWorker | None = None
        self._log: Path | None = None

    def host(self) -> str:
        """Return the address of this node."""
        return str(ray.util.get_node_ip_address())

    def coordinator(self) -> str:
        """Return a ``host:port`` of this node at which JAX's processes can meet."""
        return f"{self.host()}:{free_port()}"

    def write_shared(self, name: str) -> str:
        """Write a file into the folder of the runs; return why that fails, or ""."""
        try:
            os.makedirs(self._job.runs, exist_ok=True)
            Path(self._job.runs, name).write_text(name, encoding="utf-8")
        except OSError as error:
            return str(error)
        return ""

    def sees_shared(self, name: str) -> bool:
        """Return whether this node sees the file that another one has written."""
        return sees_shared(self._job.runs, name)

    def remove_shared(self, name: str) -> None:
        """Delete the file."""
        Path(self._job.runs, name).unlink(missing_ok=True)

    def start(self, start: dict[str, Any]) -> int:
        """Start the worker; return its process id."""
        self._worker = self._launcher.start(Start(**start))
        self._log = log_path(self._job.folder, start["rank"])
        return self._worker.pid

    def watch(self, offset: int) -> tuple[str | None, bytes]:
        """Wait for the end of the worker or for output, a short time.

        Returns:
            How it has ended, as ``StartedWorker.poll``, and its output from ``offset`` on.
        """
        assert self._worker is not None and self._log is not None
        until = time.monotonic() + _WATCH_SECONDS
        while True:
            state = self._worker.poll()
            with open(self._log, "rb") as file:
                file.seek(offset)
                output = file.read(1 << 20)
            if state is not None or output or time.monotonic() > until:
                # A worker that prints much is read a few times a second.
                time.sleep(_LOOK_SECONDS)
                return (None if output and state is not None else state), output
            time.sleep(_LOOK_SECONDS)

    def stop(self, offset: int) -> bytes:
        """End the worker, and delete its files; return its output from ``offset`` on."""
        if self._worker is not None:
            self._worker.kill()
        output = b"" if self._log is None else self._log.read_bytes()[offset:]
        shutil.rmtree(self._folder, ignore_errors=True)
        return output


def sees_shared(folder: str, name: str) -> bool:
    """Return whether a file that another node has written is seen here, at the latest soon."""
    until = time.monotonic() + _SHARED_SECONDS
    while not Path(folder, name).exists():
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_SECONDS)
    return True
