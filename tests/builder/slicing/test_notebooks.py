"""Notebooks as users write them: the program of their data, run on its own, gives the same data.

They are shortened from those that decided for the analysis (docs/decisions/0015). Cells are
separated by ``# %%``.
"""

from __future__ import annotations

import pytest

from kwidgets.builder.data.slicing.source import source_of
from tests.builder.slicing.test_sharing import agree

# Name: the variables of the fit, the notebook.
NOTEBOOKS: dict[str, tuple[str, str]] = {
    "digits, charts and a fit": (
        "x_train y_train x_test",
        """
import keras, numpy as np
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
# %%
digits = load_digits()
x, y = digits.images, digits.target
for i in range(4):
    ax = plt.subplot(2, 2, i + 1)
    plt.imshow(x[i], cmap="gray")
    plt.title(y[i])
plt.show()
# %%
x_train, x_test = x[:1500].astype("float32"), x[1500:].astype("float32")
y_train = keras.utils.to_categorical(y[:1500], 10)
# %%
x_train /= 16
x_test /= 16
# %%
model = keras.Sequential([
    keras.Input(x_train.shape[1:]), keras.layers.Flatten(), keras.layers.Dense(10)
])
model.compile("adam", "mse")
model.summary(print_fn=lambda line, *_: None)
# %%
history = model.fit(x_train[:32], y_train[:32], epochs=1, verbose=0)
plt.plot(history.history["loss"])
""",
    ),
    "tables cleaned in a loop": (
        "X_train y_train X_test",
        """
import numpy as np, pandas as pd
rng = np.random.default_rng(1)
train = pd.DataFrame({
    "Survived": rng.integers(0, 2, 90), "Pclass": rng.integers(1, 4, 90),
    "Sex": np.where(rng.random(90) > 0.5, "male", "female"),
    "Age": np.where(rng.random(90) > 0.8, np.nan, rng.integers(1, 80, 90)),
})
test = train.drop("Survived", axis=1).sample(20, random_state=0)
# %%
train.info(buf=__import__("io").StringIO())
train[["Pclass", "Survived"]].groupby(["Pclass"], as_index=False).mean()
# %%
combine = [train, test]
for dataset in combine:
    dataset["Sex"] = dataset["Sex"].map({"female": 1, "male": 0}).astype(int)
# %%
guesses = np.zeros((2, 3))
for dataset in combine:
    for i in range(2):
        for j in range(3):
            rows = (dataset["Sex"] == i) & (dataset["Pclass"] == j + 1)
            guesses[i, j] = dataset[rows]["Age"].dropna().mean()
            dataset.loc[dataset.Age.isnull() & rows, "Age"] = guesses[i, j]
    dataset["Old"] = 0
    dataset.loc[dataset["Age"] > 60, "Old"] = 1
# %%
train = train.drop(["Pclass"], axis=1)
X_train, y_train = train.drop("Survived", axis=1), train["Survived"]
X_test = test.drop("Pclass", axis=1).copy()
""",
    ),
    "a class that loads the data": (
        "x y",
        """
import numpy as np
from sklearn.datasets import load_wine
class DataLoader:
    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)
        self.x = self.y = None

    def load(self):
        bunch = load_wine()
        self.x, self.y = bunch.data, bunch.target

    def normalize(self):
        self.x -= self.x.mean(axis=0)

    def shuffle(self):
        order = self.rng.permutation(len(self.x))
        self.x, self.y = self.x[order], self.y[order]

    def batch(self, n):
        return self.x[self.rng.integers(0, len(self.x), n)]
# %%
loader = DataLoader(seed=3)
loader.load()
loader.normalize()
# %%
print(loader.batch(4).shape)
# %%
loader.shuffle()
x, y = loader.x, loader.y
""",
    ),
    "pairs of sentences, shuffled": (
        "x_train y_train",
        r"""
import random
import numpy as np
random.seed(7)
lines = [f"hello {i}\thola {i * 7 % 13}" for i in range(60)]
text_pairs = []
for line in lines:
    english, spanish = line.split("\t")
    text_pairs.append((english, "[start] " + spanish + " [end]"))
# %%
for _ in range(5):
    print(random.choice(text_pairs))
# %%
random.shuffle(text_pairs)
train_pairs = text_pairs[:40]
# %%
vocabulary = {}
def word_id(word):
    if word not in vocabulary:
        vocabulary[word] = len(vocabulary)
    return vocabulary[word]

def encode(sentence):
    return [word_id(word) for word in sentence.split()]
# %%
encode("hello world")
# %%
x_train = np.array([encode(english) for english, _ in train_pairs])
y_train = np.array([encode(spanish) for _, spanish in train_pairs])
""",
    ),
    "ratings, after a fit of a subclass of Model": (
        "x_train y_train",
        """
import keras, numpy as np, pandas as pd
df = pd.DataFrame({"userId": [i * 7 % 31 for i in range(60)], "rating": [i % 9 for i in range(60)]})
# %%
user_ids = df["userId"].unique().tolist()
user_index = {x: i for i, x in enumerate(user_ids)}
df["user"] = df["userId"].map(lambda u: user_index[u])
# %%
lowest, highest = min(df["rating"]), max(df["rating"])
df = df.sample(frac=1, random_state=42)
x_train = df[["user"]].values
y_train = df["rating"].apply(lambda x: (x - lowest) / (highest - lowest)).values
# %%
class Recommender(keras.Model):
    def __init__(self, num_users, **kwargs):
        super().__init__(**kwargs)
        self.embedding = keras.layers.Embedding(num_users, 1)

    def call(self, inputs):
        return keras.ops.sum(self.embedding(inputs[:, 0]), axis=-1)

model = Recommender(len(user_index))
model.compile(loss="mse", optimizer="adam")
history = model.fit(x=x_train, y=y_train, batch_size=64, epochs=1, verbose=0)
""",
    ),
    "functions that add columns": (
        "x x_new",
        """
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
train = pd.DataFrame(rng.random((80, 3)), columns=list("abc"))
new = pd.DataFrame(rng.random((20, 3)), columns=list("abc"))
CFG = {"power": 2, "columns": ["a", "b"]}
# %%
def add_powers(df):
    for c in CFG["columns"]:
        df[f"{c}_p"] = df[c] ** CFG["power"]

def preprocess(df):
    add_powers(df)
    df.drop(columns="c", inplace=True)
# %%
CFG["power"] = 3
# %%
preprocess(train)
preprocess(new)
train.head()
# %%
CFG["power"] = 4
x, x_new = train.values, new.values
""",
    ),
    "a dataclass of settings": (
        "x",
        """
from dataclasses import dataclass, field
import numpy as np
@dataclass
class Config:
    n: int = 50
    dim: int = 4
    drop: list = field(default_factory=list)
cfg = Config(n=30)
# %%
cfg.dim = 6
cfg.drop.append(2)
# %%
x = np.delete(np.random.default_rng(0).normal(size=(cfg.n, cfg.dim)), cfg.drop, axis=1)
# %%
cfg.n = 1000
""",
    ),
    "a generator that draws": (
        "xb",
        """
import numpy as np
def batches(x, size, rng):
    while True:
        yield x[rng.permutation(len(x))[:size]]
# %%
gen = batches(np.arange(100.0), 8, np.random.default_rng(11))
first = next(gen)
print(first.shape)
# %%
xb = np.concatenate([next(gen) for _ in range(5)])
""",
    ),
    "a dictionary that grows in apply": (
        "x",
        """
import pandas as pd
df = pd.DataFrame({"word": list("abcabdeafb"), "y": range(10)})
index = {}
def get_id(w):
    return index.setdefault(w, len(index))
# %%
df["word"].tail(3).apply(get_id)
print([get_id(w) for w in "zq"])
# %%
df["id"] = df["word"].apply(get_id)
x = df[["id"]].to_numpy()
""",
    ),
    "records in lists and dictionaries": (
        "x y",
        """
import collections
import numpy as np
records = [{"t": i * 13 % 17, "v": i / 3, "ok": i % 4 != 0} for i in range(40)]
# %%
records = [r for r in records if r["ok"]]
records.sort(key=lambda r: r["t"])
for r in records:
    r["v"] *= 10
    r.pop("ok")
# %%
counts = collections.Counter(r["t"] for r in records)
counts.most_common(3)
by_t = collections.defaultdict(list)
for r in records:
    by_t[r["t"]].append(r["v"])
# %%
x = np.array([[k, np.mean(v)] for k, v in sorted(by_t.items())])
y = np.array([counts[k] for k in sorted(by_t)])
""",
    ),
    "a position in a global name": (
        "x",
        """
import numpy as np
step = 0
data = np.zeros((5, 3))
def advance():
    global step
    data[step] = step + 1
    step += 1
# %%
advance()
for _ in range(2):
    advance()
# %%
x = data[:step]
""",
    ),
    "several models and their charts": (
        "x_train y_train",
        """
import keras, numpy as np
import matplotlib.pyplot as plt
x_train = np.random.default_rng(0).random((40, 4)).astype("float32")
y_train = (x_train.sum(1) > 2).astype("float32")
def build(units):
    m = keras.Sequential([
        keras.Input((x_train.shape[1],)), keras.layers.Dense(units), keras.layers.Dense(1)
    ])
    m.compile("adam", "mse")
    return m
# %%
models, histories = {}, {}
for units in (1, 2):
    models[units] = build(units)
    histories[units] = models[units].fit(x_train, y_train, epochs=1, verbose=0)
# %%
fig, axes = plt.subplots(1, 2)
for ax, (units, h) in zip(axes, histories.items()):
    ax.plot(h.history["loss"], label="train")
    ax.set_title(f"{units}")
for i, (ax, row, label) in enumerate(zip(axes.ravel(), x_train, y_train)):
    ax.imshow(row.reshape(2, 2), cmap="gray")
    ax.set_title(label)
    ax.axis("off")
plt.show()
# %%
x_train = x_train - x_train.mean(0)
""",
    ),
    "a transformer of scikit-learn that changes its table": (
        "X",
        """
import numpy as np, pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import StandardScaler
rng = np.random.default_rng(3)
housing = pd.DataFrame({"rooms": rng.integers(1, 9, 90), "people": rng.integers(100, 999, 90)})
# %%
class AddRatio(BaseEstimator, TransformerMixin):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        X["ratio"] = X["people"] / X["rooms"]
        return X
# %%
AddRatio().fit_transform(housing)
housing.head()
# %%
X = StandardScaler().fit_transform(housing)
""",
    ),
    "a closure that draws": (
        "x",
        """
import numpy as np
def make_sampler(seed):
    rng = np.random.default_rng(seed)
    def sample(n):
        return rng.normal(size=(n, 2))
    return sample
# %%
sample = make_sampler(1)
demo = sample(3)
# %%
x = sample(20)
""",
    ),
    "a chain of methods": (
        "X y",
        """
import numpy as np, pandas as pd
df = pd.DataFrame(np.arange(60.0).reshape(12, 5), columns=list("abcde"))
features = [c for c in df.columns if c != "e"]
features.remove("b")
# %%
def clip_outliers(frame, cols, q=0.9):
    for c in cols:
        frame[c] = frame[c].clip(upper=frame[c].quantile(q))
    return frame
# %%
df = df.pipe(clip_outliers, features).assign(f=lambda d: d["a"] + d["c"])
features += ["f"]
df.head()
# %%
X, y = df[features], df["e"]
""",
    ),
    "texts made into numbers, after another fit": (
        "x",
        """
import keras, numpy as np
keras.utils.set_random_seed(1)
table = np.ones((8, 2))
first = keras.Sequential([keras.layers.Dense(1)])
first.compile("adam", "mse")
first.fit(table, table[:, 0], epochs=1, verbose=0)
# %%
texts = ["a good film", "what a bad film", "great fun"]
vectorize = keras.layers.TextVectorization(max_tokens=20, output_sequence_length=4)
vectorize.adapt(texts)
x = np.array(vectorize(texts))
""",
    ),
}

