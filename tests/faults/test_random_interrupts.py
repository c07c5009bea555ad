"""Test that Ctrl-C at any moment ends a watched training once, and leaves a usable model."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from tests.backends import ROOT
from tests.faults.test_random_faults import run
from tests.kernel.frontend import Frontend

pytestmark = pytest.mark.slow("random faults have interrupts at random moments, too")

SETUP = f"""
import os, sys
os.environ["KERAS_BACKEND"] = "{{backend}}"
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0"
sys.path.insert(0, {str(ROOT)!r})
%load_ext kwidgets
from tests.faults.interrupted_cell import cells
cells.handler = __import__("signal").getsignal(2)
print("pid", os.getpid())
"""
TRIES = 150
LATEST_SECONDS = 1.5


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def kernel(
    request: pytest.FixtureRequest, quick_kernels: dict[str, str]
) -> Iterator[tuple[Frontend, int]]:
    """A kernel, and the number of its process."""
    manager, client = start_new_kernel(extra_arguments=["--HistoryManager.enabled=False"])
    frontend = Frontend(client)
    printed: list[str] = []

    def note(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    assert run(frontend, SETUP.format(backend=request.param), note) == ""
    found = re.search(r"pid (\d+)", "".join(printed))
    assert found is not None
    yield frontend, int(found[1])
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("seed", range(TRIES))
def test_an_interrupt_ends_the_training_once(kernel: tuple[Frontend, int], seed: int) -> None:
    frontend, pid = kernel
    delay = random.Random(seed).uniform(0, LATEST_SECONDS)
    timers: list[threading.Timer] = []

    def interrupt(message: dict[str, Any]) -> None:
        if message["msg_type"] == "execute_input" and not timers:
            timers.append(threading.Timer(delay, os.kill, (pid, signal.SIGINT)))
            timers[0].start()

    failure = run(frontend, f"cells.run({seed})", interrupt)
    timers[0].join()
    assert failure.rstrip().endswith("KeyboardInterrupt:"), failure
    assert run(frontend, "cells.check()") == ""
