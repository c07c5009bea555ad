"""Data of the working programs: real where scikit-learn has it, otherwise made alike."""

from __future__ import annotations

_RANDOM = "rng = np.random.default_rng(0)\n"

DIGITS = """
from sklearn.datasets import load_digits
digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.target))
x_train, y_train = digits.images[order] / 16, digits.target[order]
x_test, y_test = x_train[1500:], y_train[1500:]
x_train, y_train = x_train[:1500], y_train[:1500]
"""
DIGITS_4D = DIGITS + "x_train, x_test = x_train[..., None], x_test[..., None]\n"
FLAT_DIGITS = DIGITS + "x_train, x_test = x_train.reshape(-1, 64), x_test.reshape(-1, 64)\n"
ONE_HOT_DIGITS = DIGITS_4D + "y_train = keras.utils.to_categorical(y_train, 10)\n"
MNIST = (
    _RANDOM
    + """
x_train = (rng.random((600, 28, 28)) * rng.integers(0, 2, (600, 28, 28))).astype("float32")
y_train = rng.integers(0, 10, 600)
x_test, y_test = x_train[500:], y_train[500:]
x_train, y_train = x_train[:500], y_train[:500]
"""
)
MNIST_4D = MNIST + "x_train, x_test = x_train[..., None], x_test[..., None]\n"
RAW_MNIST = MNIST + "x_train = (x_train * 255).astype('uint8')\n"
CIFAR = (
    _RANDOM
    + """
x_train = rng.integers(0, 256, (400, 32, 32, 3)).astype("uint8")
y_train = rng.integers(0, 10, (400, 1))
"""
)
SCALED_CIFAR = CIFAR + "x_train = x_train.astype('float32') / 255\n"
CATS = (
    _RANDOM
    + """
x_train = rng.integers(0, 256, (80, 48, 48, 3)).astype("float32")
y_train = rng.integers(0, 2, 80)
"""
)
IMDB = (
    _RANDOM
    + """
reviews = [rng.integers(3, 5000, rng.integers(20, 120)).tolist() for _ in range(400)]
x_train = keras.utils.pad_sequences(reviews, maxlen=80)
y_train = np.tile([0, 1], 200)
"""
)
TEXTS = (
    _RANDOM
    + """
words = np.array("the a good bad film plot was is not very actor".split())
texts = np.array([" ".join(rng.choice(words, 8)) for _ in range(200)], dtype=object)
x_train, y_train = texts, rng.integers(0, 2, 200)
vectorize = layers.TextVectorization(max_tokens=100, output_sequence_length=10)
vectorize.adapt(texts)
"""
)
IRIS = """
from sklearn.datasets import load_iris
iris = load_iris()
order = np.random.default_rng(0).permutation(150)
x_train, y_train = iris.data[order], iris.target[order]
"""
CANCER = """
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
cancer = load_breast_cancer()
x_train, x_val, y_train, y_val = train_test_split(cancer.data, cancer.target, random_state=0)
scaler = StandardScaler().fit(x_train)
x_train, x_val = scaler.transform(x_train), scaler.transform(x_val)
"""
WINE = """
from sklearn.datasets import load_wine
wine = load_wine(as_frame=True)
table = wine.frame.sample(frac=1, random_state=0)
y_train = table.pop("target")
x_train = (table - table.mean()) / table.std()
"""
DIABETES = """
from sklearn.datasets import load_diabetes
x_train, y_train = load_diabetes(return_X_y=True)
y_train = (y_train - y_train.mean()) / y_train.std()
"""
HOUSES = (
    _RANDOM
    + """
x_train = rng.random((400, 8)) * np.array([5, 1, 40, 3, 2000, 1, 10, 30000])
y_train = x_train @ np.array([.1, .2, .01, .3, 1e-4, .1, .05, 1e-5]) + rng.normal(size=400)
"""
)
FUEL = (
    _RANDOM
    + """
import pandas as pd
table = pd.DataFrame({
    "cylinders": rng.choice([4, 6, 8], 300), "displacement": rng.normal(200, 80, 300),
    "weight": rng.normal(3000, 600, 300), "year": rng.integers(70, 83, 300)})
x_train = table
y_train = 50 - 0.008 * table["weight"] + rng.normal(0, 3, 300)
"""
)
TITANIC = (
    _RANDOM
    + """
import pandas as pd
table = pd.DataFrame({
    "age": rng.normal(30, 12, 400).clip(1, 80), "fare": rng.exponential(30, 400),
    "class": rng.choice(["first", "second", "third"], 400), "alone": rng.choice(["y", "n"], 400)})
y_train = pd.Series(rng.integers(0, 2, 400))
x_train = pd.get_dummies(table, dtype="float32")
x_train[["age", "fare"]] = x_train[["age", "fare"]] / x_train[["age", "fare"]].std()
"""
)
FRAUD = (
    _RANDOM
    + """
x_train = rng.normal(size=(3000, 28)).astype("float32")
y_train = (rng.random((3000, 1)) < 0.01).astype("uint8")
x_val, y_val = x_train[2500:], y_train[2500:]
x_train, y_train = x_train[:2500], y_train[:2500]
weights = {0: 1.0, 1: 99.0}
"""
)
LINE = """
x_train = np.linspace(-1, 1, 200)[:, None]
y_train = 2 * x_train[:, 0] + 1
"""
XOR = """
x_train = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
y_train = np.array([0, 1, 1, 0], "float32")
"""
CELSIUS = """
x_train = np.array([-40, -10, 0, 8, 15, 22, 38], dtype=float)
y_train = np.array([-40, 14, 32, 46, 59, 72, 100], dtype=float)
"""
SINE = """
series = np.sin(np.arange(1200) / 15) + np.random.default_rng(0).normal(0, 0.05, 1200)
windows = np.stack([series[at:at + 31] for at in range(1100)])
x_train, y_train = windows[:900, :30], windows[:900, 30]
x_val, y_val = windows[900:, :30], windows[900:, 30]
"""
SINE_3D = SINE + "x_train, x_val = x_train[..., None], x_val[..., None]\n"
TREND = """
series = np.arange(600) / 600 + np.sin(np.arange(600) / 10) / 4
windows = np.stack([series[at:at + 24] for at in range(560)])
x_train, y_train = windows[:, :20, None], windows[:, 20:]
"""
WEATHER = (
    _RANDOM
    + """
x_train = rng.normal(size=(300, 24, 7)).astype("float32").cumsum(axis=1)
y_train = x_train[:, -1, 0] + rng.normal(size=300)
"""
)
SENSORS = (
    _RANDOM
    + """
x_train = rng.normal(size=(200, 500, 1)).astype("float32")
y_train = rng.integers(0, 2, 200)
"""
)
MASKS = (
    _RANDOM
    + """
x_train = rng.random((40, 32, 32, 3)).astype("float32")
y_train = rng.integers(0, 3, (40, 32, 32, 1)).astype("uint8")
"""
)
TAGS = (
    _RANDOM
    + """
x_train = rng.random((300, 20)).astype("float32")
y_train = (rng.random((300, 6)) < 0.3).astype("float32")
"""
)
TOKENS = (
    _RANDOM
    + """
x_train = rng.integers(1, 200, (200, 15))
y_train = rng.integers(0, 5, (200, 15))
"""
)
RATINGS = (
    _RANDOM
    + """
users, films = rng.integers(0, 50, 600), rng.integers(0, 80, 600)
x_train = np.stack([users, films], axis=1)
y_train = rng.random(600)
"""
)
TICKETS = (
    _RANDOM
    + """
title, body = rng.integers(0, 500, (200, 10)), rng.integers(0, 500, (200, 40))
priority, department = rng.random((200, 1)), rng.integers(0, 4, 200)
"""
)
DATASET = (
    CIFAR
    + """
import tensorflow as tf
dataset = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(400).batch(32)
"""
)
