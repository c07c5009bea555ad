"""Sixty mistakes that learners make, each in an otherwise good program."""

from __future__ import annotations

from tests.insight.check import working_data as data
from tests.insight.check.mistakes import Mistake

_D8 = "keras.Input((8,))"
_D64 = "keras.Input((64,))"
_PICTURE = "keras.Input((28, 28, 1))"
_COLOUR = "keras.Input((32, 32, 3))"
_FLATTEN = "layers.Flatten()"
_DENSE = 'layers.Dense(32, activation="relu")'
_CONV = 'layers.Conv2D(8, 3, activation="relu")'
_SOFTMAX = 'layers.Dense(10, activation="softmax")'
_YES = 'layers.Dense(1, activation="sigmoid")'
_ONE = "layers.Dense(1)"
_BINARY = 'model.compile("adam", "binary_crossentropy", metrics=["accuracy"])'
_CATEGORICAL = 'model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])'
_MSE = 'model.compile("adam", "mse", metrics=["mae"])'
_SPLIT = "model.fit(x_train, y_train, epochs=5, validation_split=0.2)"
_TEST = "model.fit(x_train, y_train, validation_data=(x_test, y_test))"
_FLAT = (_D64, _DENSE, _SOFTMAX)
_CHAIN = "h = L1(L0)\nh = L2(h)\nmodel = keras.Model(L0, h)"

OUTPUT = [
    Mistake(
        "no activation before crossentropy",
        data.FLAT_DIGITS,
        (_D64, _DENSE, "layers.Dense(10)"),
        (2, "loss"),
    ),
    Mistake(
        "softmax with from_logits",
        data.FLAT_DIGITS,
        _FLAT,
        ("loss", 2),
        'model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), '
        'metrics=["accuracy"])',
    ),
    Mistake(
        "sigmoid with several classes",
        data.FLAT_DIGITS,
        (_D64, _DENSE, 'layers.Dense(10, activation="sigmoid")'),
        (2,),
    ),
    Mistake(
        "relu at the end of a classifier",
        data.FLAT_DIGITS,
        (_D64, _DENSE, 'layers.Dense(10, activation="relu")'),
        (2,),
    ),
    Mistake(
        "softmax over one unit",
        data.CANCER,
        ("keras.Input((30,))", _DENSE, 'layers.Dense(1, activation="softmax")'),
        (2,),
        _BINARY,
    ),
    Mistake("one unit for ten classes", data.FLAT_DIGITS, (_D64, _DENSE, _YES), (2,)),
    Mistake(
        "five units for ten classes",
        data.FLAT_DIGITS,
        (_D64, _DENSE, 'layers.Dense(5, activation="softmax")'),
        (2,),
    ),
    Mistake(
        "nine units for ten classes, functional",
        data.FLAT_DIGITS,
        (_D64, _DENSE, 'layers.Dense(9, activation="softmax")'),
        (2,),
        graph=_CHAIN,
    ),
    Mistake(
        "sigmoid for prices",
        data.HOUSES + "x_train = x_train / x_train.max(axis=0)\ny_train = y_train * 9 + 50\n",
        (_D8, _DENSE, _YES),
        (2,),
        _MSE,
    ),
    Mistake(
        "relu for changes of both signs",
        data.DIABETES,
        ("keras.Input((10,))", _DENSE, 'layers.Dense(1, activation="relu")'),
        (2,),
        _MSE,
    ),
    Mistake(
        "softmax for a regression",
        data.DIABETES,
        ("keras.Input((10,))", _DENSE, 'layers.Dense(1, activation="softmax")'),
        (2,),
        _MSE,
    ),
    Mistake(
        "ten outputs for one number",
        data.DIABETES,
        ("keras.Input((10,))", _DENSE, "layers.Dense(10)"),
        (2,),
        _MSE,
    ),
    Mistake(
        "softmax for several labels",
        data.TAGS,
        ("keras.Input((20,))", _DENSE, 'layers.Dense(6, activation="softmax")'),
        (2, "loss"),
        _BINARY,
    ),
    Mistake("dropout after the output", data.FLAT_DIGITS, (*_FLAT, "layers.Dropout(0.3)"), (3,)),
    Mistake(
        "normalization after the output",
        data.FLAT_DIGITS,
        (*_FLAT, "layers.BatchNormalization()"),
        (3,),
    ),
    Mistake(
        "too few units behind a branch",
        data.SCALED_CIFAR,
        (
            _COLOUR,
            'layers.Conv2D(3, 3, padding="same")',
            "layers.GlobalAveragePooling2D()",
            'layers.Dense(4, activation="softmax")',
        ),
        (3,),
        graph="h = layers.add([L0, L1(L0)])\nmodel = keras.Model(L0, L3(L2(h)))",
    ),
    Mistake(
        "sigmoid for classes behind a branch",
        data.SCALED_CIFAR,
        (
            _COLOUR,
            'layers.Conv2D(3, 3, padding="same")',
            "layers.GlobalAveragePooling2D()",
            'layers.Dense(10, activation="sigmoid")',
        ),
        (3,),
        graph="h = layers.add([L0, L1(L0)])\nmodel = keras.Model(L0, L3(L2(h)))",
    ),
    Mistake(
        "labels beyond the units of one of two outputs",
        data.FLAT_DIGITS + 'y_train = {"digit": y_train, "odd": y_train % 2}\n',
        (
            _D64,
            _DENSE,
            'layers.Dense(8, activation="softmax", name="digit")',
            'layers.Dense(1, activation="sigmoid", name="odd")',
        ),
        (2,),
        'model.compile("adam", {"digit": "sparse_categorical_crossentropy", '
        '"odd": "binary_crossentropy"})',
        graph='h = L1(L0)\nmodel = keras.Model(L0, {"digit": L2(h), "odd": L3(h)})',
    ),
]

