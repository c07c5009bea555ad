"""The program of the supervisor: ``python -m kwidgets.distributed.supervisor.main FOLDER``.

It outlives the kernel that has started it, which finds it again by the file ``desk.json``.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any, Final

from kwidgets.distributed.desk.socket_desk import DeskServer
from kwidgets.distributed.job import DESK_FILE, PROGRESS_FILE, RESULT_FILE, Job
from kwidgets.distributed.supervisor.launcher import Launcher
from kwidgets.distributed.supervisor.local import LocalLauncher, own_address
from kwidgets.distributed.supervisor.supervise import Supervisor, WatchedDesk
from kwidgets.live.devices.nvml import cuda_visible_devices, start_nvml, try_call, visible_gpus
from kwidgets.record.fit_facts.process import describe_process

#: For the kernel to read how the training has ended.
LINGER_SECONDS: Final = 30.0


def main(folder: str) -> int:
    """Supervise the job of a folder; return the exit status."""
    job = Job.read(Path(folder))
    os.environ["KWIDGETS_RUNS"] = job.runs
    desk = WatchedDesk()
    launcher: Launcher
    if job.engine == "slurm":
        from kwidgets.distributed.supervisor.slurm import SlurmLauncher

        launcher = SlurmLauncher(job)
        host = job.engine_options.get("desk_host") or own_address()
    else:
        launcher, host = LocalLauncher(job, gpu_ids()), "127.0.0.1"
    server = DeskServer(desk, secrets.token_hex(32), host)
    launcher.set_desk(server.address)
    address = server.address
    write_private(
        Path(folder, DESK_FILE),
        {
            "host": address.host,
            "port": address.port,
            "token": address.token,
            "process": describe_process(),
        },
    )
    kept = Path(folder, PROGRESS_FILE)
    progress = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else None
    result = Supervisor(
        job, desk, launcher, lambda progress: write_private(kept, dict(progress)), progress
    ).run()
    write_private(Path(folder, RESULT_FILE), dict(result))
    desk.read_after_end.clear()
    desk.read_after_end.wait(LINGER_SECONDS)
    return 0


def write_private(path: Path, value: dict[str, Any]) -> None:
    """Write JSON that only this user can read, at once."""
    temporary = path.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file)
    temporary.replace(path)


def gpu_ids() -> list[str]:
    """Return the ids of the GPUs that this process may use, for ``CUDA_VISIBLE_DEVICES``."""
    nvml = try_call(start_nvml)
    if nvml is None:
        return []
    names = cuda_visible_devices()
    if names is not None:
        return names[: len(visible_gpus(nvml))]
    return [str(index) for index in range(len(visible_gpus(nvml)))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
