"""Find inputs that hinder training: lengths that differ, constant and leaking columns, pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kwidgets.insight.data.columns import (
    columns_of,
    constant_columns,
    leaking_columns,
    row_number_columns,
)
from kwidgets.insight.data.finding import Finding
from kwidgets.insight.data.looked_at import LookedAt
from kwidgets.insight.data.measure import Measured
from kwidgets.language import t

_LISTED = 10
# Tables with more columns are one-hot or pixels, of which some never change.
_TABLE_COLUMNS = 50


def lengths(data: LookedAt) -> Iterator[Finding]:
    """Each row of x needs a target: fit refuses arrays of different lengths."""
    for role, other in (("x", "y"), ("validation_x", "validation_y")):
        first = next((each for each in data.measured if each.part.role == role), None)
        if first is None or first.part.view is None or first.part.is_batch:
            continue
        for each in data.measured:
            if each.part.role not in (role, other) or each.part.view is None or each is first:
                continue
            if each.part.view.rows != first.part.view.rows:
                yield Finding(
                    f"lengths:{each.part.role}:{each.part.name}",
                    "error",
                    t("Different numbers of rows"),
                    t(
                        "%1 has %2 rows, but %3 has %4. fit needs as many targets as inputs.",
                        first.part.name,
                        f"{first.part.view.rows:,}",
                        each.part.name,
                        f"{each.part.view.rows:,}",
                    ),
                    "y" if role == "x" else "validation_data",
                )


def empty(data: LookedAt) -> Iterator[Finding]:
    """No rows, nothing to learn."""
    for each in data.measured:
        if each.part.view is not None and each.part.view.rows == 0:
            yield Finding(
                f"empty:{each.part.role}:{each.part.name}",
                "error",
                t("%1 is empty", each.part.name),
                t("It has no rows."),
                each.part.role,
            )


def shapes(data: LookedAt) -> Iterator[Finding]:
    """Rows of validation need the shape that those of training have."""
    for role, other in (("x", "validation_x"), ("y", "validation_y")):
        training = {each.part.key: each for each in data.measured if each.part.role == role}
        for each in data.measured:
            if each.part.role != other or each.part.key not in training:
                continue
            one, two = training[each.part.key].part.view, each.part.view
            if one is None or two is None or one.shape[1:] == two.shape[1:]:
                continue
            ranks = {len(one.shape), len(two.shape)}
            if data.has_model or (len(ranks) == 1 and len(one.shape) > 1 and role == "x"):
                continue  # the model decides: sequences may differ in length
            yield Finding(
                f"shapes:{other}:{each.part.name}",
                "error",
                t("Validation data differs in shape"),
                t(
                    "Rows of %1 have shape %2, but rows of %3 have shape %4.",
                    training[each.part.key].part.name,
                    one.shape[1:],
                    each.part.name,
                    two.shape[1:],
                ),
                "validation_data",
            )


def constant(data: LookedAt) -> Iterator[Finding]:
    """A column that never changes carries no information; after scaling it may be NaN."""
    for each in data.of("x"):
        if each.part.is_batch:
            continue
        name, same = each.part.name, each.low is not None and each.low == each.high
        if same and each.part.rows >= 10 and each.deviation == 0:
            yield Finding(
                f"constant:x:{name}",
                "warning",
                t("%1 is constant", name),
                t(
                    "Every value of %1 is %2, so a model cannot learn from it.",
                    name,
                    f"{each.low:g}",
                ),
                "x",
            )
            continue
        columns = constant_columns(each)
        if not columns or columns_of(each) > _TABLE_COLUMNS or _may_be_tokens(each):
            continue
        names = [column.name for column in columns]
        shown = ", ".join(names[:_LISTED])
        view = each.part.view
        table = view is not None and bool(view.columns)
        indices = [column.index for column in columns]
        yield Finding(
            f"constant-columns:x:{name}",
            "hint",
            t("Columns never change"),
            t(
                "These columns of %1 have the same value in each row: %2. They carry no "
                "information.",
                name,
                shown,
            ),
            "x",
            line=f"{name} = {name}.drop(columns={names[:_LISTED]})"
            if table
            else f"{name} = np.delete({name}, {indices[:_LISTED]}, axis=1)",
        )


def _may_be_tokens(measured: Measured) -> bool:
    """Return whether rows are numbers of words, padded with 0."""
    view = measured.part.view
    return view is not None and view.dtype.startswith("int") and columns_of(measured) >= 8


def leaks(data: LookedAt) -> Iterator[Finding]:
    """A column from which the target can be read: the model learns to copy it."""
    targets = data.of("y")
    if len(targets) != 1 or data.is_first_batches or not targets[0].is_finite:
        return
    y = _as_numbers(data, targets[0])
    if y is None:
        return
    for each in data.of("x"):
        found = leaking_columns(each, *y)
        if not found:
            continue
        column, correlation = found[0]
        name, view = each.part.name, each.part.view
        table = view is not None and bool(view.columns)
        if table:
            line = f"{name} = {name}.drop(columns={[one.name for one, _ in found]})"
            fetch = f"{name}[{column.name!r}]"
        else:
            line = f"{name} = np.delete({name}, {[one.index for one, _ in found]}, axis=1)"
            fetch = f"{name}[:, {column.index}]"
        yield Finding(
            f"leak:x:{name}",
            "warning",
            t("A column gives the target away"),
            t(
                "Column %1 of %2 is nearly proportional to the target (correlation %3). If it is "
                "only known after the target, as a result of it, the model learns to copy it and "
                "fails on new data. Remove it then.",
                column.name,
                name,
                f"{correlation:.3f}",
            ),
            "x",
            fetch=fetch,
            line=line,
        )


def row_numbers(data: LookedAt) -> Iterator[Finding]:
    """An id or a row number: it says nothing about new rows, and may give the target away."""
    if data.is_first_batches:
        return
    for each in data.of("x"):
        for column in row_number_columns(each):
            name, view = each.part.name, each.part.view
            table = view is not None and bool(view.columns)
            in_order = _orders_labels(data, each, column.index)
            text = t(
                "Column %1 of %2 has a different value in each row, without gaps, like an id or "
                "a row number.",
                column.name,
                name,
            )
            text += " " + (
                t("Sorted by it, the rows are in order of the classes: it gives them away.")
                if in_order
                else t("Unless it is a time, it says nothing about new rows.")
            )
            yield Finding(
                f"row-numbers:x:{name}:{column.name}",
                "warning" if in_order else "hint",
                t("A column numbers the rows"),
                text + " " + t("Remove it."),
                "x",
                fetch=f"{name}[{column.name!r}]" if table else f"{name}[:, {column.index}]",
                line=f"{name} = {name}.drop(columns={[column.name]})"
                if table
                else f"{name} = np.delete({name}, {[column.index]}, axis=1)",
            )


def _orders_labels(data: LookedAt, x: Measured, column: int) -> bool:
    """Return whether the rows are grouped by class where they are sorted by a column."""
    y = _as_numbers(data, data.of("y")[0]) if len(data.of("y")) == 1 else None
    if y is None or data.labels is None or len(y[0]) != len(x.sample):
        return False
    labels = y[0][np.argsort(x.sample[:, column], kind="stable")]
    changes = int(np.count_nonzero(np.diff(labels)))
    return 0 < changes < 2 * len(np.unique(labels))


def _as_numbers(data: LookedAt, y: Measured) -> tuple[np.ndarray, np.ndarray] | None:
    """Return a number for each row of the targets, and the rows; None if rows have several."""
    if data.labels is not None:
        part = data.labels.part
        return data.labels.numbers, np.arange(part.start, part.start + len(data.labels.numbers))
    if not y.is_single or not y.sample.size:
        return None
    return y.sample.reshape(-1), y.sample_rows


def unscaled(data: LookedAt) -> Iterator[Finding]:
    """Pixels from 0 to 255: models train best on values around 0 to 1."""
    if data.has_model:
        return  # the rules about models know whether a layer scales them
    for each in data.of("x"):
        view, high = each.part.view, each.high
        if view is None or high is None or each.low is None or len(view.shape) < 3:
            continue
        if each.whole and each.low >= 0 and 100 < high <= 255:
            name = each.part.name
            simple = name.isidentifier() and not each.part.is_batch
            yield Finding(
                f"unscaled:x:{name}",
                "hint",
                t("Pixels are not scaled"),
                t(
                    "%1 contains values from %2 to %3. Begin the model with Rescaling(1/255), or "
                    "divide.",
                    name,
                    f"{each.low:g}",
                    f"{high:g}",
                ),
                "x",
                line=f"{name} = {name} / 255" if simple else "keras.layers.Rescaling(1 / 255)",
            )
