"""What changes data through another name, a helper or a random state is in the program too."""

from __future__ import annotations

import random
import sys
import types
import warnings

import numpy as np
import pytest

from kwidgets.builder.data.slicing.source import source_of
from tests.builder.slicing.test_source import run

_TABLES = (
    "import numpy as np, pandas as pd\n"
    "train = pd.DataFrame({'age': [1.0, None, 3, 4], 'fare': [1.0, 2, 3, None]})\n"
    "test = pd.DataFrame({'age': [None, 2.0], 'fare': [5.0, None]})"
)
_X = "x = train.to_numpy()"
_ARRAY = "import numpy as np\nx = np.arange(12.0).reshape(6, 2)"

# Name: the variables wanted, the cells, what the source must not hold.
SHARED: dict[str, tuple[str, list[str], list[str]]] = {
    "a loop over tables": (
        "x",
        [_TABLES, "for d in [train, test]:\n    d['age'] = d['age'].fillna(5)", _X],
        [],
    ),
    "a loop over a list of tables": (
        "x",
        [
            _TABLES,
            "combine = [train, test]",
            "print(combine)",
            "for dataset in combine:\n    dataset['big'] = (dataset.fare > 1) * 1.0",
            "x = train[['age', 'big']].to_numpy()",
        ],
        ["print"],
    ),
    "rows of an array": ("x", [_ARRAY, "for row in x:\n    row -= 1"], []),
    "a comprehension that calls a helper": (
        "x",
        [
            _TABLES,
            "def fill(d):\n    d['age'] = d['age'].fillna(7)\n    return d",
            "[fill(d) for d in (train, test)]",
            _X,
        ],
        [],
    ),
    "items of a dict": (
        "x",
        [
            _TABLES,
            "frames = {'train': train, 'test': test}",
            "for name, d in frames.items():\n    d['age'] = d['age'].fillna(len(name))",
            _X,
        ],
        [],
    ),
    "enumerate and zip": (
        "x",
        [
            _TABLES,
            "for i, (d, v) in enumerate(zip([train, test], [3, 4])):\n    d['age'] *= v + i",
            _X,
        ],
        [],
    ),
    "a helper that calls a helper": (
        "x",
        [
            _ARRAY,
            "def inner(a, by):\n    a /= by",
            "def outer(a):\n    inner(a, 2)",
            "outer(x)",
        ],
        [],
    ),
    "a method that changes its argument": (
        "x",
        [
            _TABLES,
            "class Prep:\n    def clean(self, d):\n        d['age'] = d['age'].fillna(1)",
            "p = Prep()",
            "p.clean(train)",
            _X,
        ],
        [],
    ),
    "an object that keeps the data": (
        "x",
        [
            _TABLES,
            "class Prep:\n    def __init__(self, d):\n        self.d = d\n"
            "    def clean(self):\n        self.d['age'] = self.d['age'].fillna(1)",
            "p = Prep(train)\nq = Prep(test)",
            "p.clean()",
            "q.clean()",
            _X,
        ],
        ["q.clean"],
    ),
    "out=": ("x", [_ARRAY, "np.divide(x, 10, out=x)"], []),
    "out by position": ("x", [_ARRAY, "np.add(x, 10, x)\nnp.sqrt(x, x)"], []),
    "a ufunc's at": ("x", [_ARRAY, "np.add.at(x, 0, 5)"], []),
    "a view": ("x", [_ARRAY, "v = x[:3]\nw = v.T", "w *= 0", "v += 1"], []),
    "a split": ("x", [_ARRAY, "a, b = np.split(x, 2)", "b[:] = 9"], []),
    "a tuple's items": ("x", [_ARRAY, "pair = (x, np.ones(3))", "pair[0][1] = 7"], []),
    "the other item of a tuple": (
        "x",
        [_ARRAY, "pair = (x, np.ones(3))", "pair[1][1] = 7"],
        ["= 7"],
    ),
    "an attribute": (
        "x",
        [
            _ARRAY,
            "from types import SimpleNamespace\nbox = SimpleNamespace(data=x)",
            "box.data *= 3",
            "box.title = 'a'",
        ],
        [],
    ),
    "appended, then changed": (
        "x",
        [_ARRAY, "parts = []", "parts.append(x)", "for part in parts:\n    part += 2"],
        [],
    ),
    "unpacked": ("x", [_ARRAY, "first, *others = [np.ones(2), x]", "others[0][:] = 4"], []),
    "a lambda": ("x", [_ARRAY, "zero = lambda a: a.fill(3)", "zero(x)"], []),
    "map": ("x", [_ARRAY, "def half(a):\n    a /= 2", "list(map(half, [x]))"], []),
    "a function in a list": (
        "x",
        [
            _ARRAY,
            "def half(a):\n    a /= 2",
            "def more(a):\n    a += 2",
            "for step in [half, more]:\n    step(x)",
        ],
        [],
    ),
    "partial": (
        "x",
        [
            _ARRAY,
            "from functools import partial\ndef by(n, a):\n    a /= n",
            "half = partial(by, 2)",
            "half(x)",
        ],
        [],
    ),
    "a decorator": (
        "x",
        [
            _ARRAY,
            "def twice(f):\n    def g(a):\n        f(a)\n        f(a)\n    return g",
            "@twice\ndef half(a):\n    a /= 2",
            "half(x)",
        ],
        [],
    ),
    "a helper returns what it is given": (
        "x",
        [_ARRAY, "def same(a):\n    b = a\n    return b", "z = same(x)", "z += 1"],
        [],
    ),
    "a helper copies": (
        "x",
        [
            _ARRAY,
            "def prepared(a):\n    a = a.copy()\n    a += 1\n    return a",
            "z = prepared(x)",
            "z += 1",
        ],
        ["z", "prepared"],
    ),
    "a nested function": (
        "x",
        [
            _ARRAY,
            "def outer(a):\n    def inner():\n        a[0] = 8\n    inner()",
            "outer(x)",
        ],
        [],
    ),
    "a global changed by a helper": (
        "x",
        [
            _ARRAY,
            "def scale():\n    x[:] = x / 2",
            "def look():\n    return x",
            "scale()",
            "look()",
        ],
        ["look"],
    ),
    "pipe": (
        "x",
        [_TABLES, "def f(d):\n    d['age'] = 1.0\n    return d", "t2 = train.pipe(f)", _X],
        [],
    ),
    "a swap": ("x", [_ARRAY, "y = x * 2", "x, y = y, x", "y += 5"], ["+= 5"]),
    "a name for two": ("x", [_ARRAY, "a = b = x", "b[0] = 1"], []),
    "a branch": ("x", [_ARRAY, "if x.sum() > 3:\n    y = x\nelse:\n    y = x + 1", "y *= 2"], []),
    "a conditional": ("x", [_ARRAY, "y = x if x.sum() > 3 else x + 1", "y *= 2"], []),
    "a walrus": ("x", [_ARRAY, "(y := x)[0] = 3"], []),
    "a default that lives on": (
        "x",
        [
            "import numpy as np",
            "def collect(v, seen=[]):\n    seen.append(v)\n    return seen",
            "collect(1)",
            "x = np.array(collect(2))",
        ],
        [],
    ),
    "a cached function": (
        "x",
        [
            "import numpy as np, functools",
            "@functools.lru_cache\ndef load():\n    return np.ones(3)",
            "x = load()",
            "load()[0] = 5",
        ],
        [],
    ),
    "a file's header": (
        "x",
        [
            "import numpy as np, io\nf = io.StringIO('a,b\\n1,2\\n3,4\\n')",
            "header = f.readline()",
            "x = np.array([[float(v) for v in line.split(',')] for line in f])",
        ],
        [],
    ),
    "a csv reader": (
        "x",
        [
            "import numpy as np, io, csv\nf = io.StringIO('a,b\\n1,2\\n3,4\\n')",
            "reader = csv.reader(f)",
            "next(reader)",
            "x = np.array([[float(v) for v in row] for row in reader])",
        ],
        [],
    ),
    "a file passed on": (
        "x",
        [
            "import numpy as np, io\nf = io.StringIO('# a\\n1,2\\n3,4\\n')",
            "def skip(g):\n    g.readline()",
            "skip(f)",
            "x = np.loadtxt(f, delimiter=',')",
        ],
        [],
    ),
    "a generator function": (
        "x",
        [
            "import numpy as np",
            "def numbers():\n    n = 0\n    while True:\n        yield n\n        n += 1",
            "g = numbers()",
            "next(g)",
            "x = np.array([next(g), next(g)])",
        ],
        [],
    ),
    "a loop's variable from before": (
        "x",
        [
            "import numpy as np\nbest = 0\nout = []",
            "for v in [3, 12, 4, 20]:\n    if v > 10:\n        best = v\n    out.append(best)",
            "x = np.array(out)",
        ],
        [],
    ),
    "deepcopy": (
        "x",
        [_ARRAY, "import copy\nbox = [x]\nother = copy.deepcopy(box)", "other[0][:] = 1"],
        ["box", "copy"],
    ),
    "a shallow copy": ("x", [_ARRAY, "box = [x]\nother = box.copy()", "other[0][:] = 1"], []),
    "another table": (
        "x",
        [
            _TABLES,
            "both = [train, test]",
            "test['new'] = 1",
            "train['new'] = 2",
            _X,
        ],
        ["test['new']", "both"],
    ),
    "plots of the data": (
        "x",
        [
            _ARRAY,
            "import matplotlib.pyplot as plt",
            "fig, axes = plt.subplots(2)",
            "for ax, column in zip(axes, x.T):\n    ax.bar(column)\n    ax.imshow(column)",
            "for a in axes.flat:\n    a.set_title('x')",
            "plt.close()",
            "x *= 2",
        ],
        ["plt", "axes"],
    ),
    "a model beside it": (
        "x y",
        [
            _ARRAY,
            "y = x.sum(axis=1)",
            "from sklearn.linear_model import LinearRegression\nmodel = LinearRegression()",
            "model.fit(x, y)",
            "score = model.score(x, y)\nprint(score)",
        ],
        ["model", "score"],
    ),
    "a pipeline fits its steps": (
        "x",
        [
            _ARRAY,
            "from sklearn.pipeline import Pipeline\n"
            "from sklearn.preprocessing import StandardScaler\nscaler = StandardScaler()",
            "pipe = Pipeline([('scale', scaler)])",
            "pipe.fit(x)",
            "x = scaler.transform(x)",
        ],
        [],
    ),
    "match": (
        "x",
        [
            "import numpy as np\nkind = ('ones', 3)",
            "match kind:\n    case ('ones', n):\n        x = np.ones(n)\n"
            "    case _:\n        x = np.zeros(3)",
        ],
        [],
    ),
    "a data set of tf.data": (
        "x",
        [
            _ARRAY,
            "import tensorflow as tf\nds = tf.data.Dataset.from_tensor_slices(x)",
            "def scale(v):\n    return v / FACTOR",
            "FACTOR = 2.0",
            "ds = ds.map(scale).batch(2)",
            "for batch in ds.take(1):\n    print(batch.shape)",
            "x = np.concatenate(list(ds.as_numpy_iterator()))",
        ],
        ["print"],
    ),
    "a chain of pandas": (
        "x",
        [
            _TABLES,
            "clean = (\n    train.assign(both=lambda d: d.age + d.fare)\n    .dropna()\n"
            "    .rename(columns={'both': 'sum'})\n)",
            "clean.head()",
            "train.groupby('age').mean()",
            "x = clean.to_numpy()",
        ],
        ["head", "groupby"],
    ),
    "apply with a helper": (
        "x",
        [
            _TABLES,
            "def band(v):\n    return 0 if v < LIMIT else 1",
            "LIMIT = 3",
            "train['band'] = train['age'].apply(band)",
            "x = train[['band']].to_numpy()",
        ],
        [],
    ),
    "a sequence of the user's": (
        "x",
        [
            _ARRAY,
            "class Batches:\n    def __init__(self, a):\n        self.a = a\n"
            "    def __len__(self):\n        return 3\n"
            "    def __getitem__(self, i):\n        if i > 2:\n            raise IndexError\n"
            "        return self.a[2 * i : 2 * i + 2]",
            "batches = Batches(x)",
            "for b in batches:\n    b += 1",
        ],
        [],
    ),
    "super": (
        "x",
        [
            _ARRAY,
            "class Base:\n    def __init__(self, a):\n        self.a = a",
            "class Own(Base):\n    def __init__(self, a):\n        super().__init__(a)\n"
            "    def zero(self):\n        self.a[0] = 0\n        return self",
            "Own(x).zero()",
        ],
        [],
    ),
    "time": ("x", ["import numpy as np", "%time x = np.ones(3)", "%timeit y = x + 1"], ["y ="]),
    "time as IPython writes it": (
        "x",
        [
            "import numpy as np",
            "get_ipython().run_line_magic('time', 'x = np.ones(3)')",
            "if True:\n    get_ipython().run_line_magic('time', 'x += 1')",
        ],
        ["get_ipython"],
    ),
}


