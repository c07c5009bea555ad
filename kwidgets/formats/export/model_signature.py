"""Read what a Keras model takes and returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.prepared import Arrays, Signature, Structure, TensorSpec
from kwidgets.formats.export.runtimes.runtime import as_array
from kwidgets.language import t


def input_specs(model: keras.Model, samples: Any = None) -> tuple[tuple[TensorSpec, ...], Structure]:
    """Return the inputs of a model, and how they are passed.

    Args:
        model: built, or a model of one's own class with samples.
        samples: an array, list or dict, for a model that does not know its inputs.

    Raises:
        FormatError: they are not known.
    """
    tensors = getattr(model, "inputs", None)
    if tensors:
        return _of_tensors(model, tensors)
    if samples is not None and not hasattr(samples, "__next__"):
        return _of_samples(samples)
    raise FormatError(
        t(
            "The inputs of “%1” are not known. Pass samples=…, some rows of its input, and call the "
            "model once before.",
            model.name,
        )
    )


def _of_tensors(model: Any, tensors: Any) -> tuple[tuple[TensorSpec, ...], Structure]:
    passed = getattr(model, "input", tensors)
    if isinstance(passed, Mapping):
        specs = tuple(_spec(str(name), passed[name]) for name in sorted(passed))
        return specs, "dict"
    specs = tuple(_spec(each.name, each) for each in tensors)
    if any(isinstance(each, (list, tuple, Mapping)) for each in _items(passed)):
        raise FormatError(
            t("The inputs of “%1” are nested. Pass them as one list or one dict.", model.name)
        )
    is_list = isinstance(passed, (list, tuple)) and not (
        isinstance(model, keras.Sequential) and len(tensors) == 1
    )
    return specs, "list" if is_list and len(tensors) > 1 else "single"


def _items(passed: Any) -> list[Any]:
    return list(passed) if isinstance(passed, (list, tuple)) else []


def _spec(name: str, tensor: Any) -> TensorSpec:
    return TensorSpec(name, (None, *tensor.shape[1:]), keras.backend.standardize_dtype(tensor.dtype))


def _of_samples(samples: Any) -> tuple[tuple[TensorSpec, ...], Structure]:
    def one(name: str, value: Any) -> TensorSpec:
        array = as_array(value)
        dtype = "string" if array.dtype.kind == "U" else str(array.dtype)
        # Keras casts to this; 64-bit numbers are what NumPy happens to make.
        dtype = {"float64": "float32"}.get(dtype, dtype)
        return TensorSpec(name, (None, *array.shape[1:]), dtype)

    if isinstance(samples, Mapping):
        return tuple(one(str(name), samples[name]) for name in sorted(samples)), "dict"
    if isinstance(samples, (list, tuple)) and samples and hasattr(samples[0], "shape"):
        specs = tuple(one(f"input_{index}", each) for index, each in enumerate(samples))
        return specs, "list" if len(specs) > 1 else "single"
    return (one("input", samples),), "single"


def with_outputs(
    inputs: tuple[TensorSpec, ...], structure: Structure, model: keras.Model, outputs: Any
) -> tuple[Signature, Arrays]:
    """Return the whole signature, and the outputs of a batch by name.

    Args:
        inputs, structure: of :func:`input_specs`.
        model: the model.
        outputs: what it has returned.

    Raises:
        FormatError: they are nested.
    """
    names: list[str]
    values: list[Any]
    returned: Structure
    if isinstance(outputs, Mapping):
        names = sorted(map(str, outputs))
        values, returned = [outputs[name] for name in names], "dict"
    elif isinstance(outputs, (list, tuple)):
        values, returned = list(outputs), "list"
        names = _output_names(model, len(values))
    else:
        values, returned = [outputs], "single"
        names = _output_names(model, 1)
    if any(isinstance(each, (list, tuple, Mapping)) for each in values):
        raise FormatError(
            t("The outputs of “%1” are nested. Return one list or one dict of them.", model.name)
        )
    arrays = {name: as_array(to_host(each)) for name, each in zip(names, values, strict=True)}
    specs = tuple(
        TensorSpec(name, (None, *array.shape[1:]), _dtype(array)) for name, array in arrays.items()
    )
    return Signature(inputs, specs, structure, returned), arrays


def _output_names(model: Any, count: int) -> list[str]:
    names = [str(name) for name in getattr(model, "output_names", None) or ()]
    if len(names) == count and len(set(names)) == count:
        return names
    return [f"output_{index}" for index in range(count)] if count > 1 else ["output"]


def _dtype(array: Any) -> str:
    return "string" if array.dtype.kind == "U" else str(array.dtype)


def to_host(value: Any) -> Any:
    """Return a tensor of any backend as an array."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value
