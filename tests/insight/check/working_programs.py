"""Programs in which nothing is wrong, as Keras's guides, tutorials and books write them."""

from __future__ import annotations

from tests.insight.check import working_data as data
from tests.insight.check.programs import Program

_SPARSE = 'model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])'
_BINARY = 'model.compile("adam", "binary_crossentropy", metrics=["accuracy"])'
_MSE = 'model.compile("adam", "mse", metrics=["mae"])'
_LOGITS = """
model.compile(
    optimizer=keras.optimizers.Adam(1e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
)
"""


def _stack(layers: str, compiling: str) -> str:
    return f"model = keras.Sequential([{layers}])\n{compiling}\n"


_DENSE = 'layers.Dense(64, activation="relu")'
_CONV = 'layers.Conv2D(16, 3, activation="relu")'
_SOFTMAX = 'layers.Dense(10, activation="softmax")'
_YES = 'layers.Dense(1, activation="sigmoid")'
_SPLIT = "model.fit(x_train, y_train, epochs=5, batch_size=32, validation_split=0.2)"
_TEST = "model.fit(x_train, y_train, epochs=5, validation_data=(x_test, y_test))"
_VAL = "model.fit(x_train, y_train, epochs=5, validation_data=(x_val, y_val))"

CLASSIFIERS = [
    Program(
        "quickstart",
        data.MNIST,
        _stack(
            f"layers.Flatten(input_shape=(28, 28)), {_DENSE}, layers.Dropout(0.2), "
            "layers.Dense(10)",
            _LOGITS,
        ),
        _TEST,
    ),
    Program(
        "fashion, softmax",
        data.MNIST,
        _stack(f"keras.Input((28, 28)), layers.Flatten(), {_DENSE}, {_SOFTMAX}", _SPARSE),
        _SPLIT,
    ),
    Program(
        "raw pixels with Rescaling",
        data.RAW_MNIST,
        _stack(
            f"keras.Input((28, 28)), layers.Rescaling(1 / 255), layers.Flatten(), {_DENSE}, "
            f"{_SOFTMAX}",
            _SPARSE,
        ),
        _SPLIT,
    ),
    Program(
        "mnist convnet",
        data.ONE_HOT_DIGITS,
        _stack(
            f"keras.Input((8, 8, 1)), {_CONV}, layers.MaxPooling2D(2), layers.Flatten(), "
            f"layers.Dropout(0.5), {_SOFTMAX}",
            'model.compile(loss="categorical_crossentropy", optimizer="adam", '
            'metrics=["accuracy"])',
        ),
        "model.fit(x_train, y_train, batch_size=128, epochs=15, validation_split=0.1)",
    ),
    Program(
        "digits, flat",
        data.FLAT_DIGITS,
        _stack(f"keras.Input((64,)), {_DENSE}, {_SOFTMAX}", _SPARSE),
        _TEST,
    ),
    Program(
        "digits, LeNet",
        data.DIGITS_4D,
        _stack(
            'keras.Input((8, 8, 1)), layers.Conv2D(6, 3, padding="same", activation="tanh"), '
            'layers.AveragePooling2D(2), layers.Flatten(), layers.Dense(84, activation="tanh"), '
            f"{_SOFTMAX}",
            _SPARSE,
        ),
        _TEST,
    ),
    Program(
        "digits, not built",
        data.DIGITS_4D,
        _stack(f"{_CONV}, layers.GlobalAveragePooling2D(), {_SOFTMAX}", _SPARSE),
        _TEST,
    ),
    Program(
        "cifar, Rescaling and BatchNormalization",
        data.CIFAR,
        _stack(
            f"keras.Input((32, 32, 3)), layers.Rescaling(1 / 255), {_CONV}, "
            f"layers.BatchNormalization(), layers.MaxPooling2D(2), layers.Flatten(), {_SOFTMAX}",
            _SPARSE,
        ),
        _SPLIT,
    ),
    Program(
        "cifar, vgg",
        data.SCALED_CIFAR,
        _stack(
            f'keras.Input((32, 32, 3)), layers.Conv2D(8, 3, padding="same", activation="relu"), '
            f"{_CONV}, "
            f"layers.MaxPooling2D(2), layers.Dropout(0.25), layers.Flatten(), {_DENSE}, {_SOFTMAX}",
            _SPARSE,
        ),
        _SPLIT,
    ),
    Program(
        "augmentation",
        data.CATS,
        _stack(
            'keras.Input((48, 48, 3)), layers.RandomFlip("horizontal"), '
            "layers.RandomRotation(0.1), "
            f"layers.Rescaling(1.0 / 255), {_CONV}, layers.GlobalAveragePooling2D(), {_YES}",
            _BINARY,
        ),
        _SPLIT,
    ),
    Program(
        "separable",
        data.SCALED_CIFAR,
        _stack(
            'keras.Input((32, 32, 3)), layers.SeparableConv2D(8, 3, activation="swish"), '
            f"layers.GroupNormalization(4), layers.GlobalMaxPooling2D(), {_SOFTMAX}",
            _SPARSE,
        ),
        _SPLIT,
    ),
    Program(
        "iris",
        data.IRIS,
        _stack(f'keras.Input((4,)), {_DENSE}, layers.Dense(3, activation="softmax")', _SPARSE),
        _SPLIT,
    ),
    Program(
        "breast cancer",
        data.CANCER,
        _stack(f"keras.Input((30,)), {_DENSE}, layers.Dropout(0.3), {_YES}", _BINARY),
        _VAL,
    ),
    Program(
        "wine, DataFrame",
        data.WINE,
        _stack(f'keras.Input((13,)), {_DENSE}, layers.Dense(3, activation="softmax")', _SPARSE),
        _SPLIT,
    ),
    Program("titanic, dummies", data.TITANIC, _stack(f"{_DENSE}, {_YES}", _BINARY), _SPLIT),
    Program(
        "fraud, class_weight",
        data.FRAUD,
        _stack(
            f"keras.Input((28,)), {_DENSE}, {_YES}",
            'model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy", '
            "metrics=[keras.metrics.Precision(), keras.metrics.Recall()])",
        ),
        "model.fit(x_train, y_train, batch_size=512, epochs=3, validation_data=(x_val, y_val), "
        "class_weight=weights)",
    ),
    Program(
        "xor",
        data.XOR,
        _stack(f'keras.Input((2,)), layers.Dense(8, activation="tanh"), {_YES}', _BINARY),
        "model.fit(x_train, y_train, epochs=500, batch_size=4)",
    ),
    Program(
        "binary logits",
        data.CANCER,
        _stack(
            f"keras.Input((30,)), {_DENSE}, layers.Dense(1)",
            "model.compile('adam', keras.losses.BinaryCrossentropy(from_logits=True), "
            "metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)])",
        ),
        _VAL,
    ),
    Program(
        "several labels",
        data.TAGS,
        _stack(
            f'keras.Input((20,)), {_DENSE}, layers.Dense(6, activation="sigmoid")',
            'model.compile("adam", "binary_crossentropy", metrics=["binary_accuracy"])',
        ),
        _SPLIT,
    ),
    Program(
        "two units for yes and no",
        data.CANCER,
        _stack(f'keras.Input((30,)), {_DENSE}, layers.Dense(2, activation="softmax")', _SPARSE),
        _VAL,
    ),
    Program(
        "label smoothing",
        data.ONE_HOT_DIGITS,
        _stack(
            f"keras.Input((8, 8, 1)), {_CONV}, layers.Flatten(), {_SOFTMAX}",
            "model.compile('adam', keras.losses.CategoricalCrossentropy(label_smoothing=0.1), "
            "metrics=['accuracy'])",
        ),
        _SPLIT,
    ),
    Program(
        "early stopping and checkpoints",
        data.MNIST,
        _stack(f"keras.Input((28, 28)), layers.Flatten(), {_DENSE}, {_SOFTMAX}", _SPARSE),
        "model.fit(x_train, y_train, epochs=50, validation_split=0.1, callbacks=["
        "keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True), "
        'keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True)])',
    ),
    Program(
        "softmax layer, SGD with momentum",
        data.MNIST,
        _stack(
            f"keras.Input((28, 28)), layers.Flatten(), {_DENSE}, layers.Dense(10), "
            "layers.Softmax()",
            "model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "
            "'sparse_categorical_crossentropy', metrics=['accuracy'])",
        ),
        _SPLIT,
    ),
    Program(
        "regularized",
        data.FLAT_DIGITS,
        _stack(
            'keras.Input((64,)), layers.Dense(32, activation="relu", kernel_regularizer="l2"), '
            f"{_SOFTMAX}",
            _SPARSE,
        ),
        _SPLIT,
    ),
    Program(
        "batch normalization before relu",
        data.FLAT_DIGITS,
        _stack(
            "keras.Input((64,)), layers.Dense(32, use_bias=False), layers.BatchNormalization(), "
            f"layers.ReLU(), {_SOFTMAX}",
            _SPARSE,
        ),
        _SPLIT,
    ),
    Program(
        "tf.data",
        data.DATASET,
        _stack(
            f"keras.Input((32, 32, 3)), layers.Rescaling(1 / 255), {_CONV}, "
            f"layers.GlobalAveragePooling2D(), {_SOFTMAX}",
            _SPARSE,
        ),
        "model.fit(dataset, epochs=2)",
    ),
]

