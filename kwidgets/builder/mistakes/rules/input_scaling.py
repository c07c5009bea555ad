"""Rules for the scale of the inputs: pixels and table columns far outside 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Iterator

from kwidgets.builder.data import DataInfo
from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import format_number, format_range
from kwidgets.builder.mistakes.layer_groups import CONVOLUTIONS
from kwidgets.builder.mistakes.rules.embedding import unembedded_token_ids
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import layer
from kwidgets.language import t

RULES: list[Rule] = []

# Inputs above this slow down learning: weights start near zero.
_LARGE_INPUT = 100
# The same for whole numbers from 0 on that are arranged as pixels.
_LARGE_PIXEL = 8
# The largest values of images with 16 or 17 shades of grey, then the bounds for 8-bit images.
_LOW_DEPTH_MAXIMA = (15, 16)
_NEARLY_BLACK = 15
_NEARLY_WHITE = 200
_SMALLEST_SIDE = 8
# So many columns of whole numbers are more likely token ids than measurements.
_MANY_COLUMNS = 20


def _large_inputs(situation: Situation, large: float = _LARGE_INPUT) -> DataInfo | None:
    """Return x if a layer that learns receives its large values unscaled."""
    x, first = situation.x, situation.first_learning_step
    if x is None or x.statistics is None or first is None:
        return None
    values = x.statistics
    if values.minimum is None or values.maximum is None:
        return None
    if not (first.is_a("Dense", *CONVOLUTIONS, "SeparableConv2D") or first.is_recurrent):
        return None
    return x if max(abs(values.minimum), abs(values.maximum)) > large else None


def _are_pixels(situation: Situation, x: DataInfo) -> bool:
    """Return whether values and shape are those of images, not of series, counts or game boards."""
    values = x.statistics
    assert values is not None and values.minimum is not None and values.maximum is not None
    if not values.is_integer or values.minimum < 0:
        return False
    sizes = [size or 0 for size in (x.shape or ())[1:]]
    # Any set of images has nearly black and nearly white pixels.
    contrast = values.minimum <= _NEARLY_BLACK and _NEARLY_WHITE <= values.maximum <= 255
    small = values.maximum in _LOW_DEPTH_MAXIMA and math.prod(sizes) <= _SMALLEST_SIDE**2
    if not (contrast or small or (x.dtype == "uint8" and values.maximum > _LARGE_INPUT)):
        return False
    if len(sizes) in (3, 4):
        height, width = sizes[-3:-1]
        return sizes[-1] in (1, 3, 4) and min(height, width) >= _SMALLEST_SIDE
    if len(sizes) == 2:
        first = situation.first_learning_step
        steps = first is not None and (first.is_recurrent or first.is_a("Conv1D"))
        even = max(sizes) == min(sizes) if steps else max(sizes) <= 2 * min(sizes)
        return min(sizes) >= _SMALLEST_SIDE and even
    if len(sizes) == 1:
        # Flattened images of at least 8 × 8 pixels, grey or coloured.
        sides = [math.isqrt(sizes[0] // channels) for channels in (1, 3)]
        square = any(side**2 * c == sizes[0] for side, c in zip(sides, (1, 3), strict=True))
        return sizes[0] >= _SMALLEST_SIDE**2 and (square or x.dtype == "uint8")
    return False


@rule(RULES, "unscaled-pixels", "warning")
def unscaled_pixels(situation: Situation) -> Iterator[Finding]:
    """Initial weights suit inputs around 0 to 1; with 0 to 255 the first steps are far too large.
    (Keras: Rescaling)
    """
    x = _large_inputs(situation, _LARGE_PIXEL)
    if x is None or not _are_pixels(situation, x) or unembedded_token_ids(situation) is not None:
        return
    assert x.statistics is not None
    low, high = x.statistics.minimum or 0, x.statistics.maximum or 0
    # Some cameras and data sets have values up to 15 or 16 instead of 255.
    top = 255 if high > _LARGE_INPUT else int(high)
    yield Finding(
        t("Pixels are not scaled"),
        t(
            "%1 contains values %2, but models train best on values from about 0 to 1. Add "
            "Rescaling as the first layer, or divide: %3.",
            x.name,
            format_range(low, high),
            f"{x.name} = {x.name} / {top}",
        ),
        "input",
        Fix(
            t("Insert %1", f"Rescaling(1/{top})"),
            lambda spec: edits.insert_first(spec, layer("keras.layers.Rescaling", scale=1 / top)),
        ),
    )


@rule(RULES, "unscaled-numbers", "warning")
def unscaled_numbers(situation: Situation) -> Iterator[Finding]:
    """Table columns in the hundreds outweigh the others and cause large steps."""
    x = _large_inputs(situation)
    if x is None or _are_pixels(situation, x) or unembedded_token_ids(situation) is not None:
        return
    assert x.statistics is not None
    low, high = x.statistics.minimum or 0, x.statistics.maximum or 0
    if _may_be_token_ids(x):
        yield Finding(
            t("Inputs are not scaled"),
            t(
                "%1 contains integers up to %2. If they are measurements or counts, scale them "
                "to about 0 to 1; if they are word indices, add Embedding as the first layer.",
                x.name,
                format_number(high),
            ),
            "input",
        )
        return
    text = t(
        "%1 contains values from %2 to %3, but models train best on values from about 0 to 1. "
        "Add BatchNormalization as the first layer, or scale the columns to mean 0 and standard "
        "deviation 1.",
        x.name,
        format_number(low),
        format_number(high),
    )
    yield Finding(
        t("Inputs are not scaled"),
        text,
        "input",
        Fix(
            t("Insert BatchNormalization"),
            lambda spec: edits.insert_first(spec, layer("keras.layers.BatchNormalization")),
        ),
    )


def _may_be_token_ids(x: DataInfo) -> bool:
    """Return whether x has many columns of large whole numbers: measurements, or token ids."""
    values, columns = x.statistics, (x.shape or ())[1:]
    return (
        values is not None
        and len(columns) == 1
        and (columns[0] or 0) >= _MANY_COLUMNS
        and x.dtype.startswith(("int", "uint"))
        and values.is_integer
        and (values.minimum or 0) >= 0
    )
