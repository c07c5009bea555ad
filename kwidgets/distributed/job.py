"""What is to be trained, and by whom: written once by the kernel, read by all others."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Final

#: Files in the folder of a job.
JOB_FILE: Final = "job.json"
FUNCTION_FILE: Final = "function.pkl"
DESK_FILE: Final = "desk.json"
RESULT_FILE: Final = "result.json"
PROGRESS_FILE: Final = "progress.json"


@dataclasses.dataclass(frozen=True)
class Job:
    """A training with several workers.

    Attributes:
        job_id: identifies it.
        folder: has its files: the function, the logs of the workers, and where the desk is.
        runs: the folder of recorded runs and checkpoints, which all workers can write and read.
        workers: how many processes.
        devices: how many devices each of them uses; None for all that it finds.
        backend: Keras's.
        seed: for ``keras.utils.set_random_seed``, on all workers.
        max_restarts: how often lost workers are replaced.
        cell: what the recorded run knows of the notebook: keys of ``describe_cell``.
        versions: of Python and the packages that all workers must have.
        started: when it was started, in seconds of ``time.time``.
        options: for ``LivePlot``.
        sys_path: of the kernel, for modules beside the notebook.
        cwd: the kernel's working folder.
        source: of the function, if it is known; tells whether it has changed.
        engine: "local", "ray", "ray://HOST:PORT" or "slurm".
        min_workers: with fewer it does not go on after a worker was lost; None for ``workers``.
        engine_options: of the engine.
    """

    job_id: str
    folder: str
    runs: str
    workers: int
    devices: int | None
    backend: str
    seed: int
    max_restarts: int
    cell: dict[str, Any]
    versions: dict[str, str]
    started: float
    options: dict[str, Any]
    sys_path: list[str]
    cwd: str
    source: str = ""
    engine: str = "local"
    min_workers: int | None = None
    engine_options: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def is_elastic(self) -> bool:
        """Whether the number of workers may change."""
        return self.min_workers is not None and self.min_workers < self.workers

    def write(self) -> None:
        """Write it into its folder."""
        path = Path(self.folder, JOB_FILE)
        path.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Job:
        """Read the job of a folder.

        Raises:
            OSError: there is none.
            ValueError: it cannot be read.
        """
        return cls(**json.loads((folder / JOB_FILE).read_text(encoding="utf-8")))


def versions(backend: str) -> dict[str, str]:
    """Return the versions that have to be the same on all workers."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for package in ("kwidgets", "keras", "numpy", backend):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def difference(here: dict[str, str], there: dict[str, str]) -> str:
    """Return in which versions a worker differs from the kernel, or ""."""
    return ", ".join(
        f"{name} {there.get(name, 'not installed')} instead of {wanted}"
        for name, wanted in here.items()
        if there.get(name) != wanted
    )
