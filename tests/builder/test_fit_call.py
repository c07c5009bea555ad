"""The Fit tab and the program show a call of fit in a notebook as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

SETUP = """
import keras, numpy as np
import kwidgets as kw
images = np.random.default_rng(0).integers(0, 255, (40, 6))
labels = np.arange(40) % 3
weights = np.linspace(0.5, 1, 40)
builder = kw.SequentialBuilder(["dense 3 softmax"], input_shape=(6,))
builder.compile("sgd", "sparse_categorical_crossentropy")
"""

Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def run() -> Iterator[Run]:
    """Run cells as a notebook does; gives the namespace."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False

    def run(cell: str) -> dict[str, Any]:
        shell.run_cell(cell, store_history=True).raise_error()
        return dict(shell.user_ns)

    run(SETUP)
    yield run
    InteractiveShell.clear_instance()


def program(space: dict[str, Any]) -> str:
    """The builder's program, which runs in a namespace of its own."""
    code: str = space["builder"].to_code()
    exec(code, {})
    return code


def call_in(code: str) -> str:
    return " ".join(code[code.index("model.fit(") :].split())


def test_expressions_are_written_as_they_were(run: Run) -> None:
    space = run(
        "builder.fit(images / 255, keras.ops.cast(labels, 'int32'), epochs=2, verbose=0,\n"
        "            validation_data=(images[:8] / 255, labels[:8]), sample_weight=weights)"
    )
    call = call_in(program(space))
    assert call.startswith("model.fit( images / 255, keras.ops.cast(labels, 'int32'),")
    assert "validation_data=(images[:8] / 255, labels[:8])" in call
    assert "sample_weight=weights" in call and "epochs=2" in call
    # Train evaluates the expressions again.
    space["builder"].train().wait(60)


def test_an_expression_is_data_like_any_other(run: Run) -> None:
    bench = run("builder.fit(images / 255, labels, verbose=0)")["builder"]._bench
    state = bench.describe()
    assert state["fit"]["errors"] == {}
    assert {"images / 255", "images"} <= {one["name"] for one in state["data"]}
    assert not [one for one in state["advice"] if one["level"] == "error"]


def test_a_call_with_data_without_a_name_is_left_out_with_a_note(run: Run) -> None:
    space = run("def train(x):\n    builder.fit(x / 255, labels, verbose=0)\ntrain(images)")
    code = program(space)
    assert ".fit(" not in code and "labels" not in code
    notes = space["builder"]._bench.source().notes
    assert any("call of fit is omitted" in note and "x" in note for note in notes)
    titles = [one["title"] for one in space["builder"]._bench.describe()["advice"]]
    assert "No targets" not in titles


def test_validation_data_without_a_name_is_left_out_with_a_note(run: Run) -> None:
    space = run(
        "def check(part):\n    return part\n"
        "pair = [(images[:8], labels[:8])]\n"
        "builder.fit(images, labels, verbose=0, validation_data=pair[0])"
    )
    assert "validation_data" not in program(space)
    assert any("validation data" in note for note in space["builder"]._bench.source().notes)


def test_class_weights_from_numpy_are_plain_numbers(run: Run) -> None:
    space = run(
        "builder.fit(images, labels, verbose=0,\n"
        "            class_weight=dict(zip(np.unique(labels), np.ones(3))))"
    )
    assert "class_weight={0: 1.0, 1: 1.0, 2: 1.0}" in call_in(program(space))


def test_an_error_names_a_variable_that_was_deleted(run: Run) -> None:
    space = run("builder.fit(images / 255, labels, verbose=0)")
    run("del images")
    with pytest.raises(ValueError, match=r"images / 255"):
        space["builder"].train()


def test_names_of_the_data_and_of_the_model_do_not_mix(run: Run) -> None:
    space = run(
        "layers = 3\nq = 2\nimages = images * q + layers\n"
        "def pin(q):\n"
        "    def loss(y_true, y_pred):\n"
        "        return keras.ops.mean(q * (y_true - y_pred) ** 2)\n"
        "    return loss\n"
        "def show():\n    return q\n"
    )
    space = run("builder.compile('sgd', pin(0.9)); builder.fit(images, images[:, :3], verbose=0)")
    code = program(space)
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["images"].tolist() == space["images"].tolist()
    loss = names["model"].loss
    assert float(loss(names["keras"].ops.ones(2), names["keras"].ops.zeros(2))) == pytest.approx(
        0.9
    )


STEER = """
class Steer(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            builder.run.set_learning_rate(0.25)
            builder.run.stop()
"""


@pytest.mark.parametrize("rate", ["0.01", "keras.optimizers.schedules.CosineDecay(0.1, 100)"])
def test_the_program_repeats_what_was_done_to_the_last_fit(run: Run, rate: str) -> None:
    run(
        f"{STEER}\nbuilder.compile(keras.optimizers.SGD({rate}), 'sparse_categorical_crossentropy')"
    )
    space = run("builder.train(images, labels, epochs=3, callbacks=[Steer()]).wait(60)")
    code = space["builder"].to_code()
    compile(code, "program.py", "exec")
    assert "# What was done to the last fit in its live view." in code
    assert "callbacks=[replay]" in code  # Steer is omitted, with a note
    if rate == "0.01":
        assert "replay = Replay({(0, 1): 0.25}, stop=(0, 1))" in code
    else:
        assert "replay = Replay({}, stop=(0, 1))" in code
        assert "iterations=[1]," in code and "rates=[0.25]," in code
        assert f"model.optimizer.learning_rate = hold({rate})" in " ".join(code.split())
    # It belongs to the model that was trained.
    run("builder.add('dropout')")
    assert "Replay" not in space["builder"].to_code()
