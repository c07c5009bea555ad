"""Describes tf.data datasets: shapes and dtypes of their elements, and whether they are batched."""

from __future__ import annotations

import dataclasses
from typing import Any

from kwidgets.builder.data.data_info import DataInfo, Shape
from kwidgets.builder.data.dtypes import dtype_name


def describe_tensorflow(name: str, dataset: Any) -> DataInfo:
    """Describe a dataset by its ``element_spec``: iterating it may take minutes."""
    spec = dataset.element_spec
    inputs, targets = spec, None
    if isinstance(spec, tuple) and spec:
        inputs, targets = spec[0], spec[1] if len(spec) > 1 else None
    shape, dtype = _shape_and_dtype(inputs)
    y_shape, y_dtype = _shape_and_dtype(targets)
    return DataInfo(
        name,
        "tf.data.Dataset",
        shape,
        dtype,
        y_shape=y_shape,
        y_dtype=y_dtype,
        batched=_batched(shape, y_shape),
    )


def _shape_and_dtype(spec: Any) -> tuple[Shape | None, str]:
    """Return shape and dtype of one tensor; None and "" for several, which no Sequential takes."""
    shape = getattr(spec, "shape", None)
    rank = getattr(shape, "rank", None)
    if shape is None or rank is None:
        return None, ""
    return tuple(shape), dtype_name(spec.dtype)


def _batched(shape: Shape | None, y_shape: Shape | None) -> bool | None:
    """Return whether the first dimension is a batch: it is open, or equal for inputs and targets.

    None if the shapes are equal: a batch of vectors, or one image for an autoencoder.
    """
    if shape is None:
        return None
    if not shape or y_shape == ():
        return False
    if shape[0] is None:
        # A sentence of any length has the same shape as a batch; the targets decide.
        return True if y_shape is None else y_shape[0] is None
    if shape == y_shape and len(shape) > 1:
        return None
    return y_shape is not None and y_shape[0] == shape[0]


def as_samples_of(info: DataInfo, sample: Shape | None) -> DataInfo:
    """Return a dataset's description with ``batched`` decided by the model's input shape.

    Args:
        info: of the dataset; any other is returned unchanged.
        sample: the shape of the model's input, without the batch.
    """
    shape = info.shape
    # An open first dimension is a batch in any case.
    if sample is None or not shape or not info.is_dataset or shape[0] is None or not info.y_shape:
        return info
    whole, rest = (_fits(part, sample) for part in (shape, shape[1:]))
    if whole != rest and (whole or info.batched is None):
        return dataclasses.replace(info, batched=rest)
    return info


def _fits(shape: Shape, sample: Shape) -> bool:
    """Whether a model for samples of one shape takes the other; Keras adds a last dimension."""
    return any(
        len(one) == len(sample)
        and all(None in pair or pair[0] == pair[1] for pair in zip(one, sample, strict=True))
        for one in (shape, (*shape, 1))
    )
