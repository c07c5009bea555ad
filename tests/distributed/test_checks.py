"""What cannot be trained with several workers is refused before anything starts."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import kwidgets as kw
from kwidgets.distributed import checks
from kwidgets.distributed.job import difference


def train() -> None:
    """Never called."""


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KWIDGETS_RUNS", str(tmp_path))
    monkeypatch.setattr(checks, "num_cpus", lambda: 2)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"workers": 0}, ValueError, "workers must be at least 1, not 0"),
        ({"workers": 2.0}, TypeError, "workers must be a whole number, not 2.0"),
        ({"workers": True}, TypeError, "workers must be a whole number"),
        ({"workers": 3}, ValueError, "3 workers need 3 CPUs; this computer has 2"),
        ({"devices": 0}, ValueError, "devices must be at least 1"),
        ({"max_restarts": -1}, ValueError, "max_restarts must be at least 0"),
        ({"backend": "mxnet"}, ValueError, "backend must be one of jax, tensorflow, torch"),
        ({"engine": "dask"}, ValueError, 'engine must be "local", "ray"'),
        ({"engine": 3}, TypeError, "engine must be a text"),
        ({"task": "sorting"}, ValueError, "sorting"),
    ],
)
def test_arguments_are_checked(
    arguments: dict[str, Any], error: type[Exception], text: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=text):
        kw.distribute(train, **{"backend": "jax", **arguments})
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("backend", "text"),
    [
        ("tensorflow", 'MultiWorkerMirroredStrategy.*keras/issues/20585.*backend="jax"'),
        ("torch", 'PyTorch.*keras/issues/23418.*backend="jax"'),
    ],
)
def test_backends_without_several_processes_are_refused_with_a_way_out(
    backend: str, text: str
) -> None:
    with pytest.raises(kw.DistributeError, match=text):
        kw.distribute(train, workers=2, backend=backend)


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match="train must be a function that builds the model"):
        kw.distribute("train", backend="jax")  # type: ignore[arg-type]


def test_a_function_that_cannot_be_sent_names_what_it_uses() -> None:
    lock = threading.Lock()

    def locked() -> None:
        with lock:
            train()

    with pytest.raises(kw.DistributeError, match=r"locked cannot be sent.*'lock' \(lock\)"):
        kw.distribute(locked, backend="jax")


def test_a_function_with_too_many_data_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MAX_FUNCTION_BYTES", 1_000)
    data = bytes(2_000)

    def with_data() -> bytes:
        return data

    with pytest.raises(kw.DistributeError, match="Load the data inside the function"):
        kw.distribute(with_data, backend="jax")


def test_other_versions_of_a_worker_are_named() -> None:
    here = {"Python": "3.11", "keras": "3.15.1", "jax": "0.10.2"}
    there = {"Python": "3.11", "keras": "3.12.0"}
    assert difference(here, there) == (
        "keras 3.12.0 instead of 3.15.1, jax not installed instead of 0.10.2"
    )
    assert difference(here, here) == ""


def test_without_a_running_training_reconnect_says_so() -> None:
    with pytest.raises(kw.DistributeError, match="no running training with several workers"):
        kw.reconnect()
