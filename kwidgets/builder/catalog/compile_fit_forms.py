"""The forms of ``compile`` and ``fit``: the arguments of Keras that they show."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

import keras

from kwidgets.builder.catalog import signatures
from kwidgets.builder.protocol import Parameter


def _form(
    method: Any, names: Mapping[str, Mapping[str, Any]], documented: Mapping[str, str]
) -> list[Parameter]:
    """Return the fields of some arguments of a method; ``changes`` override the guess."""
    signature = inspect.signature(method).parameters
    found = []
    for name, changes in names.items():
        known = signature.get(name)
        default = None if known is None else known.default
        parameter = signatures.parameter(name, default, documented.get(name, ""), required=False)
        parameter["basic"] = False
        parameter.update(changes)  # type: ignore[typeddict-item]
        found.append(parameter)
    return found


def _compile_form() -> list[Parameter]:
    method = keras.Model.compile
    return _form(
        method,
        {
            "optimizer": {"field": "object", "section": "optimizers", "basic": True},
            "loss": {"field": "object", "section": "losses", "basic": True, "nullable": True},
            "metrics": {
                "field": "objects",
                "section": "metrics",
                # No class: Keras chooses the accuracy that fits the loss.
                "choices": ["accuracy"],
                "basic": True,
                "nullable": True,
            },
            "loss_weights": {"field": "python", "nullable": True},
            "weighted_metrics": {"field": "objects", "section": "metrics", "nullable": True},
            "run_eagerly": {"field": "bool"},
            "steps_per_execution": {"field": "int", "minimum": 1},
            "jit_compile": {"field": "choice", "choices": ["auto", True, False]},
            "auto_scale_loss": {"field": "bool"},
        },
        signatures.documentation_of(method),
    )


def _fit_form() -> list[Parameter]:
    method = keras.Model.fit
    documented = signatures.documentation_of(method)
    validation = (
        "{} for evaluating the model after each epoch. It is not used for training, so it shows "
        "the performance on new data. Passed to `fit` as `validation_data`."
    )
    return _form(
        method,
        {
            "x": {"field": "data", "required": True, "nullable": False, "basic": True},
            "y": {"field": "data", "nullable": True, "basic": True},
            "validation_x": {
                "field": "data",
                "nullable": True,
                "basic": True,
                "help": validation.format("Input data, or a dataset of inputs and targets,"),
            },
            "validation_y": {
                "field": "data",
                "nullable": True,
                "basic": True,
                "help": validation.format("Target data for `validation_x`,"),
            },
            "validation_split": {"field": "float", "minimum": 0, "basic": True},
            "epochs": {"field": "int", "minimum": 1, "basic": True},
            # Keras's own default is None, which means 32.
            "batch_size": {
                "field": "int",
                "default": 32,
                "nullable": False,
                "minimum": 1,
                "basic": True,
            },
            "callbacks": {
                "field": "objects",
                "section": "callbacks",
                "nullable": True,
                "basic": True,
            },
            "shuffle": {"field": "bool"},
            "initial_epoch": {"field": "int", "minimum": 0},
            "steps_per_epoch": {"field": "int", "minimum": 1, "nullable": True},
            "validation_steps": {"field": "int", "minimum": 1, "nullable": True},
            "validation_freq": {"field": "ints", "minimum": 1},
            "class_weight": {"field": "python", "nullable": True},
            "sample_weight": {"field": "data", "nullable": True},
        },
        documented,
    )


# Fields of the Compile tab and the Fit tab.
FORMS: Final[dict[str, list[Parameter]]] = {"compile": _compile_form(), "fit": _fit_form()}
