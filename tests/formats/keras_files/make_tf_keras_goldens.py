"""Makes tf_keras.npz: models of Keras 2 on TensorFlow, and what they computed.

Not a test, and not run by any: it was run once with tf_keras 2.21.0 on TensorFlow 2.21.0:

    python make_tf_keras_goldens.py tf_keras.npz

For each net NAME the file has NAME/h5 (the bytes of model.save), NAME/x0 ... (inputs) and NAME/y0
... (outputs).
"""

import io
import os
import sys
import tempfile

import numpy as np
import tensorflow as tf
import tf_keras
from tf_keras import layers as L  # noqa: N812

RANDOM = np.random.RandomState(13)
FOUND: dict[str, np.ndarray] = {}


def fill(model: tf_keras.Model) -> None:
    """Give each weight a random value; variances stay above 0."""
    for weight in model.weights:
        new = RANDOM.normal(0, 0.4, weight.shape)
        weight.assign(np.abs(new) + 0.5 if "variance" in weight.name else new)


def keep(name: str, model: tf_keras.Model, *inputs: np.ndarray, compiled: bool = False) -> None:
    fill(model)
    if compiled:
        optimizer = tf_keras.optimizers.RMSprop(0.002)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    outputs = model.predict(list(inputs) if len(inputs) > 1 else inputs[0], verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.h5")
        model.save(path)
        with open(path, "rb") as file:
            FOUND[f"{name}/h5"] = np.frombuffer(file.read(), dtype="uint8")
    for index, each in enumerate(inputs):
        FOUND[f"{name}/x{index}"] = each
    for index, each in enumerate(outputs if isinstance(outputs, list) else [outputs]):
        FOUND[f"{name}/y{index}"] = each
    print(name)


def x(*shape: int) -> np.ndarray:
    return RANDOM.normal(0, 1, (3, *shape)).astype("float32")


keep(
    "cnn",
    tf_keras.Sequential(
        [
            L.Conv2D(4, 3, strides=2, padding="same", use_bias=False, input_shape=(9, 9, 3)),
            L.BatchNormalization(),
            L.ReLU(6.0),
            L.DepthwiseConv2D(3, padding="same"),
            L.SeparableConv2D(4, 2, activation="swish"),
            L.Conv2DTranspose(2, 3, strides=2, padding="same"),
            L.MaxPooling2D(2, padding="same"),
            L.Flatten(),
            L.Dropout(0.5),
            L.Dense(3, activation="softmax"),
        ]
    ),
    x(9, 9, 3),
    compiled=True,
)
a = L.Input((6, 4))
y, h, c = L.LSTM(3, return_state=True, return_sequences=True)(a)
keep(
    "recurrent",
    tf_keras.Model(
        a,
        [
            L.GRU(3)(a),
            L.LSTM(3)(y, initial_state=[h, c]),
            L.LSTM(3, recurrent_activation="hard_sigmoid")(a),
            L.GRU(2, reset_after=False, recurrent_activation="hard_sigmoid")(a),
            L.Bidirectional(L.LSTM(2, return_sequences=True))(a),
            L.RNN([L.LSTMCell(3), L.GRUCell(2)])(a),
            L.ConvLSTM1D(2, 2)(L.Reshape((6, 4, 1))(a)),
            L.TimeDistributed(L.Dense(2, activation="hard_sigmoid"))(a),
        ],
    ),
    x(6, 4),
)
a, b = L.Input((4, 6)), L.Input((4, 6))
d = L.Dense(6)
keep(
    "functions",
    tf_keras.Model(
        [a, b],
        [
            a + b,
            a * 2.0 - b / 3.0,
            tf.nn.relu(d(a)) - tf.constant([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            tf.concat([a, d(b)], axis=1),
            tf.reduce_mean(a, axis=[1], keepdims=True),
            tf.reshape(a, (-1, 24)),
            tf.transpose(a, [0, 2, 1]),
            tf.matmul(a, b, transpose_b=True),
            tf.expand_dims(a, 1)[:, :, 1:3, ::2],
            a[:, 0],
            a[..., tf.newaxis, -1],
            tf.nn.softmax(tf.cast(a, "float32"), axis=1),
            tf.squeeze(tf.split(a, 2, axis=2)[1][:, :1], 1),
            tf.math.l2_normalize(tf.clip_by_value(a, -1.0, 1.0), axis=-1),
            -(tf.exp(tf.maximum(a, b)) ** 2.0),
        ],
    ),
    x(4, 6),
    x(4, 6),
)
inner = tf_keras.Sequential([L.Dense(3, activation="relu"), L.BatchNormalization()])
a, b = L.Input((4,)), L.Input((5,), dtype="int32")
net = tf_keras.Model(a, L.Dense(2)(inner(a)))
e = L.Embedding(9, 4, mask_zero=True)(b)
q = L.Dense(4)(e)
keep(
    "blocks",
    tf_keras.Model(
        [a, b],
        [
            net(a),
            L.Concatenate()([net(a), L.LSTM(2)(e)]),
            L.MultiHeadAttention(2, 3)(q, q),
            L.Attention()([q, q]),
            L.LayerNormalization()(q),
            L.UnitNormalization()(L.Average()([a, a])),
            L.LeakyReLU()(a),
            L.PReLU(shared_axes=[1])(q),
            L.Rescaling(2.0, 1.0)(a),
            L.Softmax()(a),
        ],
    ),
    x(4),
    np.array([[1, 2, 0, 0, 0], [3, 4, 5, 6, 7], [8, 0, 0, 0, 0]], dtype="int32"),
)

words = L.Input((5,), dtype="int32")
e = L.Embedding(9, 4, mask_zero=True)(words)
letters = L.Input((4, 5), dtype="int32")
step = L.TimeDistributed(L.LSTM(3))(L.TimeDistributed(L.Embedding(9, 4, mask_zero=True))(letters))
WORDS = np.array([[1, 2, 0, 0, 0], [3, 4, 5, 6, 7], [8, 0, 0, 0, 0]], dtype="int32")
# Layers that take a tensor whose mask another one takes off in Keras 3, and masks within steps.
keep(
    "attention_masks",
    tf_keras.Model(
        [words, letters],
        [
            L.MultiHeadAttention(2, 3)(e, e),
            L.Attention()([e, e]),
            L.MultiHeadAttention(1, 2)(e, L.Dense(4)(e), key=e),
            L.LSTM(2)(L.AdditiveAttention()([e, e])),
            step,
            L.GRU(2)(step),
        ],
    ),
    WORDS,
    np.stack([WORDS, WORDS[::-1], WORDS * 0, WORDS], 1),
)
a, b, c = L.Input((4,)), L.Input((4,)), L.Input((4,))
shared = L.Dense(4, name="shared")
first = tf_keras.Model(a, L.ReLU()(shared(a)), name="first")
second = tf_keras.Model(b, shared(shared(b)), name="second")
keep("shared", tf_keras.Model(c, [first(c), second(c)]), x(4))

buffer = io.BytesIO()
np.savez_compressed(buffer, **FOUND)
with open(sys.argv[1], "wb") as out:
    out.write(buffer.getvalue())
print(len(buffer.getvalue()))
