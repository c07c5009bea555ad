"""Freezing a layer, and when it is refused."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kwidgets.models.describe.layer_tree import NoSuchLayerError
from kwidgets.models.requests.trainable import FreezeRefusedError, set_trainable


def nested() -> keras.Model:
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])
    return keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(1)])


def test_a_subtree_is_frozen_and_unfrozen() -> None:
    model = nested()
    result = set_trainable(model, {"0": "model.get_layer('x')"}, False)
    assert result == {
        "trainable": False,
        "code": "model.get_layer('x').trainable = False",
        "note": "",
    }
    assert len(model.trainable_weights) == 2
    set_trainable(model, {"0.1": "inner"}, True)
    assert len(model.trainable_weights) == 4
    set_trainable(model, {"": "model"}, False)
    assert model.trainable_weights == []


def test_several_layers_are_frozen_with_the_code_that_does_the_same() -> None:
    model = keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(2) for _ in range(4))])
    code = {str(i): f"model.layers[{i}]" for i in range(4)}
    result = set_trainable(model, code, False)
    assert model.trainable_weights == []
    set_trainable(model, {"": "model"}, True)
    exec(result["code"], {"model": model})
    assert model.trainable_weights == []
    two = set_trainable(model, {"0": "a", "2": "b"}, True)["code"]
    assert two == "a.trainable = True\nb.trainable = True"
    with pytest.raises(NoSuchLayerError):
        set_trainable(model, {"0": "a", "9": "b"}, False)
    assert [layer.trainable for layer in model.layers] == [True, False, True, False]


def test_a_compiled_model_must_be_compiled_again() -> None:
    model = nested()
    model.compile("sgd", "mse")
    assert "Compile the model again" in set_trainable(model, {"1": "x"}, False)["note"]


@pytest.mark.parametrize("outer", [False, True])
def test_not_while_it_trains(outer: bool) -> None:
    model = nested()
    inner = model.layers[0]
    refused: list[str] = []

    class Try(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
            with pytest.raises(FreezeRefusedError, match="Stop the fit") as error:
                set_trainable(inner if outer else model, {"0": "x"}, False)
            refused.append(str(error.value))

    model.compile("sgd", "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 1)), verbose=0, callbacks=[Try()])
    assert refused and len(model.trainable_weights) == 6
    set_trainable(model, {"0": "x"}, False)


def test_what_is_no_layer() -> None:
    inputs = keras.Input((3,), name="given")
    model = keras.Model(inputs, keras.ops.relu(inputs))
    with pytest.raises(FreezeRefusedError, match="'given' is an input"):
        set_trainable(model, {"0": "x"}, False)
    with pytest.raises(FreezeRefusedError, match="an operation"):
        set_trainable(model, {"1": "x"}, False)
    with pytest.raises(NoSuchLayerError):
        set_trainable(model, {"2": "x"}, False)
