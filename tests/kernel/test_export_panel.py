"""Test the export panel with a real kernel: asked while a cell trains, and shown in a cell."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kwidgets.formats import protocol
from kwidgets.live import protocol as live_protocol
from tests.kernel.page import Page, client_of_new_kernel, open_page, training_run

SETUP = """
%load_ext kwidgets
import keras, numpy as np, kwidgets as kw
def net(name):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)], name=name)
    model.compile("sgd", "mse")
    return model
model, other = net("net"), net("other")
x_test, y_test = np.ones((64, 4), "float32"), np.ones((64, 1))
"""
# Trains until it is stopped, and leaves the processor to the export.
FIT = """
import time
slow = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: time.sleep(0.02))
model.fit(x_test, y_test, batch_size=8, epochs=100_000, verbose=0, callbacks=[kw.LivePlot(), slow])
"""


@pytest.fixture(scope="module")
def client(
    quick_kernels: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("exports")
    with client_of_new_kernel(SETUP, folder, KWIDGETS_RUNS=str(folder / "runs")) as client:
        yield client


@pytest.fixture
def page(client: Any) -> Page:
    return open_page(client)


def shown(client: Any, code: str, allow_stdin: bool = True) -> dict[str, Any]:
    """Execute a cell; return the data of its output."""
    outputs: list[dict[str, Any]] = []

    def note(message: dict[str, Any]) -> None:
        if message["msg_type"] == "display_data":
            outputs.append(message["content"]["data"])

    client.execute_interactive(code, output_hook=note, allow_stdin=allow_stdin)
    (data,) = outputs
    return data


def test_a_model_is_exported_while_another_one_trains(page: Page, client: Any) -> None:
    keys = {
        name: shown(client, f"kw.export({name})")[protocol.MIME_TYPE]["payload"]["model"]
        for name in ("model", "other")
    }
    page.run(FIT)
    training = training_run(page)
    # A page may name the model by the run that trains it.
    listed = page.ask(protocol.EXPORT_TARGETS, {"model": training["run_id"]})["value"]
    assert listed["model"] == keys["model"]
    start = {"targets": ["keras"], "samples": "x_test", "validation": [], "latency": False}
    refused = page.ask(protocol.START_EXPORT, {"model": keys["model"], **start})
    assert "is being trained" in refused["message"]

    state = page.ask(protocol.START_EXPORT, {"model": keys["other"], **start})["value"]
    while state["state"] == "running":
        time.sleep(0.2)  # as often as the panel asks
        asked = {"job": state["job"], "since": state["revision"]}
        latest = page.ask(protocol.EXPORT_STATE, asked, 120)["value"]
        state = {**latest, "rows": latest["rows"] or state["rows"]}
    page.send(live_protocol.STOP, run=training["run_id"])
    (row,) = state["rows"]
    assert row["status"] == "done" and row["difference"]["maximum"] == 0
    assert Path(row["path"]).is_file()
    assert state["samples_from"]["values"] == ["x_test"]

    # Also where a program runs the notebook: nothing is exported that nobody has asked for.
    data = shown(client, "kw.export(other)", allow_stdin=False)
    # A page with our extension draws the data; no widget is missing in the saved notebook.
    assert not [kind for kind in data if "widget-view" in kind]
    assert "Identical" in data["text/plain"] and "<table>" in data["text/html"]
