"""Of a cell that failed, the program takes what had run before it failed."""

from __future__ import annotations

import numpy as np
import pytest

from kwidgets.builder.data import notebook
from kwidgets.builder.data.slicing.source import source_of


@pytest.fixture
def shell(monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.history_manager.enabled = False
    monkeypatch.setattr(notebook, "_failed", {})
    notebook.watch_cells()
    yield made
    InteractiveShell.clear_instance()


# Name: the cells, what the source must not hold.
FAILED = {
    "the last line failed": (
        ["import numpy as np\nx = np.full(3, 255.0)", "x /= 255\nprint(x.shap)"],
        ["print"],
    ),
    "the cell that made the data": (["import numpy as np\nx = np.ones(3)\nprint(x.shap)"], []),
    "nothing after the failure ran": (
        ["import numpy as np\nx = np.ones(3)", "x += 1\n1 / 0\nx += 5"],
        ["5"],
    ),
    "the failing assignment did not happen": (
        ["import numpy as np\nx = np.ones(3)", "x = x.nothing"],
        ["nothing"],
    ),
    "in a helper": (
        [
            "import numpy as np\nx = np.ones(3)\ndef bad(a):\n\n\n\n\n    return a.nothing",
            "x = x + 2\nbad(x)\nx = 0",
        ],
        ["bad"],
    ),
    "does not parse": (["import numpy as np\nx = np.ones(3)", "x = 5\nthis is no Python"], ["5"]),
    "run again when mended": (
        [
            "import numpy as np\nx = np.ones(3)",
            "x = x * 2\ny = x.nothing",
            "x = x * 2\ny = x.sum()",
        ],
        ["y = x.nothing"],
    ),
    "a statement of several lines": (
        ["import numpy as np\nx = np.ones(3)", "x += 1\nprint(\n    x.mean(),\n    x.nothing,\n)"],
        [],
    ),
    "with magics": (
        ["import numpy as np\nx = np.ones(3)", "%time x += 1\n!true\nx.nothing"],
        ["nothing"],
    ),
}


@pytest.mark.parametrize("name", FAILED)
def test_what_ran_before_the_failure_is_in_the_source(name, shell, capsys):
    cells, unwanted = FAILED[name]
    for cell in cells:
        shell.run_cell(cell, store_history=True)
    source = source_of(["x"], notebook.executed_cells())
    assert source is not None
    for word in unwanted:
        assert word not in source, source
    namespace: dict[str, object] = {}
    exec(source, namespace)
    np.testing.assert_array_equal(namespace["x"], shell.user_ns["x"], source)


UNSURE = {
    "failed within a loop": "for i in range(3):\n    x += 1\n    if i == 1:\n        x.nothing",
    "failed after a call that changes": "(x.sort(), x.nothing)",
    "failed in a timed cell": "%%time\nx += 1\nx.nothing",
    "several in a line": "x += 1; x.nothing",
}


@pytest.mark.parametrize("name", UNSURE)
def test_what_may_have_run_in_part_is_refused(name, shell, capsys):
    shell.run_cell("import numpy as np\nx = np.ones(3)", store_history=True)
    shell.run_cell(UNSURE[name], store_history=True)
    assert source_of(["x"], notebook.executed_cells()) is None
