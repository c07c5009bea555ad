"""The source of the data, run in a fresh namespace, gives the same arrays, and nothing else."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

from kwidgets.builder.data.slicing.source import source_of

# Name: the variables wanted, the cells, what the source must not hold.
NOTEBOOKS: dict[str, tuple[str, list[str], list[str]]] = {
    "digits, cell by cell": (
        "x_train y_train x_test y_test",
        [
            "",
            "%load_ext kwidgets",
            "import numpy as np",
            "from sklearn.datasets import load_digits\nfrom sklearn.model_selection import "
            "train_test_split",
            "digits = load_digits()\nprint(digits.data.shape)",
            "x, y = digits.data / 16, digits.target\nx[:2]",
            "x_train, x_test, y_train, y_test = train_test_split(\n    x, y, random_state=0\n)",
            "x_train.shape, y_train.shape",
        ],
        ["print", "shape", "numpy", "load_ext"],
    ),
    "normalised across cells": (
        "x y",
        [
            "import numpy as np",
            "rng = np.random.default_rng(0)\nx = rng.random((50, 4)) * 9",
            "y = (x.sum(axis=1) > 18).astype(int)",
            "mean = x.mean(axis=0)",
            "x = x - mean",
            "x /= x.std(axis=0)",
            "mean",
        ],
        [],
    ),
    "a scaler": (
        "a b",
        [
            "import numpy as np\nfrom sklearn.preprocessing import StandardScaler, MinMaxScaler",
            "a = np.arange(20.0).reshape(10, 2)\nb = a[:3] + 1",
            "other = MinMaxScaler()\nother.fit(a)",
            "scaler = StandardScaler()",
            "scaler.fit(a)",
            "a = scaler.transform(a)\nb = scaler.transform(b)",
        ],
        ["other"],
    ),
    "fit_transform in an assignment": (
        "b",
        [
            "import numpy as np\nfrom sklearn.preprocessing import StandardScaler",
            "a = np.arange(20.0).reshape(10, 2)\nb = a[:3] + 1",
            "scaler = StandardScaler()",
            "c = scaler.fit_transform(a)",
            "b = scaler.transform(b)",
        ],
        [],
    ),
    "shuffled in place with a seed": (
        "x",
        [
            "import numpy as np",
            "np.random.seed(3)",
            "x = np.arange(30)",
            "np.random.shuffle(x)",
            "print(x)",
        ],
        ["print"],
    ),
    "a helper with helpers": (
        "x y",
        [
            "import numpy as np\nSCALE = 3",
            "def unused():\n    return 1",
            "def load(n):\n    data = raw(n)\n    return data * SCALE, [label(v) for v in data]",
            "def raw(n):\n    return np.arange(n)",
            "def label(value, top=10):\n    return int(value > top)",
            "x, y = load(20)\ny = np.array(y)",
            "SCALE = 100",
        ],
        ["unused", "100"],
    ),
    "a loop": (
        "x y",
        [
            "import numpy as np",
            "x, y = [], []",
            "for i in range(9):\n    if i % 2:\n        x.append([i, i ** 2])\n        y.append(i)",
            "for i in range(3):\n    print(i)",
            "x = np.array(x)\ny = np.array(y)",
        ],
        ["print"],
    ),
    "redefined after use": (
        "y",
        [
            "import numpy as np",
            "x = np.ones(5)",
            "y = x * 2",
            "x = None",
            "z = x",
        ],
        ["None", "z"],
    ),
    "cells run again": (
        "x",
        [
            "import numpy as np\nx = np.full(4, 255.0)",
            "x = x / 255",
            "import numpy as np\nx = np.full(4, 128.0)",
            "x = x / 255",
            "x = x / 2",
            "x = x / 2",
        ],
        ["255.0)"],
    ),
    "attributes and items": (
        "x",
        [
            "import numpy as np",
            "class Box:\n    pass",
            "box = Box()\nother = Box()",
            "box.data = np.zeros(6)\nother.data = 1",
            "box.data[2:4] = 7",
            "x = box.data",
            "x[0] = 9",
        ],
        ["other.data"],
    ),
    "a view changed under another name": (
        "x",
        [
            "import numpy as np",
            "x = np.zeros((4, 4))",
            "corner = x[:2, :2]",
            "flat = x.reshape(-1)",
            "corner += 1",
            "flat[-1] = 5",
        ],
        [],
    ),
    "magics and shell lines": (
        "x names",
        [
            "get_ipython().run_line_magic('matplotlib', 'inline')",
            "%%time\nimport numpy as np\nx = np.arange(3)",
            "get_ipython().run_cell_magic('time', '', 'x = x + 1\\n')",
            "!pip install nothing\n%pwd\nnames = np.array(['a'])\nx?",
            "%%bash\nx=5",
            "this does not parse",
        ],
        ["pip", "pwd", "time", "bash"],
    ),
    "decorators, branches and tries": (
        "x",
        [
            "import functools\nimport numpy as np",
            "try:\n    import not_there_at_all as fast\nexcept ImportError:\n    fast = None",
            "@functools.lru_cache\ndef make():\n    return np.arange(4)",
            "x = make() if fast is None else fast.make()",
            "if len(x) > 2:\n    x = x * 2",
        ],
        [],
    ),
    "a class of the user's": (
        "x y",
        [
            "import numpy as np\nBASE = 4",
            "class Maker:\n    def __init__(self, n):\n        self.n = n\n"
            "    def make(self):\n        return np.arange(self.n) + BASE",
            "maker = Maker(5)",
            "maker.n = 6",
            "x = maker.make()",
            "y = {key: value for key, value in zip('ab', x)}\ny = np.array(list(y.values()))",
        ],
        [],
    ),
    "a table": (
        "x y",
        [
            "import pandas as pd, numpy as np",
            "df = pd.DataFrame({'a': [1, 2, 3], 'b': [4.0, None, 6], 'c': [0, 1, 0]})",
            "df.head()\ndf.describe()",
            "df['d'] = df['a'] * 2\ndf.dropna(inplace=True)",
            "y = df.pop('c').to_numpy()",
            "df.info()",
            "x = df.to_numpy()",
        ],
        ["head", "info", "describe"],
    ),
    "a function that changes its argument": (
        "x",
        [
            "import numpy as np",
            "def clip(array):\n    array[array > 2] = 2",
            "def look(array):\n    return array.max()",
            "x = np.arange(5)",
            "clip(x)\nlook(x)",
        ],
        ["look"],
    ),
    "a function that sets a global": (
        "x",
        [
            "import numpy as np",
            "def load():\n    global x\n    x = np.arange(7)",
            "load()",
        ],
        [],
    ),
    "kwidgets beside it": (
        "x",
        [
            "import numpy as np, kwidgets as kw",
            "builder = kw.SequentialBuilder(input_shape=(4,))\nbuilder",
            "x = np.ones((3, 4))",
            "builder.model.fit(x, x, epochs=3)",
        ],
        ["kw", "builder", "fit"],
    ),
    "kwidgets beside it, of its shape and trained": (
        "x",
        [
            "import numpy as np, kwidgets as kw",
            "x = np.ones((3, 4))",
            "builder = kw.SequentialBuilder(input_shape=(*x.shape[1:], 1))",
            "builder.train(x, x).wait()\nbuilder.run.wait()\nbuilder.fit(x, x)",
        ],
        ["kw", "builder", "fit"],
    ),
    "a star import": (
        "x",
        ["from math import *", "import numpy as np", "x = np.array([pi, sqrt(2)])"],
        [],
    ),
    "draws from one generator": (
        "b",
        [
            "import numpy as np\nrng = np.random.default_rng(1)",
            "a = rng.random(4)",
            "b = rng.random(4)",
        ],
        [],
    ),
    "several statements in a line": (
        "x",
        ["import numpy as np; n = 4; print(n); x = np.zeros(n); n = 5"],
        ["print", "n = 5"],
    ),
}


def run(cells: list[str]) -> dict[str, object]:
    """What the notebook's namespace holds after the cells ran, as IPython would run them."""
    from IPython.core.inputtransformer2 import TransformerManager

    namespace: dict[str, object] = {}
    shell = _FakeShell(namespace)
    namespace["get_ipython"] = lambda: shell
    for cell in cells:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SyntaxError):
            exec(TransformerManager().transform_cell(cell), namespace)
    return namespace


