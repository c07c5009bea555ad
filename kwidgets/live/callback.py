"""``LivePlot``, the Keras callback that watches a fit: passes each hook to a ``FitRun``."""

from __future__ import annotations

import difflib
import functools
import logging
import threading
from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from kwidgets.kernel.lost_interrupts import deliver_lost_interrupts
from kwidgets.live import latest_run, protocol
from kwidgets.live.controls import RunControls
from kwidgets.live.fit_options import check_fit_options
from kwidgets.live.keras_internals.fit_frame import FitFrame
from kwidgets.live.keras_internals.keras2_fit import Keras2Hooks
from kwidgets.live.page.cell_output import ViewTarget
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.fit_state import state_of_fit
from kwidgets.live.view_options import DEFAULTS, check_options

logger = logging.getLogger("kwidgets")


class LivePlot(RunControls, Keras2Hooks, keras.callbacks.Callback):
    """Watch and control a fit from the notebook.

    Pass it to ``model.fit(..., callbacks=[live])``. The output of the cell shows progress, a chart
    for each metric, and the controls Pause, Stop and Learning rate, which work while the cell runs.
    After the fit, the notebook keeps a picture with the same data.

    The fit produces the same weights with and without it. Outside a notebook, it shows nothing and
    only stores the values.

    Args:
        x_axis: the initial x axis of the charts: ``"step"`` (batches), ``"epoch"`` or ``"time"``
            (seconds of training).
        smoothing: the initial smoothing of the batch curve, from 0 (none) to below 1.
        log_scale: whether the y axes are initially logarithmic.
        resume: True to resume the last run of this cell or script where it was, if it did not
            finish; or the run to resume: its id, or a run of ``kwidgets.runs``, however it
            ended; or one of its checkpoints, such as ``kwidgets.runs[-1].checkpoints[2]``. What
            cannot be restored exactly is shown.
        nan_guard: whether to restore the last good state when the loss or the weights become NaN or
            infinite, with half the learning rate; or how often at most (True: 3 times).
        task: what the output of the model is for, if it is not recognized: "classification",
            "binary", "multi_label", "regression", "segmentation", "token_classes", "forecast",
            "image_to_image", or a ``kwidgets.Boxes``. Only the tab Predictions depends on it.
        class_names: the names of the classes, by number, if they are not found.

    Raises:
        TypeError: an argument is unknown or has the wrong type.
        ValueError: an argument is out of range.

    Example:
        >>> live = kwidgets.LivePlot()
        >>> model.fit(x, y, epochs=10, callbacks=[live], verbose=0)
        >>> live.history["loss"]
        >>> live.figure.write_html("training.html")
    """

    #: What watches a fit; with several workers, another class.
    run_class: ClassVar[type[FitRun]] = FitRun

    def __init__(
        self,
        *args: object,
        x_axis: protocol.XAxis = DEFAULTS["x_axis"],
        smoothing: float = DEFAULTS["smoothing"],
        log_scale: bool = DEFAULTS["log_scale"],
        resume: Any = False,
        nan_guard: bool | int = False,
        task: Any = None,
        class_names: Sequence[str] | None = None,
        **unknown: object,
    ) -> None:
        _check_arguments(args, unknown)
        RunControls.__init__(self, check_options(x_axis, smoothing, log_scale))
        self._fit_options = check_fit_options(resume, nan_guard, task, class_names)
        keras.callbacks.Callback.__init__(self)
        self._other_fit: FitFrame | None = None
        # Before the run handles interrupts: modules are imported and data prepared until then.
        deliver_lost_interrupts()

    def __reduce__(self) -> tuple[Any, ...]:
        # Tuners copy or pickle their callbacks for each trial: a copy watches a fit of its own.
        options = self._fit_options
        return functools.partial(
            type(self),
            **self._options,
            resume=options.resume,
            nan_guard=options.nan_restores,
            task=options.task,
            class_names=options.class_names,
        ), ()

    def _view_target(self) -> ViewTarget | None:
        """Return what shows the view; None for the cell's output."""
        return None

    # Keras's hooks. There is no on_train_batch_end on purpose: it would cost JAX half a step.
    # IPython leaves functions with ``__tracebackhide__`` out of the traceback of a Ctrl-C.

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        __tracebackhide__ = True
        if self._run is not None and self._run.is_running():
            logger.warning(
                "this LivePlot is already watching another fit, so the new fit is not watched. "
                "Create another LivePlot for it."
            )
            if self._run.thread_id == threading.get_ident():
                self._other_fit = FitFrame()
            return
        if self._run is not None:
            self._run.abandon()  # an exception ended it just now
        self._run = None
        try:
            state = state_of_fit(self._model, self.params, self._options, self._fit_options)
            self._run = self.run_class(state, self._output_context(), self._view_target())
        except Exception:
            logger.warning("LivePlot could not start; the fit continues without it", exc_info=True)
        else:
            latest_run.remember(self, self._run, LivePlot)
            try:
                self._run.begin()
            except KeyboardInterrupt as error:
                # Before the run handles interrupts, and watches for the end of its fit.
                self._run.abandon(error)
                raise

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
        __tracebackhide__ = True
        if run := self._calling_run():
            run.begin_epoch(epoch)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        __tracebackhide__ = True
        if run := self._calling_run():
            run.begin_train_batch(batch)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        __tracebackhide__ = True
        if run := self._calling_run():
            run.begin_validation()

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        __tracebackhide__ = True
        if run := self._calling_run():
            run.begin_validation_batch(batch)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        __tracebackhide__ = True
        if run := self._calling_run():
            run.end_validation()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        __tracebackhide__ = True
        if run := self._calling_run():
            # Not a copy: later callbacks may add to it.
            run.end_epoch(epoch, {} if logs is None else logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        __tracebackhide__ = True
        if run := self._calling_run():
            run.end()


def _check_arguments(args: tuple[object, ...], unknown: dict[str, object]) -> None:
    """Raise for arguments that LivePlot does not take."""
    defaults = DEFAULTS | {
        "resume": False,
        "nan_guard": False,
        "task": None,
        "class_names": None,
    }
    known = ", ".join(f"{name}={value!r}" for name, value in defaults.items())
    if args:
        raise TypeError(
            f"LivePlot accepts only keyword arguments ({known}), not {args[0]!r}. "
            "Pass the model and data to model.fit(..., callbacks=[LivePlot()])."
        )
    for name in unknown:
        near = difflib.get_close_matches(name, defaults, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "Leave it out."
        raise TypeError(f"LivePlot has no argument {name!r}. Its arguments are {known}. {hint}")
