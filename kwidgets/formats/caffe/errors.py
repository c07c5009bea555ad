"""Why a layer does not become one of Keras."""

from __future__ import annotations

from collections.abc import Sequence

from kwidgets.formats.errors import FormatError
from kwidgets.language import Message, t


class UnsupportedLayerError(Exception):
    """Keras has no such layer: the model ends before it.

    Attributes:
        reason: for the report.
    """

    def __init__(self, reason: Message) -> None:
        super().__init__(reason["key"])
        self.reason = reason


class WeightsMismatchError(Exception):
    """The arrays in the caffemodel do not have the shapes that the prototxt asks for.

    Attributes:
        problem: a sentence with both shapes.
        output_shape: of the layer's output without the batch, with the axes of Keras.
        axes: of the output, as in :class:`Blob`.
    """

    def __init__(self, problem: str, output_shape: Sequence[int], axes: Sequence[int]) -> None:
        super().__init__(problem)
        self.problem = problem
        self.output_shape = tuple(output_shape)
        self.axes = tuple(axes)


def invalid(field: str, value: object, valid: str) -> FormatError:
    """Return the error for a field with a value that is not valid.

    Args:
        field: its name in the prototxt.
        value: what came.
        valid: what is valid, in symbols.
    """
    return FormatError(t("The field “%1” is “%2”. Valid: %3.", field, value, valid))
