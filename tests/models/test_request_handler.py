"""Answers to the requests of a view, without a kernel."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.live.page.channel_runs import ChannelRun, WatchedTraining, runs
from kwidgets.models import protocol
from kwidgets.models.describe import model_entry
from kwidgets.models.namespace.model_finder import ModelFinder
from kwidgets.models.requests.request_handler import RefusalError, RequestHandler


@pytest.fixture
def namespace() -> dict[str, Any]:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)], name="one")
    return {"model": model, "other": keras.Sequential(name="two")}


@pytest.fixture
def finder(namespace: dict[str, Any]) -> ModelFinder:
    finder = ModelFinder(lambda: namespace)
    finder.scan()
    return finder


@pytest.fixture
def handler(finder: ModelFinder, namespace: dict[str, Any]) -> RequestHandler:
    return RequestHandler(finder.get, lambda: namespace, lambda function: function())


def answer_to(handler: RequestHandler, kind: str, **payload: Any) -> Any:
    replies: list[protocol.Answer] = []
    handler.answer(kind, payload, replies.append)
    (answer,) = replies
    return answer


def test_a_description_that_fails_is_reported_in_the_entry(
    handler: RequestHandler, namespace: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = model_entry._facts

    def failing(layer: Any) -> Any:
        if layer.name == "two":
            raise RuntimeError("a <b>reason</b>")
        return real(layer)

    monkeypatch.setattr(model_entry, "_facts", failing)
    entry = handler.entry("k", ("other",), namespace["other"])
    assert entry.error is not None and "a <b>reason</b>" in entry.error
    assert entry.names == ("other",) and entry.class_name == "Sequential"
    assert handler.entry("k", ("model",), namespace["model"]).error is None


def test_an_unbuilt_model_comes_with_shapes_to_offer(
    handler: RequestHandler, finder: ModelFinder, namespace: dict[str, Any]
) -> None:
    import numpy as np

    namespace |= {
        "images": np.zeros((10, 64)),
        "x_test": np.zeros((3, 8, 8)),
        "x_train": np.zeros((10, 8, 8), "float32"),
        "y_train": np.zeros((10, 3)),
    }
    key = finder.key_of(namespace["other"])
    guesses = answer_to(handler, protocol.DESCRIBE, model=key)["value"]["guesses"]
    assert [guess["shapes"] for guess in guesses] == ["(8, 8)", "(64,)"]
    assert guesses[0]["source"] == "x_train, float32"
    built = answer_to(handler, protocol.DESCRIBE, model=finder.key_of(namespace["model"]))["value"]
    assert built["guesses"] == []


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        (protocol.DESCRIBE, {"model": "nonsense"}, "no longer exists"),
        (protocol.DESCRIBE, {"model": ["no", "key"]}, "no longer exists"),
        (protocol.EXPORT, {"format": "pdf"}, "text, markdown, json"),
        (protocol.INFER, {"input_shapes": "abc"}, "not a shape"),
        (protocol.SET_TRAINABLE, {"layers": ["0"], "trainable": "no"}, "true or false"),
        (protocol.SET_TRAINABLE, {"layers": "0", "trainable": True}, "list of paths"),
        (protocol.SET_TRAINABLE, {"layers": ["7"], "trainable": True}, "no layer '7'"),
        ("dance", {}, "unknown request"),
    ],
)
def test_what_cannot_be_answered_says_why(
    handler: RequestHandler,
    finder: ModelFinder,
    namespace: dict[str, Any],
    kind: str,
    payload: dict[str, Any],
    said: str,
) -> None:
    payload = {"model": finder.key_of(namespace["model"]), **payload}
    with pytest.raises(RefusalError, match=said):
        handler.answer(kind, payload, lambda answer: None)


def test_a_summary_is_copied_for_the_shape_that_was_worked_out(
    handler: RequestHandler, finder: ModelFinder, namespace: dict[str, Any]
) -> None:
    namespace["other"].add(keras.layers.Dense(5, name="last"))
    key = finder.key_of(namespace["other"])
    text = answer_to(handler, protocol.EXPORT, model=key, format="text", input_shapes="(4,)")[
        "value"
    ]
    assert "25" in text and "(4,)" in text
    assert "25" not in answer_to(handler, protocol.EXPORT, model=key, format="text")["value"]


@pytest.mark.parametrize("looked_at", ["whole", "base", "features"])
def test_weights_of_each_model_that_shares_those_in_training_are_read_between_two_steps(
    looked_at: str,
) -> None:
    base = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    whole = keras.Sequential([base, keras.layers.Dense(1)])
    models = {
        "base": base,
        "whole": whole,
        "features": keras.Model(whole.inputs, base(whole.inputs[0])),
        "other": keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]),
    }
    finder = ModelFinder(lambda: models)
    finder.scan()
    keys = {found.names[0]: found.key for found in finder.scan()}
    handler = RequestHandler(finder.get, lambda: models, lambda function: function())
    whole.compile("adam", "mse")
    live = kw.LivePlot()
    run = ChannelRun("run", snapshot=dict, resync=lambda: None)
    answers: list[Any] = []

    def look(batch: int, logs: Any) -> None:
        if batch == 0:
            run.attach(whole, "whole", live._submit)
        path = {"base": "0", "features": "1"}.get(looked_at, "1")
        payload = {"model": keys[looked_at], "layer": path}
        handler.answer(protocol.DETAIL, payload, answers.append)

    runs.add(run)
    # Not the model of a callback: on JAX, that brings the weights up to date.
    looks = keras.callbacks.LambdaCallback(on_train_batch_end=look)
    x = np.ones((32, 4), "float32")
    try:
        whole.fit(x, x[:, :1], batch_size=8, callbacks=[live, looks], verbose=0)
        assert runs.run_changing(models["other"]) is None
    finally:
        run.detach(WatchedTraining(0.0, 0))
    assert len(answers) == 4
    for answer in answers:
        assert answer["ok"] and answer["value"]["weights"]
        assert not [weight["problem"] for weight in answer["value"]["weights"] if weight["problem"]]
    assert "between two steps" in answers[0]["value"]["when"]


@pytest.mark.parametrize(("counted", "steps"), [(0, 7), (5, 5)])
def test_the_panel_counts_the_steps_of_a_loop_whose_optimizer_is_not_the_models(
    counted: int, steps: int
) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    handler = RequestHandler(lambda key: None, dict, lambda function: function())

    def trained() -> Any:
        entry = handler.entry("1", ("model",), model)
        assert entry.trained == handler.summary(model).trained
        return entry.trained

    assert trained() is None
    for count in (3, 4):
        run = ChannelRun("run", snapshot=dict, resync=lambda: None)
        run.attach(model, "model", lambda command: None)
        run.detach(WatchedTraining(1.5, count))
    if counted:
        model.fit(np.ones((counted, 4)), np.ones((counted, 1)), batch_size=1, verbose=0)
    assert (trained().steps, trained().seconds) == (steps, 3.0)
