"""Specs → Python source that makes the same model without kwidgets."""

from kwidgets.builder.code.writer import WIDTH, Source, restoring_code, to_code

__all__ = [
    "WIDTH",
    "Source",
    "restoring_code",
    "to_code",
]
