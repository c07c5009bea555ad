"""The builder's comm: messages, their order, and the lifetime of its objects."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from typing import Any

import keras
import numpy as np
import pytest

from kwidgets import protocol as wire
from kwidgets.builder import protocol
from kwidgets.builder.data.notebook import _after_cell
from kwidgets.builder.page.widget import BuilderView
from kwidgets.builder.sequential import SequentialBuilder


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages to views, in order. Without a kernel, ipywidgets sends them nowhere."""
    messages: list[dict[str, Any]] = []

    def send(self: BuilderView, kind: str, payload: Any, request: str | None = None) -> None:
        messages.append({"kind": kind, "id": request, **payload})

    monkeypatch.setattr(BuilderView, "_send", send)
    return messages


def ask(view: BuilderView, kind: str, payload: Any, request: str = "a1") -> None:
    view._receive(None, wire.envelope(kind, payload, id=request), [])


def test_an_edit_gets_a_reply_and_updates_all_views(sent: list[dict[str, Any]]) -> None:
    builder = SequentialBuilder(input_shape=(4,))
    view = builder._bench.view()
    ask(view, protocol.EDIT, {"action": "add", "text": "dense 3"})
    *updates, reply = sent
    assert [message["kind"] for message in updates] == ["update", "update"]
    assert [message["sequence"] for message in updates] == [1, 2]
    assert "code" in updates[1] and "code" not in updates[0], "shapes first, the source after them"
    assert reply["ok"] and reply["result"]["uid"] in updates[0]["layers"]
    assert builder.output_shape == (None, 3)


def test_calls_in_python_update_the_views_too(sent: list[dict[str, Any]]) -> None:
    builder = SequentialBuilder(input_shape=(4,))
    builder._bench.view()
    builder.add("dense 3")
    assert sent[0]["totals"]["parameters"] == 15


@pytest.mark.parametrize(
    "content",
    [None, 5, {}, {"v": 99, "kind": "edit"}, wire.envelope("nonsense", {}, id="x")],
)
def test_an_invalid_message_is_ignored(sent: list[dict[str, Any]], content: Any) -> None:
    SequentialBuilder()._bench.view()._receive(None, content, [])
    assert not sent


@pytest.mark.parametrize(
    "payload", [None, {}, {"action": 5}, {"action": "move", "uid": 3}, {"action": "add", "text": 7}]
)
def test_a_bad_request_gets_an_error_and_changes_nothing(
    sent: list[dict[str, Any]], payload: Any
) -> None:
    builder = SequentialBuilder(["dense 3"])
    ask(builder._bench.view(), protocol.EDIT, payload)
    (reply,) = sent
    assert reply["kind"] == "reply" and not reply["ok"] and reply["message"]
    assert len(builder) == 1


def test_what_is_too_long_does_not_come_back(
    sent: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    view = SequentialBuilder(["dense 3"])._bench.view()
    long = "x" * 1_000_000
    ask(view, protocol.EDIT, {"action": "undo"}, request=long)
    ask(view, long, {})
    assert not sent
    for payload in (
        {"action": long},
        {"action": "add", "text": long},
        {"action": "remove", "uid": long},
    ):
        ask(view, protocol.EDIT, payload)
        assert not sent[-1]["ok"] and len(sent[-1]["message"]) < 3000
    assert len(caplog.text) < 10_000


def test_large_arguments_are_not_sent_whole(sent: list[dict[str, Any]]) -> None:
    words = [f"word-{i}" for i in range(100_000)]
    layer = keras.layers.Dense(2, name="a" * 20_000)
    builder = SequentialBuilder([keras.Input((2,)), layer])
    view = builder._bench.view()
    entry = builder._spec.layers[0]
    many = entry.object.with_argument("words", words)
    builder._bench.change("", builder._spec.update(entry.uid, lambda _: many))
    state = view._snapshot()["payload"]
    assert len(json.dumps(state)) < 300_000
    (card,) = state["layers"].values()
    assert card["arguments"]["words"]["text"] == "list of 100,000 entries"
    # The page names the whole value, and does not lose it.
    reference = card["arguments"]["words"]["reference"]
    assert builder._bench.editor.references[reference].value is words
    assert "builder.to_code()" in state["code"]["source"]
    assert len(json.dumps(builder._bench.mime_bundle())) < 300_000


def test_edits_and_snapshots_from_two_threads_do_not_wait_for_each_other(
    sent: list[dict[str, Any]],
) -> None:
    builder = SequentialBuilder(["dense 3"], input_shape=(4,))
    view = builder._bench.view()
    threads = [
        threading.Thread(
            target=lambda: [setattr(builder, "name", f"n{i}") for i in range(30)], daemon=True
        ),
        threading.Thread(
            target=lambda: [ask(view, protocol.RESYNC, {}) for _ in range(30)], daemon=True
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    sequences = [message["sequence"] for message in sent]
    assert sequences == sorted(sequences), "what is older came later"


def test_a_shown_builder_can_be_deleted() -> None:
    builder = SequentialBuilder(["dense 3"], input_shape=(4,))
    view = builder._bench.view()
    model = weakref.ref(builder.model)
    del builder
    gc.collect()
    assert model() is None
    assert view.widget.comm is None
    _after_cell(type("Result", (), {"execution_count": 1, "success": True}))


def test_training_from_the_fit_tab(sent: list[dict[str, Any]], monkeypatch: Any) -> None:
    data = {"x": np.random.rand(64, 4), "y": np.random.randint(0, 3, 64)}
    monkeypatch.setattr("kwidgets.builder.fit.resolve_arguments.user_namespace", lambda: data)
    builder = SequentialBuilder(["dense 3 softmax"], input_shape=(4,))
    view = builder._bench.view()

    def set_(target: str, name: str, value: Any) -> None:
        edit = {"action": "set", "target": target, "path": [name], "value": value}
        ask(view, protocol.EDIT, edit)
        assert sent[-1]["ok"], sent[-1]

    ask(view, protocol.TRAIN, {})
    assert not sent[-1]["ok"] and "loss" in sent[-1]["message"]
    set_(
        "compile",
        "loss",
        {"class_name": "keras.losses.SparseCategoricalCrossentropy", "arguments": {}},
    )
    set_("fit", "x", {"variable": "x"})
    set_("fit", "y", {"variable": "y"})
    set_("fit", "epochs", 3)
    ask(view, protocol.TRAIN, {})
    assert next(message for message in reversed(sent) if message["kind"] == "reply")["ok"]
    run = builder.run
    assert run is not None and len(run.wait(60)["loss"]) == 3
    learned = builder.model.get_weights()
    data["y"] = data["y"][:40]
    ask(view, protocol.REFRESH, {})
    set_("fit", "validation_split", 0.2)  # with which Keras would train on the wrong pairs
    ask(view, protocol.TRAIN, {})
    reply = next(message for message in reversed(sent) if message["kind"] == "reply")
    assert not reply["ok"] and "x has 64 samples, but y has 40" in reply["message"]
    assert all(map(np.array_equal, learned, builder.model.get_weights()))
    data["y"] = np.zeros(64, int)
    ask(view, protocol.REFRESH, {})
    del data["x"]
    ask(view, protocol.TRAIN, {})
    reply = next(message for message in reversed(sent) if message["kind"] == "reply")
    assert not reply["ok"] and "'x'" in reply["message"]