LOSS_AND_LABELS = [
    Mistake(
        "categorical crossentropy with class numbers",
        data.FLAT_DIGITS,
        _FLAT,
        ("loss",),
        _CATEGORICAL,
    ),
    Mistake(
        "sparse crossentropy with one-hot rows",
        data.FLAT_DIGITS + "y_train = keras.utils.to_categorical(y_train)\n",
        _FLAT,
        ("loss",),
    ),
    Mistake("binary crossentropy with ten classes", data.FLAT_DIGITS, _FLAT, ("loss",), _BINARY),
    Mistake(
        "crossentropy for prices",
        data.DIABETES + "y_train = y_train * 30 + 150.5\n",
        ("keras.Input((10,))", _DENSE, _YES),
        ("loss",),
        _BINARY,
    ),
    Mistake("mean squared error for ten classes", data.FLAT_DIGITS, _FLAT, ("loss",), _MSE),
    Mistake("labels from 1 to 10", data.FLAT_DIGITS + "y_train = y_train + 1\n", _FLAT, (2, "y")),
    Mistake(
        "labels -1 and 1",
        data.CANCER + "y_train = y_train * 2 - 1\n",
        ("keras.Input((30,))", _DENSE, _YES),
        ("y",),
        _BINARY,
    ),
    Mistake(
        "labels 1 and 2",
        data.CANCER + "y_train = y_train + 1\n",
        ("keras.Input((30,))", _DENSE, _YES),
        ("y", "loss"),
        _BINARY,
    ),
    Mistake(
        "labels 10, 20, 30",
        data.IRIS + "y_train = (y_train + 1) * 10\n",
        ("keras.Input((4,))", _DENSE, 'layers.Dense(3, activation="softmax")'),
        (2, "y"),
    ),
    Mistake(
        "labels are names",
        data.IRIS + "y_train = iris.target_names[y_train]\n",
        ("keras.Input((4,))", _DENSE, 'layers.Dense(3, activation="softmax")'),
        ("y", ""),
    ),
    Mistake(
        "masks 0 and 255",
        data.MASKS + "y_train = (y_train > 0).astype('float32') * 255\n",
        (
            _COLOUR,
            'layers.Conv2D(8, 3, padding="same", activation="relu")',
            'layers.Conv2D(1, 1, activation="sigmoid")',
        ),
        ("y", "loss"),
        _BINARY,
    ),
    Mistake("not compiled", data.FLAT_DIGITS, _FLAT, ("loss",), compile="pass"),
    Mistake("compiled without a loss", data.FLAT_DIGITS, _FLAT, ("loss",), 'model.compile("adam")'),
    Mistake(
        "exact accuracy",
        data.FLAT_DIGITS,
        _FLAT,
        ("metrics",),
        'model.compile("adam", "sparse_categorical_crossentropy", '
        "metrics=[keras.metrics.Accuracy()])",
    ),
    Mistake(
        "accuracy of a regression",
        data.DIABETES,
        ("keras.Input((10,))", _DENSE, _ONE),
        ("metrics",),
        'model.compile("adam", "mse", metrics=["accuracy"])',
    ),
    Mistake(
        "categorical accuracy with class numbers",
        data.FLAT_DIGITS,
        _FLAT,
        ("metrics",),
        'model.compile("adam", "sparse_categorical_crossentropy", '
        'metrics=["categorical_accuracy"])',
    ),
    Mistake(
        "learning rate of 5",
        data.FLAT_DIGITS,
        _FLAT,
        ("optimizer",),
        'model.compile(keras.optimizers.Adam(5.0), "sparse_categorical_crossentropy")',
    ),
    Mistake(
        "learning rate of 0",
        data.FLAT_DIGITS,
        _FLAT,
        ("optimizer",),
        'model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")',
    ),
]

