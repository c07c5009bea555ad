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
from pathlib import Path

from kwidgets.distributed.desk.socket_desk import DeskServer
from kwidgets.distributed.job import DESK_FILE, RESULT_FILE, Job
from kwidgets.distributed.messages import StateItem
from kwidgets.distributed.ray_engine.bridge_desk import BridgeDesk
from kwidgets.distributed.supervisor.main import write_private
from kwidgets.language import message
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
    desk.say("starting", message("Connecting to Ray …"))
    # Ray takes seconds to import; kernels read the desk meanwhile.
    from kwidgets.distributed.ray_engine.connection import Connection
    from kwidgets.distributed.supervisor.launcher import LaunchError

    connection = Connection(job, desk, write_desk)
    result: StateItem | None
    try:
        result = connection.follow()
    except LaunchError as error:
        desk.connect(None)
        result = desk.say("failed", error.text)
        if connection.may_still_run:
            result = None
    if result is not None:
        write_private(Path(folder, RESULT_FILE), dict(result))
    desk.wait_for_reader()
    connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
