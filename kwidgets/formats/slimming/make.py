"""Make a smaller copy, and compare it with the model on the same data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import keras
import numpy as np

from kwidgets.dry_run import no_trace
from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.compare import compare, nan_notes
from kwidgets.formats.export.model_data import ModelData, read_data
from kwidgets.formats.export.model_signature import outputs_of
from kwidgets.formats.export.prepared import Arrays, Signature
from kwidgets.formats.export.result import Metric
from kwidgets.formats.export.user_rows import read_twice
from kwidgets.formats.slimming.copy_model import is_graph, weight_bytes
from kwidgets.formats.slimming.dead_units import without_dead_units
from kwidgets.formats.slimming.quantize import half_precision, quantized
from kwidgets.formats.slimming.slimmed import Method, SlimFacts
from kwidgets.language import Message, message, t

# Of the samples, to see whether a copy is one.
_COPY_ROWS: Final = 32


# Later models get the names and weights that they would have had.
@no_trace()
def make_slim(
    model: keras.Model,
    method: Method,
    samples: Any,
    validation_data: Any,
    namespace: Mapping[str, Any],
) -> tuple[Any, SlimFacts]:
    """Return a smaller copy, and what it costs.

    Args:
        model: built.
        method: how.
        samples, validation_data: as for ``kw.export``.
        namespace: where to look for data.

    Raises:
        FormatError: the method does not fit the model or the data.
    """
    if method == "dead_units":
        # They are read twice: all rows for the units, the first ones to compare.
        samples, validation_data = read_twice(samples), read_twice(validation_data)
    data = read_data(model, samples, validation_data, namespace)
    notes: list[Message]
    if method == "dead_units":
        if data.random:
            raise FormatError(
                t("Dead units are found on data. Pass samples=…, some rows of the input.")
            )
        smaller, notes = without_dead_units(model, data.sources, data.signature)
    elif method == "float16":
        smaller, notes = half_precision(model)
    else:
        smaller, notes = quantized(model, method, lambda copied: _is_same(copied, model, data))
    _, outputs = outputs_of(smaller, data.signature, data.samples.inputs)
    names = [spec.name for spec in data.signature.outputs]
    compared = dict(zip(names, outputs.values(), strict=True))
    metrics: tuple[Metric, ...] = ()
    if data.validation is not None and data.measure is not None:
        _, validated = outputs_of(smaller, data.signature, data.validation.inputs)
        validated = {
            name: each.astype("float32") if each.dtype.kind == "f" else each
            for name, each in zip(names, validated.values(), strict=True)
        }
        found = data.measure(validated, data.validation.targets, data.validation.weights)
        metrics = tuple(
            Metric(name, value, found[name])
            for name, value in data.validation.metrics.items()
            if name in found
        )
    return smaller, SlimFacts(
        method=method,
        model_name=str(model.name),
        bytes_before=weight_bytes(model),
        bytes_after=weight_bytes(smaller),
        parameters_before=int(model.count_params()),
        parameters_after=int(smaller.count_params()),
        metrics=metrics,
        num_validation=len(data.validation) if data.validation else 0,
        difference=compare(data.samples.outputs, compared, data.classes),
        samples_from=data.samples.source,
        notes=(
            *data.notes,
            *nan_notes(data.samples.outputs, compared, message("the smaller model")),
            *notes,
        ),
        code=_code(method, model),
    )


def _is_same(copied: Any, model: Any, data: ModelData) -> bool:
    """Return whether a copy predicts what the model predicts, as far as that is the same twice."""
    inputs = {name: each[:_COPY_ROWS] for name, each in data.samples.inputs.items()}
    expected = {name: each[:_COPY_ROWS] for name, each in data.samples.outputs.items()}
    if _close(copied, inputs, expected, data.signature):
        return True
    return not _close(model, inputs, expected, data.signature)


def _close(model: Any, inputs: Arrays, expected: Arrays, signature: Signature) -> bool:
    _, outputs = outputs_of(model, signature, inputs)
    return all(
        np.allclose(got, want, rtol=1e-3, atol=1e-4, equal_nan=True)
        if want.dtype.kind in "biuf"
        else np.array_equal(got, want)
        for got, want in zip(outputs.values(), expected.values(), strict=True)
    )


def _code(method: Method, model: Any) -> str:
    if method in ("int8", "int4"):
        return (
            "import keras\n\n"
            'model.save("model.keras")\n'
            'small = keras.saving.load_model("model.keras")\n'
            f'small.quantize("{method}")\n'
        )
    if method == "float16" and not any(map(is_graph, model.layers)):
        return (
            "import keras\n\n"
            "def half(layer):\n"
            "    config = layer.get_config()\n"
            '    return type(layer).from_config({**config, "dtype": "float16"})\n\n'
            "small = keras.models.clone_model(model, clone_function=half)\n"
            'model.save_weights("model.weights.h5")\n'
            'small.load_weights("model.weights.h5")\n'
        )
    return ""
