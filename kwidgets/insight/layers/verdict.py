"""Say where a NaN came from: an input, a target, a layer, the loss, or the learning rate."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.layers.measurement import LayerMeasurement, Measurement
from kwidgets.language import Message, message

#: Rows that are listed, and bytes that are looked at in one go.
LISTED: Final = 20
_CHUNK: Final = 16_000_000

Cause = Literal["input", "target", "layer", "loss", "gradient", "learning_rate", "unknown"]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Where a NaN came from.

    Args:
        cause: the kind of place.
        title: a sentence that names the place.
        text: the evidence, and what to do.
        where: the name of the layer; "x", "y" or "loss" otherwise.
        step: after which the loss was found to be NaN.
        batch: of the data in their order, from 0; None if it is not known. With ``shuffle``, fit
            makes other batches of the rows.
        rows: of the data, those that are NaN first; at most 20.
        row_count: of all rows.
        code: fetches the first row; "" where that is not known.
    """

    cause: Cause
    title: Message
    text: Message
    where: str = ""
    step: int = 0
    batch: int | None = None
    rows: tuple[int, ...] = ()
    row_count: int = 0
    code: str = ""

    @property
    def is_known(self) -> bool:
        """Whether it names a place or a reason, and not only that the loss is NaN."""
        return self.cause != "unknown"


def rows_not_finite(array: Any, seconds: float = 2.0) -> NDArray[np.intp]:
    """Return the numbers of the rows with NaN or infinite values.

    Args:
        array: (rows, …); what is no array of floating-point numbers has none.
        seconds: a larger array is looked at only so long.
    """
    kind = getattr(getattr(array, "dtype", None), "kind", None)
    if kind in ("i", "u", "b", "S", "U") or not hasattr(array, "shape") or not array.shape:
        return np.zeros(0, np.intp)
    length = int(array.shape[0])
    row_bytes = 8 * max(1, int(np.prod([int(side) for side in array.shape[1:]] or [1])))
    size = max(1, _CHUNK // row_bytes)
    until = time.monotonic() + seconds
    found: list[NDArray[np.intp]] = []
    for start in range(0, length, size):
        part = (
            array.iloc[start : start + size]
            if hasattr(array, "iloc")
            else (array[start : start + size])
        )
        values = np.asarray(part.detach().cpu() if hasattr(part, "detach") else part)
        if values.dtype.kind not in "fc":
            break
        bad = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        found.append(np.flatnonzero(bad) + start)
        if time.monotonic() > until:
            break
    return np.concatenate(found) if found else np.zeros(0, np.intp)


def data_verdict(
    cause: Literal["input", "target"],
    rows: NDArray[np.intp],
    step: int,
    batch_size: int,
    code: Callable[[int], str],
) -> Verdict:
    """Return the verdict about rows that are not finite.

    Args:
        cause: whether they are inputs or targets.
        rows: their numbers, at least one.
        step: after which the loss was NaN.
        batch_size: of the fit.
        code: returns what fetches a row.
    """
    first = int(rows[0])
    title = (
        message("NaN in the inputs: row %1", f"{first:,}")
        if cause == "input"
        else message("NaN in the targets: row %1", f"{first:,}")
    )
    return Verdict(
        cause=cause,
        title=title,
        text=message(
            "Rows of the training data with values that are NaN or infinite: %1. One in a batch "
            "makes the loss NaN, and then all weights. Remove or fill these rows.",
            f"{len(rows):,}",
        ),
        where="x" if cause == "input" else "y",
        step=step,
        batch=first // batch_size,
        rows=tuple(rows[:LISTED].tolist()),
        row_count=len(rows),
        code=code(first),
    )


def measured_verdict(
    measured: Iterable[tuple[int, Measurement]],
    step: int,
    good_step: int,
    batch_size: int,
    order: Sequence[str],
) -> Verdict | None:
    """Return the verdict from batches that were run with the last good weights; None if all of
    them are finite.

    Args:
        measured: (number of the batch, what it makes of the layers); read until one is not finite.
        step: after which the loss was NaN.
        good_step: that of the weights.
        batch_size: of the fit.
        order: the names of the layers with weights, in the order of the model.
    """
    for number, each in measured:
        if each.finite:
            continue
        steps = max(0, step - good_step)
        found = _first_cause(each, order)
        cause, where, title, text = found
        return Verdict(
            cause=cause,
            title=title,
            text=_seen(text, number * batch_size, each.samples, steps),
            where=where,
            step=step,
            batch=number,
            rows=(number * batch_size,),
            row_count=each.samples,
        )
    return None


def _seen(text: Message, first: int, samples: int, steps: int) -> Message:
    """Return a text that is followed by the rows and the weights that showed the NaN."""
    rows = f"{first:,}", f"{first + samples - 1:,}"
    if steps == 1:
        return message("%1 Seen in rows %2 to %3, with the weights of 1 step before.", text, *rows)
    return message(
        "%1 Seen in rows %2 to %3, with the weights of %4 steps before.", text, *rows, f"{steps:,}"
    )


def _first_cause(
    measured: Measurement, order: Sequence[str]
) -> tuple[Cause, str, Message, Message]:
    layer = next((layer for layer in measured.layers if not layer.finite), None)
    if layer is not None:
        return (
            "layer",
            layer.name,
            message("NaN first appears in the layer %1", layer.name),
            message(
                "The inputs and all layers before it are finite, and what it returns is not. Look "
                "for a division by zero, or the log or sqrt of a number below 0."
            ),
        )
    if not np.isfinite(measured.loss):
        return (
            "loss",
            "loss",
            message("NaN first appears in the loss"),
            message(
                "The inputs, the targets and all activations are finite, and the loss is not. "
                "Look for log(0) or a division by zero in the loss, or predictions that are very "
                "large."
            ),
        )
    by_name: dict[str, LayerMeasurement] = measured.by_name
    # The backward pass runs from the end: the last layer in call order is the first to be NaN.
    bad = [name for name in order if name in by_name and not by_name[name].gradient_finite]
    where = bad[-1] if bad else ""
    return (
        "gradient",
        where,
        message("NaN first appears in the gradient at or after the layer %1", where),
        message(
            "All activations and the loss are finite, and the gradient is not. Look for sqrt or a "
            "norm at exactly 0."
        ),
    )


def growth_verdict(growth: tuple[str, float, int] | None, step: int, checked: bool) -> Verdict:
    """Return the verdict where no batch shows a NaN.

    Args:
        growth: the layer whose norm grew most, how much, and over how many steps; None if it is not
            known.
        step: after which the loss was NaN.
        checked: whether batches were run with good weights.
    """
    if growth is not None and growth[1] >= 2:
        name, ratio, steps = growth
        return Verdict(
            cause="learning_rate",
            title=message("The weights grew until the loss was NaN"),
            text=message(
                "The norm of %1 grew to %2 times its size in %3 steps: the learning rate is "
                "probably too high. Try a tenth of it, or clipnorm=1.0 in the optimizer.",
                name,
                f"{ratio:.1f}",
                f"{steps:,}",
            ),
            where=name,
            step=step,
        )
    text = (
        message(
            "With the last good weights, no batch gives a NaN. Probably the learning rate is too "
            "high: try a tenth of it."
        )
        if checked
        else message(
            "The batches cannot be run again. Check the data for NaN, and try a smaller learning "
            "rate."
        )
    )
    return Verdict("unknown", message("The loss is NaN"), text, step=step)
