"""Find what is wrong with ``sample_weight`` and ``class_weight``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from kwidgets.insight.data.finding import MAX_ROWS, Finding, fetch_line
from kwidgets.language import t

# Numbers of more weights are not searched: during a fit, the time of a search is limited.
_MAX_SIZE: Final = 10_000_000


def weight_findings(arguments: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Finding]:
    """NaN and infinite weights: Keras multiplies the loss by them, without a check.

    Args:
        arguments: of fit.
        names: the code of each argument.
    """
    name = names.get("sample_weight") or "sample_weight"
    values = _numbers(arguments.get("sample_weight"))
    if values is not None and values.ndim and values.size <= _MAX_SIZE:
        bad = ~np.isfinite(values)
        rows = np.flatnonzero(bad.reshape(len(values), -1).any(axis=1))
        if rows.size:
            shown = tuple(map(int, rows[:MAX_ROWS]))
            line = f"{name} = np.nan_to_num({name})" if name.isidentifier() else ""
            yield _finding(name, int(rows.size), len(values), shown, line)
    weights = arguments.get("class_weight")
    given = list(weights.values()) if isinstance(weights, Mapping) else []
    values = _numbers(given)
    if values is not None and values.size and not np.isfinite(values).all():
        code = names.get("class_weight") or "class_weight"
        yield _finding(code, int((~np.isfinite(values)).sum()), len(given))


def _finding(
    name: str, count: int, total: int, rows: tuple[int, ...] = (), line: str = ""
) -> Finding:
    title = t("%1 contains NaN or infinite weights", name)
    text = t(
        "%1 of the %2 weights in %3 are NaN or infinite. The first batch with one turns the loss "
        "and all weights of the model into NaN. Use finite numbers, 0 for what is to be ignored.",
        f"{count:,}",
        f"{total:,}",
        name,
    )
    fetch = fetch_line(name, rows, False) if rows else ""
    return Finding(
        f"nan-weights:{name}", "error", title, text, "", rows, count if rows else 0, fetch, line
    )


def _numbers(weights: Any) -> np.ndarray | None:
    """Return plain weights as an array; None for those of several outputs, and for no numbers."""
    if weights is None or isinstance(weights, (str, bytes, Mapping)):
        return None
    try:
        return np.asarray(weights, dtype="float64")
    except (TypeError, ValueError, RuntimeError):
        return None
