"""What the user says of tasks and classes holds for every fit: by a call, and by a magic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import kwidgets as kw

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = (X[:, 0] > 0).astype("float32")


@pytest.fixture
def run_magic() -> Iterator[Any]:
    """Return what runs a line of %kwidgets."""
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "kwidgets")
    try:
        yield lambda line: shell.run_line_magic("kwidgets", line)
    finally:
        kw.watch(False)
        shell.run_line_magic("unload_ext", "kwidgets")
        shell.user_ns.pop("kinds", None)


@pytest.fixture(scope="module")
def model() -> Any:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return model


def fitted(model: Any) -> Any:
    # With verbose=0, nothing is shown and read.
    model.fit(X, Y, validation_data=(X, Y), verbose=2)
    return kw.latest().predictions.latest


def test_watch_says_task_and_names(run_magic: Any, model: Any) -> None:
    assert fitted(model).task == "binary"
    kw.watch(task="regression")
    assert fitted(model).task == "regression"
    kw.watch(class_names=["low", "high"])
    latest = fitted(model)
    assert (latest.task, latest.class_names) == ("binary", ("low", "high"))


def test_magics_say_task_and_names_until_auto(run_magic: Any, model: Any) -> None:
    run_magic("task regression")
    assert fitted(model).task == "regression"
    InteractiveShell.instance().user_ns["kinds"] = ["low", "high"]
    run_magic("task auto")
    run_magic("classes kinds")
    assert fitted(model).class_names == ("low", "high")
    run_magic("live on")
    assert fitted(model).class_names == ("low", "high"), "only the view was turned on"
    run_magic("classes auto")
    assert fitted(model).class_names == ("0", "1")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("task", "Specify a task"),
        ("task clasification", "one of 'classification'"),
        ("classes", "Specify names"),
        ("classes nowhere", "'nowhere' is not defined"),
        ('classes "text"', "list of texts"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(run_magic: Any, line: str, text: str) -> None:
    run_magic("task regression")
    with pytest.raises(UsageError, match=text):
        run_magic(line)
    from kwidgets.live.auto import auto_view

    assert auto_view.options["task"] == "regression"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"task": "clasification"}, ValueError),
        ({"task": 3}, TypeError),
        ({"class_names": "ab"}, TypeError),
    ],
)
def test_watch_refuses_by_name(options: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(options))):
        kw.watch(**options)
