"""Descriptions of the user's data, as plain data."""

from kwidgets.builder.data.data_info import (
    DataInfo,
    Statistics,
    as_wire,
    element_shape,
    target_shape,
)
from kwidgets.builder.data.tensorflow_datasets import as_samples_of
from kwidgets.builder.data.variables import describe, scan

__all__ = [
    "DataInfo",
    "Statistics",
    "as_samples_of",
    "as_wire",
    "describe",
    "element_shape",
    "scan",
    "target_shape",
]
