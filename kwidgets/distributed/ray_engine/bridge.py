"""Connects a kernel with a job on a Ray cluster: ``python -m kwidgets.distributed.ray_engine.bridge
FOLDER``.

It starts the supervisor on the cluster, or finds the one that it has, and passes on what kernels
and the supervisor say to each other. It outlives the kernel that has started it. When it is lost
itself, a kernel starts another one; only a cluster that it has started on this computer ends with
it.
"""

from __future__ import annotations

import dataclasses
import secrets
import sys
import threading
from pathlib import Path

from kwidgets.distributed.desk.socket_desk import DeskServer
from kwidgets.distributed.job import DESK_FILE, RESULT_FILE, Job
from kwidgets.distributed.messages import Polled, State, StateItem
from kwidgets.distributed.ray_engine.relay_desk import RelayDesk
from kwidgets.distributed.supervisor.main import LINGER_SECONDS, write_private
from kwidgets.record.fit_facts.process import describe_process


def main(folder: str) -> int:
    """Connect to the job of a folder until it has ended; return the exit status."""
    job = Job.read(Path(folder))
    desk = BridgeDesk()
    server = DeskServer(desk, secrets.token_hex(32))
    facts = {**dataclasses.asdict(server.address), "process": describe_process()}

    def write_desk(cluster: str | None) -> None:
        write_private(Path(folder, DESK_FILE), {**facts, "cluster": cluster})

    write_desk(None)
    desk.say("starting", "Connecting to Ray …")
    # Ray takes seconds to import; kernels read the desk meanwhile.
    from kwidgets.distributed.ray_engine.connection import Connection
    from kwidgets.distributed.supervisor.launcher import LaunchError

    connection = Connection(job, desk, write_desk)
    result: StateItem | None
    try:
        result = connection.follow()
    except LaunchError as error:
        desk.connect(None)
        result = desk.say("failed", str(error))
        if connection.may_still_run:
            result = None
    if result is not None:
        write_private(Path(folder, RESULT_FILE), dict(result))
    desk.wait_for_reader()
    connection.close()
    return 0


class BridgeDesk(RelayDesk):
    """Knows whether a kernel has read the end."""

    def __init__(self) -> None:
        super().__init__()
        self._read = threading.Event()

    def poll(self, after: int) -> Polled:
        found = super().poll(after)
        self._read.set()
        return found

    def wait_for_reader(self) -> None:
        """Wait until a kernel has read what is known now, a short time."""
        self._read.clear()
        self._read.wait(LINGER_SECONDS)

    def say(self, state: State, text: str) -> StateItem:
        """Post a state of this program's own."""
        item = StateItem(kind="state", state=state, attempt=1, text=text, traceback="", rank=None)
        self.post([item])
        return item


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
