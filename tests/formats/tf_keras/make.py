"""Make the files in this folder with Keras 2 (tf_keras), and what it computes for some inputs.

How it was done, in an environment of its own, since tf_keras is no dependency of the project::

    python -m pip install tf_keras==2.21.0 tensorflow==2.21.0
    TF_USE_LEGACY_KERAS=1 python tests/formats/tf_keras/make.py

``nets.zip`` then has for each net ``NAME.keras`` (format 2), the folder ``NAME``, a SavedModel, and
``NAME.npz``, inputs (``x0``, ``x1`` …) and outputs (``y0`` …). ``no_metadata`` is a SavedModel
without Keras's metadata. Weights are random with fixed seeds; the recurrent nets use the
``hard_sigmoid`` of Keras 2 on purpose.
"""

from __future__ import annotations

import pathlib
import tempfile
import zipfile

import numpy as np
import tensorflow as tf
import tf_keras as keras

FOLDER = pathlib.Path(__file__).parent
layers = keras.layers


def dense() -> keras.Model:
    model = keras.Sequential(
        [
            layers.Dense(6, activation="relu", input_shape=(5,), name="hidden"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.2),
            layers.Dense(3, activation="softmax", kernel_regularizer="l2", name="classes"),
        ],
        name="dense_net",
    )
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", ["accuracy"])
    return model


def cnn() -> keras.Model:
    model = keras.Sequential(name="cnn")
    model.add(layers.InputLayer((12, 10, 3), name="image"))
    model.add(layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.ReLU(6.0))
    model.add(layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2))
    model.add(layers.SeparableConv2D(5, 3, activation="elu"))
    model.add(layers.Conv2DTranspose(3, 2, strides=2))
    model.add(layers.MaxPooling2D(2))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(2))
    return model


def recurrent() -> keras.Model:
    words = keras.Input((7, 4), name="steps")
    x = layers.LSTM(5, recurrent_activation="hard_sigmoid", return_sequences=True)(words)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    x = layers.TimeDistributed(layers.Dense(4, activation="tanh"))(x)
    x = layers.SimpleRNN(3, return_sequences=True)(x)
    x = layers.GRU(4, recurrent_activation="hard_sigmoid", reset_after=False)(x)
    return keras.Model(words, layers.Dense(2)(x), name="recurrent")


def functional() -> keras.Model:
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    shared = layers.Dense(4, activation="relu", name="shared")
    inner = keras.Sequential(
        [layers.Dense(4, input_shape=(4,)), layers.BatchNormalization(), layers.Dense(4)],
        name="inner",
    )
    a, b = shared(left), shared(right)
    both = a + b
    scaled = tf.multiply(inner(both), 0.5)
    joined = layers.Concatenate()([scaled, tf.nn.relu(a), b])
    first = layers.Dense(3, name="first")(joined)
    second = layers.Dense(1, activation="sigmoid", name="second")(both - scaled)
    model = keras.Model([left, right], [first, second], name="functional")
    model.compile("sgd", {"first": "mse", "second": "binary_crossentropy"})
    return model


def attention() -> keras.Model:
    words = keras.Input((6,), dtype="int32", name="words")
    x = layers.Embedding(20, 8, name="embedding")(words)
    attended = layers.MultiHeadAttention(2, 4, name="attention")(x, x)
    x = layers.LayerNormalization(epsilon=1e-5)(layers.Add()([x, attended]))
    x = layers.Conv1D(6, 3, padding="causal", activation="gelu")(x)
    return keras.Model(words, layers.GlobalMaxPooling1D()(x), name="attention")


NETS = (dense, cnn, recurrent, functional, attention)


def save(folder: pathlib.Path, name: str, model: keras.Model) -> None:
    random = np.random.default_rng(7)
    # Other moving means, variances and gammas than those of a new layer.
    model.set_weights(
        [
            (random.normal(size=value.shape) * 0.5 + ("variance" in weight.name) * 3).astype(
                value.dtype
            )
            if value.dtype.kind == "f"
            else value
            for weight, value in zip(model.weights, model.get_weights(), strict=True)
        ]
    )
    inputs = [
        random.integers(0, 20, (3, *each.shape[1:])).astype("int32")
        if each.dtype == tf.int32
        else random.normal(size=(3, *each.shape[1:])).astype("float32")
        for each in model.inputs
    ]
    outputs = model.predict(inputs, verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    arrays = {f"x{index}": value for index, value in enumerate(inputs)}
    arrays |= {f"y{index}": value for index, value in enumerate(outputs)}
    np.savez(folder / f"{name}.npz", **arrays)
    model.save(folder / f"{name}.keras")
    # The traced functions of recurrent layers alone would fill the archive.
    model.save(folder / name, save_format="tf", save_traces=name != "recurrent")
    if name == "dense":
        module = tf.Module()
        module.model = tf.function(
            lambda x: {"probabilities": model(x)},
            input_signature=[tf.TensorSpec((None, 5), tf.float32, name="x")],
        )
        module.kept = model.weights
        tf.saved_model.save(module, str(folder / "no_metadata"), signatures=module.model)


def pack(folder: pathlib.Path, path: pathlib.Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.name != "fingerprint.pb":
                archive.write(file, file.relative_to(folder))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for make in NETS:
            keras.utils.set_random_seed(3)
            keras.backend.clear_session()
            save(pathlib.Path(made), make.__name__, make())
        pack(pathlib.Path(made), FOLDER / "nets.zip")
