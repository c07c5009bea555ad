"""The tab Data of a real fit: what was found, in the user's names, with samples as they look."""

from __future__ import annotations

import json
import threading
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import kwidgets as kw
from kwidgets.insight.data import dismissed
from kwidgets.insight.layers.findings import LayerFinding

RANDOM = np.random.default_rng(0)
pictures = RANDOM.random((120, 12, 12)).astype("float32")
kinds = np.sort(np.arange(120) % 3)


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(dismissed, "notebook_path", lambda: tmp_path / "notebook.ipynb")


def fit(x: Any, y: Any, **arguments: Any) -> Any:
    """Train for an epoch, and return the session of the fit once the data was looked at."""
    model = keras.Sequential([keras.Input((12, 12)), layers.Flatten(), layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    live = kw.LivePlot()
    model.fit(x, y, epochs=1, callbacks=[live], verbose=0, **arguments)
    for thread in threading.enumerate():
        if thread.name == "kwidgets-look-at-data":
            thread.join()
    assert live._run is not None
    return live._run.view.insight


def part_of(session: Any) -> Any:
    (insight,) = session._tabs["data"].saved()
    json.dumps(insight, allow_nan=False)
    return insight["data"]


def ask(session: Any, **request: Any) -> tuple[bool, str]:
    replies: list[tuple[bool, str]] = []
    session.answer(request, lambda ok, text: replies.append((ok, text)))
    return replies[0]


def test_what_keras_has_split_has_the_names_and_rows_of_the_user():
    broken = pictures.copy()
    broken[[5, 110], 3, 3] = np.nan
    part = part_of(fit(broken, kinds, validation_split=0.25))
    assert part["state"] == "ready"
    codes = {each["id"].partition(":")[0]: each["code"] for each in part["findings"]}
    assert set(codes) == {"nan-values", "sorted-labels"}
    (finding,) = [each for each in part["findings"] if each["id"].startswith("nan")]
    assert finding["rows"] == [5, 110]
    assert finding["code"] == "x[[5, 110]]"
    assert part["balance"]["training"] == [40, 40, 10]
    assert part["balance"]["validation"] == [0, 0, 30]
    assert [each["split"] for each in part["inputs"]].count("validation") == 2


def test_samples_are_pictures_and_only_sent_to_an_open_tab():
    session = fit(pictures, kinds)
    sent: list[Any] = []
    session.open(sent.append, 1)
    assert part_of(session)["samples"] == []
    assert ask(session, request="watch", tab="data") == (True, "")
    assert [each["part"] for each in sent] == ["pictures", "data"]
    samples = sent[1]["data"]["samples"]
    assert len(samples) == 12
    assert all(each["looks"]["picture"] in sent[0]["pictures"] for each in samples)
    assert samples[-1]["code"] == "pictures[119]"
    assert samples[-1]["true"] == "2"


def test_a_finding_is_dismissed_in_the_view_and_in_later_fits():
    session = fit(pictures, kinds, validation_split=0.25)
    (finding,) = part_of(session)["findings"]
    ok, text = ask(session, request="dismiss_finding", finding=finding["id"])
    assert ok and "kw.check.restore()" in text
    assert (part_of(session)["findings"], part_of(session)["dismissed"]) == ([], 1)
    again = part_of(fit(pictures, kinds, validation_split=0.25))
    assert (again["findings"], again["dismissed"]) == ([], 1)
    assert ask(session, request="dismiss_finding", finding=3)[0] is False


def test_a_finding_about_the_layers_is_dismissed_too_but_never_a_nan(monkeypatch):
    session = fit(pictures, kinds)
    tab = session._tabs["layers"]
    found = [
        LayerFinding("tiny", "hint", ("dense",), "Tiny updates", ""),
        LayerFinding("not_finite", "error", ("dense",), "The weights are NaN", ""),
    ]
    monkeypatch.setattr(type(tab.layers), "findings", property(lambda self: found))

    def shown(session: Any) -> list[str]:
        return [each["id"] for each in session._tabs["layers"].part()["findings"]]

    assert shown(session) == ["layers:tiny", "layers:not_finite"]
    ok, text = ask(session, request="dismiss_finding", finding="layers:tiny")
    assert ok and "kw.check.restore()" in text
    assert shown(session) == ["layers:not_finite"]
    ok, text = ask(session, request="dismiss_finding", finding="layers:not_finite")
    assert ok and "this training" in text
    assert shown(session) == []
    assert shown(fit(pictures, kinds)) == ["layers:not_finite"]


def test_after_the_training_the_data_is_not_looked_at_again():
    ok, text = ask(fit(pictures, kinds), request="look_at_data")
    assert not ok
    assert "kw.look" in text


def test_a_generator_is_not_touched():
    def batches():
        while True:
            yield pictures[:30], kinds[:30]

    part = part_of(fit(batches(), None, steps_per_epoch=2))
    (finding,) = part["findings"]
    assert finding["level"] == "hint"
    assert part["inputs"] == []
