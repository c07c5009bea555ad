"""Read the data that a model is compared on, and what the model makes of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np

from kwidgets.formats.export.compare import has_classes
from kwidgets.formats.export.metrics import Metrics, is_limited, metrics_of
from kwidgets.formats.export.model_signature import input_specs, outputs_of
from kwidgets.formats.export.prepared import Arrays, Samples, Signature, TensorSpec
from kwidgets.formats.export.user_data import find, take_inputs, take_weighted
from kwidgets.language import Message, message, translated

#: Rows that are compared, that the metrics are computed on, and that integers are calibrated with.
COMPARED: Final = 128
VALIDATED: Final = 1_000
CALIBRATED: Final = 200
_RANDOM_ROWS: Final = 32
# The size of an axis that may have any, in random inputs.
_FREE_SIZE: Final = 16
_MAX_RANDOM_BYTES: Final = 256_000_000


@dataclass(frozen=True)
class ModelData:
    """Data, and what a model makes of them.

    Attributes:
        signature: of the model.
        samples: that are compared.
        random: whether these are random numbers.
        validation, measure: for the metrics; both None without.
        classes: by the name of the output, whether it is one of classes.
        calibration, calibration_from: for 8-bit integers, and where they come from.
        notes: what could not be done.
        sources: the samples and the validation inputs, as the user has them, with all rows.
    """

    signature: Signature
    samples: Samples
    random: bool
    validation: Samples | None
    measure: Metrics | None
    classes: Mapping[str, bool]
    calibration: Arrays
    calibration_from: Message
    notes: tuple[Message, ...]
    sources: tuple[Any, ...] = ()


def read_data(
    model: keras.Model,
    samples: Any = None,
    validation_data: Any = None,
    namespace: Mapping[str, Any] | None = None,
    calibration: Any = None,
) -> ModelData:
    """Return the data, with the outputs and metrics of the model; it is called without training.

    Args:
        model: built.
        samples: rows of its input, to compare with; None to look for them.
        validation_data: ``(x, y)``, or what yields such batches; None to look for them.
        namespace: where to look.
        calibration: rows of its input, for 8-bit integers; None for the samples.

    Raises:
        FormatError: the data do not fit the model.
    """
    specs, structure = input_specs(model, samples)
    unknown = Signature(specs, (), structure)
    given, validation = _choose(samples, validation_data, unknown, namespace or {})
    notes: list[Message] = []
    inputs = (
        random_inputs(specs) if given.value is None else take_inputs(given.value, unknown, COMPARED)
    )
    signature, outputs = outputs_of(model, unknown, inputs)
    loss = _loss_name(model)
    validated, measure = _validated(model, signature, validation, notes)
    if calibration is not None:
        calibrating = take_inputs(calibration, signature, CALIBRATED)
        calibration_from: Message = message("those that you passed")
    elif given.value is not None:
        calibrating, calibration_from = inputs, given.source
    else:
        calibrating = inputs
        calibration_from = message(
            "random numbers, so the sizes of activations are guessed; pass calibration="
        )
    return ModelData(
        signature=signature,
        samples=Samples(inputs, outputs, given.source),
        random=given.value is None,
        validation=validated,
        measure=measure,
        classes={name: has_classes(each, loss) for name, each in outputs.items()},
        calibration=calibrating,
        calibration_from=calibration_from,
        notes=tuple(notes),
        sources=_sources(given, validation),
    )


def _sources(given: _Given, validation: _Given | None) -> tuple[Any, ...]:
    found = [] if given.value is None else [given.value]
    if validation is not None and not any(validation.value is each for each in found):
        found.append(validation.value)
    return tuple(found)


class _Given:
    """What the user gave or the notebook has, before it is read."""

    def __init__(self, value: Any, source: Message, y: Any = None, weights: Any = None) -> None:
        self.value, self.source, self.y, self.weights = value, source, y, weights


def _choose(
    samples: Any, validation_data: Any, signature: Signature, namespace: Mapping[str, Any]
) -> tuple[_Given, _Given | None]:
    validation = None
    if validation_data is not None:
        x, y, weights = _parts(validation_data)
        validation = _Given(x, message("the validation data that you passed"), y, weights)
    if samples is not None:
        given = _Given(samples, message("the samples that you passed"))
        return given, validation
    if validation is not None:
        # Only arrays can be read twice.
        if not hasattr(validation.value, "__next__"):
            return _Given(validation.value, validation.source), validation
        return _Given(None, message("random numbers")), validation
    found = find(namespace, signature)
    if found is None:
        return (
            _Given(
                None,
                message("random numbers of the shape of the input; pass samples= for your own"),
            ),
            None,
        )
    given = _Given(namespace[found.x], message("the variable %1", found.x))
    if found.y is not None:
        source = message("the variables %1 and %2", found.x, found.y)
        validation = _Given(namespace[found.x], source, namespace[found.y])
    return given, validation


def _parts(data: Any) -> tuple[Any, Any, Any]:
    if isinstance(data, (tuple, list)) and len(data) in (2, 3):
        return data[0], data[1], data[2] if len(data) == 3 else None
    return data, None, None


def _validated(
    model: keras.Model, signature: Signature, given: _Given | None, notes: list[Message]
) -> tuple[Samples | None, Metrics | None]:
    """Return the validation data with the metrics of the model on them."""
    if given is None:
        return None, None
    measure = metrics_of(model, signature)
    if measure is None:
        notes.append(message("The model is not compiled, so there are no metrics to compare."))
        return None, None
    inputs, targets, weights = take_weighted(
        given.value, given.y, given.weights, signature, VALIDATED
    )
    if targets is None:
        notes.append(message("The validation data have no targets, so no metric is compared."))
        return None, None
    _, outputs = outputs_of(model, signature, inputs)
    try:
        found = measure(outputs, targets, weights)
        limited = is_limited(outputs, targets, _loss_name(model))
    # Targets of another kind, found by their name or passed by mistake.
    except Exception as error:
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else ""
        notes.append(
            message("The metrics were not computed on %1: %2", translated(given.source), first)
        )
        return None, None
    if limited:
        notes.append(
            message(
                "The loss is computed from the outputs, as for a file, and Keras limits "
                "probabilities to 1e-7: model.evaluate may give a larger loss."
            )
        )
    if _is_penalised(model):
        notes.append(
            message(
                "The loss is without the penalties of regularizers, which depend on no file: "
                "model.evaluate adds them."
            )
        )
    return Samples(inputs, outputs, given.source, targets, found, weights), measure


def _is_penalised(model: Any) -> bool:
    """Return whether a loss of evaluate has more parts than that of the outputs."""
    return any(
        getattr(layer, "activity_regularizer", None) is not None
        for layer in model._flatten_layers()
    ) or any(getattr(each, "regularizer", None) is not None for each in model.trainable_variables)


def random_inputs(specs: tuple[TensorSpec, ...]) -> Arrays:
    """Return inputs of the right shape, the same ones each time."""
    generator = np.random.default_rng(0)
    inputs: Arrays = {}
    for spec in specs:
        shape = (
            _RANDOM_ROWS,
            *(_FREE_SIZE if side is None else side for side in spec.shape[1:]),
        )
        if spec.dtype == "string":
            words = ["a short text", "another one", "and a third, longer text"]
            inputs[spec.name] = np.array(words, object)[generator.integers(0, 3, shape)]
        elif spec.dtype.startswith(("int", "uint")):
            # Small numbers are valid as indices of any embedding that has more than one row.
            inputs[spec.name] = generator.integers(0, 2, shape).astype(spec.dtype)
        elif spec.dtype == "bool":
            inputs[spec.name] = generator.random(shape) > 0.5
        else:
            dtype = "float32" if "16" in spec.dtype else spec.dtype
            inputs[spec.name] = generator.standard_normal(shape).astype(dtype)
        size = math.prod(shape) * inputs[spec.name].itemsize
        if size > _MAX_RANDOM_BYTES:
            inputs[spec.name] = inputs[spec.name][:2]
    fewest = min(len(each) for each in inputs.values())
    return {name: each[:fewest] for name, each in inputs.items()}


def _loss_name(model: Any) -> str:
    loss = getattr(model, "loss", None)
    names = [
        str(getattr(each, "name", None) or getattr(each, "__name__", each))
        for each in keras.tree.flatten(loss)
        if each is not None
    ]
    return " ".join(names)
