"""``kwidgets.distribute``: train on several workers, with the view and buttons of a local fit."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kwidgets.distributed.checks import (
    check_backend,
    check_count,
    check_sizes,
    check_workers,
    chosen_backend,
    pickled,
    source_of,
)
from kwidgets.distributed.distributed_run import DistributedRun
from kwidgets.distributed.engines import check_engine, check_options
from kwidgets.distributed.errors import DistributeError
from kwidgets.distributed.job import Job, versions
from kwidgets.distributed.jobs import (
    jobs_folder,
    running_jobs,
    start_job,
    start_supervisor,
    unfinished_jobs,
)
from kwidgets.distributed.supervisor.main import gpu_ids
from kwidgets.kernel.running_kernel import has_page
from kwidgets.live.fit_options import check_prediction_options
from kwidgets.record.fit_facts.cell import describe_cell
from kwidgets.record.recording import recording
from kwidgets.record.run_file.folder import make_folder, new_run_id, runs_folder


def distribute(
    train: Callable[..., Any],
    workers: int | tuple[int, int] = 2,
    *,
    engine: str = "local",
    engine_options: Mapping[str, Any] | None = None,
    devices: int | None = None,
    backend: str | None = None,
    seed: int = 0,
    max_restarts: int = 2,
    reconnect: bool = True,
    wait: bool | None = None,
    task: Any = None,
    class_names: Sequence[str] | None = None,
) -> DistributedRun:
    """Train a model on several workers, and show one live view of all of them.

    Each worker is a process that calls ``train(worker)``. The function builds the model and the
    data, and calls ``fit``; the workers train the same model on parts of each batch::

        def train(worker):
            model = keras.Sequential([...])
            model.compile(...)
            model.fit(worker.shard(x, y, batch_size=256), epochs=10)

        run = kwidgets.distribute(train, workers=2, backend="jax")

    In a notebook it returns at once; the training goes on when the kernel ends. Running the cell
    again reconnects to it, or goes on from the last checkpoint of one that was lost.

    Args:
        train: called on each worker with a ``Worker``; or a function without parameters.
        workers: processes. More than one needs the JAX backend. A pair ``(least, most)`` for a
            training that goes on with fewer when workers are lost, and grows when there is room.
        engine: "local" for processes of this computer; "ray" for Ray, or the address of a Ray
            cluster, "ray://head:10001"; "slurm" for a SLURM cluster.
        engine_options: with "ray", options of ``ray.remote`` for each worker, such as ``num_cpus``,
            ``num_gpus`` and ``resources``; with "slurm", parameters of submitit, such as
            ``slurm_partition`` and ``timeout_min``.
        devices: devices of each worker; None for its share of the GPUs, or one CPU.
        backend: Keras's backend on the workers; None for that of this kernel.
        seed: for ``keras.utils.set_random_seed`` on all workers.
        max_restarts: how often all workers are started again, from the last checkpoint, when one is
            lost. An error of the function is never repeated.
        reconnect: whether to return the training of this cell that still runs, if there is one.
        wait: whether to return when the training has ended; None for yes in scripts, no in
            notebooks.
        task: as in ``LivePlot``.
        class_names: the same.

    Returns:
        A ``DistributedRun``, with the methods of ``LivePlot``, ``wait()``, ``model()`` and the logs
        of the workers.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range.
        DistributeError: the training cannot start: the backend cannot do it, the function cannot be
            sent to the workers, or the engine is not installed.
        WorkerError: with ``wait``, a worker has failed.
    """
    check_engine(engine)
    chosen = chosen_backend(backend)
    options = check_options(engine, engine_options)
    least, most = check_sizes(workers)
    if engine == "local":
        uses_gpus = chosen != "tensorflow" or most > 1
        check_workers(most, devices, len(gpu_ids()) if uses_gpus else 0)
    elif devices is not None:
        check_count("devices", devices, least=1)
    check_backend(chosen, most)
    check_prediction_options(task, class_names)
    check_count("max_restarts", max_restarts, least=0)
    check_count("seed", seed, least=0)
    runs = runs_folder()
    cell = describe_cell(recording.with_code)
    source = source_of(train)
    found, is_running = _unfinished(runs, cell, source) if reconnect else (None, False)
    run = None
    if found is not None:
        # One whose supervisor was lost goes on from its last checkpoints.
        run = DistributedRun(found, None if is_running else start_supervisor(found))
        print(
            f"The training {found.job_id} of this cell had not ended: this is its view. To start "
            "another one: reconnect=False."
        )
    if run is None:
        function = pickled(train)
        make_folder(runs)
        job_id = new_run_id()
        job = Job(
            job_id=job_id,
            folder=str(jobs_folder(runs) / job_id),
            runs=str(runs),
            workers=most,
            min_workers=least,
            engine=engine,
            engine_options=options,
            devices=devices,
            backend=chosen,
            seed=seed,
            max_restarts=max_restarts,
            cell=cell,
            versions=versions(chosen),
            started=time.time(),
            options={"task": task, "class_names": class_names},
            sys_path=[path for path in sys.path if Path(path).is_dir()],
            cwd=os.getcwd(),
            source=source,
        )
        run = DistributedRun(job, start_job(job, function))
    if wait or (wait is None and not has_page()):
        run.wait()
    return run


def reconnect(job_id: str | None = None) -> DistributedRun:
    """Show a training with several workers that another kernel has started.

    Args:
        job_id: its id, or the beginning of it; None for the latest one.

    Raises:
        DistributeError: none runs, or not this one.
    """
    runs = runs_folder()
    running = list(running_jobs(runs))
    found = [job for job in running if job_id is None or job.job_id.startswith(job_id)]
    if not found:
        there = ", ".join(job.job_id for job in running) or "none"
        raise DistributeError(
            "There is no running training with several workers to reconnect to"
            f"{'' if job_id is None else f' with the id {job_id!r}'} in {runs}. "
            f"Running: {there}. What has ended is in kwidgets.runs."
        )
    return DistributedRun(found[0], None)


def _unfinished(runs: Path, cell: dict[str, Any], source: str) -> tuple[Job | None, bool]:
    """Return the training of this cell that has not ended, or None; and whether it still runs.

    Raises:
        DistributeError: one runs, and the cell has other code now.
    """
    for job, is_running in unfinished_jobs(runs):
        # A loop starts one after the other: their numbers differ.
        keys = ("notebook", "cell_id", "script", "fit_in_cell")
        if any(job.cell.get(key) != cell.get(key) for key in keys):
            continue
        if job.cell.get("code") == cell.get("code") and job.source == source:
            return job, is_running
        if is_running and cell.get("cell_id") is not None:
            raise DistributeError(
                f"The training {job.job_id} of this cell still runs, with the code that the cell "
                f'had before. To watch or stop it: kwidgets.reconnect("{job.job_id}"). To start '
                "another one beside it: reconnect=False."
            )
    return None, False
