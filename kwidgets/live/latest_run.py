"""Remember the training that began last in this kernel: ``latest``."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kwidgets.live.run.fit_run import FitRun

if TYPE_CHECKING:
    from kwidgets.live.callback import LivePlot
    from kwidgets.live.loop.live_loop import LiveLoop

# The run is kept, since it drops its model at its end; a LivePlot has a reference to the model.
_latest: tuple[weakref.ref[Any], FitRun, Callable[[], Any]] | None = None
_latest_model: weakref.ref[Any] | None = None
_runs = 0


def latest() -> LivePlot | LiveLoop | None:
    """Return the LivePlot of the most recent fit in this kernel, or None.

    Use it for a fit whose view was created by ``%load_ext kwidgets``:
    ``kwidgets.latest().history``. If the most recent training was a loop, return its LiveLoop.
    """
    if _latest is None:
        return None
    reference, run, make = _latest
    live = reference()
    if live is None:
        live = make()
        live._run = run
    return live  # type: ignore[no-any-return]


def recorded_run_of(model: object) -> str | None:
    """Return the id of the record of the latest training, if it was of this very model."""
    if _latest is None or _latest_model is None or _latest_model() is not model:
        return None
    return _latest[1].state.reader.store.recorded_as


def describe_fits() -> str:
    """Return how many trainings this kernel has watched, and the status of the latest one."""
    if _latest is None:
        return "none"
    progress = _latest[1].describe_progress()
    detail = f" ({progress['detail']})" if progress["detail"] else ""
    return f"{_runs}; the latest: {progress['status']}{detail}"


def remember(live: LivePlot | LiveLoop, run: FitRun, make: Callable[[], Any]) -> None:
    """Record that ``run`` starts. ``make`` creates an object for it if ``live`` is not kept."""
    global _latest, _latest_model, _runs
    _latest = weakref.ref(live), run, make
    # A loop may have no model.
    model = run.state.model
    _latest_model = None if model is None else weakref.ref(model)
    _runs += 1
