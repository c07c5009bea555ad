"""Programs are as a person who knows Keras would write them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from kwidgets.builder.code import WIDTH, to_code
from kwidgets.builder.sequential import SequentialBuilder
from kwidgets.builder.spec import LayerSpec, ModelSpec, ObjectSpec, Variable
from kwidgets.builder.spec import layer as layer_spec


def _(class_name: str, **arguments: Any) -> LayerSpec:
    return layer_spec(f"keras.layers.{class_name}", **arguments)


def code_of(*entries: LayerSpec, **changes: Any) -> str:
    return to_code(ModelSpec(layers=entries, **changes)).text


def test_a_model_with_all_that_a_program_has() -> None:
    spec = ModelSpec(
        input={"shape": (28, 28)},
        layers=(
            _("Rescaling", scale=1 / 255),
            _("Flatten"),
            _(
                "Dense",
                units=128,
                activation="relu",
                kernel_regularizer=ObjectSpec("keras.regularizers.L2", {"l2": 0.01}),
            ),
            _("Dropout", rate=0.5),
            LayerSpec("off", ObjectSpec("keras.layers.ReLU"), enabled=False),
            _("Dense", units=10, activation="softmax"),
        ),
        compile={
            "optimizer": ObjectSpec("keras.optimizers.Adam", {"learning_rate": 0.01}),
            "loss": "sparse_categorical_crossentropy",
            "metrics": ("accuracy",),
        },
        fit={"x": Variable("x_train"), "y": Variable("y_train"), "epochs": 5},
    )
    assert (
        to_code(
            spec,
            data="import keras\nimport numpy as np\nfrom files import load, seed\nseed(1)\n"
            "import late; x_train, y_train = load()",
        ).text
        == """\
import keras
import numpy as np
from files import load, seed
from keras import layers

seed(1)
import late; x_train, y_train = load()

model = keras.Sequential(
    [
        keras.Input(shape=(28, 28)),
        layers.Rescaling(1 / 255),
        layers.Flatten(),
        layers.Dense(
            128, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01)
        ),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)

model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.01),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)

model.fit(x_train, y_train, epochs=5)
"""
    )


def test_a_model_made_afresh_has_no_names_in_its_program() -> None:
    keras.utils.clear_session(free_memory=False)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    assert "name" not in SequentialBuilder(model).to_code()
    later = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    assert 'name="dense_2"' in SequentialBuilder(later).to_code()


def test_an_empty_model() -> None:
    assert code_of() == "import keras\n\nmodel = keras.Sequential()\n"


def test_one_line_freezes_a_model_of_which_all_layers_are_frozen() -> None:
    frozen = _("Dense", units=2, trainable=False)
    block = LayerSpec("b", ObjectSpec("keras.Sequential", {"trainable": False}), children=(frozen,))
    assert "layers.Dense(2, trainable=False)" in code_of(block)
    code = code_of(block, frozen, trainable=False)
    assert code.endswith("model.trainable = False\n") and "trainable=False" not in code
    # As in Keras, the argument is the model's own: the layer's weights still have their mark.
    code = code_of(_("Dense", units=2), trainable=False)
    assert "layers.Dense(2),\n    ],\n    trainable=False,\n" in code


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(["units", "activation", "name", "kernel_initializer", "dtype", "trainable"])
LAYERS = st.builds(
    lambda title, arguments: _(title, **arguments),
    st.sampled_from(["Dense", "Conv2D", "LSTM", "Dropout", "TimeDistributed"]),
    st.dictionaries(NAMES, VALUES, max_size=4),
)


@pytest.mark.once
@given(st.lists(LAYERS, max_size=5), st.none() | st.text(max_size=8), VALUES)
def test_whatever_is_in_a_spec_its_program_compiles(
    entries: list[LayerSpec], name: str | None, shape: Any
) -> None:
    spec = ModelSpec(name=name, layers=tuple(entries), input={"shape": shape})
    text = to_code(spec).text
    tree = ast.parse(text)
    assert text == to_code(spec).text
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert len(calls) >= 1 + len(entries)


@pytest.mark.once
@given(VALUES)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    entry = _("Dense", units=value)
    call = next(
        node
        for node in ast.walk(ast.parse(code_of(entry)))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "layers.Dense"
    )
    given = [*call.args, *(keyword.value for keyword in call.keywords)][0]
    found = eval(compile(ast.Expression(given), "<value>", "eval"), {"float": float})
    assert repr(found) == repr(value)


@pytest.mark.once
@pytest.mark.skipif(not Path(sys.executable).with_name("ruff").exists(), reason="needs ruff")
def test_programs_are_formatted_as_black_formats(tmp_path: Path) -> None:
    from tests.builder.round_trip.known import MODELS
    from tests.builder.round_trip.stacks import generated

    titles = ["Dense", "Conv2D", "LSTM", "RNN", "Bidirectional", "TimeDistributed", "Reshape"]
    cases = [case.make for case in generated(titles)][:35] + [
        make for make in MODELS if make.__name__ not in ("own_layers", "lambdas", "transfer")
    ]
    for number, make in enumerate(cases):
        text = SequentialBuilder(make()).to_code()
        (tmp_path / f"{number}.py").write_text(text)
        long = [line for line in text.splitlines() if len(line) > WIDTH]
        assert not [line for line in long if '{"module"' not in line and "def " not in line], long
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "format", "--isolated", "--line-length", "88", "--diff", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[:3000]
