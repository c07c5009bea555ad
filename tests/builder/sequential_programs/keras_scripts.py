"""Short scripts in the manner of Keras's guides, written for any class in Sequential's place.

Each takes the class and a function ``see``, which it calls with whatever a reader can observe.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

See = Callable[[Any], None]
Script = Callable[[Any, See, Path], None]

X = np.linspace(-1, 1, 48, dtype="float32").reshape(12, 4)
Y = (np.arange(12) % 3).astype("int64")
# A traced step takes TensorFlow a second to make.
EAGERLY = keras.backend.backend() == "tensorflow"
FIT: dict[str, Any] = {"batch_size": 6, "shuffle": False, "verbose": 0}


def error_of(statement: Callable[[], Any]) -> type[BaseException] | None:
    """Return the type of the error that a statement raises; of Python's or Keras's own types."""
    try:
        statement()
    except Exception as error:
        return next(cls for cls in type(error).__mro__ if "kwidgets" not in cls.__module__)
    return None


def describe(model: Any) -> Any:
    """Return what can be seen of a built model."""
    return {
        "config": json.loads(json.dumps(model.get_config(), default=str)),
        "weights": [(each.path, bool(each.trainable)) for each in model.weights],
        "trainable": [each.path for each in model.trainable_variables],
        "values": [np.asarray(value).tolist() for value in model.get_weights()],
    }


def small(make: Any) -> Any:
    return make([keras.Input((4,)), layers.Dense(5, activation="relu"), layers.Dense(3)])


def classifier(make: Any, **settings: Any) -> Any:
    model = small(make)
    given: dict[str, Any] = {
        "optimizer": keras.optimizers.RMSprop(1e-2),
        "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "metrics": [keras.metrics.SparseCategoricalAccuracy()],
        "run_eagerly": EAGERLY,
    }
    model.compile(**{**given, **settings})
    return model


# The Sequential model.


def a_model_without_an_input(make: Any, see: See, folder: Path) -> None:
    model = make([layers.Dense(2, activation="relu"), layers.Dense(3, name="last")])
    see(model.built)
    see(model.weights)
    see(error_of(model.count_params))
    see(error_of(lambda: model.input_shape))
    see(error_of(lambda: model.inputs))
    see(error_of(lambda: model.get_layer("other")))
    see(error_of(lambda: model.no_such_attribute))
    see(error_of(lambda: model.fit(X, Y)))
    see(model(X))
    see(describe(model))
    see(model.get_layer("last").name)
    see(error_of(lambda: model(X[:, :3])))


def layers_one_by_one(make: Any, see: See, folder: Path) -> None:
    model = make(name="my_sequential")
    see(len(model.layers))
    see(error_of(lambda: model.add("no layer at all")))
    see(error_of(lambda: model.add(None)))
    model.add(keras.Input(shape=(10, 10, 3)))
    see(error_of(lambda: model.add(keras.Input((3,)))))
    model.add(layers.Conv2D(2, 3, strides=2, activation="relu"))
    model.add(layers.MaxPooling2D(2))
    see(model.output_shape)
    see(error_of(lambda: model.add(layers.Dense(2, name=model.layers[0].name))))
    model.add(layers.GlobalMaxPooling2D())
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    see("\n".join(lines))
    popped = model.pop()
    see(popped.name)
    see(model.output_shape)
    model.add(popped)
    see(describe(model))


def features_of_layers(make: Any, see: See, folder: Path) -> None:
    model = small(make)
    extractor = keras.Model(inputs=model.inputs, outputs=[each.output for each in model.layers])
    see(extractor(X))
    one = keras.Model(model.inputs, model.get_layer(index=0).output)
    see(one.predict(X, verbose=0) if not EAGERLY else one(X))
    outputs = layers.Dense(1)(model(keras.Input((4,))))
    see(outputs.shape)


# Transfer learning.


def frozen_layers(make: Any, see: See, folder: Path) -> None:
    model = classifier(make)
    for layer in model.layers[:-1]:
        layer.trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=EAGERLY)
    see(model.fit(X, Y, epochs=1, **FIT).history)
    see(describe(model))


def a_layer_added_to_a_frozen_model(make: Any, see: See, folder: Path) -> None:
    model = small(make)
    model.trainable = False
    model.add(layers.Dense(2))
    see(describe(model))
    model.pop()
    model.add(layers.Dense(6))
    model.trainable = True
    see(describe(model))


def freezing_at_any_depth(make: Any, see: See, folder: Path) -> None:
    given = keras.Input((4,))
    base = keras.Model(given, layers.Dense(3)(given), name="base")
    block = keras.Sequential([keras.Input((3,)), layers.Dense(3)], name="block")
    by_argument = keras.Sequential([layers.Dense(3)], trainable=False)
    model = make([keras.Input((4,)), base, block, by_argument, layers.Dense(1)], trainable=False)
    see(describe(model))
    model.layers[0].layers[-1].trainable = False
    model.layers[1].trainable = False
    model.add(layers.ReLU())
    see(describe(model))
    model.trainable = True
    see(describe(model))
    model.layers[0].trainable = False
    model.pop()
    see(describe(model))


def freezing_in_wrappers(make: Any, see: See, folder: Path) -> None:
    model = make([keras.Input((5, 4)), layers.TimeDistributed(layers.Dense(2))])
    model.trainable = False
    model.add(layers.Bidirectional(layers.SimpleRNN(2)))
    see(describe(model))
    model.layers[0].trainable = True
    model.layers[1].forward_layer.trainable = False
    model.add(layers.Dense(1))
    see(describe(model))


# Training and evaluation.


def compile_fit_evaluate_predict(make: Any, see: See, folder: Path) -> None:
    model = classifier(make)
    history = model.fit(X, Y, epochs=2, validation_data=(X[:4], Y[:4]), **FIT)
    see(history.history)
    see(history.params)
    see(history.model is (model if make is keras.Sequential else model.model))
    see(model.evaluate(X, Y, batch_size=6, verbose=0))
    see(model.evaluate(X, Y, batch_size=6, verbose=0, return_dict=True))
    see(model.predict(X[:3], verbose=0))
    see(model.metrics_names)
    see([each.name for each in model.metrics])
    see(model.optimizer.get_config())
    see(int(model.optimizer.iterations))


def weights_of_classes_and_samples(make: Any, see: See, folder: Path) -> None:
    model = classifier(make, weighted_metrics=["accuracy"])
    see(model.fit(X, Y, epochs=1, class_weight={0: 1.0, 1: 1.0, 2: 2.0}, **FIT).history)
    see(model.fit(X, Y, sample_weight=np.linspace(0, 1, 12), epochs=1, **FIT).history)
    see(model.fit(X, Y, validation_split=0.5, epochs=3, initial_epoch=2, **FIT).history)


def losses_and_metrics_of_ones_own(make: Any, see: See, folder: Path) -> None:
    def squared(y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    class Regularizing(layers.Layer):
        def call(self, inputs: Any) -> Any:
            self.add_loss(keras.ops.sum(inputs) * 0.1)
            return inputs

    model = make([keras.Input((4,)), Regularizing(), layers.Dense(1, kernel_regularizer="l2")])
    model.compile(keras.optimizers.Adam(0.1), squared, metrics=[squared], run_eagerly=EAGERLY)
    see(model.fit(X, X[:, :1], epochs=2, **FIT).history)
    see(len(model.losses))


def schedules_and_callbacks(make: Any, see: See, folder: Path) -> None:
    class Recorder(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            see((epoch, sorted(logs), [layer.name for layer in self.model.layers]))

    model = classifier(make)
    path = folder / "best.keras"
    callbacks = [
        Recorder(),
        keras.callbacks.EarlyStopping("loss", min_delta=10, patience=1),
        keras.callbacks.ModelCheckpoint(path, monitor="loss", save_best_only=True),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
    ]
    see(model.fit(X, Y, epochs=5, callbacks=callbacks, **FIT).history)
    see(float(model.optimizer.learning_rate))
    see(model.stop_training)
    see(describe(keras.saving.load_model(path)))


def mistakes_in_training(make: Any, see: See, folder: Path) -> None:
    model = small(make)
    see(error_of(lambda: model.fit(X, Y, **FIT)))
    see(error_of(lambda: model.evaluate(X, Y, verbose=0)))
    see(error_of(lambda: model.compile(optimizer="no such optimizer")))
    see(error_of(lambda: model.compile("sgd", "mse", no_such_argument=1)))
    model.compile("sgd", "mse", run_eagerly=EAGERLY)
    see(error_of(lambda: model.fit(X[:, :3], Y, **FIT)))
    see(error_of(lambda: model.fit(X, X[:, :2], **FIT)))
    see(error_of(lambda: model.fit(X, Y[:5], **FIT)))
    see(error_of(lambda: model.fit(X, epochs=1, no_such_argument=2)))
    see(model.fit(X, X[:, :3], epochs=1, **FIT).history)


def step_by_step(make: Any, see: See, folder: Path) -> None:
    model = classifier(make)
    see(model.train_on_batch(X, Y))
    see(model.train_on_batch(X, Y, return_dict=True))
    see(model.test_on_batch(X, Y))
    see(model.predict_on_batch(X))
    model.reset_metrics()
    see(model.get_metrics_result())


# Saving.


def whole_models(make: Any, see: See, folder: Path) -> None:
    model = classifier(make)
    model.fit(X, Y, epochs=1, **FIT)
    path = folder / "model.keras"
    model.save(path)
    see(error_of(lambda: model.save(folder / "model.unknown")))
    loaded = keras.saving.load_model(path)
    see(type(loaded))
    see(describe(loaded))
    see(loaded.optimizer.get_config())
    see(loaded.fit(X, Y, epochs=1, **FIT).history)
    see(model.fit(X, Y, epochs=1, **FIT).history)


def weights_and_configs(make: Any, see: See, folder: Path) -> None:
    model = small(make)
    see(error_of(lambda: model.save_weights(folder / "weights.bin")))
    model.save_weights(folder / "model.weights.h5")
    other = make([keras.Input((4,)), layers.Dense(5), layers.Dense(3)])
    other.load_weights(folder / "model.weights.h5")
    see(describe(other))
    wrong = make([keras.Input((4,)), layers.Dense(2)])
    see(error_of(lambda: wrong.load_weights(folder / "model.weights.h5")))
    see(error_of(lambda: wrong.load_weights(folder / "missing.weights.h5")))
    see(error_of(lambda: wrong.set_weights(model.get_weights())))
    other.layers[0].set_weights(model.layers[0].get_weights())
    see(json.loads(model.to_json()))
    see(describe(keras.models.model_from_json(model.to_json())))
    see(describe(make.from_config(model.get_config())))
    # clone_model and serialize take a model; a builder gives its own.
    plain = model if make is keras.Sequential else model.model
    see(describe(keras.models.clone_model(plain)))
    see(keras.saving.serialize_keras_object(model))


SCRIPTS: list[Script] = [
    a_model_without_an_input,
    layers_one_by_one,
    features_of_layers,
    frozen_layers,
    a_layer_added_to_a_frozen_model,
    freezing_at_any_depth,
    freezing_in_wrappers,
    compile_fit_evaluate_predict,
    weights_of_classes_and_samples,
    losses_and_metrics_of_ones_own,
    schedules_and_callbacks,
    mistakes_in_training,
    step_by_step,
    whole_models,
    weights_and_configs,
]
