"""Installed as a user does: the wheel and JupyterLab in a clean environment, without Node, and
with nothing fetched from the network."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.live_view import FIRST_SECONDS, View
from tests.browser.notebook import Notebook
from tests.browser.panel import Panel
from tests.browser.server import LabServer
from tests.wheel import REPOSITORY, wheel_in

# Ends a process of the clean environment that would reach another machine, and says whom.
NO_NETWORK = """
import ipaddress, socket, sys


def refuse(event, arguments):
    if event != "socket.connect" or arguments[0].family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = arguments[1][0]
    if host == "localhost" or ipaddress.ip_address(host).is_loopback:
        return
    with open({log!r}, "a") as log:
        print(sys.argv, "->", host, file=log)
    raise OSError("no network in this test")


sys.addaudithook(refuse)
"""

FIT = """%load_ext kwidgets
import keras, numpy as np, kwidgets as kw
x = np.random.default_rng(0).normal(size=(640, 4))
y = x.sum(axis=1)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(x, y, epochs=100_000);"""
BUILDER = """builder = kw.SequentialBuilder(input_shape=(4,))
builder"""


# JAX is imported in a third of TensorFlow's time, here without compiled files even.
@pytest.fixture(params=["jax", "tensorflow"])
def clean(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[LabServer, Path]]:
    """A JupyterLab in an environment that knows kwidgets by its wheel only, and the log of whom
    its processes tried to reach."""
    environment, log = tmp_path / "environment", tmp_path / "reached.txt"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--python", sys.executable, environment], check=True)
    python = environment / "bin" / "python"
    lock = REPOSITORY / "requirements.lock"
    wheel = wheel_in(tmp_path)
    packages = [wheel, "jupyterlab", request.param]
    subprocess.run(
        [*uv, "pip", "install", "--python", python, "--constraint", lock, *packages], check=True
    )
    (installed,) = environment.glob("lib/python*/site-packages")
    (installed / "_no_network.py").write_text(NO_NETWORK.format(log=str(log)))
    (installed / "no_network.pth").write_text("import _no_network\n")
    # No Node, no tools of the checkout.
    alone = {"PATH": str(environment / "bin"), "HOME": str(tmp_path), "PYTHONPATH": ""}
    alone["KERAS_BACKEND"] = request.param
    folder = tmp_path / "server"
    with LabServer.start(folder, environment=alone, python=str(python)) as server:
        yield server, log


@pytest.mark.slow("test_package.py has what is in a wheel")
@pytest.mark.timeout(900)
def test_the_wheel_works_without_node_and_without_a_network(
    clean: tuple[LabServer, Path], browser: Browser
) -> None:
    server, log = clean
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    notebook = Notebook.create(page, server, "wheel.ipynb", (FIT, BUILDER, "%kwidgets"))

    notebook.run(0)
    live = View(notebook.outputs(0))
    live.expect_status("running")
    expect(live.chart("loss")).to_be_visible()
    panel = Panel(page)
    panel.open()
    panel.expect_item("model")
    live.button("Stop").click()
    live.expect_status("stopped")
    notebook.wait(0)

    notebook.run_and_wait(1)
    builder = notebook.outputs(1).get_by_role("region", name="Sequential builder")
    builder.get_by_role("combobox", name="Add layer").fill("dense 3 relu")
    builder.get_by_role("combobox", name="Add layer").press("Enter")
    expect(builder.get_by_role("list", name="Layers", exact=True)).to_contain_text("Dense")

    notebook.run_and_wait(2, FIRST_SECONDS)
    assert "connected" in notebook.text(2)
    page.goto("about:blank")
    context.close()
    elsewhere = [u for u in fetched if not u.startswith((server.url, "blob:", "data:", "about:"))]
    assert not elsewhere
    reached = log.read_text() if log.exists() else ""
    assert not reached
