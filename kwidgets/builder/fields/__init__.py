"""Reads, checks and serializes the values of form fields."""

from kwidgets.builder.fields.checks import DEFAULT, check, check_arguments
from kwidgets.builder.fields.encode import from_wire, to_wire
from kwidgets.builder.fields.errors import (
    FieldError,
    did_you_mean,
    unknown_argument,
    unknown_class,
    unknown_name,
)
from kwidgets.builder.fields.typed_text import read

__all__ = [
    "DEFAULT",
    "FieldError",
    "check",
    "check_arguments",
    "did_you_mean",
    "from_wire",
    "read",
    "to_wire",
    "unknown_argument",
    "unknown_class",
    "unknown_name",
]
