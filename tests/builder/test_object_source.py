"""What a user defined in a notebook stands in the program, with all that it needs."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from kwidgets.builder.code.imports import sorted_imports
from kwidgets.builder.code.object_source import NoSourceError, Sources
from kwidgets.builder.sequential import SequentialBuilder


@pytest.fixture
def shell() -> Any:
    shell = InteractiveShell.instance()
    yield shell
    shell.reset(new_session=False)


def program(shell: Any, cell: str, name: str) -> tuple[str, str, list[str]]:
    """Run a cell; return the program that gives one of its variables, and the expression."""
    shell.run_cell(cell).raise_error()
    return of_object(shell.user_ns[name])


def of_object(thing: Any) -> tuple[str, str, list[str]]:
    sources = Sources()
    expression = sources.expression(thing)
    lines = [*sorted_imports(sources.imports), *sources.definitions.values()]
    return "\n".join(lines), expression, list(sources.definitions)


def value(text: str, expression: str) -> Any:
    space: dict[str, Any] = {"__name__": "elsewhere"}
    exec(text, space)
    return eval(expression, space)


def test_a_function_brings_what_it_needs(shell: Any) -> None:
    text, expression, names = program(
        shell,
        """
import math
import numpy as np
from keras import ops
SLOPE = 0.5
table = np.array([1.0, 2.0])
unused = object()
def helper(x, unused=1):
    y = x * SLOPE
    return y + table[0]
def act(x):
    table2 = [helper(z) for z in [x]]
    return math.floor(table2[0])
""",
        "act",
    )
    assert names == ["SLOPE", "table", "helper", "act"]
    assert "unused = object" not in text
    assert value(text, expression)(4.0) == 3


def test_a_name_used_only_inside_is_not_taken_for_a_global(shell: Any) -> None:
    text, expression, _ = program(
        shell,
        "data = open(__import__('os').devnull)\ndef f(x):\n    data = x + 1\n    return data",
        "f",
    )
    assert value(text, expression)(1) == 2


def test_a_closure_brings_its_variables(shell: Any) -> None:
    cell = "def make(a):\n    def act(x):\n        return x * a\n    return act\nact = make(3)\n"
    text, expression, _ = program(shell, cell, "act")
    assert value(text, expression)(2) == 6


def test_two_closures_of_one_name_are_told_apart(shell: Any) -> None:
    cell = "def make(a):\n    def act(x):\n        return x * a\n    return act\n"
    cell += "one, two = make(1), make(2)"
    shell.run_cell(cell).raise_error()
    sources = Sources()
    sources.expression(shell.user_ns["one"])
    with pytest.raises(NoSourceError, match="two different"):
        sources.expression(shell.user_ns["two"])


def test_decorators_come_along(shell: Any) -> None:
    cell = """
import functools
def twice(f):
    @functools.wraps(f)
    def wrapper(x):
        return 2 * f(x)
    return wrapper
@twice
def act(x):
    return x + 1
"""
    text, expression, _ = program(shell, cell, "act")
    assert value(text, expression)(1) == 4


@pytest.mark.parametrize(
    ("cell", "argument", "result"),
    [
        ("f = lambda x: x + 1", 1, 2),
        ("f, g = lambda x: x + 1, lambda x: x + 2", 1, 2),
        ("SCALE = 3\nf = lambda x: (x\n    * SCALE)", 2, 6),
        ("f = (lambda a: lambda x: x + a)(5)", 1, 6),
    ],
)
def test_lambdas(shell: Any, cell: str, argument: int, result: int) -> None:
    text, expression, _ = program(shell, cell, "f")
    assert value(text, expression)(argument) == result


def test_classes_registered_or_not(shell: Any) -> None:
    cell = """
import keras
from keras.layers import Dense
class Base(keras.layers.Layer):
    factor = 2
    def scaled(self, x):
        return x * self.factor
@keras.saving.register_keras_serializable("mine")
class Mine(Base):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.dense = Dense(units)
    def call(self, x):
        return self.scaled(self.dense(x))
"""
    text, expression, names = program(shell, cell, "Mine")
    assert names == ["Base", "Mine"]
    assert "from keras.layers import Dense" in text
    assert value(text, expression)(3)(np.ones((1, 2))).shape == (1, 3)


def test_losses_and_metrics(shell: Any) -> None:
    cell = """
from keras import ops
import keras
def my_loss(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred))
class MyMetric(keras.metrics.Mean):
    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(my_loss(y_true, y_pred))
"""
    text, expression, names = program(shell, cell, "MyMetric")
    assert names == ["my_loss", "MyMetric"]
    assert value(text, expression)().name == "mean"


def test_what_can_be_imported_is_imported() -> None:
    assert of_object(math.floor)[1] == "floor"
    assert "from math import floor" in of_object(math.floor)[0]
    assert of_object(keras.activations.relu)[1] == "keras.activations.relu"
    assert of_object(np.array([1, 2], dtype="int8"))[1] == 'np.array([1, 2], dtype="int8")'


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("handle = object()\ndef f(x):\n    return handle", "handle"),
        ("import numpy as np\nbig = np.zeros(10_000)\ndef f(x):\n    return big", "10,000 values"),
        ("exec('def f(x): return x')", "is unavailable"),
    ],
)
def test_what_cannot_be_written_is_named(shell: Any, cell: str, words: str) -> None:
    with pytest.raises(NoSourceError, match=words):
        program(shell, cell, "f")


def test_a_method_of_the_same_name_is_not_taken_for_the_function(shell: Any) -> None:
    cell = """
def scale(x):
    return 2 * x
class Other:
    def scale(self, x):
        return 3 * x
def outer():
    def scale(x):
        return 4 * x
"""
    text, expression, _ = program(shell, cell, "scale")
    assert "self" not in text and value(text, expression)(1) == 2


def test_of_two_functions_of_one_name_the_right_one_is_taken(shell: Any) -> None:
    cell = "def f(x):\n    return x + 1\ng = f\ndef f(x):\n    return x + 2"
    text, expression, _ = program(shell, cell, "g")
    assert value(text, expression)(1) == 2


def test_lambdas_that_differ_by_defaults_are_told_apart(shell: Any) -> None:
    text, expression, _ = program(
        shell, "f, g = (lambda x, k=2: x * k), (lambda x, k=3: x * k)", "g"
    )
    assert value(text, expression)(1) == 3


def test_a_lambda_of_a_script_that_imports_its_module(tmp_path: Any, monkeypatch: Any) -> None:
    import importlib

    (tmp_path / "lambda_script.py").write_text("from keras import ops\nf = lambda t: ops.tanh(t)\n")
    monkeypatch.syspath_prepend(tmp_path)
    text, expression, _ = of_object(importlib.import_module("lambda_script").f)
    assert expression == "lambda t: ops.tanh(t)" and "from keras import ops" in text


def test_a_function_without_a_source_is_noted_and_no_unknown_name_is_written() -> None:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec("def act(x):\n    return x", space)
    builder = SequentialBuilder([keras.layers.Dense(2, activation=space["act"])], input_shape=(3,))
    source = builder._bench.source()
    assert "activation=NotImplemented" in source.text and "custom_objects" not in source.text
    assert any("function act" in note and "Insert it" in note for note in source.notes)
