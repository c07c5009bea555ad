"""Find validation data that does not measure what it should: another scale, known rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kwidgets.insight.data.columns import columns_of
from kwidgets.insight.data.finding import Finding, fetch_line
from kwidgets.insight.data.looked_at import LookedAt
from kwidgets.insight.data.measure import Measured
from kwidgets.language import t

# How much the spread of training and validation data may differ; data of later years do by 2.
_OTHER_SCALE = 3.0
_FAR_OTHER_SCALE = 20.0
# Fewer rows show no spread.
_FEW_ROWS = 20
# A few equal rows are chance, or blank pictures.
_SOME_ROWS = 0.01
# So many values are equal in two rows only if one is a copy.
_COPIES = 16


def other_scale(data: LookedAt) -> Iterator[Finding]:
    """Validation data scaled in another way: the model sees values that it was not trained on."""
    for role, other in (("x", "validation_x"), ("y", "validation_y")):
        training = {each.part.key: each for each in data.measured if each.part.role == role}
        for validation in data.measured:
            if validation.part.role != other or validation.part.key not in training:
                continue
            one = training[validation.part.key]
            if one.part.name == validation.part.name:
                continue  # of validation_split: the same array
            if role == "y" and (data.labels is not None or one.whole):
                continue  # other rules are about classes
            found = _scales(one, validation)
            if found is not None:
                yield found


def _scales(training: Measured, validation: Measured) -> Finding | None:
    if min(training.part.rows, validation.part.rows) < _FEW_ROWS:
        return None
    if None in (training.deviation, validation.deviation, training.high, validation.high):
        return None
    factor = _factor(training.deviation or 0, validation.deviation or 0)
    columns = _other_columns(training, validation)
    if factor < _OTHER_SCALE and columns is None:
        return None
    if factor < _OTHER_SCALE and columns is not None:
        factor = columns
    name, other = training.part.name, validation.part.name
    text = t(
        "%1 ranges from %2 to %3 (standard deviation %4), but %5 ranges from %6 to %7 (%8). The "
        "model is measured on values that it was not trained on. Scale both in the same way, with "
        "numbers from the training data.",
        name,
        _number(training.low),
        _number(training.high),
        _number(training.deviation),
        other,
        _number(validation.low),
        _number(validation.high),
        _number(validation.deviation),
    )
    return Finding(
        f"other-scale:{validation.part.role}:{other}",
        "error" if factor >= _FAR_OTHER_SCALE else "warning",
        t("%1 is on another scale than %2", other, name),
        text,
        "validation_data",
        line=_rescaling(training, validation),
    )


def _rescaling(training: Measured, validation: Measured) -> str:
    """Return the statement that scales pixels as the others are scaled; "" for other values."""
    name, other = training.part.name, validation.part.name
    for one, two, code in (
        (training, validation, f"{other} = {other}"),
        (validation, training, f"{name} = {name}"),
    ):
        small = one.low is not None and one.low >= 0 and one.high is not None and one.high <= 1
        top = _largest_pixel(two)
        if small and top and not (one.part.is_batch or two.part.is_batch):
            return f"{code} / {top}"
    return ""


def _largest_pixel(measured: Measured) -> int:
    """Return by what pixels are divided: 255, or 15 or 16 shades; 0 if they are no pixels."""
    if measured.low is None or measured.low < 0 or measured.high is None:
        return 0
    if measured.whole and measured.high in (15, 16):
        return int(measured.high)
    return 255 if 200 <= measured.high <= 255 else 0


def _other_columns(training: Measured, validation: Measured) -> float | None:
    """Return by how much most columns of a table differ in spread or mean; None if few do."""
    count = columns_of(training)
    if count == 0 or columns_of(validation) != count:
        return None
    with np.errstate(all="ignore"):
        one, two = training.sample.astype(float), validation.sample.astype(float)
        spread, other = np.nanstd(one, axis=0), np.nanstd(two, axis=0)
        used = (spread > 0) & (other > 0)
        if used.sum() < max(2, count // 2):
            return None
        ratio = other[used] / spread[used]
        factors = np.maximum(ratio, 1 / ratio)
        shift = np.abs(np.nanmean(two, axis=0) - np.nanmean(one, axis=0))[used] / spread[used]
    differs = (factors > _OTHER_SCALE) | (shift > 2 * _OTHER_SCALE)
    if 2 * int(differs.sum()) <= len(differs):
        return None
    return float(np.median(np.maximum(factors, shift / 2)[differs]))


def _factor(one: float, two: float) -> float:
    if not np.isfinite(one) or not np.isfinite(two) or min(one, two) <= 0:
        return 1.0
    return max(one / two, two / one)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def known_rows(data: LookedAt) -> Iterator[Finding]:
    """Rows of the validation data that the model is trained on."""
    equal = data.equal
    if equal is None or data.is_first_batches:
        return
    x, others = data.of("x"), data.of("validation_x")
    if not x:
        return
    if equal.overlap_count and others:
        yield _overlap(data, x[0], others[0])
    share = equal.duplicate_count / max(1, equal.training)
    if equal.duplicate_count and share > _SOME_ROWS and _is_wide(x):
        name, rows = x[0].part.name, equal.duplicates
        yield Finding(
            f"duplicates:x:{name}",
            "hint",
            t("%1 contains equal rows", name),
            t(
                "%1 of %2 rows equal an earlier one. Training counts them twice; and if you "
                "split the data at random, validation contains rows of training.",
                f"{equal.duplicate_count:,}",
                f"{equal.training:,}",
            ),
            "",
            rows,
            equal.duplicate_count,
            fetch_line(name, rows, x[0].part.is_table),
        )


def _overlap(data: LookedAt, x: Measured, validation: Measured) -> Finding:
    equal = data.equal
    assert equal is not None
    share = equal.overlap_count / max(1, equal.validation)
    # In a table of few, coarse values, equal rows are chance.
    width = _width(data.of("x"))
    few = equal.duplicate_count <= 0.1 * equal.training
    likely = width >= _COPIES or (_is_wide(data.of("x")) and few)
    level = "warning" if share > _SOME_ROWS and likely else "hint"
    name, rows = validation.part.name, equal.overlap
    everything = equal.overlap_count == equal.validation
    split = x.part.name == name
    text = (
        t(
            "All %1 rows are in the training data too, so validation does not show how the model "
            "does on new data.",
            f"{equal.validation:,}",
        )
        if everything
        else t(
            "%1 of %2 validation rows are in the training data too. On them, the model has seen "
            "the answer, so the validation looks better than it is.",
            f"{equal.overlap_count:,}",
            f"{equal.validation:,}",
        )
    )
    if not equal.complete:
        text += " " + t("Not all rows were compared.")
    return Finding(
        f"overlap:validation_x:{name}",
        level,  # type: ignore[arg-type]
        t("Validation rows are in the training data"),
        text,
        "validation_split" if split else "validation_data",
        rows,
        equal.overlap_count,
        fetch_line(name, rows, validation.part.is_table),
    )


def _is_wide(x: tuple[Measured, ...]) -> bool:
    """Return whether rows have so many values that two are hardly equal by chance."""
    return _width(x) >= 4 or (len(x) == 1 and x[0].is_single and x[0].distinct is None)


def _width(x: tuple[Measured, ...]) -> float:
    """Return the values of a row. Whole numbers, such as ratings or tokens, count less: they are
    equal by chance more often."""
    return sum(
        each.part.view.row_size / (4 if each.whole else 1)
        for each in x
        if each.part.view is not None
    )
