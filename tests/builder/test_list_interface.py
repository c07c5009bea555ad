"""A builder as a list of layers: some disabled, incomplete or in training."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kwidgets.builder.sequential import BuilderError, SequentialBuilder


def named(*names: str) -> SequentialBuilder:
    made = [keras.layers.Dense(2, name=name) for name in names]
    return SequentialBuilder([keras.Input((2,)), *made])


def switch_off(builder: SequentialBuilder, index: int) -> None:
    bench = builder._bench
    uid = bench.editor.spec.layers[index].uid
    bench.editor.apply({"action": "enable", "uid": uid, "enabled": False})


def stack(builder: SequentialBuilder) -> str:
    """All layers, also the disabled ones."""
    return " ".join(str(entry.arguments.get("name")) for entry in builder._spec.layers)


def test_indices_count_enabled_layers() -> None:
    builder = named("a", "b", "c")
    switch_off(builder, 1)
    builder.add(keras.layers.Dense(2, name="d"))
    assert stack(builder) == "a b c d"
    builder.insert(1, keras.layers.Dense(2, name="e"))
    assert stack(builder) == "a b e c d"
    builder.move(0, 1)
    assert [layer.name for layer in builder] == ["e", "a", "c", "d"]
    builder.move(-1, 0)
    assert [layer.name for layer in builder] == ["d", "e", "a", "c"]
    builder.insert(-1, keras.layers.Dense(2, name="f"))
    assert [layer.name for layer in builder] == ["d", "e", "a", "f", "c"]
    assert builder[np.int64(1)].name == "e"
    del builder[1:3]
    assert [layer.name for layer in builder] == ["d", "f", "c"]
    builder.undo()
    assert len(builder) == 5
    with pytest.raises(TypeError, match="integer"):
        builder[1.5]


def test_an_incomplete_layer_does_not_hide_the_others() -> None:
    builder = named("a", "b")
    builder.add("dense")
    assert builder[0].name == "a" and [layer.name for layer in builder[:2]] == ["a", "b"]
    with pytest.raises(BuilderError, match=r"layer 3 \(Dense\).*units"):
        builder[2]
    with pytest.raises(BuilderError, match=r"layer 3 \(Dense\).*units"):
        builder.layers  # noqa: B018
    assert builder.pop() is None
    assert [layer.name for layer in builder] == ["a", "b"]


def test_during_training_an_index_counts_the_current_layers() -> None:
    builder = named("a", "z")
    builder.compile("sgd", "mse")
    run = builder.train(np.zeros((8, 2)), np.zeros((8, 2)), epochs=100_000)
    try:
        builder.insert(1, keras.layers.Dropout(0.5, name="drop"))
        assert [builder[0].name, builder[1].name, builder[2].name] == ["a", "drop", "z"]
        popped = builder.pop(1)
        assert popped is not None and popped.name == "drop"
        assert [layer.name for layer in builder] == ["a", "z"]
    finally:
        run.stop()
        run.wait(60)


def test_attributes_of_the_users_own_stay() -> None:
    builder = named("a")
    builder.class_names = ["cat", "dog"]
    builder.add("relu")
    assert builder.class_names == ["cat", "dog"]
    with pytest.raises(AttributeError, match="neither"):
        builder.no_such_thing  # noqa: B018


def test_the_input_can_be_changed() -> None:
    builder = SequentialBuilder([keras.Input((8, 8), dtype="float16"), "flatten"])
    with pytest.raises(ValueError, match="set_input_shape"):
        builder.add(keras.Input((4, 4)))
    builder.set_input_shape((4, 4))
    assert builder.output_shape == (None, 16) and builder.inputs[0].dtype == "float16"
    builder.undo()
    assert builder.output_shape == (None, 64)
    with pytest.raises(ValueError, match="without the batch"):
        builder.set_input_shape("wide")


def test_calls_take_what_keras_takes() -> None:
    builder = named("a")
    builder.compile("sgd", "mse", None, ["mae"], None, True)
    assert builder.run_eagerly
    made = SequentialBuilder.from_config(builder.get_config(), custom_objects={})
    assert made.get_config() == builder.get_config()
    with pytest.raises(TypeError):
        builder.compile("sgd", learning_rate=3)


def test_a_layer_is_in_a_builder_once() -> None:
    layer = keras.layers.Dense(8)
    with pytest.raises(ValueError, match=r"Dense.*once.*from_config"):
        SequentialBuilder([keras.Input((8,)), layer, layer])
    shared = keras.Sequential([keras.Input((8,)), layer, layer])
    with pytest.raises(ValueError, match=r"Dense.*once.*from_config"):
        SequentialBuilder(shared)
    builder = SequentialBuilder([keras.Input((8,)), layer, "dense 8"])
    with pytest.raises(ValueError, match="once"):
        builder[1] = layer
    builder[0] = builder[0]
    builder.add(builder.pop(0))
    assert builder[1] is layer and builder.count_params() == 144
