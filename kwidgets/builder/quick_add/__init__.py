"""The search field: reads "dense 128 relu" or "Dense(128)" and offers layers."""

from kwidgets.builder.quick_add.search_field import (
    COMMON,
    QuickError,
    describe,
    parse,
    read_object,
    search,
)

__all__ = [
    "COMMON",
    "QuickError",
    "describe",
    "parse",
    "read_object",
    "search",
]
