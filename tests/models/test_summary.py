"""``kwidgets.summary``, outside Jupyter and as data."""

from __future__ import annotations

import json
import sys
from typing import Any

import keras
import pytest

import kwidgets as kw


@pytest.fixture
def model() -> keras.Model:
    layers = [keras.Input((4,)), keras.layers.Dense(3, "relu", name="<b>first")]
    return keras.Sequential(layers, name="net")


def test_in_a_script_it_is_text_and_data(
    model: keras.Model, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests may have made an IPython, which has a prompt.
    monkeypatch.delattr(sys, "ps1", raising=False)
    shown = kw.summary(model)
    printed = capsys.readouterr().out
    assert "<b>first" in printed and "(None, 3)" in printed and repr(shown) in printed
    print(shown)
    assert capsys.readouterr().out == "Summary of net, shown above\n"
    assert shown.data.parameters == model.count_params() == 15
    data = shown.to_dict()
    assert data["root"]["children"][0]["output_shapes"] == [[None, 3]]
    assert json.loads(shown.to_json()) == json.loads(json.dumps(data))
    assert shown.to_markdown().count("|") > 10


def test_what_a_notebook_keeps_is_safe_and_readable_anywhere(model: keras.Model) -> None:
    bundle = kw.summary(model)._repr_mimebundle_()
    assert "&lt;b&gt;first" in bundle["text/html"] and "<b>" not in bundle["text/html"]
    assert set(bundle) == {"application/vnd.kwidgets.summary+json", "text/html", "text/plain"}


def test_a_builder_is_shown_by_its_model() -> None:
    builder = kw.SequentialBuilder(input_shape=(4,))
    builder.add(keras.layers.Dense(2))
    assert kw.summary(builder).data.parameters == 10


@pytest.mark.parametrize(
    ("value", "said"), [(keras.Model, "the class"), ("model", "str"), (None, "NoneType")]
)
def test_what_is_no_model_is_refused(value: Any, said: str) -> None:
    with pytest.raises(TypeError, match=f"requires a keras.Model; got {said}"):
        kw.summary(value)
