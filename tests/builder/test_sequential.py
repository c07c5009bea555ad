"""SequentialBuilder runs scripts for keras.Sequential unchanged, and has methods of its own."""

import gc
import json
import os
import pathlib
import signal
import threading
import weakref

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.builder.convert import same_config
from kwidgets.builder.sequential import BuilderError, SequentialBuilder

RNG = np.random.default_rng(0)
X = RNG.random((96, 28, 28)).astype("float32")
Y = RNG.integers(0, 10, 96)


def script(make):
    """The issue's script: the same text for Keras and for the builder."""
    keras.utils.set_random_seed(1)
    model = make()
    model.add(keras.layers.Flatten(input_shape=(28, 28)))
    model.add(keras.layers.Dense(16, activation="relu"))
    model.add(keras.layers.Dropout(0.2))
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(X, Y, epochs=2, verbose=0)
    return model, history, model.evaluate(X, Y, verbose=0), model.predict(X, verbose=0)


@pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`")
def test_the_script_gives_the_same_numbers_as_keras():
    theirs, their_history, their_score, their_output = script(keras.Sequential)
    ours, our_history, our_score, our_output = script(SequentialBuilder)
    assert isinstance(our_history, keras.callbacks.History)
    np.testing.assert_allclose(our_history.history["loss"], their_history.history["loss"])
    np.testing.assert_allclose(our_score, their_score)
    np.testing.assert_allclose(our_output, their_output)
    assert type(ours.model) is keras.Sequential
    assert ours.count_params() == theirs.count_params()
    assert [layer.get_config().keys() for layer in ours.layers] == [
        layer.get_config().keys() for layer in theirs.layers
    ]


def test_a_builder_has_the_attributes_of_its_model(tmp_path: pathlib.Path, capsys):
    builder = SequentialBuilder(["dense 4 relu", "dense 2"], input_shape=(3,))
    builder.compile(loss="mse")
    assert builder.input_shape == (None, 3) and builder.output_shape == (None, 2)
    assert len(builder.get_weights()) == 4 and builder.optimizer.iterations == 0
    assert builder(np.zeros((1, 3))).shape == (1, 2)
    assert builder.train_on_batch(np.zeros((1, 3)), np.zeros((1, 2))) >= 0
    builder.optimizer.learning_rate = 0.5
    assert float(builder.model.optimizer.learning_rate) == 0.5
    builder.summary()
    assert "dense_1" in capsys.readouterr().out
    builder.save(tmp_path / "model.keras")
    loaded = SequentialBuilder(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.get_weights()[0], builder.get_weights()[0])
    assert json.loads(builder.to_json())["class_name"] == "Sequential"
    builder.trainable = False
    assert builder.model.trainable_weights == []
    with pytest.raises(AttributeError, match="no_such_thing"):
        builder.no_such_thing  # noqa: B018


def test_pop_gives_the_layer_and_the_model_works_without_it():
    first = keras.layers.Dense(4)
    builder = SequentialBuilder([first, keras.layers.Dense(2)], input_shape=(3,))
    last = builder.layers[1]
    assert builder.pop() is last and builder.layers == [first]
    assert builder.output_shape == (None, 4)
    with pytest.raises(IndexError, match="layer index 5"):
        builder.pop(5)


def test_a_model_without_an_input_learns_it_from_the_data():
    builder = SequentialBuilder(["flatten", "dense 3 softmax"])
    with pytest.raises(ValueError, match=r"not yet been built|isn't built"):
        builder.count_params()
    builder.compile(loss="sparse_categorical_crossentropy")
    builder.fit(X, Y % 3, verbose=0)
    assert builder.count_params() == 784 * 3 + 3
    assert "keras.Input" not in builder.to_code()


@pytest.mark.parametrize("kind", ["model", "config", "file"])
def test_a_builder_starts_from_an_existing_model(kind: str, tmp_path: pathlib.Path):
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4), keras.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=["mae"])
    if kind == "file":
        model.save(tmp_path / "model.keras")
    source = {"model": model, "config": model.get_config(), "file": str(tmp_path / "model.keras")}[
        kind
    ]
    builder = SequentialBuilder(source)
    assert same_config(builder.get_config(), model.get_config())
    if kind == "model":
        assert builder.model is model
    if kind != "config":
        np.testing.assert_array_equal(builder.get_weights()[0], model.get_weights()[0])
        assert (
            "optimizer=keras.optimizers.SGD()" in builder.to_code() or '"sgd"' in builder.to_code()
        )
        assert "mse" in builder.to_code()


def test_weights_stay_across_edits_of_other_layers():
    builder = SequentialBuilder(["dense 8 relu", "dense 4 relu", "dense 2"], input_shape=(6,))
    first, second, last = [layer.get_weights() for layer in builder.layers]
    builder.insert(1, keras.layers.Dropout(0.5))
    builder.insert(0, "bn")
    kept = [layer.get_weights() for layer in builder.layers if layer.weights][1:]
    for now, before in zip(kept, [first, second, last], strict=True):
        np.testing.assert_array_equal(now[0], before[0])
    builder.replace(-1, "dense 3")
    assert builder.layers[-1].get_weights()[0].shape == (4, 3)
    builder.undo()
    np.testing.assert_array_equal(builder.layers[-1].get_weights()[0].shape, last[0].shape)


def test_undo_restores_trained_weights():
    builder = SequentialBuilder(["dense 3"], input_shape=(2,))
    builder.compile("sgd", "mse")
    builder.fit(np.ones((8, 2)), np.ones((8, 3)), verbose=0)
    trained = builder.layers[0].get_weights()[0]
    builder.replace(0, "dense 3 relu")
    assert not np.array_equal(builder.layers[0].get_weights()[0], trained)
    builder.undo()
    np.testing.assert_array_equal(builder.layers[0].get_weights()[0], trained)


def test_compile_stays_across_edits_and_the_first_objects_are_used():
    builder = SequentialBuilder(["dense 3"], input_shape=(2,))
    optimizer = keras.optimizers.SGD(0.25)
    builder.compile(optimizer=optimizer, loss=keras.losses.Huber(delta=2.0))
    assert builder.optimizer is optimizer
    builder.add("dense 1")
    assert float(builder.optimizer.learning_rate) == 0.25
    assert float(builder.loss(np.zeros((1, 1)), np.full((1, 1), 3.0))) == 2 * (3 - 1)
    assert "Huber(delta=2.0)" in builder.to_code()
    with pytest.raises(ValueError, match="nonsense"):
        builder.compile(loss="nonsense")
    with pytest.raises(TypeError, match="los"):
        builder.compile(los="mse")


def test_a_list_of_layers():
    builder = SequentialBuilder(["dense 1", "dense 2", "dense 3"], input_shape=(4,))
    assert [layer.units for layer in builder] == [1, 2, 3] and len(builder) == 3
    assert builder[2].units == 3 and builder[-1] is builder[2]
    assert [layer.units for layer in builder[1:]] == [2, 3]
    builder.move(2, 0)
    builder[1] = keras.layers.Dense(7)
    del builder[-1]
    assert [layer.units for layer in builder.layers] == [3, 7]


def test_an_impossible_layer_is_kept_and_the_model_says_why():
    builder = SequentialBuilder(["flatten"], input_shape=(8, 8))
    builder.add(keras.layers.Conv2D(4, 3))
    builder.add("dense 1")
    with pytest.raises(BuilderError, match=r"layer 2 \(Conv2D\).*an image.*Keras:.*ndim"):
        builder.model  # noqa: B018
    assert "⚠" in repr(builder) and len(builder) == 3
    assert "Conv2D(4" in builder.to_code()
    builder.undo()
    builder.pop()
    assert builder.output_shape == (None, 64)


def test_a_layer_of_ten_billion_weights_costs_nothing_until_it_is_made():
    builder = SequentialBuilder(["dense 100000"], input_shape=(100_000,))
    assert builder.count_params() == 10_000_100_000
    with pytest.raises(MemoryError, match=r"40 GB.*this machine has"):
        builder.model  # noqa: B018


def test_a_second_dense_is_named_as_in_a_fresh_process():
    for _ in range(2):
        builder = SequentialBuilder(["dense 1", "dense 2"], input_shape=(4,))
        assert [layer.name for layer in builder.layers] == ["dense", "dense_1"]
        assert "name=" not in builder.to_code()


def test_the_code_contains_the_call_of_fit():
    builder = SequentialBuilder(["flatten", "dense 10 softmax"], input_shape=(28, 28))
    builder.compile("adam", "sparse_categorical_crossentropy")
    stopping = keras.callbacks.EarlyStopping(patience=2, monitor="loss")
    builder.fit(X, Y, epochs=2, batch_size=48, callbacks=[stopping, kw.LivePlot()], verbose=0)
    settings = builder._bench.editor.spec.fit
    assert settings["epochs"] == 2 and settings["batch_size"] == 48
    (callback,) = settings["callbacks"]
    assert callback.arguments == {"monitor": "loss", "patience": 2}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SequentialBuilder((28, 28)), TypeError, r"input_shape=\(28, 28\)"),
        (lambda: SequentialBuilder(input_shape="big"), ValueError, r"integers.*\(28, 28\)"),
        (lambda: SequentialBuilder(input_shape=(0, 3)), ValueError, "above 0"),
        (lambda: SequentialBuilder(5), TypeError, "a list of layers"),
        (lambda: SequentialBuilder("no_such.keras"), FileNotFoundError, "no_such"),
        (lambda: SequentialBuilder(["dnese 5"]), ValueError, "Dense"),
        (lambda: SequentialBuilder([lambda x: x]), ValueError, "keras.Layer"),
        (lambda: SequentialBuilder(inputshape=(3,)), TypeError, "inputshape"),
        (lambda: SequentialBuilder(name="a/b"), ValueError, "without '/'"),
        (
            lambda: SequentialBuilder(
                keras.Model(i := keras.Input((2,)), keras.layers.Dense(1)(i) * 2)
            ),
            ValueError,
            "one of the layers",
        ),
        (
            lambda: SequentialBuilder(keras.Sequential([keras.Input((2,))]), input_shape=(3,)),
            ValueError,
            "already",
        ),
        (lambda: SequentialBuilder(["dense 1", keras.Input((2,))]), ValueError, "first"),
    ],
)
def test_bad_input_says_what_came_and_what_to_do(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_functional_model_can_be_a_layer():
    inputs = keras.Input((8, 8, 3))
    base = keras.Model(inputs, keras.layers.Conv2D(4, 3)(inputs), name="base")
    builder = SequentialBuilder([keras.Input((8, 8, 3)), base, "gap", "dense 2"])
    assert builder.layers[0] is base and builder.output_shape == (None, 2)
    assert builder.count_params() == base.count_params() + 4 * 2 + 2


def test_shown_outside_a_notebook_it_is_a_table():
    builder = SequentialBuilder(["dense 4 relu"], input_shape=(3,), name="tiny")
    assert repr(builder).splitlines()[0] == "SequentialBuilder 'tiny'"
    assert "4, relu" in repr(builder) and "16 parameters" in repr(builder)
    bundle = builder._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" not in bundle
    assert "<script" not in bundle["text/html"] and "4, relu" in bundle["text/html"]


def stack() -> SequentialBuilder:
    return SequentialBuilder(["dense 5 relu", "dense 3"], input_shape=(8,))


def test_a_layer_frozen_by_hand_stays_frozen():
    builder = stack()
    builder.compile("sgd", "mse")
    builder.layers[0].trainable = False
    model = builder.model
    assert len(model.trainable_weights) == 2
    builder.add("dense 1")
    assert len(builder.trainable_weights) == 4
    assert "trainable=False" in builder.to_code()
    assert "45 frozen" in repr(builder)
    builder.layers[0].trainable = True
    assert len(builder.trainable_weights) == 6


def test_two_builders_begin_with_different_weights():
    one, two = stack(), stack()
    assert not np.array_equal(one.get_weights()[0], two.get_weights()[0])


def test_pythons_random_numbers_are_the_users_alone():
    import random

    random.seed(3)
    expected = [random.random() for _ in range(4)]
    random.seed(3)
    found = []
    for text in ("dense 5", "dropout 0.5", "lstm 3", "randomflip"):
        found.append(random.random())
        repr(SequentialBuilder([text], input_shape=(8, 8, 3))) if text != "lstm 3" else None
        SequentialBuilder([text]).to_code()
    assert found == expected


def test_compile_sets_the_learning_rate_after_a_layer_was_added():
    builder = stack()
    builder.compile(keras.optimizers.SGD(0.5), "mse")
    builder.fit(np.zeros((4, 8)), np.zeros((4, 1)), verbose=0)
    builder.insert(0, "dropout 0.1")
    builder.compile(keras.optimizers.SGD(0.25), "mse")
    assert float(builder.model.optimizer.learning_rate) == 0.25


def test_an_added_layer_keeps_the_optimizer_and_its_learning_rate():
    builder = stack()
    optimizer = keras.optimizers.SGD(0.25)
    builder.compile(optimizer, "mse")
    builder.add("dense 1")
    assert builder.optimizer is optimizer
    builder.optimizer.learning_rate = 0.5
    builder.fit(np.zeros((4, 8)), np.zeros((4, 1)), verbose=0)
    builder.add("dense 1")
    assert builder.optimizer is not optimizer and float(builder.optimizer.learning_rate) == 0.5


def test_an_edit_keeps_all_settings_of_a_compiled_model():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse", weighted_metrics=["mae"], run_eagerly=True, steps_per_execution=1)
    builder = SequentialBuilder(model)
    builder.add("dense 1")
    assert builder.run_eagerly is True
    assert "weighted_metrics=" in builder.to_code()


def test_a_name_can_be_given_to_a_model_that_has_one():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)], name="old")
    builder = SequentialBuilder(model, name="new", trainable=False)
    assert builder.model.name == "new" and builder.trainable_weights == []
    assert model.name == "old"


def test_a_builder_can_be_copied_pickled_and_put_into_another():
    import copy
    import pickle

    builder = stack()
    for other in (copy.deepcopy(builder), pickle.loads(pickle.dumps(builder))):
        np.testing.assert_array_equal(other.get_weights()[0], builder.get_weights()[0])
        other.add("dense 1")
        assert len(builder) == 2
    outer = SequentialBuilder([SequentialBuilder(["dense 4"], input_shape=(8,), name="inner")])
    outer.add("dense 1")
    assert outer.output_shape == (None, 1)


def test_callbacks_are_taken_as_keras_takes_them():
    builder = stack()
    builder.compile("sgd", "mse")
    x, y = np.zeros((4, 8)), np.zeros((4, 3))
    builder.fit(x, y, callbacks=keras.callbacks.EarlyStopping(monitor="loss"), verbose=0)
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    builder.fit(x, y, epochs=2, callbacks=[schedule], verbose=0)
    assert float(builder.optimizer.learning_rate) == pytest.approx(0.01 / 4)
    builder.train(x, y, epochs=2, callbacks=keras.callbacks.CallbackList([schedule])).wait(60)
    assert builder.run is not None and builder.run.status == "finished"
    assert float(builder.optimizer.learning_rate) == pytest.approx(0.01 / 16)


def test_a_fit_is_no_step_to_undo():
    builder = stack()
    builder.compile("sgd", "mse")
    builder.add("dense 3")
    builder.undo()
    builder.fit(np.zeros((4, 8)), np.zeros((4, 3)), verbose=0)
    assert builder.redo() == "Add Dense"


class Slowly(keras.callbacks.Callback):
    """Block a training until it is released."""

    def __init__(self):
        super().__init__()
        self.began, self.go = threading.Event(), threading.Event()

    def on_train_begin(self, logs=None):
        self.began.set()
        self.go.wait(60)


def test_a_model_in_training_is_not_changed():
    builder = stack()
    builder.compile("sgd", "mse")
    x, y, slowly = np.zeros((8, 8)), np.ones((8, 3)), Slowly()
    run = builder.train(x, y, callbacks=[slowly])
    assert slowly.began.wait(60)
    layers = builder.layers
    with pytest.raises(ValueError, match="being trained"):
        builder.train(x, y)
    with pytest.raises(RuntimeError, match="being trained"):
        builder.fit(x, y)
    with pytest.raises(RuntimeError, match="being trained"):
        builder.compile("adam", "mse")
    builder.add("dense 1")
    assert builder.layers[:-1] == layers and not builder.layers[-1].built
    with pytest.raises(RuntimeError, match=r"run\.wait"):
        builder.model  # noqa: B018
    slowly.go.set()
    assert len(run.wait(60)["loss"]) == 1
    assert builder.output_shape == (None, 1)
    assert builder.layers[0] is layers[0]


def test_a_training_that_fails_says_why_and_lets_the_next_one_start():
    builder = stack()
    builder.compile("sgd", "mse")
    run = builder.train(np.zeros((4, 7)), np.zeros((4, 3)))
    with pytest.raises(ValueError, match="shape"):
        run.wait(60)
    assert run.status == "failed" and "shape" in run.detail
    assert len(builder.train(np.zeros((4, 8)), np.zeros((4, 3))).wait(60)["loss"]) == 1
    with pytest.raises(ValueError, match="Choose the training data"):
        SequentialBuilder(builder).train()


def test_the_data_of_a_training_is_released():
    builder = stack()
    builder.compile("sgd", "mse")
    x = np.zeros((4, 8))
    gone = weakref.ref(x)
    builder.train(x, np.zeros((4, 3))).wait(60)
    del x
    gc.collect()
    assert gone() is None


def test_a_stop_before_the_first_batch_takes_effect():
    builder = stack()
    builder.compile("sgd", "mse")
    run = builder.train(np.zeros((64, 8)), np.zeros((64, 3)), epochs=100_000)
    run.stop()
    run.wait(60)
    assert run.status == "stopped"


def test_after_a_fit_that_failed_the_next_one_trains():
    builder = SequentialBuilder(["dense 3 softmax"], input_shape=(8,))
    builder.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.ones((40, 8)), np.arange(40) % 3
    for bad in [(x,), (x[:, :5], y), (x, np.eye(7)[y])]:
        with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the backend says
            builder.train(*bad).wait(60)
        builder.train(x, y, epochs=1).wait(60)
        assert builder.run.status == "finished"
    learned = builder.get_weights()
    with pytest.raises(Exception):  # noqa: B017, PT011
        builder.fit(x[:, :5], y, verbose=0)
    np.testing.assert_array_equal(builder.get_weights()[0], learned[0])
    steps = int(builder.optimizer.iterations)
    builder.fit(x, y, verbose=0)
    assert int(builder.optimizer.iterations) == steps + 2


def test_a_rate_set_while_training_is_for_that_training():
    builder = stack()
    builder.compile(keras.optimizers.SGD(0.01), "mse")
    run = builder.train(np.zeros((64, 8)), np.zeros((64, 3)), epochs=100_000)
    run.set_learning_rate(0.5)
    run.stop()
    run.wait(60)
    assert float(builder.optimizer.learning_rate) == pytest.approx(0.01)


def test_reset_weights_makes_fresh_weights():
    builder = stack()
    builder.compile(keras.optimizers.SGD(0.5), "mse")
    builder.fit(np.ones((64, 8)), np.ones((64, 3)), epochs=3, verbose=0)
    learned = builder.get_weights()
    state = builder._bench.describe()["layers"]
    assert all(card["trained"] for card in state.values())
    builder.reset_weights()
    state = builder._bench.describe()["layers"]
    assert not any(card["trained"] for card in state.values())
    assert not np.allclose(builder.get_weights()[0], learned[0])
    assert builder.get_weights()[1].tolist() == [0] * 5  # a bias begins at 0
    assert int(builder.optimizer.iterations) == 0
    run = builder.train(np.zeros((64, 8)), np.zeros((64, 3)), epochs=100_000)
    with pytest.raises(ValueError, match="being trained"):
        builder.reset_weights()
    run.stop()
    run.wait(60)


def test_an_interrupt_of_a_cell_that_waits_stops_the_training():
    builder = stack()
    builder.compile("sgd", "mse")
    began = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: epoch == 9 and os.kill(os.getpid(), signal.SIGINT)
    )
    run = builder.train(np.zeros((64, 8)), np.zeros((64, 3)), epochs=100_000, callbacks=[began])
    with pytest.raises(KeyboardInterrupt):
        run.wait(60)
    run.wait(60)
    assert run.status == "stopped"


def test_an_error_in_a_layer_of_the_users_own_shows_its_lines():
    class Mine(keras.layers.Layer):
        def call(self, inputs):
            return inputs * undefined_name  # noqa: F821

    builder = kw.SequentialBuilder(input_shape=(4,))
    builder.add(Mine())
    with pytest.raises(BuilderError, match="undefined_name") as error:
        builder.model  # noqa: B018
    (note,) = error.value.__notes__
    assert "return inputs * undefined_name" in note
    assert "site-packages" not in note and "kwidgets/builder/shapes" not in note
