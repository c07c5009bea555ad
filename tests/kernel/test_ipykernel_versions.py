"""Test the controls of a running fit with each version of ipykernel that behaves differently.

``make test`` makes the environments (tools/make_kernels.py); the newest ipykernel is our own.
"""

import os
import signal

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from kwidgets import protocol as wire
from kwidgets.live import protocol
from kwidgets.record.run_file.folder import VARIABLE
from tests.kernel.frontend import FIT, Frontend
from tests.kernels import OTHER_KERNELS

BETWEEN = pytest.mark.slow("between the one that differs most and the newest")
NAMES = [
    "ipykernel-6.31.0",
    pytest.param("ipykernel-7.0.1", marks=BETWEEN),
    pytest.param("ipykernel-7.3.0", marks=BETWEEN),
    "python3",
]

# JAX takes a third of TensorFlow's time to import; messages do not depend on the backend.
JAX_FIT = "import os\nos.environ['KERAS_BACKEND'] = 'jax'\n" + FIT.replace("100_000", "10_000_000")


@pytest.fixture(scope="module", params=NAMES)
def client(request, quick_kernels, tmp_path_factory):
    specs = KernelSpecManager()
    specs.kernel_dirs = [str(OTHER_KERNELS / "kernels"), *specs.kernel_dirs]
    manager = KernelManager(kernel_name=request.param, kernel_spec_manager=specs)
    # Where another kernel has recorded the same cell, the fit asks first whether to resume that.
    runs = str(tmp_path_factory.mktemp("runs"))
    manager.start_kernel(env={**os.environ, VARIABLE: runs})
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    client.manager = manager
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def frontend(client):
    client.execute_interactive("")  # what the test before left to read
    return Frontend(client)


def begin(frontend):
    frontend.client.execute(JAX_FIT, stop_on_error=False)
    frontend.read_until(lambda: frontend.latest() and frontend.latest()["step"] > 0)


def test_controls_work_while_the_cell_runs(frontend):
    begin(frontend)
    run = next(u["payload"]["run"] for u in frontend.updates if "run" in u["payload"])
    assert run["controls"] == "live"
    frontend.send(protocol.PAUSE)
    frontend.read_until(lambda: frontend.latest()["status"] == "paused")
    frontend.send(protocol.SET_LEARNING_RATE, {"value": 0.125}, id="m2")
    frontend.read_until(lambda: frontend.latest()["learning_rate"] == 0.125)
    paused_at = frontend.latest()["step"]
    frontend.send(protocol.RESUME, id="m3")
    frontend.read_until(lambda: frontend.latest()["step"] > paused_at)
    frontend.send(protocol.STOP, id="m4")
    frontend.read_until(lambda: "fit returned stopped 0.125" in "".join(frontend.texts))


def test_other_messages_wait_in_order_for_the_end_of_the_cell(frontend):
    begin(frontend)
    client = frontend.client
    cells = [client.execute(f"print('cell {i}')") for i in range(3)]
    frontend.send("dance")
    frontend.send(protocol.STOP)
    frontend.read_until(lambda: "cell 2" in "".join(frontend.texts))
    text = "".join(frontend.texts)
    order = ["fit returned stopped", "cell 0", "cell 1", "cell 2"]
    assert sorted(order, key=text.index) == order
    replies = [client.get_shell_msg(timeout=30)["parent_header"]["msg_id"] for _ in range(4)]
    assert [reply for reply in replies if reply in cells] == cells


def test_a_storm_of_messages_and_an_interrupt_lose_nothing(frontend):
    begin(frontend)
    for i in range(50):
        frontend.send(protocol.SET_LEARNING_RATE, {"value": (i + 1) / 1000}, id=f"r{i}")
    frontend.read_until(lambda: frontend.answers(protocol.REPLY, "r49"))
    assert all(frontend.answers(protocol.REPLY, f"r{i}") for i in range(50))
    os.kill(frontend.client.manager.provisioner.pid, signal.SIGINT)
    with pytest.raises(AssertionError, match="KeyboardInterrupt"):
        frontend.read_until(lambda: False)
    frontend.client.execute("print(live.status, int(model.optimizer.iterations) > 0)")
    frontend.read_until(lambda: "interrupted True" in "".join(frontend.texts))


def test_a_page_of_ours_is_heard_on_the_channel_in_mid_fit(frontend):
    """Must be the last test: while a page with the extension is open, widgets get no updates."""
    begin(frontend)
    hello = wire.envelope(wire.HELLO, {})
    frontend.send_to_comm(wire.CHANNEL, hello)
    frontend.read_until(lambda: frontend.channel(wire.WELCOME))
    # The next message has the run's id, which commands need.
    frontend.read_until(lambda: frontend.channel(protocol.UPDATE))
    run_id = frontend.channel(protocol.UPDATE)[-1]["run"]
    stop = wire.envelope(protocol.STOP, {}, id="s", run=run_id)
    frontend.send_to_comm(wire.CHANNEL, stop)
    frontend.read_until(lambda: "fit returned stopped" in "".join(frontend.texts))
