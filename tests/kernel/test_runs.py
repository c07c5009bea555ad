"""Test the recorded runs with a real kernel: asked for while a cell trains, and shown in a cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kwidgets.live import protocol as live_protocol
from kwidgets.record import protocol
from kwidgets.record.run_file.folder import VARIABLE
from tests.kernel.page import Page, client_of_new_kernel, open_page, training_run
from tests.record.run_files import write_run

FIT = """
import keras, numpy as np, kwidgets as kw
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)], name="net")
model.compile("sgd", "mse")
model.fit(np.ones((64, 4)), np.ones((64, 1)), batch_size=8, epochs=100_000, verbose=0,
          callbacks=[kw.LivePlot()])
"""


@pytest.fixture(scope="module")
def client(
    quick_kernels: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder, "20260528-202640-aaaaaa", name="first")
    with client_of_new_kernel(**{VARIABLE: str(folder)}) as client:
        yield client


@pytest.fixture
def page(client: Any) -> Page:
    return open_page(client)


def listed(page: Page) -> list[dict[str, Any]]:
    answer = page.ask(protocol.LIST_RUNS, {"scope": "folder", "since": 0})
    assert answer["ok"], answer
    rows: list[dict[str, Any]] = answer["value"]["rows"]
    return rows


def test_runs_are_listed_and_drawn_while_a_cell_trains(page: Page) -> None:
    page.run(FIT)
    training = training_run(page)

    def running() -> dict[str, Any] | None:
        rows = (row for row in listed(page) if row["state"] == "running" and row["values"])
        return next(rows, None)

    row = None
    while row is None:
        row = running()
    assert row["model_name"] in ("model", "net")
    curves = page.ask(protocol.RUN_CURVES, {"run": row["id"], "seen": ""})["value"]
    assert "mean/loss" in curves["snapshot"]["batch"]["columns"]
    edited = page.ask(protocol.EDIT_RUN, {"run": row["id"], "name": "<b>mine"})
    assert edited["ok"], edited
    refused = page.ask(protocol.DELETE_RUNS, {"runs": [row["id"]]})["value"]
    assert "still runs" in refused["problems"][0]
    page.send(live_protocol.STOP, run=training["run_id"])
    while (ended := next(r for r in listed(page) if r["id"] == row["id"]))["state"] == "running":
        pass
    # The training has not written over what the user wrote.
    assert (ended["name"], ended["state"]) == ("<b>mine", "stopped")


def test_a_cell_shows_the_runs_with_a_table_for_pages_without_our_extension(
    page: Page, client: Any
) -> None:
    outputs: list[dict[str, Any]] = []

    def note(message: dict[str, Any]) -> None:
        if message["msg_type"] == "display_data":
            outputs.append(message["content"]["data"])

    client.execute_interactive("import kwidgets as kw\nkw.runs()", output_hook=note)
    (data,) = outputs
    saved = data[protocol.MIME_TYPE]["payload"]
    assert "first" in {row["name"] for row in saved["runs"]["rows"]}
    assert "<table>" in data["text/html"] and "<b>mine" not in data["text/html"]
    assert "first" in data["text/plain"]
    # A page with our extension draws the data; no widget is missing in the saved notebook.
    assert not [kind for kind in data if "widget-view" in kind]
