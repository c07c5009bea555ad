"""Describes a model as it would be for given input shapes, without building or calling it.

A copy of it is called in a dry run instead.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from keras import tree

from kwidgets.dry_run import LimitExceeded, dry_scope, run_limited
from kwidgets.language import t
from kwidgets.models.describe.layer_tree import children_of
from kwidgets.models.describe.model_summary import describe
from kwidgets.models.infer_shapes.copy_model import copy_for_dry_run
from kwidgets.models.infer_shapes.shape_text import ShapeProblemError, parse_shapes
from kwidgets.models.summary_data import LayerSummary, ModelSummary, Shape

_Shapes = tuple[tuple[Shape, ...], tuple[Shape, ...]]


def infer_summary(model: Any, input_shapes: str) -> ModelSummary:
    """Describe ``model`` as it would be once called with inputs of these shapes.

    Args:
        model: any ``keras.Model``; its code runs on a copy, under a limit of time and memory.
        input_shapes: as typed; see :func:`~kwidgets.models.infer_shapes.shape_text.parse_shapes`.

    Raises:
        ShapeProblemError: they cannot be read, or the model cannot take them.
    """
    inputs = parse_shapes(input_shapes)
    try:
        summary = run_limited(lambda: _summary_of_called_copy(model, inputs))
    except LimitExceeded as error:
        raise ShapeProblemError(
            t(
                "The model's code was stopped: %1. It is called once without values, so it must "
                "be fast and must not allocate much memory.",
                error,
            )
        ) from error
    except Exception as error:
        raise ShapeProblemError(
            t("The model does not accept %1: %2", input_shapes.strip(), _innermost_message(error))
        ) from error
    return dataclasses.replace(summary, inferred_from=input_shapes.strip())


def _summary_of_called_copy(model: Any, inputs: Any) -> ModelSummary:
    calls: dict[int, list[_Shapes]] = {}

    def record(copy: Any, arguments: Any, outputs: Any) -> None:
        calls.setdefault(id(copy), []).append((_tensor_shapes(arguments), _tensor_shapes(outputs)))

    with dry_scope():
        copy = copy_for_dry_run(model, record)
        copy(inputs)
        summary = describe(copy)
        root = _with_recorded_shapes(summary.root, copy, calls)
    # The optimizer was never built for these weights.
    return dataclasses.replace(summary, root=root, optimizer_parameters=None, optimizer_bytes=None)


def _with_recorded_shapes(
    summary: LayerSummary, layer: Any, calls: dict[int, list[_Shapes]]
) -> LayerSummary:
    """Add the shapes of each layer's last call; earlier calls may have been made to build it."""
    recorded = calls.get(id(layer), ())
    changes: dict[str, Any] = {}
    if recorded:
        changes["input_shapes"], changes["output_shapes"] = recorded[-1]
    children = zip(summary.children, children_of(layer), strict=True)
    return dataclasses.replace(
        summary,
        children=tuple(_with_recorded_shapes(child, inner, calls) for child, inner in children),
        **changes,
    )


def _tensor_shapes(tensors: Any) -> tuple[Shape, ...]:
    return tuple(
        # JAX puts a symbol in place of an unknown size.
        tuple(size if isinstance(size, int) else None for size in tensor.shape)
        for tensor in tree.flatten(tensors)
        if hasattr(tensor, "shape")
    )


def _innermost_message(error: BaseException) -> str:
    """Return the original message of an error that Keras has wrapped."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines()]
    meaningful = [
        line
        for line in lines
        if line
        and not re.match(
            r"Exception encountered when calling|Arguments received by|•|Could not automatically",
            line,
        )
    ]
    return meaningful[0] if meaningful else type(error).__name__