@pytest.fixture(autouse=True)
def matplotlib(monkeypatch):
    """As far as the cells here know it."""

    class Drawn:
        def bar(self, *_):
            pass

        plot = imshow = set_title = bar

    pyplot = types.ModuleType("matplotlib.pyplot")
    pyplot.__dict__.update(
        subplots=lambda n=1: (Drawn(), np.array([Drawn() for _ in range(n)], object)),
        plot=lambda *_: None,
        close=lambda: None,
    )
    package = types.ModuleType("matplotlib")
    package.__dict__["pyplot"] = pyplot
    monkeypatch.setitem(sys.modules, "matplotlib", package)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", pyplot)


def _agree(wanted: str, cells: list[str], unwanted: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.random.seed(99)
        random.seed(99)
        expected = run(cells)
        source = source_of(wanted.split(), cells)
        assert source is not None
        for word in unwanted:
            assert word not in source, source
        np.random.seed(1234)
        random.seed(1234)
        namespace: dict[str, object] = {}
        exec(source, namespace)
    for variable in wanted.split():
        np.testing.assert_array_equal(namespace[variable], expected[variable], source)


@pytest.mark.parametrize("name", SHARED)
def test_what_changes_data_elsewhere_is_in_the_source(name):
    _agree(*SHARED[name])


_SEED = "import numpy as np\nnp.random.seed(42)\nx = np.random.rand(20, 2)"
_Y = "y = x.sum(1) + np.random.normal(0, .1, 20)"

DRAWN: dict[str, tuple[str, list[str], list[str]]] = {
    "a choice for a plot": (
        "x y",
        [
            _SEED,
            "import matplotlib.pyplot as plt",
            "idx = np.random.choice(20, 4)",
            "plt.plot(x[idx])",
            _Y,
        ],
        ["plt"],
    ),
    "a choice, but no seed": (
        "y",
        [
            "import numpy as np\nx = np.arange(20.)",
            "idx = np.random.choice(20, 4)",
            "y = np.random.permutation(20) * 0 + x",
        ],
        ["idx"],
    ),
    "a cell run again": ("x y", [_SEED, _Y, _Y], []),
    "random": (
        "y",
        [
            "import random\nrandom.seed(3)\nx = list(range(9))",
            "sample = random.sample(x, 3)",
            "random.shuffle(x)\ny = x",
        ],
        [],
    ),
    "a function under another name": (
        "y",
        ["from numpy.random import seed, rand\nseed(1)", "a = rand(3)", "y = rand(3)"],
        [],
    ),
    "a helper draws": (
        "y",
        [
            _SEED,
            "def noise(n):\n    return np.random.normal(size=n)",
            "other = noise(3)",
            "y = noise(4)",
        ],
        [],
    ),
    "a helper seeds": (
        "y",
        [
            "import numpy as np, random",
            "def seed_all(n):\n    np.random.seed(n)\n    random.seed(n)",
            "seed_all(4)",
            "a = np.random.rand(3)",
            "y = np.random.rand(3)",
        ],
        [],
    ),
    "a sample of a table": (
        "y",
        [_SEED, "import pandas as pd\npd.DataFrame(x).sample(3)", "y = np.random.rand(4)"],
        [],
    ),
    "a sample with its own state": (
        "y",
        [
            _SEED,
            "import pandas as pd\npd.DataFrame(x).sample(3, random_state=0)",
            "y = np.random.rand(4)",
        ],
        ["sample"],
    ),
    "a split with its own state": (
        "y",
        [
            _SEED,
            "from sklearn.model_selection import train_test_split\n"
            "a, b = train_test_split(x, random_state=0)",
            "y = np.random.rand(4)",
        ],
        ["split"],
    ),
    "a split without": (
        "y",
        [
            _SEED,
            "from sklearn.model_selection import train_test_split\na, b = train_test_split(x)",
            "y = np.random.rand(4)",
        ],
        [],
    ),
    "draws after the last": ("x", [_SEED, "idx = np.random.choice(20, 4)"], ["idx"]),
    "draws before the seed": ("x", ["import numpy as np\nz = np.random.rand(2)", _SEED], ["z ="]),
    "keras seeds them all": (
        "y",
        [
            "import keras, numpy as np\nkeras.utils.set_random_seed(5)",
            "idx = np.random.choice(20, 4)",
            "model = keras.Sequential([keras.layers.Dense(1)])",
            "y = np.random.rand(4)",
        ],
        ["model"],
    ),
    "tensorflow": (
        "y",
        [
            "import tensorflow as tf\ntf.random.set_seed(5)",
            "a = tf.random.normal((3,))",
            "y = tf.random.normal((3,))",
        ],
        [],
    ),
    "a print of a draw": ("y", [_SEED, "print(np.random.rand())", "y = np.random.rand(4)"], []),
    "draws in a comprehension": (
        "y",
        [_SEED, "a = [np.random.rand() for _ in range(3)]", "y = np.random.rand(4)"],
        [],
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_random_numbers_go_on_where_they_were(name):
    _agree(*DRAWN[name])


REFUSED: dict[str, tuple[str, list[str]]] = {
    "a draw stands in a plot": (
        "y",
        [_SEED, "import matplotlib.pyplot as plt", "plt.plot(x[np.random.choice(20, 4)])", _Y],
    ),
    "a draw stands in the plot of an axis": (
        "y",
        [
            _SEED,
            "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()",
            "ax.plot(x[np.random.choice(20, 4)])",
            "plt.show()",
            _Y.replace("x.sum(1) + ", ""),
        ],
    ),
    "a training draws": (
        "y",
        [
            "import keras, numpy as np\nkeras.utils.set_random_seed(5)",
            "model = keras.Sequential([keras.layers.Dense(1)])\nmodel.compile(loss='mse')",
            "model.fit(np.ones((4, 2)), np.ones(4), epochs=2)",
            "y = np.random.rand(4)",
        ],
    ),
    "a timing draws": ("y", [_SEED, "%timeit np.random.rand(3)", _Y]),
    "another notebook ran": ("x", [_ARRAY, "%run other.py"]),
    "exec": ("x", [_ARRAY, "exec(open('code.py').read())"]),
    "any name is bound": ("x", [_ARRAY, "for n in 'xy':\n    globals()[n] = 1"]),
    "a folder nobody knows": (
        "x",
        ["import numpy as np", "%cd {folder}", "x = np.load('x.npy')"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_for_sure_is_refused(name):
    wanted, cells = REFUSED[name]
    assert source_of(wanted.split(), cells) is None


def test_a_change_of_the_folder_is_taken_in_where_files_are_read():
    cells = ["import os, numpy as np", "os.chdir('data')", "x = np.load('x.npy')", "y = np.ones(3)"]
    assert source_of(["x"], cells) == (
        "import os, numpy as np\nos.chdir('data')\nx = np.load('x.npy')\n"
    )
    assert source_of(["y"], cells) == "import os, numpy as np\ny = np.ones(3)\n"


def test_cd_is_said_in_python():
    source = source_of(["x"], ["import numpy as np", "%cd some/data", "x = np.load('x.npy')"])
    assert source is not None
    assert "os.chdir('some/data')" in source
