"""Check the arguments of ``LivePlot`` and ``LiveLoop`` that say how a view starts out."""

from __future__ import annotations

from typing import Any, cast

from kwidgets.live import protocol
from kwidgets.live.numbers.as_number import as_number, as_plain, describe_value

DEFAULTS: protocol.ViewOptions = {"x_axis": "step", "smoothing": 0.0, "log_scale": False}


def check_options(x_axis: object, smoothing: object, log_scale: object) -> protocol.ViewOptions:
    """Return the options of a view.

    Raises:
        TypeError: one of the wrong type.
        ValueError: one out of range.
    """
    if x_axis not in protocol.X_AXES:
        error = ValueError if isinstance(x_axis, str) else TypeError
        raise error(
            f"x_axis must be one of {', '.join(map(repr, protocol.X_AXES))}; got {x_axis!r}."
        )
    share = None if isinstance(smoothing, bool) else as_number(smoothing)
    if share is None or not 0 <= share < 1:
        raise (TypeError if share is None else ValueError)(
            f"smoothing must be a number from 0 to below 1; got {describe_value(smoothing)}. "
            "Try smoothing=0.6."
        )
    log_scale = as_plain(log_scale)
    if not isinstance(log_scale, bool):
        raise TypeError(
            f"log_scale must be True or False; got {log_scale!r} ({type(log_scale).__name__})."
        )
    return protocol.ViewOptions(x_axis=cast(Any, x_axis), smoothing=share, log_scale=log_scale)
