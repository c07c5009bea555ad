"""Test the side panel's messages with a real kernel, idle and while a cell trains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kwidgets import protocol as wire
from kwidgets.live import protocol as live_protocol
from kwidgets.models import protocol
from tests.kernel.page import Page, client_of_new_kernel, open_page, training_run

BUILD = """
import keras, numpy as np, kwidgets as kw
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
model.compile("sgd", "mse")
"""
FIT = """
live = kw.LivePlot()
model.fit(np.ones((64, 4)), np.ones((64, 1)), batch_size=8, epochs=100_000, callbacks=[live],
          verbose=0)
print("fit returned", live.status)
"""


@pytest.fixture(scope="module")
def client(quick_kernels: dict[str, str]) -> Iterator[Any]:
    with client_of_new_kernel() as client:
        yield client


@pytest.fixture
def page(client: Any) -> Page:
    client.execute_interactive("%reset -f")
    return open_page(client)


def is_models(count: int):
    return lambda m: m["kind"] == protocol.MODELS and len(m["payload"]["entries"]) == count


def test_a_kernel_says_welcome_by_itself_when_kwidgets_is_loaded(client: Any) -> None:
    page = Page(client)
    page.run("%reload_ext kwidgets")
    page.wait_for(lambda m: m["kind"] == wire.GOODBYE)
    welcome = page.wait_for(lambda m: m["kind"] == wire.WELCOME)["payload"]
    assert welcome["hears_while_busy"] is True


def test_the_list_is_fresh_after_each_cell(page: Page) -> None:
    page.run(BUILD + "again = model; nets = [model, keras.Sequential(name='<b>other')]")
    entries = page.wait_for(is_models(2))["payload"]["entries"]
    ours = entries[0]
    assert ours["names"][:2] == ["again", "model"] or ours["names"][:2] == ["model", "again"]
    assert ours["parameters"] == 19 and ours["built"] and ours["compiled"]["optimizer"] == "SGD"
    assert entries[1]["names"] == ["nets[1]"] and not entries[1]["built"]
    assert entries[1]["name"] == "<b>other"
    page.run("del nets, again")
    page.wait_for(is_models(1))
    page.run("del model")
    page.wait_for(is_models(0))


def test_the_panel_keeps_no_model_alive(page: Page) -> None:
    page.run(BUILD)
    key = page.wait_for(is_models(1))["payload"]["entries"][0]["key"]
    page.ask(protocol.DESCRIBE, {"model": key})
    page.ask(protocol.DETAIL, {"model": key, "layer": "0"})
    page.run(
        "import gc, weakref\nkept = weakref.ref(model)\ndel model\ngc.collect()\n"
        "print('kept:', kept())"
    )
    page.read_until(lambda: "kept: None" in "".join(page.texts))


def test_a_model_with_a_mind_of_its_own_harms_no_other(page: Page) -> None:
    page.run(
        BUILD
        + """
class Broken(keras.Model):
    @property
    def weights(self):
        print("asked")
        raise RuntimeError("no weights for you")
broken = Broken()
"""
    )
    entries = page.wait_for(is_models(2))["payload"]["entries"]
    told = {entry["names"][0]: entry for entry in entries}
    assert told["model"]["error"] is None and told["model"]["parameters"] == 19
    assert told["broken"]["class_name"] == "Broken"
    assert page.ask(protocol.DESCRIBE, {"model": told["broken"]["key"]})["ok"]
    assert "asked" not in "".join(page.texts)


def test_no_name_and_no_error_of_a_user_hides_the_other_models(page: Page) -> None:
    page.run(
        BUILD
        + r"""
class Mute(SystemExit):
    def __str__(self):
        raise RuntimeError("no text")
class Broken(keras.layers.Layer):
    def get_config(self):
        raise Mute
