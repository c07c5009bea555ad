"""Two workers on Ray, and by submitit: real clusters of this computer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = REPOSITORY / ".build" / "engines"
PROGRAM = (ENVIRONMENT / "bin" / "python", "-m", "tests.distributed.engine_programs")
SECONDS = 900

pytestmark = [
    pytest.mark.slow("each starts several processes that import Keras and Ray"),
    pytest.mark.timeout(SECONDS),
    pytest.mark.skipif(
        not (ENVIRONMENT / ".ready").exists(), reason="python tools/make_engines.py makes Ray"
    ),
]


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[dict[str, str]]:
    """A cluster that ``ray start`` has started; yields variables that name it."""
    variables = {"RAY_USAGE_STATS_ENABLED": "0", "PYTHONUNBUFFERED": "1"}
    command = ["ray", "start", "--head", "--block", "--num-cpus=2", "--port=0"]
    command += ["--include-dashboard=false", "--object-store-memory=100000000"]
    process = subprocess.Popen(
        [ENVIRONMENT / "bin" / command[0], *command[1:]],
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    children = []
    try:
        assert process.stdout is not None
        address = next(line.split("'")[1] for line in process.stdout if "--address=" in line)
        yield {**variables, "RAY_ADDRESS": address}
    finally:
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
        _, left = psutil.wait_procs(children, 30)
        for child in left:
            child.kill()


def run(program: str, engine: str, folder: Path, **variables: str) -> Any:
    """Run a program in a folder; return what its last line says."""
    done = subprocess.run(
        [
            ENVIRONMENT / "bin" / "python",
            "-m",
            "tests.distributed.engine_programs",
            program,
            engine,
        ],
        env=os.environ | variables,
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.stdout, done
    return json.loads(done.stdout.splitlines()[-1])


def left_in(folder: Path) -> list[psutil.Process]:
    """Return the processes that were started in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_two_workers_on_ray_train_as_one_process_does(
    ray_cluster: dict[str, str], tmp_path: Path
) -> None:
    facts = run("weights", "ray", tmp_path, **ray_cluster)
    assert facts["state"] == ["finished", "finished"]
    assert facts["between ranks"] == facts["steered"] == 0
    assert facts["to one process"] < 1e-6
    assert ["rank 0 of 2" in facts["log"][0], "rank 1 of 2" in facts["log"][1]] == [True, True]


def test_a_training_on_ray_survives_a_killed_worker_and_a_killed_kernel(
    ray_cluster: dict[str, str], tmp_path: Path
) -> None:
    first = run("killed", "ray", tmp_path, **ray_cluster)
    assert "Rank 1 was lost (killed by signal SIGKILL)" in first["text"]
    assert "the last checkpoint" in first["text"]
    second = run("found", "ray", tmp_path, **ray_cluster)
    assert second["state"] == "stopped"
    assert second["step"] > 0


def test_ray_says_how_many_workers_it_can_have(ray_cluster: dict[str, str], tmp_path: Path) -> None:
    facts = run("too_many", "ray", tmp_path, **ray_cluster)
    assert "64 workers need 64 CPU; the Ray cluster has 2 CPU. Use workers=2" in facts["error"]


def test_a_ray_cluster_for_one_training_ends_with_it(tmp_path: Path) -> None:
    facts = run("too_many", "ray", tmp_path, RAY_USAGE_STATS_ENABLED="0")
    assert "64 workers need 64 CPU;" in facts["error"]
    _, left = psutil.wait_procs(left_in(tmp_path), 60)
    assert not left


def test_two_workers_by_submitit_train_as_one_process_does(tmp_path: Path) -> None:
    facts = run("weights", "slurm", tmp_path)
    assert facts["state"] == ["finished", "finished"]
    assert facts["between ranks"] == facts["steered"] == 0
    assert facts["to one process"] < 1e-6
    _, left = psutil.wait_procs(left_in(tmp_path), 60)
    assert not left


def test_a_training_by_submitit_survives_a_killed_worker_and_a_killed_kernel(
    tmp_path: Path,
) -> None:
    first = run("killed", "slurm", tmp_path)
    assert "Rank 1 was lost (killed by signal SIGKILL)" in first["text"]
    assert run("found", "slurm", tmp_path)["state"] == "stopped"
    _, left = psutil.wait_procs(left_in(tmp_path), 60)
    assert not left


def test_an_elastic_training_takes_the_number_of_workers_that_divides_its_batches(
    tmp_path: Path,
) -> None:
    facts = run("resized", "slurm", tmp_path)
    assert facts["state"] == "finished"
    assert any("32 samples cannot be divided among 3 workers" in text for text in facts["texts"])
    assert "rank 0 of 2" in facts["log"]