LAYERS = [
    Mistake("no Flatten", data.MNIST, ("keras.Input((28, 28))", _DENSE, _SOFTMAX), (1,)),
    Mistake("no pooling after convolutions", data.MNIST_4D, (_PICTURE, _CONV, _SOFTMAX), (2,)),
    Mistake(
        "an LSTM before an LSTM returns no sequence",
        data.WEATHER,
        ("layers.LSTM(8)", "layers.LSTM(8)", _ONE),
        (0,),
        _MSE,
    ),
    Mistake(
        "the last LSTM returns a sequence",
        data.WEATHER,
        ("keras.Input((24, 7))", "layers.LSTM(8, return_sequences=True)", _ONE),
        (1,),
        _MSE,
    ),
    Mistake(
        "all layers frozen",
        data.FLAT_DIGITS,
        (
            _D64,
            'layers.Dense(32, activation="relu", trainable=False)',
            'layers.Dense(10, activation="softmax", trainable=False)',
        ),
        (1, 2, ""),
    ),
    Mistake(
        "very strong penalty",
        data.FLAT_DIGITS,
        (
            _D64,
            'layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L2(1.0))',
            _SOFTMAX,
        ),
        (1,),
    ),
    Mistake(
        "softmax inside the model",
        data.FLAT_DIGITS,
        (_D64, 'layers.Dense(32, activation="softmax")', _SOFTMAX),
        (1,),
    ),
    Mistake(
        "dropout of 0.95", data.FLAT_DIGITS, (_D64, _DENSE, "layers.Dropout(0.95)", _SOFTMAX), (2,)
    ),
    Mistake(
        "Embedding too small",
        data.IMDB,
        (
            "keras.Input((80,))",
            "layers.Embedding(1000, 8)",
            "layers.GlobalAveragePooling1D()",
            _YES,
        ),
        (1,),
        _BINARY,
    ),
    Mistake(
        "Embedding for measurements",
        data.DIABETES,
        ("keras.Input((10,))", "layers.Embedding(100, 8)", _FLATTEN, _ONE),
        (1,),
        _MSE,
    ),
    Mistake("no channel dimension", data.MNIST, (_CONV, _FLATTEN, _SOFTMAX), (0,)),
    Mistake(
        "channels first",
        data.SCALED_CIFAR + "x_train = x_train.transpose(0, 3, 1, 2)\n",
        (
            "keras.Input((3, 32, 32))",
            'layers.Conv2D(8, 3, padding="same", activation="relu")',
            "layers.GlobalAveragePooling2D()",
            _SOFTMAX,
        ),
        (1,),
    ),
    Mistake(
        "input of another size", data.FLAT_DIGITS, ("keras.Input((32,))", _DENSE, _SOFTMAX), ("x",)
    ),
    Mistake(
        "raw pixels", data.RAW_MNIST, ("keras.Input((28, 28))", _FLATTEN, _DENSE, _SOFTMAX), ("x",)
    ),
    Mistake("unscaled table", data.HOUSES, (_D8, _DENSE, _ONE), ("x",), _MSE),
]

