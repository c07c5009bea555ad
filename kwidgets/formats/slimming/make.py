"""Make a smaller copy, and compare it with the model on the same data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.compare import compare
from kwidgets.formats.export.model_data import read_data
from kwidgets.formats.export.model_signature import outputs_of
from kwidgets.formats.export.result import Metric
from kwidgets.formats.slimming.copy_model import weight_bytes
from kwidgets.formats.slimming.dead_units import without_dead_units
from kwidgets.formats.slimming.quantize import half_precision, quantized
from kwidgets.formats.slimming.slimmed import Method, SlimFacts
from kwidgets.language import Message, t


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
    data = read_data(model, samples, validation_data, namespace)
    notes: list[Message]
    if method == "dead_units":
        if data.random:
            raise FormatError(
                t("Dead units are found on data. Pass samples=…, some rows of the input.")
            )
        inputs = data.validation.inputs if data.validation else data.samples.inputs
        smaller, notes = without_dead_units(model, inputs, data.signature)
    elif method == "float16":
        smaller, notes = half_precision(model)
    else:
        smaller, notes = quantized(model, method)
    _, outputs = outputs_of(smaller, data.signature, data.samples.inputs)
    names = [spec.name for spec in data.signature.outputs]
    metrics: tuple[Metric, ...] = ()
    if data.validation is not None and data.measure is not None:
        _, validated = outputs_of(smaller, data.signature, data.validation.inputs)
        validated = {
            name: each.astype("float32") if each.dtype.kind == "f" else each
            for name, each in zip(names, validated.values(), strict=True)
        }
        found = data.measure(validated, data.validation.targets)
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
        difference=compare(
            data.samples.outputs,
            dict(zip(names, outputs.values(), strict=True)),
            data.classes,
        ),
        samples_from=data.samples.source,
        notes=(*data.notes, *notes),
        code=_code(method),
    )


def _code(method: Method) -> str:
    if method in ("int8", "int4"):
        return (
            "import keras\n\n"
            "small = keras.models.clone_model(model)\n"
            "small.set_weights(model.get_weights())\n"
            f'small.quantize("{method}")\n'
        )
    if method == "float16":
        return (
            "import keras\n\n"
            "def half(layer):\n"
            "    config = layer.get_config()\n"
            '    return type(layer).from_config({**config, "dtype": "float16"})\n\n'
            "small = keras.models.clone_model(model, clone_function=half)\n"
            "small.set_weights(model.get_weights())\n"
        )
    return ""
