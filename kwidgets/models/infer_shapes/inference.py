"""What a model would be for given inputs: shapes and weights worked out on a twin of it, in a dry
run. The original is neither built nor called."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from keras import tree

from kwidgets.dry_run import LimitExceeded, dry_scope, run_limited
from kwidgets.language import t
from kwidgets.models.describe.layer_tree import children_of
from kwidgets.models.describe.model_summary import describe
from kwidgets.models.infer_shapes.dry_copy import make_twin
from kwidgets.models.infer_shapes.shape_text import ShapeProblemError, parse_shapes
from kwidgets.models.summary_data import LayerSummary, ModelSummary, Shape

_Shapes = tuple[tuple[Shape, ...], tuple[Shape, ...]]


def infer(model: Any, input_shapes: str) -> ModelSummary:
    """Describe ``model`` as it would be once called with inputs of these shapes.

    Args:
        model: any ``keras.Model``; its code is run, on a twin, under a limit of time and memory.
        input_shapes: as typed; see :func:`~kwidgets.models.infer_shapes.shape_text.parse_shapes`.

    Raises:
        ShapeProblemError: they cannot be read, or the model cannot take them.
    """
    inputs = parse_shapes(input_shapes)
    try:
        summary = run_limited(lambda: _called(model, inputs))
    except LimitExceeded as error:
        raise ShapeProblemError(
            t(
                "The model's code was cut off: %1. It is called once, without values: its call "
                "must be quick and must not allocate.",
                error,
            )
        ) from error
    except Exception as error:
        raise ShapeProblemError(
            t("The model cannot take %1: %2", input_shapes.strip(), _reason(error))
        ) from error
    return dataclasses.replace(summary, inferred_from=input_shapes.strip())


def _called(model: Any, inputs: Any) -> ModelSummary:
    calls: dict[int, list[_Shapes]] = {}

    def record(twin: Any, arguments: Any, outputs: Any) -> None:
        calls.setdefault(id(twin), []).append((_shapes(arguments), _shapes(outputs)))

    with dry_scope():
        twin = make_twin(model, record)
        twin(inputs)
        summary = describe(twin)
        root = _with_shapes(summary.root, twin, calls)
    # The optimizer is still the one that has seen no weights.
    return dataclasses.replace(summary, root=root, optimizer_parameters=None, optimizer_bytes=None)


def _with_shapes(
    summary: LayerSummary, layer: Any, calls: dict[int, list[_Shapes]]
) -> LayerSummary:
    """Put the shapes that were seen last where they belong: earlier calls were to build."""
    seen = calls.get(id(layer), ())
    changes: dict[str, Any] = {}
    if seen:
        changes["input_shapes"], changes["output_shapes"] = seen[-1]
    children = zip(summary.children, children_of(layer), strict=True)
    return dataclasses.replace(
        summary,
        children=tuple(_with_shapes(child, inner, calls) for child, inner in children),
        **changes,
    )


def _shapes(tensors: Any) -> tuple[Shape, ...]:
    return tuple(
        # JAX stands in a symbol for a size that is not known.
        tuple(size if isinstance(size, int) else None for size in tensor.shape)
        for tensor in tree.flatten(tensors)
        if hasattr(tensor, "shape")
    )


def _reason(error: BaseException) -> str:
    """What Keras means, without its wrapping: the innermost sentence."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines()]
    told = [
        line
        for line in lines
        if line
        and not re.match(
            r"Exception encountered when calling|Arguments received by|•|Could not automatically",
            line,
        )
    ]
    return told[0] if told else type(error).__name__