REGRESSIONS = [
    Program("line", data.LINE, _stack("keras.Input((1,)), layers.Dense(1)", _MSE)),
    Program(
        "celsius",
        data.CELSIUS,
        _stack(
            "keras.Input((1,)), layers.Dense(1)",
            'model.compile(keras.optimizers.Adam(0.1), "mean_squared_error")',
        ),
        "model.fit(x_train, y_train, epochs=500)",
    ),
    Program(
        "houses, Normalization",
        data.HOUSES,
        "normalize = layers.Normalization()\nnormalize.adapt(x_train)\n"
        + _stack(f"normalize, {_DENSE}, layers.Dense(1)", _MSE),
        _SPLIT,
    ),
    Program(
        "houses, BatchNormalization first",
        data.HOUSES,
        _stack(f"keras.Input((8,)), layers.BatchNormalization(), {_DENSE}, layers.Dense(1)", _MSE),
        _SPLIT,
    ),
    Program(
        "fuel, DataFrame and Normalization",
        data.FUEL,
        "normalize = layers.Normalization()\nnormalize.adapt(np.array(x_train, 'float32'))\n"
        + _stack(
            f"normalize, {_DENSE}, {_DENSE}, layers.Dense(1)",
            "model.compile(optimizer=keras.optimizers.Adam(0.001), loss='mean_absolute_error')",
        ),
        _SPLIT,
    ),
    Program(
        "diabetes, huber",
        data.DIABETES,
        _stack(
            f"keras.Input((10,)), {_DENSE}, layers.Dense(1)",
            "model.compile('rmsprop', keras.losses.Huber(), metrics=['mae'])",
        ),
        _SPLIT,
    ),
    Program(
        "window forecast, dense",
        data.SINE,
        _stack(f"keras.Input((30,)), {_DENSE}, layers.Dense(1)", _MSE),
        _VAL,
    ),
    Program(
        "window forecast, LSTM",
        data.SINE_3D,
        _stack("keras.Input((30, 1)), layers.LSTM(32), layers.Dense(1)", _MSE),
        _VAL,
    ),
    Program(
        "forecast of several steps",
        data.TREND,
        _stack("keras.Input((20, 1)), layers.GRU(16), layers.Dense(4)", _MSE),
        _SPLIT,
    ),
    Program(
        "weather, stacked LSTM",
        data.WEATHER,
        _stack(
            "keras.Input((24, 7)), layers.LSTM(16, return_sequences=True), layers.LSTM(8), "
            "layers.Dense(1)",
            _MSE,
        ),
        _SPLIT,
    ),
    Program(
        "weather, Conv1D",
        data.WEATHER,
        _stack(
            'keras.Input((24, 7)), layers.Conv1D(16, 5, activation="relu"), '
            "layers.GlobalAveragePooling1D(), layers.Dense(1)",
            _MSE,
        ),
        _SPLIT,
    ),
    Program(
        "ratings",
        data.RATINGS,
        """
given = keras.Input((2,), dtype="int32")
user = layers.Embedding(50, 8)(given[:, 0])
film = layers.Embedding(80, 8)(given[:, 1])
model = keras.Model(given, layers.Dot(axes=1)([user, film]))
model.compile("adam", "mse")
""",
        _SPLIT,
    ),
    Program(
        "custom loss",
        data.DIABETES,
        _stack(
            f"keras.Input((10,)), {_DENSE}, layers.Dense(1)",
            "def loss(y, p):\n    return ops.mean(ops.abs(y - p), axis=-1)\n"
            "model.compile('adam', loss)",
        ),
        _SPLIT,
    ),
    Program(
        "schedule",
        data.DIABETES,
        _stack(
            f"keras.Input((10,)), {_DENSE}, layers.Dense(1)",
            "rate = keras.optimizers.schedules.ExponentialDecay(0.01, 100, 0.9)\n"
            "model.compile(keras.optimizers.Adam(rate), 'mse')",
        ),
        _SPLIT,
    ),
]