DATA_AND_FIT = [
    Mistake(
        "NaN in x",
        data.CANCER + "x_train[[3, 17], 2] = np.nan\n",
        ("keras.Input((30,))", _DENSE, _YES),
        ("",),
        _BINARY,
    ),
    Mistake(
        "NaN in y",
        data.DIABETES + "y_train[5] = np.nan\n",
        ("keras.Input((10,))", _DENSE, _ONE),
        ("",),
        _MSE,
    ),
    Mistake(
        "infinity in x",
        data.DIABETES + "x_train[8, 1] = np.inf\n",
        ("keras.Input((10,))", _DENSE, _ONE),
        ("",),
        _MSE,
    ),
    Mistake(
        "validation data is not scaled",
        data.MNIST + "x_test = x_test * 255\n",
        ("keras.Input((28, 28))", _FLATTEN, _DENSE, _SOFTMAX),
        ("validation_data",),
        fit=_TEST,
    ),
    Mistake(
        "labels in order under validation_split",
        data.FLAT_DIGITS
        + "order = np.argsort(y_train, kind='stable')\nx_train, y_train = x_train[order], "
        "y_train[order]\n",
        _FLAT,
        ("validation_split",),
        fit=_SPLIT,
    ),
    Mistake(
        "a column that gives the target away",
        data.CANCER + "x_train = np.column_stack([x_train, y_train * 2.0])\n",
        ("keras.Input((31,))", _DENSE, _YES),
        ("x",),
        _BINARY,
    ),
    Mistake("different lengths", data.FLAT_DIGITS + "y_train = y_train[:-3]\n", _FLAT, ("y",)),
    Mistake(
        "rows of validation in training",
        data.DIABETES + "x_val, y_val = x_train[:100], y_train[:100]\n",
        ("keras.Input((10,))", _DENSE, _ONE),
        ("validation_data",),
        _MSE,
        "model.fit(x_train, y_train, validation_data=(x_val, y_val))",
    ),
    Mistake(
        "numbers as text",
        data.FUEL + 'table["weight"] = table["weight"].astype(str)\nx_train = table\n',
        ("layers.BatchNormalization()", _DENSE, _ONE),
        ("",),
        _MSE,
    ),
    Mistake(
        "dtype object",
        data.DIABETES + "x_train = x_train.astype(object)\n",
        ("keras.Input((10,))", _DENSE, _ONE),
        ("", "x"),
        _MSE,
    ),
    Mistake(
        "text categories in a table",
        data.WINE + 'x_train["colour"] = ["red", "white"] * 89\n',
        ("layers.Dense(32, activation='relu')", 'layers.Dense(3, activation="softmax")'),
        ("", "x"),
    ),
    Mistake("y is a list", data.FLAT_DIGITS + "y_train = y_train.tolist()\n", _FLAT, ("y",)),
    Mistake(
        "batch_size larger than the data",
        data.IRIS,
        ("keras.Input((4,))", _DENSE, 'layers.Dense(3, activation="softmax")'),
        ("batch_size",),
        fit="model.fit(x_train, y_train, batch_size=1024)",
    ),
    Mistake(
        "validation_split of 20",
        data.FLAT_DIGITS,
        _FLAT,
        ("validation_split",),
        fit="model.fit(x_train, y_train, validation_split=20)",
    ),
    Mistake(
        "nothing to monitor",
        data.FLAT_DIGITS,
        _FLAT,
        ("callbacks",),
        fit="model.fit(x_train, y_train, epochs=9, callbacks=["
        "keras.callbacks.EarlyStopping(restore_best_weights=True)])",
    ),
    Mistake(
        "validation targets are one-hot",
        data.FLAT_DIGITS + "y_test = keras.utils.to_categorical(y_test, 10)\n",
        _FLAT,
        ("validation_data",),
        fit=_TEST,
    ),
]

MISTAKES: list[Mistake] = [*OUTPUT, *LOSS_AND_LABELS, *LAYERS, *DATA_AND_FIT]
