"""What import_model says of paths that are none, and of files that are nearly a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.formats.errors import FormatError

to_numpy = keras.ops.convert_to_numpy

NET = 'input: "data" input_dim: 1 input_dim: 2 input_dim: 4 input_dim: 4\n'
LAYER = 'layer { name: "a" type: "ReLU" bottom: "data" top: "a" }\n'


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (None, "takes the path of a file"),
        (5, "takes the path of a file"),
        ('{"class_name": "Sequential"}' * 500, "There is no file"),
        ("~nosuchuser/model.h5", "There is no file"),
        ("a\0b", "There is no file"),
    ],
    ids=["None", "number", "JSON", "user", "zero byte"],
)
def test_what_is_no_path_is_told_in_words(path: Any, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        kw.import_model(path)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("encoding", ["latin-1", "gbk"])
def test_a_prototxt_may_have_comments_in_an_older_encoding(encoding: str, tmp_path: Path) -> None:
    comment = {"latin-1": "# größe\n", "gbk": "# 网络\n"}[encoding]
    (tmp_path / "a.prototxt").write_bytes((comment + NET + LAYER).encode(encoding))
    assert kw.import_model(tmp_path / "a.prototxt").model.output_shape == (None, 4, 4, 2)


def test_other_texts_that_are_not_utf_8_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.prototxt"
    path.write_bytes((NET + LAYER.replace('"a"', '"ä"')).encode("latin-1"))
    with pytest.raises(FormatError, match="line 2 is not in UTF-8"):
        kw.import_model(path)
    path.write_bytes((NET + LAYER).encode("utf-16"))
    with pytest.raises(FormatError, match="UTF-16"):
        kw.import_model(path)


def test_a_text_that_speaks_of_layers_is_no_prototxt(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("# Title\n\nA page about layers: those of Keras.\n", encoding="utf-8")
    with pytest.raises(FormatError, match="not a model"):
        kw.import_model(path)


def test_the_line_of_a_bracket_that_is_not_closed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.prototxt"
    path.write_text(NET + LAYER.replace("}", "") + LAYER, encoding="utf-8")
    with pytest.raises(FormatError, match="bracket in line 2"):
        kw.import_model(path)


def test_files_of_this_keras_are_read_whatever_their_name(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    data = np.ones((1, 3))
    model.save(tmp_path / "a.h5")
    (tmp_path / "a.h5").rename(tmp_path / "model")
    found = kw.import_model(tmp_path / "model").model
    np.testing.assert_allclose(to_numpy(found(data)), to_numpy(model(data)), atol=1e-6)
    (tmp_path / "a.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(tmp_path / "a.weights.h5")
    found = kw.import_model(tmp_path / "a.json", tmp_path / "a.weights.h5").model
    np.testing.assert_allclose(to_numpy(found(data)), to_numpy(model(data)), atol=1e-6)


class _Memory:
    available = 400


@pytest.mark.parametrize("kind", ["prototxt", "json"])
def test_a_file_or_a_description_beyond_the_free_memory_is_refused_before_any_is_taken(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"net.{kind}"
    if kind == "json":
        model = keras.Sequential([keras.Input((200,)), keras.layers.Dense(400)])
        path.write_text(model.to_json().replace('"build_config"', '"other"'))
    else:
        layer = 'layer { name: "b" type: "InnerProduct" bottom: "data" top: "b" '
        path.write_text(NET + layer + "inner_product_param { num_output: 5000 } }")
    monkeypatch.setattr("psutil.virtual_memory", _Memory)
    with pytest.raises(
        FormatError, match=r"describes a model of|that are in no file|of memory are"
    ):
        kw.import_model(path)
    path.write_text(NET + LAYER + "# " + "x" * 1000)
    with pytest.raises(FormatError, match="of memory are free"):
        kw.import_model(path)
