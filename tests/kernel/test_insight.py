"""Test predictions with a real kernel: sent while a cell trains, on request, within their bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kwidgets.live import protocol as live_protocol
from tests.kernel.page import Page, client_of_new_kernel, open_page, training_run

FIT = """
import keras, numpy as np, kwidgets as kw
random = np.random.default_rng(0)
x = random.random((400, 16, 16)).astype("float32")
y = (x[:, 0, 0] * 3).astype(int)
class_names = ["cat", "dog", "<b>eel</b>"]
model = keras.Sequential([keras.Input((16, 16)), keras.layers.Flatten(),
                          keras.layers.Dense(3, "softmax")])
model.compile("sgd", "sparse_categorical_crossentropy")
model.fit(x[:200], y[:200], validation_data=(x[200:], y[200:]), epochs=EPOCHS, verbose=0,
          callbacks=[kw.LivePlot()])
"""


@pytest.fixture(scope="module")
def client(quick_kernels: dict[str, str]) -> Iterator[Any]:
    with client_of_new_kernel() as client:
        yield client


@pytest.fixture
def page(client: Any) -> Page:
    return open_page(client)


def part(page: Page, name: str, wanted: Any = lambda part: True) -> dict[str, Any]:
    """Wait for a part; return it."""

    def is_wanted(message: dict[str, Any]) -> bool:
        payload = message["payload"]
        return bool(
            message["kind"] == live_protocol.INSIGHT
            and payload["part"] == name
            and wanted(payload[name])
        )

    found: dict[str, Any] = page.wait_for(is_wanted)["payload"]
    return found


def ask(page: Page, run: str, **request: Any) -> Any:
    """Send a request; return a function that returns the result, which follows the parts."""
    message_id = page.send(live_protocol.INSIGHT, request, run=run)

    def reply() -> dict[str, Any]:
        answer = page.wait_for(
            lambda m: m.get("id") == message_id and m["kind"] == live_protocol.REPLY
        )
        found: dict[str, Any] = answer["payload"]
        return found

    return reply


def test_predictions_are_shown_on_request_while_a_cell_trains(page: Page) -> None:
    page.run(FIT.replace("EPOCHS", "1_000_000"))
    run = training_run(page)["run_id"]
    closed = part(page, "predictions", lambda p: p["state"] == "ready")
    assert closed["predictions"]["details"] is None
    assert len(json.dumps(closed)) < 1_500
    assert closed["predictions"]["task"] == "classification"

    ask(page, run, request="watch", tab="predictions", first=True)
    pictures = part(page, "pictures")["pictures"]
    shown = part(page, "predictions", lambda p: p["details"] is not None)
    assert len(json.dumps(shown)) + len(json.dumps(pictures)) < 40_000
    details = shown["predictions"]["details"]
    assert details["classes"]["names"] == ["cat", "dog", "<b>eel</b>"]
    worst = details["mistakes"][0]
    assert worst["code"] == f"x[{200 + worst['index']}]"
    assert worst["looks"]["picture"] in pictures
    assert pictures[worst["looks"]["picture"]].startswith("data:image/png;base64,")
    # Pictures are sent once.
    again = part(page, "predictions", lambda p: p["epoch"] > shown["predictions"]["epoch"])
    assert again["predictions"]["details"] is not None

    ask(page, run, request="show_samples", true=0, predicted=worst_number(worst, details))
    samples = part(page, "samples")["samples"]
    assert {sample["true"] for sample in samples["samples"]} <= {"cat"}
    ask(page, run, request="show_sample", sample=worst["key"])
    sample = part(page, "sample")["sample"]
    assert sample["sample"]["key"] == worst["key"]
    assert len(sample["top"]) == 3 or len(sample["top"]) == 2
    assert sample["history"]
    refused = ask(page, run, request="set_task", output="output", task="forecast")()
    assert not refused["ok"] and "shape" in refused["message"]
    assert not ask(page, run, request="fly")()["ok"]

    page.send(live_protocol.STOP, run=run)
    bundle = page.wait_for(lambda m: m["kind"] == live_protocol.BUNDLE)["payload"]
    saved = bundle[live_protocol.MIME_TYPE]["payload"]["insight"]
    assert len(json.dumps(saved)) < 40_000
    assert saved[0]["part"] == "pictures"
    predictions = [part["predictions"] for part in saved if part["part"] == "predictions"]
    mistake = predictions[-1]["details"]["mistakes"][0]
    assert mistake["looks"]["picture"] in saved[0]["pictures"]
    # After the end, what is kept is still shown.
    ask(page, run, request="show_samples", predicted=1)
    assert {sample["predicted"] for sample in part(page, "samples")["samples"]["samples"]} <= {
        "dog"
    }


def worst_number(worst: dict[str, Any], details: dict[str, Any]) -> int:
    names: list[str] = details["classes"]["names"]
    return names.index(worst["predicted"])


def test_an_evaluation_has_the_same_view_and_data(page: Page) -> None:
    page.run(
        FIT.replace("EPOCHS", "1")
        + "result = kw.evaluate(model, x, y)\n"
        + "worst = result.predictions.mistakes[0]\n"
        + "print(result.results['loss'] > 0, result.predictions.latest.samples, result.status,\n"
        + "      worst.code == f'x[{worst.index}]')"
    )
    found = part(page, "predictions", lambda p: p["source"] == "evaluate" and p["samples"])
    assert found["predictions"]["samples"] == 400
    page.read_until(lambda: "True 400 finished True" in "".join(page.texts))
