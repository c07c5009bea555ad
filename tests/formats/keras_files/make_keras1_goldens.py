"""Makes keras1.npz: models of Keras 1.2.2 on Theano 1.0.5, and what they computed.

Not a test, and not run by any: the original program needs Python 3.7. It was run once with

    numpy==1.19.5 scipy==1.5.4 h5py==2.10.0 pyyaml six theano==1.0.5 keras==1.2.2
    KERAS_BACKEND=theano THEANO_FLAGS=device=cpu,floatX=float32,optimizer=fast_compile,cxx=
    python make_keras1_goldens.py keras1.npz
"""

import os
import sys

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "theano")
import keras.backend as K  # noqa: N812
from keras import layers as L  # noqa: N812
from keras.layers.advanced_activations import (
    ELU,
    LeakyReLU,
    ParametricSoftplus,
    PReLU,
    SReLU,
    ThresholdedReLU,
)
from keras.layers.local import LocallyConnected1D, LocallyConnected2D
from keras.layers.normalization import BatchNormalization
from keras.models import Model, Sequential
from theano_maker import Maker

MAKER = Maker(7)
fill, keep, x = MAKER.fill, MAKER.keep, MAKER.x

K.set_image_dim_ordering("th")

keep(
    "cnn",
    Sequential(
        [
            L.Convolution2D(4, 3, 3, border_mode="same", activation="relu", input_shape=(2, 9, 9)),
            L.MaxPooling2D((2, 2)),
            BatchNormalization(axis=1),
            L.Convolution2D(3, 2, 3, subsample=(1, 2), dim_ordering="th"),
            L.Flatten(),
            L.Dropout(0.5),
            L.Dense(4, activation="softmax"),
        ]
    ),
    x(2, 9, 9),
    compiled=("sgd", "categorical_crossentropy", "accuracy"),
    json=True,
)
keep(
    "paddings",
    Sequential(
        [
            L.Convolution2D(3, 3, 3, border_mode="same", subsample=(2, 2), input_shape=(2, 12, 11)),
            L.Convolution2D(3, 2, 4, border_mode="same"),
            L.AveragePooling2D((3, 3), (2, 2), border_mode="same"),
            L.MaxPooling2D((2, 2), (1, 1), border_mode="same"),
            L.ZeroPadding2D((2, 2)),
            L.MaxPooling2D((5, 5), (2, 2), border_mode="same"),
            L.ZeroPadding2D({"top_pad": 1, "left_pad": 2}),
            L.Cropping2D(((0, 1), (1, 0))),
            L.UpSampling2D((2, 1)),
        ]
    ),
    x(2, 12, 11),
)
a = L.Input((6, 5))
keep(
    "recurrent",
    Model(
        a,
        [
            L.LSTM(4)(a),
            L.GRU(4, go_backwards=True)(a),
            L.SimpleRNN(3, return_sequences=True)(a),
            L.LSTM(3, consume_less="gpu", return_sequences=True)(a),
            L.GRU(3, consume_less="gpu", inner_activation="sigmoid")(a),
            L.LSTM(2, consume_less="mem", unroll=True)(a),
        ],
    ),
    x(6, 5),
)
a = L.Input((7,), dtype="int32")
h = L.Embedding(11, 4, mask_zero=True, dropout=0.1, input_length=7)(a)
b = L.Input((7, 3))
g = L.Masking(0.0)(b)
masked = x(7, 3)
masked[:, 4:] = 0
keep(
    "masks",
    Model(
        [a, b],
        [L.GRU(3)(h), L.Bidirectional(L.LSTM(3, return_sequences=True))(h), L.LSTM(2)(g)],
    ),
    np.array([[1, 2, 3, 0, 0, 0, 0], [4, 5, 6, 7, 8, 9, 10], [0, 0, 1, 2, 0, 4, 0]], "int32"),
    masked,
)
keep(
    "sequences",
    Sequential(
        [
            L.Convolution1D(4, 3, border_mode="same", input_shape=(12, 3), activation="tanh"),
            L.Convolution1D(4, 2, border_mode="same", subsample_length=2),
            L.AtrousConvolution1D(3, 2, atrous_rate=2),
            L.MaxPooling1D(2, stride=1, border_mode="same"),
            L.TimeDistributedDense(5, activation="hard_sigmoid"),
            L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="sum"),
            L.TimeDistributed(L.Dense(2)),
            L.UpSampling1D(2),
            L.ZeroPadding1D(1),
            L.Cropping1D((0, 1)),
            L.Permute((2, 1)),
            L.Reshape((-1,)),
            L.RepeatVector(2),
            L.GlobalMaxPooling1D(),
        ]
    ),
    x(12, 3),
)
keep(
    "dense",
    Sequential(
        [
            L.Highway(activation="tanh", input_dim=5),
            L.Highway(activation="relu", bias=False),
            L.MaxoutDense(4, nb_feature=3),
            L.GaussianNoise(0.1),
            PReLU(),
            LeakyReLU(0.2),
            ELU(0.7),
            L.Dense(6, W_regularizer="l2", W_constraint="maxnorm"),
            ThresholdedReLU(0.1),
            L.Activation("hard_sigmoid"),
            L.GaussianDropout(0.1),
            ParametricSoftplus(),
            SReLU(),
        ]
    ),
    x(5),
)
keep(
    "slopes",
    Sequential(
        [
            PReLU(shared_axes=[2, 3], input_shape=(2, 4, 4)),
            SReLU(shared_axes=[2, 3]),
            ParametricSoftplus(shared_axes=[2, 3]),
            L.SpatialDropout2D(0.2),
            L.GlobalAveragePooling2D(),
        ]
    ),
    x(2, 4, 4),
)
a, b = L.Input((4,)), L.Input((4,))
shared = L.Dense(3, activation="tanh")
p, q = shared(a), shared(b)
modes = [L.merge([p, q], mode=m) for m in ("sum", "mul", "ave", "max", "dot", "cos")]
joined = L.merge([modes[0], modes[1], modes[4]], mode="concat", concat_axis=1)
c = L.Input((5, 3))
d = L.Input((6, 3))
keep(
    "merges",
    Model(
        [a, b, c, d],
        [
            *modes[2:],
            L.Dense(2)(joined),
            L.merge([c, d], mode="dot", dot_axes=(2, 2)),
            L.merge([c, d], mode="concat", concat_axis=1),
        ],
    ),
    x(4),
    x(4),
    x(5, 3),
    x(6, 3),
)
left = Sequential([L.Dense(3, input_dim=4), L.Activation("relu")])
right = Sequential([L.Dense(3, input_dim=5)])
both = Sequential()
both.add(L.Merge([left, right], mode="concat", concat_axis=1))
both.add(L.Dense(2, activation="softmax"))
both.build()
for branch in (left, right):
    fill(branch)
