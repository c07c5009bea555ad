"""Short programs as text, in the manner of Keras's guides: their data, model, compile and fit."""

from __future__ import annotations

import dataclasses
from typing import Any

import kwidgets as kw
from kwidgets.insight.check.check import Checked

IMPORTS = """
import keras
import numpy as np
import pandas as pd
from keras import layers, ops
"""


@dataclasses.dataclass(frozen=True)
class Program:
    """A program that trains a model.

    Args:
        name: what it is.
        data: the statements that make its data.
        model: the statements that make ``model``, and compile it.
        fit: the call of fit, a single expression.
    """

    name: str
    data: str
    model: str
    fit: str = "model.fit(x_train, y_train, epochs=5)"


def run(program: Program) -> dict[str, Any]:
    """Run a program up to its fit, and return its variables."""
    space: dict[str, Any] = {"__name__": "program"}
    for source in (IMPORTS, program.data, program.model):
        exec(compile(source, f"<{program.name}>", "exec"), space)
    return space


def check(program: Program, space: dict[str, Any]) -> Checked:
    """Check the model with the arguments of the program's fit."""
    call = program.fit.replace("model.fit(", "kw.check(model, ", 1)
    checked = eval(call, {**space, "kw": kw})
    assert isinstance(checked, Checked)
    return checked