SEQUENCES_AND_PICTURES = [
    Program(
        "imdb, Embedding and LSTM",
        data.IMDB,
        _stack(
            "keras.Input((None,), dtype='int32'), layers.Embedding(5000, 16), layers.LSTM(16), "
            f"{_YES}",
            _BINARY,
        ),
        _SPLIT,
    ),
    Program(
        "imdb, bidirectional",
        data.IMDB,
        _stack(
            "keras.Input((None,)), layers.Embedding(5000, 16), "
            f"layers.Bidirectional(layers.LSTM(8, return_sequences=True)), "
            f"layers.Bidirectional(layers.LSTM(8)), {_YES}",
            _BINARY,
        ),
        _SPLIT,
    ),
    Program(
        "imdb, mean of embeddings",
        data.IMDB,
        _stack(
            "layers.Embedding(5000, 16), layers.Dropout(0.2), layers.GlobalAveragePooling1D(), "
            "layers.Dropout(0.2), layers.Dense(1, activation='sigmoid')",
            _BINARY,
        ),
        _SPLIT,
    ),
    Program(
        "imdb, Conv1D",
        data.IMDB,
        _stack(
            "keras.Input((80,)), layers.Embedding(5000, 16), "
            f'layers.Conv1D(16, 7, activation="relu"), layers.GlobalMaxPooling1D(), {_YES}',
            _BINARY,
        ),
        _SPLIT,
    ),
    Program(
        "imdb, mask_zero",
        data.IMDB,
        _stack(
            "keras.Input((80,)), layers.Embedding(5000, 16, mask_zero=True), layers.GRU(8), "
            f"{_YES}",
            _BINARY,
        ),
        _SPLIT,
    ),
    Program(
        "texts, vectorized before",
        data.TEXTS,
        "x_train = np.asarray(vectorize(texts))\n"
        + _stack(
            f"keras.Input((10,)), layers.Embedding(100, 8), layers.GlobalAveragePooling1D(), "
            f"{_YES}",
            _BINARY,
        ),
        _SPLIT,
    ),
    Program(
        "sensors, Conv1D",
        data.SENSORS,
        _stack(
            'keras.Input((500, 1)), layers.Conv1D(16, 3, padding="same"), '
            "layers.BatchNormalization(), "
            'layers.ReLU(), layers.GlobalAveragePooling1D(), layers.Dense(2, activation="softmax")',
            'model.compile("adam", "sparse_categorical_crossentropy", '
            'metrics=["sparse_categorical_accuracy"])',
        ),
        _SPLIT,
    ),
    Program(
        "token classes",
        data.TOKENS,
        _stack(
            "keras.Input((15,)), layers.Embedding(200, 16), "
            "layers.Bidirectional(layers.LSTM(8, return_sequences=True)), "
            'layers.TimeDistributed(layers.Dense(5, activation="softmax"))',
            _SPARSE,
        ),
        _SPLIT,
    ),
    Program(
        "autoencoder",
        data.MNIST_4D,
        _stack(
            'keras.Input((28, 28, 1)), layers.Conv2D(8, 3, activation="relu", padding="same"), '
            'layers.MaxPooling2D(2), layers.Conv2DTranspose(8, 3, strides=2, activation="relu", '
            'padding="same"), layers.Conv2D(1, 3, activation="sigmoid", padding="same")',
            'model.compile(optimizer="adam", loss="binary_crossentropy")',
        ),
        "model.fit(x_train, x_train, epochs=5, validation_data=(x_test, x_test))",
    ),
    Program(
        "dense autoencoder",
        data.FLAT_DIGITS,
        _stack(
            'keras.Input((64,)), layers.Dense(16, activation="relu"), '
            'layers.Dense(64, activation="sigmoid")',
            'model.compile("adam", "mse")',
        ),
        "model.fit(x_train, x_train, epochs=5, shuffle=True)",
    ),
    Program(
        "anomalies in a series",
        data.SENSORS,
        _stack(
            "keras.Input((500, 1)), "
            'layers.Conv1D(8, 7, padding="same", strides=2, activation="relu"), '
            'layers.Conv1DTranspose(8, 7, padding="same", strides=2, activation="relu"), '
            'layers.Conv1DTranspose(1, 7, padding="same")',
            'model.compile("adam", "mse")',
        ),
        "model.fit(x_train, x_train, epochs=5, validation_split=0.1)",
    ),
    Program(
        "segmentation",
        data.MASKS,
        _stack(
            'keras.Input((32, 32, 3)), layers.Conv2D(8, 3, padding="same", activation="relu"), '
            'layers.Conv2D(3, 3, padding="same", activation="softmax")',
            'model.compile("adam", "sparse_categorical_crossentropy")',
        ),
        _SPLIT,
    ),
]