globals()[""] = []
globals()[3] = model
globals()["my net"] = keras.Sequential([keras.Input((2,)), Broken()], name="\ud800")
"""
    )
    entries = page.wait_for(is_models(2))["payload"]["entries"]
    ours = next(entry for entry in entries if entry["names"] == ["globals()['my net']"])
    assert ours["name"] == r"\ud800"
    answer = page.ask(protocol.DETAIL, {"model": ours["key"], "layer": "0"})
    assert answer["value"]["config"] is None or not answer["ok"]
    assert page.ask(protocol.DESCRIBE, {"model": ours["key"]})["ok"]
    assert not page.texts


def test_the_channel_survives_what_closes_its_comm(page: Page) -> None:
    page.send_comm("comm_close")
    page.send(wire.HELLO)
    page.wait_for(lambda m: m["kind"] == wire.WELCOME)
    # The kernel closes a comm of an unknown target, and forgets whichever has its id.
    page.run(
        "from comm import get_comm_manager as manager\n"
        "content = {'comm_id': 'kwidgets', 'target_name': 'nothing of ours', 'data': {}}\n"
        "manager().comm_open(None, None, {'content': content})"
    )
    page.wait_for(lambda m: m["kind"] == wire.WELCOME)
    page.send(wire.HELLO)
    page.wait_for(lambda m: m["kind"] == wire.WELCOME)
    page.texts.clear()
    page.run("%kwidgets")
    page.read_until(lambda: "Fits so far" in "".join(page.texts))
    assert "not connected" not in "".join(page.texts)


def test_requests_are_answered_while_the_kernel_is_idle(page: Page) -> None:
    page.run(BUILD)
    key = page.wait_for(is_models(1))["payload"]["entries"][0]["key"]
    summary = page.ask(protocol.DESCRIBE, {"model": key})["value"]
    assert summary["parameters"] == 19
    assert [layer["class_name"] for layer in summary["root"]["children"]] == ["Dense", "Dense"]
    detail = page.ask(protocol.DETAIL, {"model": key, "layer": "0"})["value"]
    assert [w["shape"] for w in detail["weights"]] == [[4, 3], [3]]
    assert detail["weights"][1]["zero"] == 3 and detail["when"] == "now"
    text = page.ask(protocol.EXPORT, {"model": key, "format": "markdown"})["value"]
    assert "| dense" in text
    bad = page.ask(protocol.DETAIL, {"model": key, "layer": "9.9"})
    assert not bad["ok"] and "changed" in bad["message"]
    gone = page.ask(protocol.DESCRIBE, {"model": "m999"})
    assert not gone["ok"] and "no longer exists" in gone["message"]


def test_a_layer_is_frozen_with_the_line_that_does_the_same(page: Page) -> None:
    page.run(BUILD)
    key = page.wait_for(is_models(1))["payload"]["entries"][0]["key"]
    answer = page.ask(protocol.SET_TRAINABLE, {"model": key, "layers": ["0"], "trainable": False})
    assert answer["ok"], answer
    assert answer["value"]["code"].endswith(".trainable = False")
    assert "compile" in answer["value"]["note"].lower()
    summary = page.ask(protocol.DESCRIBE, {"model": key})["value"]
    assert summary["trainable_parameters"] == 4
    page.texts.clear()
    page.run("print('trainable', model.layers[0].trainable)\n" + answer["value"]["code"])
    page.read_until(lambda: "trainable False" in "".join(page.texts))


def test_while_a_cell_trains_all_is_answered_and_the_run_is_steered(page: Page) -> None:
    page.run(BUILD + FIT)
    run = training_run(page)
    page.send(live_protocol.RESYNC, run=run["run_id"])
    snapshot = page.wait_for(lambda m: m["kind"] == live_protocol.SNAPSHOT)
    assert snapshot["run"] == run["run_id"]
    page.wait_for(
        lambda m: m["kind"] == live_protocol.UPDATE and m["payload"]["progress"]["step"] > 0
    )

    key = run["model"]
    summary = page.ask(protocol.DESCRIBE, {"model": key})["value"]
    assert summary["parameters"] == 19
    detail = page.ask(protocol.DETAIL, {"model": key, "layer": "0"})["value"]
    assert detail["when"] != "now" and detail["weights"][0]["histogram"]
    refused = page.ask(protocol.SET_TRAINABLE, {"model": key, "layers": ["0"], "trainable": False})
    assert not refused["ok"] and "fit" in refused["message"]

    page.send(live_protocol.STOP, run=run["run_id"])
    bundle = page.wait_for(lambda m: m["kind"] == live_protocol.BUNDLE)
    assert set(bundle["payload"]) == {live_protocol.MIME_TYPE, "text/html", "text/plain"}
    page.read_until(lambda: "fit returned stopped" in "".join(page.texts))


def test_a_page_that_comes_late_gets_the_end_of_the_run(page: Page) -> None:
    page.run(BUILD + FIT.replace("100_000", "2"))
    page.read_until(lambda: "fit returned finished" in "".join(page.texts))
    page.send(wire.HELLO)
    run = page.wait_for(lambda m: m["kind"] == protocol.RUNS)["payload"]["runs"][0]
    assert run["status"] == "finished"
    page.send(live_protocol.RESYNC, run=run["run_id"])
    snapshot = page.wait_for(lambda m: m["kind"] == live_protocol.SNAPSHOT)["payload"]
    assert snapshot["progress"]["status"] == "finished" and snapshot["epoch"]["rows"] == 2
    page.send(live_protocol.RESYNC, run="nonsense")
    assert page.wait_for(lambda m: m["kind"] == live_protocol.UNKNOWN_RUN)["run"] == "nonsense"


def test_a_run_names_its_cell_until_that_is_executed_again(page: Page) -> None:
    def cell_of_run(message: dict[str, Any]) -> bool:
        if message["kind"] != protocol.RUNS or not message["payload"]["runs"]:
            return False
        run = message["payload"]["runs"][0]
        return run["cell_id"] == expected and run["status"] == "finished"

    expected = "cell-1"
    page.run(BUILD + FIT.replace("100_000", "2"), cell_id="cell-1")
    run = page.wait_for(cell_of_run)["payload"]["runs"][0]
    assert run["client"] == page.client.session.session
    page.run("1 + 1", cell_id="cell-2")
    page.run("print('executed')")
    page.read_until(lambda: "executed" in "".join(page.texts))
    page.send(wire.HELLO)
    page.wait_for(cell_of_run)
    page.run("1 + 1", cell_id="cell-1")
    expected = None
    page.wait_for(cell_of_run)


@pytest.mark.parametrize(
    ("version", "what"), [(0, "JupyterLab's environment"), (99, "in the kernel")]
)
def test_a_page_of_another_version_is_told_what_to_upgrade(
    page: Page, version: int, what: str
) -> None:
    message_id = page.send(wire.HELLO, v=version)
    refused = page.wait_for(lambda m: m["kind"] == wire.REFUSED)
    assert refused["id"] == message_id
    assert "pgrade" in refused["payload"]["message"] and what in refused["payload"]["message"]
    # A fit, which this page cannot draw, says it too, in place of what to install.
    page.run(
        "from kwidgets.live.page.fallback_output import _advice\nprint(_advice(), 'advice shown')"
    )
    page.read_until(lambda: "advice shown" in "".join(page.texts))
    assert refused["payload"]["message"] in "".join(page.texts)


def test_what_is_no_message_of_ours_is_ignored(page: Page) -> None:
    page.send("dance")
    page.send(protocol.DESCRIBE, {"model": ["no", "key"]})
    page.send(live_protocol.PAUSE, run=None)
    page.run(BUILD)
    page.wait_for(is_models(1))
