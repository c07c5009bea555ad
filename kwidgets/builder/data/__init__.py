"""The user's data, as plain data, and the notebook that it comes from."""

from kwidgets.builder.data.arrays import (
    DataInfo,
    Statistics,
    as_samples_of,
    as_wire,
    describe,
    element_shape,
    forget,
    roles,
    scan,
    target_shape,
)

__all__ = [
    "DataInfo",
    "Statistics",
    "as_samples_of",
    "as_wire",
    "describe",
    "element_shape",
    "forget",
    "roles",
    "scan",
    "target_shape",
]
