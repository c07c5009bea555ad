"""What slimming a model gives: the smaller model, and what it costs, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from kwidgets.formats.export.result import Difference, Metric
from kwidgets.language import Message

Method: TypeAlias = Literal["int8", "int4", "float16", "dead_units"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)


@dataclass(frozen=True)
class SlimFacts:
    """What a method did to a model.

    Attributes:
        method: one of :data:`METHODS`.
        model_name: of the model.
        bytes_before, bytes_after: of all weights.
        parameters_before, parameters_after: of the model.
        metrics: on the validation data; ``model`` is before, ``export`` after. Empty without them.
        num_validation: samples of the validation data.
        difference: of the outputs, on the samples.
        samples_from: where these come from.
        notes: what was changed and what was not.
        code: that does the same without kwidgets; "" where it is too long.
    """

    method: Method
    model_name: str
    bytes_before: int
    bytes_after: int
    parameters_before: int
    parameters_after: int
    metrics: tuple[Metric, ...]
    num_validation: int
    difference: Difference
    samples_from: Message
    notes: tuple[Message, ...] = ()
    code: str = ""
