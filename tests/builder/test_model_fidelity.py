"""A builder gives the same results as keras.Sequential, also after many edits."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from kwidgets.builder.sequential import SequentialBuilder
from kwidgets.dry_run import fresh_names

x = np.linspace(-3, 5, 24, dtype="float32").reshape(6, 4)


def weights(model: Any) -> list[list[float]]:
    return [np.asarray(value).ravel().tolist() for value in model.get_weights()]


@pytest.mark.parametrize(
    ("axis", "data", "shape"),
    [
        (None, x[:, 0], (1,)),
        (-1, x, (4,)),
        (-1, np.random.default_rng(0).random((5, 6, 6, 3)), (None, None, 3)),
    ],
)
def test_an_adapted_layer_keeps_its_state(axis: int | None, data: Any, shape: Any) -> None:
    normalization = layers.Normalization(axis=axis)
    normalization.adapt(data)
    given = data.reshape(-1, 1) if data.ndim == 1 else data
    expected = keras.Sequential([keras.Input(shape), normalization]).predict(given, verbose=0)
    own = layers.Normalization(axis=axis)
    own.adapt(data)
    builder = SequentialBuilder([keras.Input(shape), own])
    assert builder.layers[0] is own
    np.testing.assert_allclose(builder.predict(given, verbose=0), expected, rtol=1e-5)
    builder.insert(0, layers.Activation("linear"))
    np.testing.assert_allclose(builder.predict(given, verbose=0), expected, rtol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="strings need TensorFlow")
@pytest.mark.parametrize("mode", ["multi_hot", "count", "tf_idf"])
def test_the_size_of_an_adapted_vocabulary_is_known(mode: str) -> None:
    words = layers.TextVectorization(output_mode=mode)
    words.adapt(["the cat sat", "the dog ran off"])
    inputs = keras.Input((1,), dtype="string")
    plain = keras.Sequential([inputs, words, layers.Dense(2)])
    builder = SequentialBuilder([inputs, words, layers.Dense(2)])
    assert builder._bench.editor.analysis.output_shape == plain.output_shape
    assert builder.output_shape == plain.output_shape
    assert builder.layers[1].kernel.shape[0] == words.vocabulary_size()


def test_names_that_the_user_gave_stay() -> None:
    builder = SequentialBuilder(
        [keras.Input((8,)), layers.Dense(4, name="dense_1"), layers.Dense(2, name="dense_2")]
    )
    assert builder.get_layer("dense_1").units == 4
    with fresh_names():
        builder.add(layers.Dense(3))
    assert [layer.name for layer in builder.layers] == ["dense_1", "dense_2", "dense"]
    assert 'name="dense_1"' in builder.to_code()


def test_the_optimizer_keeps_its_state_when_the_model_is_compiled_again() -> None:
    def train(model: Any) -> tuple[int, list[list[float]]]:
        optimizer = keras.optimizers.Adam(0.1)
        model.compile(optimizer, "mse")
        model.fit(x, x[:, :2], batch_size=3, epochs=2, verbose=0, shuffle=False)
        model.compile(optimizer, "mse", metrics=["mae"])
        model.fit(x, x[:, :2], batch_size=3, epochs=2, verbose=0, shuffle=False)
        assert model.optimizer is optimizer
        return int(model.optimizer.iterations), weights(model)

    keras.utils.set_random_seed(1)
    plain = train(keras.Sequential([keras.Input((4,)), layers.Dense(2)]))
    keras.utils.set_random_seed(1)
    assert train(SequentialBuilder([keras.Input((4,)), layers.Dense(2)])) == plain


@pytest.mark.parametrize(
    "detour",
    [
        lambda builder: setattr(builder, "name", "other"),
        lambda builder: (
            setattr(builder, "trainable", False),
            builder.evaluate(x, x[:, :2], verbose=0),
            setattr(builder, "trainable", True),
        ),
        lambda builder: (builder.add("relu"), builder.model, builder.undo()),
    ],
    ids=["name", "frozen for a while", "added and undone"],
)
def test_the_optimizer_keeps_its_state_after_edits_that_are_undone(detour: Any) -> None:
    builder = SequentialBuilder([keras.Input((4,)), layers.Dense(2)])
    builder.compile("adam", "mse")
    builder.fit(x, x[:, :2], batch_size=3, verbose=0)
    detour(builder)
    builder.fit(x, x[:, :2], batch_size=3, verbose=0)
    assert int(builder.optimizer.iterations) == 4


def test_features_are_extracted_after_an_edit() -> None:
    """As in Keras's guide to Sequential."""
    builder = SequentialBuilder([keras.Input((8,)), layers.Dense(4)])
    builder.summary(print_fn=lambda *_, **__: None)
    builder.add(layers.Dense(2))
    extractor = keras.Model(builder.inputs, [layer.output for layer in builder.layers])
    assert [tuple(one.shape) for one in extractor(np.zeros((3, 8)))] == [(3, 4), (3, 2)]
    builder.insert(1, "relu")
    keras.Model(builder.inputs, builder.layers[0].output).get_config()


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="there Keras itself repeats it")
@pytest.mark.parametrize(
    "layer",
    [
        layers.LSTM(3, stateful=True),
        layers.GRU(3, stateful=True, return_sequences=True),
        layers.Bidirectional(layers.LSTM(3, stateful=True)),
        layers.RNN(layers.SimpleRNNCell(3), stateful=True),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_recurrent_layers_keep_their_state(layer: keras.Layer) -> None:
    # One step, because over many of them what they began with is forgotten.
    keras.utils.set_random_seed(1)
    builder = SequentialBuilder([keras.Input(batch_shape=(4, 1, 2)), layer, layers.Dense(1)])
    first = builder.predict(np.ones((4, 1, 2)), verbose=0, batch_size=4)
    again = builder.predict(np.ones((4, 1, 2)), verbose=0, batch_size=4)
    assert not np.allclose(first, again)


def test_a_layer_whose_variable_has_a_value_from_the_start_is_built() -> None:
    class Scaled(keras.Layer):
        def build(self, input_shape: Any) -> None:
            self.factor = keras.Variable(np.full(input_shape[-1], 2.0, "float32"))

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor

    builder = SequentialBuilder([keras.Input((4,)), Scaled(), layers.Dense(2)])
    assert builder.output_shape == (None, 2)


def test_a_lambda_is_an_activation() -> None:
    builder = SequentialBuilder(
        [keras.Input((8,)), layers.Dense(4, activation=lambda t: t * t), layers.Dense(3)]
    )
    assert builder.output_shape == (None, 3)
    names: dict[str, Any] = {}
    exec(builder.to_code(), names)
    names["model"].set_weights(builder.get_weights())
    data = np.ones((2, 8))
    np.testing.assert_allclose(
        names["model"].predict(data, verbose=0), builder.predict(data, verbose=0), rtol=1e-5
    )


def test_the_built_input_shape_applies_to_added_layers() -> None:
    builder = SequentialBuilder([layers.Dense(4)])
    builder.build((None, 8))
    builder.add(layers.Dense(2))
    assert builder.built and len(builder.weights) == 4 and builder.input_shape == (None, 8)


def test_a_layer_that_builds_itself_in_its_call_keeps_its_weights() -> None:
    @keras.saving.register_keras_serializable("fidelity")
    class SelfBuilt(keras.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.inner = layers.Conv2D(2, 3)

        def call(self, inputs: Any) -> Any:
            return self.inner(inputs)

    builder = SequentialBuilder([keras.Input((12, 12, 1)), SelfBuilt()])
    before = weights(builder)
    builder.insert(0, layers.MaxPooling2D())
    assert builder.output_shape == (None, 4, 4, 2) and weights(builder) == before


@pytest.mark.parametrize(
    "set_weights",
    [
        lambda builder: builder.train_on_batch(x, x[:, :2]),
        lambda builder: builder.set_weights([w + 1 for w in builder.get_weights()]),
        lambda builder: builder.layers[0].kernel.assign(builder.layers[0].kernel + 1),
    ],
    ids=["train_on_batch", "set_weights", "assign"],
)
def test_weights_that_were_set_by_any_means_survive_many_edits(set_weights: Any) -> None:
    builder = SequentialBuilder([keras.Input((4,)), layers.Dense(2)])
    builder.compile("sgd", "mse")
    set_weights(builder)
    before = weights(builder)
    for activation in ("relu", "tanh", "elu", "selu", "gelu"):
        builder[0] = layers.Dense(2, activation=activation)
        assert weights(builder) != before
    for _ in range(5):
        builder.undo()
    assert weights(builder) == before


def test_a_row_of_an_embedding_that_was_trained_survives_many_edits() -> None:
    builder = SequentialBuilder([keras.Input((2,)), layers.Embedding(500, 4), "flatten"])
    builder.compile("sgd", "mse")
    builder.train_on_batch(np.full((1, 2), 333), np.ones((1, 8)))
    before = weights(builder)
    for _ in range(5):
        builder[0] = layers.Embedding(500, 4, embeddings_initializer="ones")
        assert weights(builder) != before
        builder[0] = layers.Embedding(500, 4, embeddings_initializer="zeros")
        assert weights(builder) != before
    for _ in range(10):
        builder.undo()
    assert weights(builder) == before


def test_what_is_frozen_within_a_wrapper_stays_frozen() -> None:
    wrapper = layers.TimeDistributed(layers.Dense(3))
    builder = SequentialBuilder([keras.Input((5, 3)), wrapper])
    assert len(builder.trainable_weights) == 2
    builder.layers[0].layer.trainable = False
    builder.add(layers.Flatten())
    assert builder.trainable_weights == []
    builder.trainable = False
    builder.trainable = True
    assert len(builder.layers) == 2


def test_a_model_with_a_train_step_of_its_own_is_refused() -> None:
    class Careful(keras.Sequential):
        def train_step(self, *args: Any, **kwargs: Any) -> Any:
            return super().train_step(*args, **kwargs)

    model = Careful([keras.Input((4,)), layers.Dense(2)])
    with pytest.raises(ValueError, match=r"Careful.*train_step.*SequentialBuilder\(model"):
        SequentialBuilder(model)
    builder = SequentialBuilder(model.layers, input_shape=model.input_shape[1:])
    assert weights(builder) == weights(model)


needs_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="about functions and scopes of TensorFlow"
)


@needs_tensorflow
def test_the_first_use_may_be_in_a_trace() -> None:
    import tensorflow as tf

    builder = SequentialBuilder(["dense 3"], input_shape=(4,))
    traced = tf.function(lambda batch: builder(batch))
    np.testing.assert_allclose(traced(x), builder(x), rtol=1e-5)


@needs_tensorflow
def test_a_builder_belongs_to_the_strategy_in_which_it_was_created() -> None:
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        builder = SequentialBuilder([keras.Input((4,)), layers.Dense(2)])
        builder.compile("sgd", "mse")
    builder.fit(x, x[:, :2], verbose=0)
    # The model of an edit outside of it, too.
    builder.insert(0, "dense 4")
    builder.fit(x, x[:, :2], verbose=0)
    assert builder.distribute_strategy is strategy
    with strategy.scope():
        builder.optimizer.learning_rate = 0.5
        builder.insert(0, "dense 4")
        builder.fit(x, x[:, :2], verbose=0)
    assert builder.optimizer.learning_rate.numpy() == 0.5
    assert all(strategy.extended.variable_created_in_scope(w.value) for w in builder.weights)


@pytest.mark.parametrize("made_by", ["user", "builder"])
@pytest.mark.parametrize("change", ["lora", "int8"])
def test_what_was_changed_on_a_layer_counts_and_stays(made_by: str, change: str) -> None:
    added = layers.Dense(3) if made_by == "user" else "dense 3"
    builder = SequentialBuilder([keras.Input((4,)), added])
    layer = builder.layers[0]
    before = builder.count_params()
    layer.enable_lora(2) if change == "lora" else layer.quantize("int8")
    assert builder.count_params() == builder.model.count_params() > before
    values = weights(layer)
    builder.add(layers.Dense(2))
    assert builder.layers[0] is layer and weights(layer) == values
    assert len(builder.model.weights) == len(layer.weights) + 2
    assert ("lora_rank=2" if change == "lora" else "int8") in builder.to_code()


def test_another_activation_of_a_layer_is_in_the_program() -> None:
    builder = SequentialBuilder([keras.Input((4,)), layers.Dense(3, activation="softmax")])
    builder.layers[0].activation = keras.activations.linear
    assert "softmax" not in builder.to_code()
    builder.add(layers.ReLU())
    expected = keras.ops.convert_to_numpy(keras.ops.relu(builder.layers[0](x)))
    np.testing.assert_allclose(builder.predict(x, verbose=0), expected, rtol=1e-6)


@pytest.mark.parametrize("loss", ["crossentropy", "ce"])
def test_a_loss_that_keras_chooses_by_the_output(loss: str) -> None:
    builder = SequentialBuilder([keras.Input((4,)), layers.Dense(3, activation="softmax")])
    builder.compile("sgd", loss)
    builder.fit(x, np.arange(6) % 3, verbose=0)
    assert f'loss="{loss}"' in builder.to_code()


def test_a_layer_object_keeps_the_name_that_keras_gave_it() -> None:
    made = [layers.Dense(2) for _ in range(3)]
    builder = SequentialBuilder([keras.Input((4,)), made[2], made[0]])
    builder.add("dense 2")
    builder.insert(0, made[1])
    names = [layer.name for layer in builder.layers]
    assert names[:3] == [made[1].name, made[2].name, made[0].name] and len(set(names)) == 4
    assert "name=" not in builder.to_code()
    with pytest.raises(ValueError, match="unique names"):
        builder.add(layers.Dense(1, name=made[0].name))
    assert len(builder) == 4
