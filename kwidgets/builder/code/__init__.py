"""Writes a spec as Python source that makes the same model without kwidgets."""

from kwidgets.builder.code.formatting import WIDTH
from kwidgets.builder.code.writer import Source, restoring_code, to_code

__all__ = [
    "WIDTH",
    "Source",
    "restoring_code",
    "to_code",
]
