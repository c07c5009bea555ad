"""What a builder can start from: models, configs and files, also those that Keras cannot load."""

from __future__ import annotations

import json
import pathlib
import zipfile
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from kwidgets.builder.convert import same_config
from kwidgets.builder.sequential import BuilderError, SequentialBuilder
from tests.builder.test_model_fidelity import weights, x


def chain(*made: keras.Layer, name: str | None = None) -> keras.Model:
    """Return a functional model of layers, one after the other."""
    tensor = given = keras.Input((4,))
    for layer in made:
        tensor = layer(tensor)
    return keras.Model(given, tensor, name=name)


def test_a_functional_model_that_is_a_chain_becomes_a_builder() -> None:
    # Keras then counts names from the start, as in the program's own process.
    keras.utils.clear_session(free_memory=False)
    model = chain(layers.Dense(3, activation="relu"), layers.Dropout(0.5), layers.Dense(2))
    model.compile(keras.optimizers.Adam(0.1), "mse", metrics=["mae"])
    model.fit(x, x[:, :2], verbose=0)
    builder = SequentialBuilder(model)
    assert builder.layers == model.layers[1:] and weights(builder) == weights(model)
    # The training goes on.
    assert builder.optimizer is model.optimizer and int(builder.optimizer.iterations) == 1
    builder.fit(x, x[:, :2], verbose=0)
    assert int(builder.optimizer.iterations) == 2
    builder.add(layers.ReLU())
    assert builder.output_shape == (None, 2)
    assert "keras.Input(shape=(4,))" in builder.to_code()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda x, y: keras.Model([x, y], layers.Add()([x, y])), "2 inputs"),
        (lambda x, y: keras.Model(x, layers.Add()([x, layers.Dense(4)(x)])), "several tensors"),
        (lambda x, y: keras.Model(x, layers.Dense(2)(x) * 2), "not a layer"),
        (lambda x, y: keras.Model(x, layers.Dropout(0.5)(x, training=True)), "argument"),
        (lambda x, y: keras.Model(x, (d := layers.Dense(4))(d(x))), "twice"),
        (lambda x, y: type("Own", (keras.Model,), {})(), "Own may compute anything"),
    ],
)
def test_other_models_are_refused_with_the_reason(make: Any, reason: str) -> None:
    model = make(keras.Input((4,)), keras.Input((4,)))
    with pytest.raises(ValueError, match=rf"{reason}.*one of the layers"):
        SequentialBuilder(model)


def test_a_model_within_a_stack_shows_its_shapes() -> None:
    builder = SequentialBuilder([chain(layers.Dense(3)), layers.Dense(2)])
    facts = builder._bench.editor.analysis
    assert facts.complete and facts.input_shape == (None, 4)
    assert builder.count_params() == 15 + 8 and "(None, 3)" in repr(builder)


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_file_of_a_model_with_a_loss_that_is_not_here(
    tmp_path: pathlib.Path, ending: str, caplog: pytest.LogCaptureFixture
) -> None:
    def own_loss(y: Any, predicted: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y - predicted))

    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile("adam", own_loss)
    model.save(path := tmp_path / f"model.{ending}")
    builder = SequentialBuilder(path)
    assert weights(builder) == weights(model) and not builder.compiled
    assert "not compiled" in caplog.text and str(path) in caplog.text


def test_a_file_of_a_layer_that_is_not_here_says_so(tmp_path: pathlib.Path) -> None:
    class Own(keras.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs

    keras.Sequential([keras.Input((4,)), Own()]).save(path := tmp_path / "model.keras")
    with pytest.raises(TypeError, match="Own"):
        SequentialBuilder(path)


def huge(*, nested: bool = False) -> dict[str, Any]:
    """Return the config of a model with weights of 40 GB or more."""
    config = keras.Sequential([keras.Input((1,)), layers.Dense(3)]).get_config()
    config["layers"][1]["config"]["units"] = 10**10
    if not nested:
        return config
    outer = keras.Sequential(
        [keras.Input((1,)), keras.Sequential([keras.Input((1,)), layers.Dense(3)])]
    ).get_config()
    outer["layers"][1]["config"]["layers"][1]["config"]["units"] = 10**10
    return outer


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("make", [SequentialBuilder, SequentialBuilder.from_config])
def test_a_config_with_huge_layers_allocates_nothing(
    make: Any, nested: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwidgets.builder.model.memory.machine_bytes", lambda: 10**10)
    config = huge(nested=nested)
    builder = make(config)
    assert builder.count_params() == 2 * 10**10
    assert builder._bench.model_cache.latest is None
    assert "10000000000" in builder.to_code()
    with pytest.raises(MemoryError, match="80 GB"):
        builder.model  # noqa: B018


def test_a_file_with_huge_layers_allocates_nothing(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwidgets.builder.model.memory.machine_bytes", lambda: 10**10)
    keras.Sequential([keras.Input((1,)), layers.Dense(3)]).save(path := tmp_path / "model.keras")
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(files["config.json"])
    config["config"] = huge()
    files["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(MemoryError, match="80 GB"):
        SequentialBuilder(path)


def test_keras_reads_what_it_serializes_of_a_builder() -> None:
    builder = SequentialBuilder([keras.Input((4,)), layers.Dense(3)])
    content = keras.saving.serialize_keras_object(builder)
    made = keras.saving.deserialize_keras_object(json.loads(json.dumps(content)))
    assert type(made) is keras.Sequential
    assert same_config(made.get_config(), json.loads(json.dumps(builder.get_config())))


def test_an_error_within_is_the_one_that_is_raised() -> None:
    class Fails(keras.Layer):
        def call(self, inputs: Any) -> Any:
            return self.no_such_part(inputs)

    builder = SequentialBuilder(["dense 3"], input_shape=(4,))
    builder.add(Fails())
    for name in ("model", "weights", "input_shape"):
        with pytest.raises(BuilderError, match="no_such_part"):
            getattr(builder, name)


def test_an_attribute_error_of_the_model_is_not_taken_for_a_missing_attribute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    builder = SequentialBuilder(["dense 3"], input_shape=(4,))

    def fail() -> None:
        raise AttributeError("the real error")

    monkeypatch.setattr(builder._bench, "model", fail)
    for name in ("model", "weights"):
        with pytest.raises(AttributeError, match="the real error"):
            getattr(builder, name)
    np.testing.assert_equal(len(builder), 1)
