"""Test that no fault during a fit costs weights, a usable model, threads or the signal handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from kwidgets import protocol
from tests.backends import ROOT
from tests.faults.fault import KINDS, draw, messages
from tests.kernel.frontend import Frontend

SETUP = f"""
import os, sys, warnings
os.environ["KERAS_BACKEND"] = "{{backend}}"
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0"
sys.path.insert(0, {str(ROOT)!r})
%load_ext kwidgets
from tests.faults.watched_fit import check, draw, trainer
import gc; gc.collect(); gc.freeze()
# The kernel closes the pipes of threads that have ended every ten seconds: too late for us.
get_ipython().kernel.iopub_thread._event_pipe_gc_seconds = 0.1
"""
A_SEED_WITH_COMMANDS = KINDS.index("commands")


ON_TENSORFLOW = pytest.mark.slow(
    "the same faults on JAX; test_fit_exceptions.py and test_callback.py are on TensorFlow"
)


@pytest.fixture(scope="module", params=[pytest.param("tensorflow", marks=ON_TENSORFLOW), "jax"])
def frontend(request: pytest.FixtureRequest, quick_kernels: dict[str, str]) -> Iterator[Frontend]:
    manager, client = start_new_kernel(extra_arguments=["--HistoryManager.enabled=False"])
    frontend = Frontend(client)
    assert run(frontend, SETUP.format(backend=request.param)) == ""
    # What Keras, TensorFlow and kwidgets start once is there before anything is counted: threads
    # of a backend, and the subshell that takes a page's messages.
    for seed in (0, 0, A_SEED_WITH_COMMANDS):
        assert run_fit(frontend, seed, f"trainer.train(draw({seed}), watched=True)") == ""
    yield frontend
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run_fit(frontend: Frontend, seed: int, code: str) -> str:
    """Run a cell with the fit of ``seed``; meanwhile send what a page sends in it."""
    fault = draw(seed)
    sent: list[str] = []

    def act(message: dict[str, Any]) -> None:
        if frontend.comm_id is not None and message["msg_type"] == "comm_msg" and not sent:
            sent.append(fault.kind)
            send(frontend, fault.kind, messages(fault))

    frontend.comm_id = None
    return run(frontend, code, act)


def run(
    frontend: Frontend, code: str, act: Callable[[dict[str, Any]], None] = lambda message: None
) -> str:
    """Run a cell, with ``act`` called on each message; return its traceback, "" without one."""
    request, failure = frontend.client.execute(code, stop_on_error=False), ""
    while True:
        message = frontend.client.get_iopub_msg(timeout=120)
        frontend.take(message)
        if message["parent_header"].get("msg_id") == request:
            if message["msg_type"] == "error":
                failure = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(message["content"]["traceback"]))
            if message["content"].get("execution_state") == "idle":
                return failure
        act(message)


def send(frontend: Frontend, kind: str, data: list[object]) -> None:
    for content in data:
        frontend.send_to_comm(frontend.comm_id, content)
        if kind == "garbage":
            frontend.send_to_comm(protocol.CHANNEL, content)
    if kind == "comm_close":
        for comm_id in (frontend.comm_id, protocol.CHANNEL):
            close = frontend.client.session.msg("comm_close", {"comm_id": comm_id, "data": {}})
            frontend.client.shell_channel.send(close)


MORE = pytest.mark.slow("one fault of each kind")


@pytest.mark.parametrize(
    "seed",
    [pytest.param(seed, marks=MORE if seed >= len(KINDS) else ()) for seed in range(200)],
)
def test_a_fault(frontend: Frontend, seed: int) -> None:
    failure = run_fit(frontend, seed, f"check({seed})")
    if failure:
        pytest.fail(f"{draw(seed)}\n{failure}")
