"""``LivePlot``, the Keras callback that watches a fit: passes each hook to a ``FitRun``."""

from __future__ import annotations

import contextvars
import difflib
import functools
import html
import logging
import math
import threading
import weakref
from typing import Any, cast

import keras
import plotly.graph_objects as go

from kwidgets.kernel import marimo_kernel
from kwidgets.live import protocol
from kwidgets.live.keras_internals.fit_frame import FitFrame
from kwidgets.live.numbers.history import History
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.cell_output import ViewTarget
from kwidgets.live.page.plotly_figure import make_figure
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.training_thread.command_queue import Command, check_learning_rate

logger = logging.getLogger("kwidgets")

DEFAULTS: protocol.ViewOptions = {"x_axis": "step", "smoothing": 0.0, "log_scale": False}


class LivePlot(keras.callbacks.Callback):
    """Watch and steer a fit from the notebook.

    Pass it to ``model.fit(..., callbacks=[live])``. The cell's output shows progress, a chart for
    each metric, and the controls Pause, Stop and Learning rate, which work while the cell runs.
    After the fit, the notebook keeps a picture with the same data.

    A fit trains to the same weights with and without it. Outside a notebook it shows nothing and
    only stores the numbers.

    Args:
        x_axis: what the charts' x axis counts at first: ``"step"`` (batches), ``"epoch"`` or
            ``"time"`` (seconds of training).
        smoothing: how much the batch curve is smoothed at first, from 0 (not at all) to below 1.
        log_scale: whether the y axes are logarithmic at first.

    Raises:
        TypeError: an unknown argument, or one of the wrong type.
        ValueError: an argument out of range.

    Example:
        >>> live = kwidgets.LivePlot()
        >>> model.fit(x, y, epochs=10, callbacks=[live], verbose=0)
        >>> live.history["loss"]
        >>> live.figure.write_html("training.html")
    """

    def __init__(
        self,
        *args: object,
        x_axis: protocol.XAxis = DEFAULTS["x_axis"],
        smoothing: float = DEFAULTS["smoothing"],
        log_scale: bool = DEFAULTS["log_scale"],
        **unknown: object,
    ) -> None:
        super().__init__()
        _check_arguments(args, unknown)
        self._options = _check_options(x_axis, smoothing, log_scale)
        self._context_of_creation = contextvars.copy_context()
        self._run: FitRun | None = None
        self._other_fit: FitFrame | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # Tuners copy or pickle their callbacks for each trial: a copy watches a fit of its own.
        return functools.partial(type(self), **self._options), ()

    def __repr__(self) -> str:
        return f"<LivePlot: {self.status or 'no fit yet'}>"

    def _display_(self) -> Any:
        """Return what marimo shows: a picture of the fit so far."""
        text = html.escape(repr(self)) if self._run is None else self._run.bundle()["text/html"]
        return marimo_kernel.html_element(text)

    # State, to be read by users.

    @property
    def status(self) -> protocol.Status | None:
        """The fit's state, or None before the first fit.

        While it runs "running", "paused" or "stopping"; then "finished", "stopped" (by the user),
        "interrupted" (by Ctrl-C) or "failed" (an exception ended it).
        """
        if self._run is None:
            return None
        self._run.notice_end()
        return self._run.status

    @property
    def history(self) -> History:
        """A copy of the numbers so far; empty before the first fit. From any thread."""
        return self._store.history()

    @property
    def figure(self) -> go.Figure:
        """A new plotly Figure of the data so far, one subplot a metric. From any thread.

        Its traces have at most 2,000 points each; ``history`` has all.
        """
        return make_figure(self._store, self._options["x_axis"], self._options["log_scale"])

    @property
    def _store(self) -> MetricStore:
        return self._run.store if self._run else MetricStore()

    # Commands. Each takes effect between two steps, and does nothing when no fit runs.

    def pause(self) -> None:
        """Pause the fit before its next batch, until :meth:`resume`. From any thread."""
        self._submit(Command("pause"))

    def resume(self) -> None:
        """Continue after :meth:`pause`. From any thread."""
        self._submit(Command("resume"))

    def stop(self) -> None:
        """End the fit after the running batch: ``fit`` returns its History. From any thread.

        As with Keras's ``stop_training``, the epoch's validation still runs.
        """
        self._submit(Command("stop"))

    def set_learning_rate(self, value: float) -> None:
        """Set the optimizer's learning rate from the next batch on. From any thread.

        It overrides a ``LearningRateSchedule`` until :meth:`follow_schedule`. If the rate cannot be
        set, a warning is logged and the fit continues unchanged.

        Args:
            value: the learning rate, above 0.

        Raises:
            TypeError: ``value`` is not a number.
            ValueError: ``value`` is not finite and above 0.
        """
        self._submit(Command("set_learning_rate", check_learning_rate(value), _warn_if_refused))

    def follow_schedule(self) -> None:
        """Let the optimizer's schedule set the learning rate again. From any thread.

        The schedule continues as if it had not been overridden. If no schedule is overridden, a
        warning is logged.
        """
        self._submit(Command("follow_schedule", reply=_warn_if_refused))

    def _output_context(self) -> contextvars.Context:
        """Return the context in which output goes to the fit's cell."""
        current = contextvars.copy_context()
        # A plain thread has an empty one, and its output would go to whatever cell ran last. Then
        # the cell that made this object is the best guess.
        return current if len(current) else self._context_of_creation

    def _view_target(self) -> ViewTarget | None:
        """Return what shows the view; None for the cell's output."""
        return None

    def _submit(self, command: Command) -> None:
        if self._run is None or self._run.ended:
            logger.info("%s has no effect: no fit runs with this LivePlot", command.kind)
        else:
            self._run.submit(command)

    # Keras's hooks. There is no on_train_batch_end on purpose: it would cost JAX half a step.

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if self._run is not None and self._run.is_running():
            logger.warning(
                "this LivePlot watches another fit that still runs; the new one goes on unwatched. "
                "Give it a LivePlot of its own."
            )
            if self._run.thread_id == threading.get_ident():
                self._other_fit = FitFrame()
            return
        if self._run is not None:
            self._run.abandon()  # an exception ended it just now
        self._run = None
        try:
            self._run = FitRun(
                self._model,
                self.params,
                self._options,
                self._output_context(),
                self._view_target(),
            )
        except Exception:
            logger.warning("LivePlot could not start; the fit goes on without it", exc_info=True)
        else:
            _remember_latest(self, self._run)
            self._run.begin()

    def _calling_run(self) -> FitRun | None:
        """Return the run of the fit that calls the hook, or None if it is not watched."""
        run = self._run
        if run is None or run.ended or run.thread_id != threading.get_ident():
            return None
        if self._other_fit is not None:
            if self._other_fit.is_running():
                return None
            self._other_fit = None
        return run

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if run := self._calling_run():
            run.begin_epoch(epoch)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if run := self._calling_run():
            run.begin_train_batch(batch)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        if run := self._calling_run():
            run.begin_validation()

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if run := self._calling_run():
            run.begin_validation_batch(batch)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        if run := self._calling_run():
            run.end_validation()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if run := self._calling_run():
            # Not a copy: later callbacks may add to it.
            run.end_epoch(epoch, {} if logs is None else logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if run := self._calling_run():
            run.end()


# The run is kept, since it drops its model at its end; a LivePlot has a reference to the model.
_latest: tuple[weakref.ref[LivePlot], FitRun] | None = None
_fits = 0


def latest() -> LivePlot | None:
    """Return the LivePlot of the fit that began last in this kernel, or None.

    Use it for a fit that got its view from ``%load_ext kwidgets``:
    ``kwidgets.latest().history``.
    """
    if _latest is None:
        return None
    reference, run = _latest
    live = reference()
    if live is None:
        live = LivePlot()
        live._run = run
    return live


def describe_fits() -> str:
    """Return how many fits this kernel has watched, and the status of the latest one."""
    if _latest is None:
        return "none"
    progress = _latest[1].describe_progress()
    detail = f" ({progress['detail']})" if progress["detail"] else ""
    return f"{_fits}; the latest: {progress['status']}{detail}"


def _remember_latest(live: LivePlot, run: FitRun) -> None:
    global _latest, _fits
    _latest = weakref.ref(live), run
    _fits += 1


def _warn_if_refused(ok: bool, message: str) -> None:
    if not ok:
        logger.warning("%s", message)


def _check_arguments(args: tuple[object, ...], unknown: dict[str, object]) -> None:
    """Raise for arguments that LivePlot does not take."""
    known = ", ".join(f"{name}={value!r}" for name, value in DEFAULTS.items())
    if args:
        raise TypeError(
            f"LivePlot takes keyword arguments only ({known}); got {args[0]!r}. "
            "The model and data go to model.fit(..., callbacks=[LivePlot()])."
        )
    for name in unknown:
        near = difflib.get_close_matches(name, DEFAULTS, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "Leave it out."
        raise TypeError(f"LivePlot got an unknown argument {name!r}; it takes {known}. {hint}")


def _check_options(x_axis: object, smoothing: object, log_scale: object) -> protocol.ViewOptions:
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