keep("branches", both, x(4), x(5))
keep(
    "volumes",
    Sequential(
        [
            L.Convolution3D(3, 2, 3, 2, border_mode="same", input_shape=(2, 5, 6, 5)),
            L.MaxPooling3D((2, 2, 2), (1, 2, 1)),
            L.AveragePooling3D((2, 1, 2)),
            L.UpSampling3D((1, 2, 1)),
            L.ZeroPadding3D((1, 0, 1)),
            L.Flatten(),
        ]
    ),
    x(2, 5, 6, 5),
)
a = L.Input((3, 5))
keep(
    "normalizations",
    Model(
        a,
        [
            BatchNormalization()(a),
            BatchNormalization(axis=1, epsilon=2e-4)(a),
            BatchNormalization(mode=1)(a),
            BatchNormalization(mode=2, axis=1)(a),
        ],
    ),
    x(3, 5),
)
a, b = L.Input((7, 2)), L.Input((2, 6, 5))
keep(
    "local",
    Model(
        [a, b],
        [
            LocallyConnected1D(3, 3, activation="tanh", subsample_length=2)(a),
            LocallyConnected2D(3, 2, 3)(b),
            LocallyConnected2D(2, 2, 2, dim_ordering="tf", bias=False)(b),
        ],
    ),
    x(7, 2),
    x(2, 6, 5),
)
a = L.Input((6, 7, 2))
keep(
    "channels_last",
    Model(
        a,
        [
            L.Flatten()(
                L.Convolution2D(3, 3, 2, dim_ordering="tf", border_mode="same", subsample=(2, 2))(a)
            ),
            L.AtrousConvolution2D(2, 2, 3, atrous_rate=(2, 2), dim_ordering="tf")(a),
            L.Deconvolution2D(
                3, 3, 3, (3, 11, 13, 3), subsample=(2, 2), border_mode="same", dim_ordering="tf"
            )(a),
            L.Deconvolution2D(3, 2, 3, (3, 7, 9, 3), dim_ordering="tf")(a),
            L.GlobalMaxPooling2D(dim_ordering="tf")(a),
        ],
    ),
    x(6, 7, 2),
)
a = L.Input((2, 5, 5))
keep(
    "transposed",
    Model(
        a,
        [
            L.Deconvolution2D(3, 3, 3, (3, 3, 10, 10), subsample=(2, 2), border_mode="same")(a),
            L.Deconvolution2D(3, 4, 4, (3, 3, 12, 12), subsample=(2, 2))(a),
            L.AtrousConvolution2D(2, 3, 3, atrous_rate=(2, 2), border_mode="same")(a),
        ],
    ),
    x(2, 5, 5),
)
inside = Sequential(
    [L.Dense(4, input_dim=3), BatchNormalization(), L.Dense(3, activation="hard_sigmoid")]
)
fill(inside)
a = L.Input((3,))
b = L.Input((3,))
net = Model(a, L.Dense(3)(inside(a)))
fill(net)
keep("nested", Model([a, b], [inside(b), net(a), net(inside(b))]), x(3), x(3))
outer = Sequential([L.Dense(3, input_dim=2), Sequential([L.Dense(4, input_dim=3)]), L.Dense(2)])
fill(outer.layers[1])
keep("nested_sequential", outer, x(2))
keep(
    "frames",
    Sequential(
        [
            L.TimeDistributed(
                L.Convolution2D(3, 3, 3, subsample=(2, 2), border_mode="same"),
                input_shape=(4, 2, 6, 6),
            ),
            L.TimeDistributed(L.MaxPooling2D((2, 2), border_mode="same")),
            L.TimeDistributed(L.Flatten()),
            L.LSTM(3),
        ]
    ),
    x(4, 2, 6, 6),
)
keep(
    "conv_lstm",
    Sequential(
        [
            L.ConvLSTM2D(
                2, 3, 3, border_mode="same", return_sequences=True, input_shape=(3, 2, 5, 5)
            ),
            L.ConvLSTM2D(2, 3, 1, border_mode="valid", dim_ordering="th"),
        ]
    ),
    x(3, 2, 5, 5),
)

MAKER.write(sys.argv[1])
