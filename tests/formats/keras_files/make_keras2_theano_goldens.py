"""Makes keras2_theano.npz: models of Keras 2.2.4 on Theano 1.0.5, and what they computed.

Not a test, and not run by any: it was run once on Python 3.7 with

    numpy==1.19.5 scipy==1.5.4 h5py==2.10.0 pyyaml six theano==1.0.5 keras==2.2.4
    KERAS_BACKEND=theano python make_keras2_theano_goldens.py keras2_theano.npz

Theano needs a C++ compiler and a BLAS to link: THEANO_FLAGS=blas.ldflags=...
"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "theano")
from keras import layers as L  # noqa: N812
from keras.models import Model, Sequential
from theano_maker import Maker

MAKER = Maker(11)
fill, keep, x = MAKER.fill, MAKER.keep, MAKER.x

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
    compiled=("adam", "mse", "mae"),
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

MAKER.write(sys.argv[1])
