"""Code that reaches a layer: evaluated, it is that very layer."""

from __future__ import annotations

import keras
import pytest

from kwidgets.models.describe.layer_expression import layer_expression
from kwidgets.models.describe.layer_tree import NoSuchLayerError, find_layer
from kwidgets.models.describe.model_summary import describe
from kwidgets.models.summary_data import LayerSummary
from tests.models import models


def paths(layer: LayerSummary) -> list[str]:
    return [layer.path, *(path for child in layer.children for path in paths(child))]


@pytest.mark.parametrize("name", models.NAMES)
def test_it_reaches_the_very_layer(name: str) -> None:
    model = models.model(name)
    every = paths(describe(model).root)
    # A step in a large model looks at all of its layers.
    for path in every[:: max(1, len(every) // 60)]:
        ran = len(models.RAN)
        code = layer_expression(model, path, "net")
        assert len(models.RAN) == ran
        assert eval(code, {"net": model}) is find_layer(model, path), code


@pytest.mark.parametrize(
    ("name", "layer", "code"),
    [
        ("dense_stack", "hidden", 'model.get_layer("hidden")'),
        ("nested", "conv", 'model.get_layer("backbone").get_layer("conv")'),
        ("subclassed", "encoder", "model.encoder"),
        ("containers", "block_2", "model.blocks[2]"),
        ("containers", "head_a", 'model.heads["a"]'),
        ("containers", "head_b", 'model.heads["b\\"c"]'),
        ("containers", "scales_0", "model.scales[0]"),
        ("functional_subclass", "inside", 'model.get_layer("inside")'),
        ("functional_subclass", "beside", "model.beside"),
        ("own_names", "b", "model.operations[1]"),
    ],
)
def test_it_reads_as_one_would_write_it(name: str, layer: str, code: str) -> None:
    model = models.model(name)
    every = paths(describe(model).root)
    path = next(path for path in every if find_layer(model, path).name == layer)
    assert layer_expression(model, path, "model") == code


def test_lists_of_lists() -> None:
    model = models.model("containers")
    codes = [layer_expression(model, path, "model") for path in paths(describe(model).root)]
    assert "model.pairs[1][0]" in codes


def test_the_model_itself() -> None:
    assert layer_expression(models.model("nested"), "", "trainer.net") == "trainer.net"


def test_an_operation() -> None:
    model = models.model("operations")
    assert layer_expression(model, "2", "model") == "model.operations[2]"


def test_two_layers_of_one_name() -> None:
    model = models.Classifier()
    model.pair = {0: keras.layers.Dense(1, name="same"), (1, 2): keras.layers.Dense(1, name="same")}
    for path in paths(describe(model).root):
        assert eval(layer_expression(model, path, "model"), {"model": model}) is find_layer(
            model, path
        )


def test_a_place_that_is_not() -> None:
    with pytest.raises(NoSuchLayerError, match="has changed"):
        layer_expression(models.model("dense_stack"), "9", "model")
