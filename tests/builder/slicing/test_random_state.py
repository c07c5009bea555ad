"""Random numbers, files and what else depends on hidden state: the program gives the same data.

Where it could not, there is no program.
"""

from __future__ import annotations

import pytest

from kwidgets.builder.data.slicing.source import source_of
from tests.builder.slicing.test_sharing import ARRAY, agree

_SEED = "import numpy as np\nnp.random.seed(42)\nx = np.random.rand(20, 2)"
_Y = "y = x.sum(1) + np.random.normal(0, .1, 20)"

DRAWN: dict[str, tuple[str, list[str], list[str]]] = {
    "a kept state of random numbers": (
        "x",
        [
            "import numpy as np\nnp.random.seed(4)",
            "state = np.random.get_state()",
            "np.random.rand(3)",
            "np.random.set_state(state)\nx = np.random.rand(3)",
        ],
        [],
    ),
    "no random_state": (
        "x",
        [
            "import numpy as np\nfrom sklearn.utils import shuffle\nnp.random.seed(4)",
            "a = shuffle(np.arange(9), random_state=None)",
            "x = shuffle(np.arange(9), random_state=None)",
        ],
        [],
    ),
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
    agree(*DRAWN[name])


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
    "another notebook ran": ("x", [ARRAY, "%run other.py"]),
    "exec": ("x", [ARRAY, "exec(open('code.py').read())"]),
    "any name is bound": ("x", [ARRAY, "for n in 'xy':\n    globals()[n] = 1"]),
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