# Only a training or a chart would give this data again, so there is no program of it.
REFUSED: dict[str, tuple[str, str]] = {
    "noise, after a helper drew images to show": (
        "noisy",
        """
import numpy as np
import matplotlib.pyplot as plt
np.random.seed(5)
def show_some(array):
    for i in np.random.randint(len(array), size=4):
        plt.imshow(array[i])
clean = np.ones((9, 4, 4))
show_some(clean)
# %%
noisy = clean + np.random.normal(size=clean.shape)
""",
    ),
    "the last fold of a loop that trains": (
        "x_part",
        """
import keras, numpy as np
from sklearn.model_selection import KFold
x = np.random.default_rng(0).random((60, 3)); y = x.sum(1)
for train, _ in KFold(3).split(x):
    x_part = x[train]
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(x_part, y[train], epochs=1)
""",
    ),
    "a helper of the data shows it in the notebook's own way": (
        "x",
        """
import pandas as pd
def clean(df):
    df["a"] = df["a"] * 2
    display(df.head())
    return df
x = clean(pd.DataFrame({"a": [1, 2]}))
""",
    ),
}


def _cells(notebook: str) -> list[str]:
    return [cell.strip("\n") for cell in notebook.split("# %%\n")]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_program_gives_the_data_of_the_notebook(name):
    wanted, notebook = NOTEBOOKS[name]
    agree(wanted, _cells(notebook), ["plt", "fit(x", "summary", "head("])


@pytest.mark.parametrize("name", REFUSED)
def test_there_is_no_program_where_the_data_needs_a_fit_or_a_chart(name):
    wanted, notebook = REFUSED[name]
    assert source_of(wanted.split(), _cells(notebook)) is None
