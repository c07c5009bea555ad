"""SequentialBuilder, the public class: its methods, what it starts from, and argument checks."""

from kwidgets.builder.model.model_cache import BuilderError
from kwidgets.builder.sequential.sequential_builder import SequentialBuilder

__all__ = ["BuilderError", "SequentialBuilder"]
