"""Check the arguments of ``LivePlot`` and ``LiveLoop`` that say how a view starts out."""

from __future__ import annotations

import math
from typing import Any, cast

from kwidgets.live import protocol

DEFAULTS: protocol.ViewOptions = {"x_axis": "step", "smoothing": 0.0, "log_scale": False}


def check_options(x_axis: object, smoothing: object, log_scale: object) -> protocol.ViewOptions:
    """Return the options of a view.

    Raises:
        TypeError: one of the wrong type.
        ValueError: one out of range.
    """
    if x_axis not in protocol.X_AXES:
        error = ValueError if isinstance(x_axis, str) else TypeError
        raise error(f"x_axis is one of {', '.join(map(repr, protocol.X_AXES))}; got {x_axis!r}.")
    if isinstance(smoothing, bool) or not isinstance(smoothing, int | float):
        raise TypeError(
            f"smoothing is a number from 0 to below 1; got {smoothing!r} "
            f"({type(smoothing).__name__}). Try smoothing=0.6."
        )
    if not (math.isfinite(smoothing) and 0 <= smoothing < 1):
        raise ValueError(
            f"smoothing is a number from 0 to below 1; got {smoothing!r}. Try smoothing=0.6."
        )
    if not isinstance(log_scale, bool):
        raise TypeError(
            f"log_scale is True or False; got {log_scale!r} ({type(log_scale).__name__})."
        )
    return protocol.ViewOptions(
        x_axis=cast(Any, x_axis), smoothing=float(smoothing), log_scale=log_scale
    )
