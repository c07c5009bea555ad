"""The errors of importing and exporting models."""

from __future__ import annotations


class FormatError(ValueError):
    """A file or a model cannot be converted: says what came, what is valid, and what to do."""
