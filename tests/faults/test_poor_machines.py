"""Test that a full disk, no threads, no HOME and a read-only folder cost a fit nothing but records.

Each fit runs in a process of its own; those that must not be root's run as the user nobody, who may
read everything here, so that Python and its packages are found wherever they are.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kwidgets.record.checkpoints.folder import TEMPORARY, list_folders
from kwidgets.record.checkpoints.retention import SUFFIX
from kwidgets.record.run_file import schema
from kwidgets.record.run_file.reader import read_info
from tests.backends import ROOT
from tests.faults.poor_machine import EPOCHS

pytestmark = [
    pytest.mark.slow("random faults have poor machines, too, without another user or disk"),
    pytest.mark.timeout(900),
]

NOBODY = 65534
IS_ROOT = hasattr(os, "getuid") and os.getuid() == 0 and shutil.which("setpriv") is not None
AS_NOBODY = pytest.mark.skipif(not IS_ROOT, reason="needs root and setpriv, to be another user")
RUNS = Path(".kwidgets", "runs")


@pytest.fixture(params=["tensorflow", "jax"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted: {error}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def open_path(tmp_path: Path) -> Path:
    """A folder that another user can reach."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root" and folder != Path(folder.root):
            folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


def train(
    kind: str, folder: Path, backend: str, *, as_nobody: bool = False, home: Path | None = None
) -> dict[str, Any]:
    """Return what came of the fits in ``folder``, whose weights are compared there."""
    left_out = {"HOME", "KWIDGETS_RUNS", "JUPYTER_DATA_DIR", "XDG_DATA_HOME"}
    variables = {name: value for name, value in os.environ.items() if name not in left_out}
    variables |= {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    # Keras itself writes its settings there.
    variables |= {"KERAS_HOME": str(folder), "XLA_FLAGS": "--xla_backend_optimization_level=0"}
    if home is not None:
        variables["HOME"] = str(home)
    command = [sys.executable, "-m", "tests.faults.poor_machine", kind]
    if as_nobody:
        reads_all = ["--inh-caps", "-all,+dac_read_search", "--ambient-caps", "+dac_read_search"]
        ids = ["--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
        command = ["setpriv", *ids, *reads_all, *command]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["same"], "the weights or the history differ from those of the bare fit"
    assert found["status"] == "finished" and found["epochs"] == EPOCHS
    assert found["user"] == (NOBODY if as_nobody else os.getuid())
    assert len(set(found["logged"])) == len(found["logged"]), found["logged"]
    return found


def check_files(runs: Path) -> None:
    """Assert that the file of each run and its checkpoints are whole."""
    for path in runs.glob(f"*{schema.SUFFIX}"):
        with sqlite3.connect(path) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert read_info(path).id == path.name.removesuffix(schema.SUFFIX)
    for folder in runs.glob(f"*{SUFFIX}"):
        assert not list(folder.glob(f"{TEMPORARY}*"))
        entries = [path for path in folder.iterdir() if path.is_dir()]
        checkpoints = list_folders(folder)
        assert len(checkpoints) == len(entries)
        for checkpoint in checkpoints:
            checkpoint.read_arrays()


def test_a_disk_that_becomes_full_costs_only_the_records(small_disk, backend):
    found = train("full disk", small_disk, backend)
    assert found["notices"], "nothing says that the run is not recorded"
    assert len(found["notices"]) <= 2, found["notices"]  # the run, and its checkpoints
    (small_disk / "filler").unlink()
    assert list((small_disk / RUNS).glob(f"*{schema.SUFFIX}"))
    check_files(small_disk / RUNS)


# TensorFlow itself aborts the process where it can start no thread.
@pytest.mark.parametrize("backend", ["jax"])
@AS_NOBODY
def test_where_no_thread_can_start_a_fit_is_the_same(open_path, backend):
    folder = open_path / "work"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    train("no threads", folder, backend, as_nobody=True)
    check_files(folder / RUNS)


@AS_NOBODY
def test_without_a_home_a_run_is_recorded_beside_the_script(open_path, backend):
    folder = open_path / "work"
    folder.mkdir()
    folder.chmod(0o777)
    found = train("no home", folder, backend, as_nobody=True)
    assert found["notices"] == {} and found["logged"] == []
    assert [read_info(path).state for path in (folder / RUNS).glob(f"*{schema.SUFFIX}")] == [
        "finished"
    ]
    check_files(folder / RUNS)


@AS_NOBODY
def test_in_a_read_only_folder_a_run_is_recorded_in_the_home(open_path, backend):
    folder, home = open_path / "work", open_path / "home"
    folder.mkdir(mode=0o755)
    home.mkdir()
    home.chmod(0o777)
    found = train("read-only", folder, backend, as_nobody=True, home=home)
    assert found["notices"] == {} and found["logged"] == []
    (path,) = home.rglob(f"*{schema.SUFFIX}")
    assert read_info(path).state == "finished" and not list(folder.iterdir())
    check_files(path.parent)


@AS_NOBODY
def test_in_a_read_only_folder_without_a_home_one_notice_says_so(open_path, backend):
    folder = open_path / "work"
    folder.mkdir(mode=0o755)
    found = train("read-only", folder, backend, as_nobody=True)
    assert list(found["notices"]) == ["Recording the run"], found["notices"]
    assert len(found["logged"]) == 1 and not list(folder.iterdir())
