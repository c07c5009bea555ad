"""Read what a Keras model takes and returns."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import keras
import numpy as np

from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.prepared import Arrays, Signature, Structure, TensorSpec
from kwidgets.formats.export.runtimes.keras_file import texts
from kwidgets.formats.export.runtimes.runtime import as_array
from kwidgets.formats.export.unchanged import unchanged
from kwidgets.formats.export.user_data import as_rows
from kwidgets.language import t

_BATCH: Final = 32


def input_specs(
    model: keras.Model, samples: Any = None
) -> tuple[tuple[TensorSpec, ...], Structure]:
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
            "The inputs of “%1” are not known. Call the model once, and pass samples=…, some rows "
            "of its input.",
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
    return TensorSpec(
        name, (None, *tensor.shape[1:]), keras.backend.standardize_dtype(tensor.dtype)
    )


def _of_samples(samples: Any) -> tuple[tuple[TensorSpec, ...], Structure]:
    def one(name: str, value: Any) -> TensorSpec:
        array = as_array(as_rows(value))
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
    return Signature(inputs, specs, structure, returned, _batch_size(model)), arrays


def _batch_size(model: Any) -> int | None:
    tensors = getattr(model, "inputs", None)
    return tensors[0].shape[0] if tensors else None


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


def outputs_of(model: Any, signature: Signature, inputs: Arrays) -> tuple[Signature, Arrays]:
    """Return the outputs of a model for all rows, without training and without compiled functions.

    Args:
        model: the model, or a copy of it.
        signature: of its inputs; the outputs need not be known.
        inputs: by name.

    Returns:
        the whole signature, and the outputs by name.
    """
    count = len(next(iter(inputs.values())))
    fixed = _batch_size(model)
    size = fixed or _BATCH
    parts: list[Arrays] = []
    whole = signature
    with unchanged(model), _no_gradient():
        for start in range(0, count, size):
            rows = np.arange(start, start + size if fixed else min(start + size, count))
            # Where each batch has as many rows, the last one is filled, and cut again.
            batch = {name: each[np.minimum(rows, count - 1)] for name, each in inputs.items()}
            given = keras.tree.map_structure(
                lambda each: each if each.dtype.kind in "OU" else keras.ops.convert_to_tensor(each),
                signature.packed(texts(batch)),
            )
            outputs = model(_tensors_of_texts(given), training=False)
            whole, arrays = with_outputs(signature.inputs, signature.structure, model, outputs)
            parts.append(arrays)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return whole, {name: each[:count] for name, each in joined.items()} if fixed else joined


def _tensors_of_texts(given: Any) -> Any:
    """Return texts as TensorFlow's tensors, which layers that read texts want on each backend."""

    def one(leaf: Any) -> Any:
        if not isinstance(leaf, np.ndarray):
            return leaf
        import tensorflow as tf

        return tf.constant([str(each) for each in leaf.ravel()], shape=leaf.shape)

    return keras.tree.map_structure(one, given)


@contextlib.contextmanager
def _no_gradient() -> Iterator[None]:
    if keras.backend.backend() == "torch":
        import torch

        with torch.no_grad():
            yield
    else:
        yield
