"""What changes data through another name or a helper is in the program too."""

from __future__ import annotations

import random
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
ARRAY = "import numpy as np\nx = np.arange(12.0).reshape(6, 2)"

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
    "rows of an array": ("x", [ARRAY, "for row in x:\n    row -= 1"], []),
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
            ARRAY,
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
    "out=": ("x", [ARRAY, "np.divide(x, 10, out=x)"], []),
    "out by position": ("x", [ARRAY, "np.add(x, 10, x)\nnp.sqrt(x, x)"], []),
    "a ufunc's at": ("x", [ARRAY, "np.add.at(x, 0, 5)"], []),
    "a view": ("x", [ARRAY, "v = x[:3]\nw = v.T", "w *= 0", "v += 1"], []),
    "a split": ("x", [ARRAY, "a, b = np.split(x, 2)", "b[:] = 9"], []),
    "a tuple's items": ("x", [ARRAY, "pair = (x, np.ones(3))", "pair[0][1] = 7"], []),
    "the other item of a tuple": (
        "x",
        [ARRAY, "pair = (x, np.ones(3))", "pair[1][1] = 7"],
        [],
    ),
    "an attribute": (
        "x",
        [
            ARRAY,
            "from types import SimpleNamespace\nbox = SimpleNamespace(data=x)",
            "box.data *= 3",
            "box.title = 'a'",
        ],
        [],
    ),
    "appended, then changed": (
        "x",
        [ARRAY, "parts = []", "parts.append(x)", "for part in parts:\n    part += 2"],
        [],
    ),
    "unpacked": ("x", [ARRAY, "first, *others = [np.ones(2), x]", "others[0][:] = 4"], []),
    "a lambda": ("x", [ARRAY, "zero = lambda a: a.fill(3)", "zero(x)"], []),
    "map": ("x", [ARRAY, "def half(a):\n    a /= 2", "list(map(half, [x]))"], []),
    "a function in a list": (
        "x",
        [
            ARRAY,
            "def half(a):\n    a /= 2",
            "def more(a):\n    a += 2",
            "for step in [half, more]:\n    step(x)",
        ],
        [],
    ),
    "partial": (
        "x",
        [
            ARRAY,
            "from functools import partial\ndef by(n, a):\n    a /= n",
            "half = partial(by, 2)",
            "half(x)",
        ],
        [],
    ),
    "a decorator": (
        "x",
        [
            ARRAY,
            "def twice(f):\n    def g(a):\n        f(a)\n        f(a)\n    return g",
            "@twice\ndef half(a):\n    a /= 2",
            "half(x)",
        ],
        [],
    ),
    "a helper returns what it is given": (
        "x",
        [ARRAY, "def same(a):\n    b = a\n    return b", "z = same(x)", "z += 1"],
        [],
    ),
    "a helper copies": (
        "x",
        [
            ARRAY,
            "def prepared(a):\n    a = a.copy()\n    a += 1\n    return a",
            "z = prepared(x)",
            "z += 1",
        ],
        ["z", "prepared"],
    ),
    "a nested function": (
        "x",
        [
            ARRAY,
            "def outer(a):\n    def inner():\n        a[0] = 8\n    inner()",
            "outer(x)",
        ],
        [],
    ),
    "a global changed by a helper": (
        "x",
        [
            ARRAY,
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
    "a swap": ("x", [ARRAY, "y = x * 2", "x, y = y, x", "y += 5"], ["+= 5"]),
    "a name for two": ("x", [ARRAY, "a = b = x", "b[0] = 1"], []),
    "a branch": ("x", [ARRAY, "if x.sum() > 3:\n    y = x\nelse:\n    y = x + 1", "y *= 2"], []),
    "a conditional": ("x", [ARRAY, "y = x if x.sum() > 3 else x + 1", "y *= 2"], []),
    "a walrus": ("x", [ARRAY, "(y := x)[0] = 3"], []),
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
        [ARRAY, "import copy\nbox = [x]\nother = copy.deepcopy(box)", "other[0][:] = 1"],
        ["box", "copy"],
    ),
    "a shallow copy": ("x", [ARRAY, "box = [x]\nother = box.copy()", "other[0][:] = 1"], []),
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
            ARRAY,
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
            ARRAY,
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
            ARRAY,
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
            ARRAY,
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
            ARRAY,
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
            ARRAY,
            "class Base:\n    def __init__(self, a):\n        self.a = a",
            "class Own(Base):\n    def __init__(self, a):\n        super().__init__(a)\n"
            "    def zero(self):\n        self.a[0] = 0\n        return self",
            "Own(x).zero()",
        ],
        [],
    ),
    "a counter in a closure": (
        "x",
        [
            "import numpy as np",
            "def counter():\n    n = 0\n    def step(by=1):\n        nonlocal n\n        n += by\n"
            "        return n\n    def back():\n        nonlocal n\n        n = n - 5\n"
            "    return step, back",
            "step, back = counter()",
            "step()",
            "back()",
            "x = np.array([step(), step(3)])",
        ],
        [],
    ),
    "an object that is called": (
        "x",
        [
            ARRAY,
            "class Scale:\n    def __call__(self, a):\n        a *= 2",
            "scale = Scale()",
            "scale(x)",
        ],
        [],
    ),
    "methods of a class": (
        "x",
        [
            ARRAY,
            "class Tools:\n    @staticmethod\n    def half(a):\n        a /= 2\n"
            "    @classmethod\n    def twice(cls, a):\n        a *= 2\n"
            "    def more(self, a):\n        a += 3",
            "Tools.half(x)",
            "Tools().twice(x)",
            "Tools.more(Tools(), x)",
            "more = Tools().more",
            "more(x)",
        ],
        [],
    ),
    "a property": (
        "x",
        [
            ARRAY,
            "class Box:\n    def __init__(self, a):\n        self._a = a\n"
            "    @property\n    def a(self):\n        return self._a\n"
            "    @a.setter\n    def a(self, new):\n        self._a[:] = new",
            "box = Box(x)",
            "box.a[0] = 5",
            "box.a = 7 + box.a",
        ],
        [],
    ),
    "a function that calls itself": (
        "x",
        [
            ARRAY,
            "def each(parts):\n    if isinstance(parts, list):\n        for part in parts:\n"
            "            each(part)\n    else:\n        parts += 1",
            "each([[x], np.ones(2)])",
        ],
        [],
    ),
    "yield from": (
        "x",
        [
            ARRAY,
            "def rows(a):\n    yield from a",
            "def all_rows(a):\n    yield from rows(a)",
            "for row in all_rows(x):\n    row *= 2",
        ],
        [],
    ),
    "a shallow copy by copy": (
        "x",
        [ARRAY, "import copy\nbox = [x]\nother = copy.copy(box)", "other[0][:] = 1"],
        [],
    ),
    "without a copy": (
        "x",
        [
            "import numpy as np\nx = np.array([1.0, np.nan, 3])",
            "y = np.nan_to_num(x, copy=False)",
            "y += 1",
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


def agree(wanted: str, cells: list[str], unwanted: list[str]) -> None:
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
    agree(*SHARED[name])