class _FakeShell:
    def __init__(self, namespace):
        self._namespace = namespace

    def run_cell_magic(self, name, line, body):
        if name == "time":
            exec(body, self._namespace)

    def run_line_magic(self, name, text, *_):
        if name == "time":
            exec(text, self._namespace)

    def system(self, *_):
        pass


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_source_gives_the_same_arrays(name):
    wanted, cells, unwanted = NOTEBOOKS[name]
    # A builder needs no display here: what it does is not the point.
    expected = {"x": np.ones((3, 4))} if name.startswith("kwidgets") else run(cells)
    source = source_of(wanted.split(), cells)
    assert source is not None
    for word in unwanted:
        assert word not in source, source
    namespace: dict[str, object] = {}
    exec(source, namespace)
    for variable in wanted.split():
        np.testing.assert_array_equal(namespace[variable], expected[variable])


REFUSED: dict[str, tuple[str, list[str]]] = {
    "never defined": ("x", ["import numpy as np"]),
    "defined by what is not there": ("x", ["x = missing + 1"]),
    "deleted": ("x", ["x = 1", "del x"]),
    "made by a magic": ("x", ["x = 1", "x = !ls"]),
    "made by a magic, as IPython writes it": ("x", ["x = get_ipython().getoutput('ls')"]),
    "made by another cell's output": ("x", ["x = _ + 1"]),
    "predicted by a trained model": (
        "x",
        [
            "import keras, numpy as np",
            "model = keras.Sequential([keras.layers.Dense(1)])",
            "model.compile(optimizer='adam', loss='mse')",
            "model.fit(np.ones((4, 2)), np.ones(4), epochs=2)",
            "x = model.predict(np.ones((4, 2)))",
        ],
    ),
    "predicted by a model trained without keywords": (
        "x",
        [
            "import keras, numpy as np",
            "model = keras.Sequential([keras.layers.Dense(1)])",
            "model.compile('adam', 'mse')\nmodel.fit(np.ones((4, 2)), np.ones(4))",
            "x = model.predict(np.ones((4, 2)))",
        ],
    ),
    "made by a builder": (
        "x",
        ["import kwidgets as kw", "b = kw.SequentialBuilder()", "x = b.model.predict(1)"],
    ),
    "made with a name from kwidgets": ("x", ["from kwidgets import load", "x = load()"]),
    "asked of the user": ("x", ["x = input()"]),
    "awaited": ("x", ["import asyncio", "x = await asyncio.sleep(0, 3)"]),
    "a draw of the generator is shown": (
        "x",
        [
            "import numpy as np\nimport matplotlib.pyplot as plt",
            "rng = np.random.default_rng(0)",
            "plt.plot(rng.random(3))",
            "x = rng.random(3)",
        ],
    ),
    "nothing at all": ("x", []),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_is_refused(name):
    wanted, cells = REFUSED[name]
    assert source_of(wanted.split(), cells) is None


def test_the_source_is_the_users_own_text_in_order():
    cells = [
        "import numpy as np  # numbers",
        "n = 3  # how many\nm = 2",
        "x = np.zeros(  # all of them\n    (n, 2)\n)",
    ]
    assert source_of(["x"], cells) == (
        "import numpy as np\nn = 3\nx = np.zeros(  # all of them\n    (n, 2)\n)\n"
    )


def test_odd_cells_do_no_harm():
    cells = ["", "\n\n", "%%", "x = 1\x00", "'just a text'", "# a comment", "x = 2", "%%html\n<b>"]
    assert source_of(["x"], cells) == "x = 2\n"