FUNCTIONAL = [
    Program(
        "functional chain",
        data.FLAT_DIGITS,
        f"""
inputs = keras.Input(shape=(64,), name="digits")
x = {_DENSE}(inputs)
outputs = {_SOFTMAX}(x)
model = keras.Model(inputs=inputs, outputs=outputs)
{_SPARSE}
""",
        _TEST,
    ),
    Program(
        "residual",
        data.SCALED_CIFAR,
        f"""
inputs = keras.Input((32, 32, 3))
x = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
y = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
x = layers.add([x, y])
x = layers.GlobalAveragePooling2D()(x)
model = keras.Model(inputs, layers.Dense(10)(x))
{_LOGITS}
""",
        _SPLIT,
    ),
    Program(
        "tickets: two inputs, two outputs",
        data.TICKETS,
        """
title_input = keras.Input((None,), name="title")
body_input = keras.Input((None,), name="body")
a = layers.LSTM(8)(layers.Embedding(500, 16)(title_input))
b = layers.LSTM(8)(layers.Embedding(500, 16)(body_input))
x = layers.concatenate([a, b])
first = layers.Dense(1, name="priority")(x)
second = layers.Dense(4, name="department")(x)
model = keras.Model([title_input, body_input], {"priority": first, "department": second})
model.compile("adam", {
    "priority": keras.losses.BinaryCrossentropy(from_logits=True),
    "department": keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
    loss_weights={"priority": 1.0, "department": 0.2})
""",
        'model.fit({"title": title, "body": body}, '
        '{"priority": priority, "department": department})',
    ),
    Program(
        "wide and deep",
        data.DIABETES,
        """
wide, deep = keras.Input((4,)), keras.Input((10,))
h = layers.Dense(16, activation="relu")(deep)
model = keras.Model([wide, deep], layers.Dense(1)(layers.concatenate([wide, h])))
model.compile("adam", "mse")
""",
        "model.fit([x_train[:, :4], x_train], y_train, validation_split=0.2)",
    ),
    Program(
        "transformer block",
        data.IMDB,
        f"""
inputs = keras.Input((80,))
x = layers.Embedding(5000, 16)(inputs)
x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 8)(x, x))
x = layers.GlobalAveragePooling1D()(x)
x = layers.Dropout(0.1)(x)
model = keras.Model(inputs, layers.Dense(2, activation="softmax")(x))
{_SPARSE}
""",
        _SPLIT,
    ),
    Program(
        "U-Net",
        data.MASKS,
        """
inputs = keras.Input((32, 32, 3))
a = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
b = layers.MaxPooling2D(2)(a)
b = layers.Conv2D(8, 3, padding="same", activation="relu")(b)
b = layers.UpSampling2D(2)(b)
x = layers.concatenate([a, b])
model = keras.Model(inputs, layers.Conv2D(3, 1, activation="softmax")(x))
model.compile("adam", "sparse_categorical_crossentropy")
""",
        _SPLIT,
    ),
    Program(
        "transfer learning",
        data.CATS,
        """
base = keras.Sequential([keras.Input((48, 48, 3)), layers.Conv2D(8, 3, activation="relu"),
    layers.MaxPooling2D(2)], name="base")
base.trainable = False
inputs = keras.Input((48, 48, 3))
x = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
x = base(x, training=False)
x = layers.GlobalAveragePooling2D()(x)
x = layers.Dropout(0.2)(x)
model = keras.Model(inputs, layers.Dense(1)(x))
model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)])
""",
        _SPLIT,
    ),
    Program(
        "nested block",
        data.FLAT_DIGITS,
        _stack(
            f"keras.Input((64,)), keras.Sequential([{_DENSE}, layers.Dropout(0.2)]), {_SOFTMAX}",
            _SPARSE,
        ),
        _SPLIT,
    ),
    Program(
        "layer of one's own",
        data.FLAT_DIGITS,
        """
class Scale(layers.Layer):
    def build(self, shape):
        self.gain = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.gain

"""
        + _stack(f"keras.Input((64,)), Scale(), {_DENSE}, {_SOFTMAX}", _SPARSE),
        _SPLIT,
    ),
    Program(
        "model of one's own",
        data.FLAT_DIGITS,
        """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(32, activation="relu")
        self.last = layers.Dense(10, activation="softmax")

    def call(self, x):
        return self.last(self.hidden(x))

model = Net()
"""
        + _SPARSE,
        _SPLIT,
    ),
    Program(
        "train_step of one's own",
        data.DIABETES,
        """
class Custom(keras.Model):
    def train_step(self, *args, **kwargs):
        return super().train_step(*args, **kwargs)

inputs = keras.Input((10,))
model = Custom(inputs, layers.Dense(1)(inputs))
model.compile("adam", "mse")
""",
        _SPLIT,
    ),
    Program(
        "sample weights",
        data.CANCER,
        _stack(
            f"keras.Input((30,)), {_DENSE}, {_YES}",
            'model.compile("adam", "binary_crossentropy", weighted_metrics=["accuracy"])',
        ),
        "model.fit(x_train, y_train, sample_weight=np.where(y_train == 0, 2.0, 1.0))",
    ),
    Program(
        "squeeze and excite",
        data.SCALED_CIFAR,
        f"""
inputs = keras.Input((32, 32, 3))
x = layers.Conv2D(8, 3, activation="relu")(inputs)
s = layers.GlobalAveragePooling2D()(x)
s = layers.Dense(8, activation="sigmoid")(s)
x = layers.multiply([x, layers.Reshape((1, 1, 8))(s)])
x = layers.Flatten()(x)
model = keras.Model(inputs, {_SOFTMAX}(x))
{_SPARSE}
""",
        _SPLIT,
    ),
    Program(
        "siamese",
        data.FLAT_DIGITS,
        """
one, two = keras.Input((64,)), keras.Input((64,))
tower = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(8)])
distance = layers.Dot(axes=1, normalize=True)([tower(one), tower(two)])
model = keras.Model([one, two], layers.Dense(1, activation="sigmoid")(distance))
model.compile("adam", "binary_crossentropy")
same = (y_train[:-1] == y_train[1:]).astype("float32")
""",
        "model.fit([x_train[:-1], x_train[1:]], same, validation_split=0.2)",
    ),
]

PROGRAMS: list[Program] = [*CLASSIFIERS, *REGRESSIONS, *SEQUENCES_AND_PICTURES, *FUNCTIONAL]
