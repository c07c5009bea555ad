"""Weights stay with the layers that an edit does not change, and with no others."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from kwidgets.builder.convert.frozen_layers import assign_trainable_of_layer
from kwidgets.builder.convert.layer_names import with_needed_names
from kwidgets.builder.model.layer_cache import LayerCache
from kwidgets.builder.sequential import SequentialBuilder
from kwidgets.builder.shapes import model_inference
from kwidgets.builder.spec import LayerSpec, ModelSpec
from kwidgets.builder.spec import layer as layer_spec


def _(class_name: str, **arguments: Any) -> LayerSpec:
    return layer_spec(f"keras.layers.{class_name}", **arguments)


class Bench:
    """Make models from specs, one after another."""

    def __init__(self) -> None:
        self.layer_cache = LayerCache()
        self.inference = model_inference.Inference()

    def model(self, spec: ModelSpec) -> keras.Sequential:
        return self.layer_cache.model(with_needed_names(spec), self.inference.analyze(spec))

    def train(self, spec: ModelSpec) -> keras.Sequential:
        """Make the model, give it weights of its own and note that they are worth keeping."""
        model = self.model(spec)
        for number, weight in enumerate(model.weights):
            weight.assign(np.full(weight.shape, 1.0 + number))
        self.layer_cache.mark_trained(spec.layers)
        return model


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def spec() -> ModelSpec:
    stack = (_("Dense", units=4), _("ReLU"), _("Dense", units=4), _("Dense", units=2))
    return ModelSpec(layers=stack).with_input(shape=(4,))


def values(layer: keras.Layer) -> list[float]:
    return [float(np.asarray(weight).flat[0]) for weight in layer.get_weights()]


def test_layers_that_stay_keep_their_weights(bench: Bench, spec: ModelSpec) -> None:
    first = bench.train(spec).layers
    one, relu, two, three = spec.layers
    edits = {
        "insert": (spec.insert(_("Dropout", rate=0.5), None, 1), [0, None, 1, 2, 3]),
        "delete": (spec.remove(relu.uid), [0, 2, 3]),
        "move": (spec.move(two.uid, None, 0), [2, 0, 1, 3]),
        "switch off": (spec.enable(relu.uid, False), [0, 2, 3]),
        "rename": (spec.update(one.uid, lambda o: o.with_argument("name", "new")), [0, 1, 2, 3]),
        "freeze": (
            spec.update(three.uid, lambda o: o.with_argument("trainable", False)),
            [0, 1, 2, 3],
        ),
    }
    weights = [values(layer) for layer in first]
    for edited, kept in edits.values():
        model = bench.model(edited)
        for layer, index in zip(model.layers, kept, strict=True):
            if index is not None:
                assert layer is first[index]
                assert values(layer) == weights[index]
    again = bench.model(spec)
    assert [a is b for a, b in zip(again.layers, first, strict=True)] == [True] * 4
    assert again.layers[3].trainable


def test_a_new_argument_means_new_weights_and_undo_restores_the_old(
    bench: Bench, spec: ModelSpec
) -> None:
    before = bench.train(spec)
    entry = spec.layers[2]
    old = values(before.layers[2])
    wider = spec.update(entry.uid, lambda o: o.with_argument("units", 5))
    model = bench.model(wider)
    assert values(model.layers[2]) != old
    assert values(model.layers[0]) == values(before.layers[0])
    # What follows has weights of another shape now.
    assert model.layers[3].kernel.shape == (5, 2)
    assert values(bench.model(spec).layers[2]) == old


def test_a_duplicate_has_fresh_weights(bench: Bench, spec: ModelSpec) -> None:
    trained = bench.train(spec)
    copy = spec.layers[2].copy()
    model = bench.model(spec.insert(copy, None, 3))
    assert values(model.layers[2]) == values(trained.layers[2])
    assert model.layers[3] is not model.layers[2]
    assert values(model.layers[3]) != values(model.layers[2])


def test_another_image_size_keeps_weights_whose_shapes_stay(bench: Bench) -> None:
    stack = (_("Conv2D", filters=2, kernel_size=3), _("BatchNormalization"), _("Flatten"))
    spec = ModelSpec(layers=(*stack, _("Dense", units=2))).with_input(shape=(8, 8, 1))
    before = [values(layer) for layer in bench.train(spec).layers]
    model = bench.model(spec.with_input(shape=(10, 9, 1)))
    assert [values(layer) for layer in model.layers[:3]] == before[:3]
    assert values(model.layers[3]) != before[3]
    assert model(np.ones((1, 10, 9, 1))).shape == (1, 2)
    assert [values(layer) for layer in bench.model(spec).layers] == before


def test_weights_are_made_with_the_model(bench: Bench, spec: ModelSpec) -> None:
    big = ModelSpec(layers=(_("Dense", units=10**6),)).with_input(shape=(10**6,))
    builder = SequentialBuilder(input_shape=(10**6,))
    builder.add("dense 1000000")
    assert builder.count_params() == 10**12 + 10**6
    assert bench.inference.analyze(big).parameters == 10**12 + 10**6
    assert "1000000" in builder.to_code()
    assert bench.layer_cache.layer(big.layers[0].uid) is None


def test_layers_of_the_users_are_used_themselves() -> None:
    dense = layers.Dense(3)
    builder = SequentialBuilder([dense, layers.ReLU()], input_shape=(4,))
    assert builder.model.layers[0] is dense
    builder.insert(1, "dropout 0.5")
    assert builder.model.layers[0] is dense
    assert builder.to_code().count("name=") == 0


def test_the_users_model_stays_as_it_was() -> None:
    layers.Dense(1)  # so that names in it are not the first ones
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(2),
        ]
    )
    x = np.arange(8.0).reshape(2, 4)
    config, output = model.get_config(), model.predict(x, verbose=0)
    builder = SequentialBuilder(model)
    assert builder.model is model
    builder.insert(1, "dense 3")
    builder.pop()
    builder.model.predict(x, verbose=0)
    del builder[0]
    assert builder.model.layers
    builder.undo()
    assert model.get_config() == config
    assert np.allclose(model.predict(x, verbose=0), output)


def test_an_unchanged_model_is_the_same_object() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    assert SequentialBuilder(model).model is model


def test_blocks_keep_the_weights_of_their_layers(bench: Bench) -> None:
    block = layer_spec("keras.Sequential", name="block")
    spec = ModelSpec(layers=(block, _("Dense", units=1))).with_input(shape=(4,))
    spec = spec.insert(_("Dense", units=3), block.uid).insert(_("Dense", units=2), block.uid)
    before = bench.train(spec)
    inside = [values(layer) for layer in before.layers[0].layers]
    model = bench.model(spec.insert(_("ReLU"), block.uid, 1))
    after = [values(layer) for layer in model.layers[0].layers]
    assert [after[0], after[2]] == inside
    assert values(model.layers[1]) == values(before.layers[1])


def test_freezing_a_block_freezes_its_layers_and_can_be_undone(bench: Bench) -> None:
    block = layer_spec("keras.Sequential", name="block")
    spec = ModelSpec(layers=(block, _("Dense", units=1))).with_input(shape=(4,))
    spec = spec.insert(_("Dense", units=3), block.uid)
    spec = spec.insert(_("Dense", units=3, trainable=False), block.uid)
    assert len(bench.train(spec).trainable_weights) == 4
    frozen = spec.replace(block.uid, assign_trainable_of_layer(spec.find(block.uid), False))
    assert len(bench.model(frozen).trainable_weights) == 2
    assert len(bench.model(spec).trainable_weights) == 4


def test_freezing_and_unfreezing_a_wrapper_keeps_its_inner_layer(bench: Bench) -> None:
    from kwidgets.builder.spec import ObjectSpec

    inner = ObjectSpec("keras.layers.Dense", {"units": 2, "trainable": False})
    spec = ModelSpec(layers=(_("TimeDistributed", layer=inner),)).with_input(shape=(3, 4))
    bench.train(spec)
    uid = spec.layers[0].uid
    bench.model(spec.update(uid, lambda o: o.with_argument("trainable", False)))
    assert len(bench.model(spec).trainable_weights) == 0


def test_a_functional_model_can_be_a_layer() -> None:
    given = keras.Input((4,))
    functional = keras.Model(given, layers.Dense(3)(given), name="mine")
    builder = SequentialBuilder([functional, layers.Dense(1)], input_shape=(4,))
    assert builder.model.layers[0] is functional
    builder.insert(1, "dropout 0.1")
    assert builder.model.layers[0] is functional
    assert functional.name == "mine"
    assert builder.model.predict(np.ones((2, 4)), verbose=0).shape == (2, 1)


def test_an_adapted_layer_keeps_its_state() -> None:
    normalization = keras.layers.Normalization()
    normalization.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
    builder = SequentialBuilder([normalization, "dense 1"], input_shape=(2,))
    builder.add("dense 2")
    assert builder.layers[0] is normalization
    np.testing.assert_allclose(builder.layers[0](np.array([[2.0, 20.0]])), [[0.0, 0.0]], atol=1e-6)
    assert any("adapt" in note for note in builder._bench.source().notes)
