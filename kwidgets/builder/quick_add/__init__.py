"""Parses layers that users type, "dense 128 relu" or "Dense(128)", and offers matching ones."""

from kwidgets.builder.quick_add.class_names import QuickError
from kwidgets.builder.quick_add.parser import parse, read_field, read_object
from kwidgets.builder.quick_add.search_field import search

__all__ = [
    "QuickError",
    "parse",
    "read_field",
    "read_object",
    "search",
]
