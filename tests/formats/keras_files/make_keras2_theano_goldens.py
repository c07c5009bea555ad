# ruff: noqa: UP031, RUF005, B905 - for Python 3.7
"""Makes keras2_theano.npz: models of Keras 2.2.4 on Theano 1.0.5, and what they computed.

Not a test, and not run by any: it was run once on Python 3.7 with

    numpy==1.19.5 scipy==1.5.4 h5py==2.10.0 pyyaml six theano==1.0.5 keras==2.2.4
    KERAS_BACKEND=theano python make_keras2_theano_goldens.py keras2_theano.npz

Theano needs a C++ compiler and a BLAS to link: THEANO_FLAGS=blas.ldflags=... For each net NAME the
file has NAME/h5 (the bytes of model.save), NAME/x0 ... (inputs) and NAME/y0 ... (outputs).
"""

import io
import os
import sys
import tempfile

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "theano")
from keras import layers as L  # noqa: N812
from keras.models import Model, Sequential

RANDOM = np.random.RandomState(11)
FOUND = {}


def fill(model):
    """Give each weight a random value; variances stay above 0."""
    for layer in model.layers:
        if isinstance(layer, (Model, Sequential)):
            fill(layer)
            continue
        values = []
        for weight, value in zip(layer.weights, layer.get_weights()):
            new = RANDOM.normal(0, 0.4, value.shape)
            if "variance" in str(weight.name):
                new = np.abs(new) + 0.5
            values.append(new.astype("float32"))
        layer.set_weights(values)


def keep(name, model, *inputs, **options):
    fill(model)
    if options.get("compiled"):
        model.compile("adam", "mse", metrics=["mae"])
    outputs = model.predict(list(inputs) if len(inputs) > 1 else inputs[0])
    handle, path = tempfile.mkstemp(suffix=".h5")
    os.close(handle)
    model.save(path)
    with open(path, "rb") as file:
        FOUND[name + "/h5"] = np.frombuffer(file.read(), dtype="uint8")
    os.remove(path)
    for index, each in enumerate(inputs):
        FOUND["%s/x%d" % (name, index)] = each
    outputs = outputs if isinstance(outputs, list) else [outputs]
    for index, each in enumerate(outputs):
        FOUND["%s/y%d" % (name, index)] = each
    print(name, [each.shape for each in outputs])


def x(*shape):
    return RANDOM.normal(0, 1, (3,) + shape).astype("float32")


FIRST = {"data_format": "channels_first"}
keep(
    "cnn",
    Sequential(
        [
            L.Conv2D(4, 3, strides=2, padding="same", input_shape=(2, 12, 11), **FIRST),
            L.BatchNormalization(axis=1),
            L.Activation("relu"),
            L.MaxPooling2D(3, strides=2, padding="same", **FIRST),
            L.Flatten(**FIRST),
            L.Dense(3, activation="softmax"),
        ]
    ),
    x(2, 12, 11),
    compiled=True,
)
a = L.Input((9, 8, 2))
keep(
    "channels_last",
    Model(
        a,
        [
            L.Conv2D(3, (2, 3), padding="same", activation="tanh")(a),
            L.AveragePooling2D(2, padding="same")(a),
            L.Flatten()(L.Conv2D(2, 3, dilation_rate=2)(a)),
            L.SeparableConv2D(3, 3, strides=2, padding="same")(a),
            L.DepthwiseConv2D(3, depth_multiplier=2)(a),
            L.Conv2DTranspose(3, 3, strides=2, padding="same")(a),
            L.LocallyConnected2D(2, (3, 2), strides=2)(a),
        ],
    ),
    x(9, 8, 2),
)
a = L.Input((8, 3))
keep(
    "sequences",
    Model(
        a,
        [
            L.LSTM(3)(L.Conv1D(4, 3, padding="causal")(a)),
            L.GRU(3, reset_after=True)(a),
            L.GRU(3, return_sequences=True)(L.Conv1D(4, 4, strides=2, padding="same")(a)),
            L.LocallyConnected1D(3, 2)(a),
            L.Bidirectional(L.SimpleRNN(2))(a),
            L.MaxPooling1D(2, padding="same")(a),
        ],
    ),
    x(8, 3),
)
a, b = L.Input((4,)), L.Input((4,))
inside = Sequential([L.Dense(3, input_dim=4), L.BatchNormalization(), L.LeakyReLU(0.2)])
fill(inside)
keep(
    "merges",
    Model(
        [a, b],
        [
            L.add([inside(a), inside(b)]),
            L.dot([a, b], axes=1, normalize=True),
            L.concatenate([a, L.subtract([a, b])]),
            L.Activation("hard_sigmoid")(L.maximum([a, b])),
        ],
    ),
    x(4),
    x(4),
)
a = L.Input((2, 4, 4, 4))
keep("volumes", Model(a, L.Conv3D(3, 2, padding="same", **FIRST)(a)), x(2, 4, 4, 4))

buffer = io.BytesIO()
np.savez_compressed(buffer, **FOUND)
with open(sys.argv[1], "wb") as out:
    out.write(buffer.getvalue())
print(len(buffer.getvalue()))
