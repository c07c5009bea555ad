"""Define the state and the commands that ``LivePlot`` and ``LiveLoop`` share."""

from __future__ import annotations

import contextvars
import html
import logging
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from kwidgets.kernel import marimo_kernel
from kwidgets.live import protocol
from kwidgets.live.numbers.as_number import as_plain
from kwidgets.live.numbers.history import History
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.plotly_figure import make_figure
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.training_thread.command_queue import Command, check_learning_rate

if TYPE_CHECKING:
    from kwidgets.insight.layers.history import Layers
    from kwidgets.insight.predictions.history import Predictions

logger = logging.getLogger("kwidgets")


class RunControls:
    """Read and control the latest run of an object. Its methods can be called from any thread.

    Args:
        options: the initial options of the view.
    """

    _NOT_BEGUN = "no fit yet"

    def __init__(self, options: protocol.ViewOptions) -> None:
        self._options = options
        self._context_of_creation = contextvars.copy_context()
        self._run: FitRun | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.status or self._NOT_BEGUN}>"

    def _display_(self) -> Any:
        """Return what marimo shows: a picture of the fit so far."""
        text = html.escape(repr(self)) if self._run is None else self._run.bundle()["text/html"]
        return marimo_kernel.html_element(text)

    # State, to be read by users.

    @property
    def status(self) -> protocol.Status | None:
        """The fit's state, or None before the first fit.

        During the fit "running", "paused" or "stopping"; after it "finished", "stopped" (by the
        user), "interrupted" (by Ctrl-C) or "failed" (by an exception).
        """
        if self._run is None:
            return None
        self._run.notice_end()
        return self._run.status

    @property
    def history(self) -> History:
        """A copy of the values so far; empty before the first fit. From any thread."""
        return self._store.history()

    @property
    def figure(self) -> go.Figure:
        """A new Plotly Figure of the data so far, one subplot per metric. From any thread.

        Each trace has at most 2,000 points; ``history`` has all of them.
        """
        return make_figure(self._store, self._options["x_axis"], self._options["log_scale"])

    @property
    def predictions(self) -> Predictions | None:
        """What the model predicted on the validation data, epoch by epoch; None before the first
        fit. From any thread.

        ``live.predictions.confusion`` is a matrix of counts, ``.classes`` has precision and recall,
        ``.mistakes`` the worst mistakes, ``.to_pandas()`` a row a sample; ``live.predictions[3]``
        is the same after epoch 3.
        """
        return None if self._run is None else self._run.state.predictions

    @property
    def layers(self) -> Layers | None:
        """The layers of the model at the end of each epoch; None before the first fit. From any
        thread.

        ``live.layers.latest["dense"].norm`` is the norm of a layer's weights, ``.findings`` says
        what is wrong, ``.verdict`` where a NaN came from, ``.measure()`` measures gradients and
        activations, and ``.to_pandas()`` is a table with a row a layer and epoch.
        """
        return None if self._run is None else self._run.state.layers

    @property
    def _store(self) -> MetricStore:
        return self._run.store if self._run else MetricStore()

    # Commands. They take effect between two steps, and have no effect when no fit is running.

    def pause(self) -> None:
        """Pause the fit before its next batch, until :meth:`resume`. From any thread."""
        self._submit(Command("pause"))

    def resume(self) -> None:
        """Continue after :meth:`pause`. From any thread."""
        self._submit(Command("resume"))

    def stop(self) -> None:
        """End the fit after the current batch; ``fit`` returns its History. From any thread.

        As with Keras's ``stop_training``, validation for the epoch still runs.
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
        self._submit(
            Command("set_learning_rate", check_learning_rate(value), reply=_warn_if_refused)
        )

    def checkpoint(self, label: str = "") -> None:
        """Write a checkpoint before the next batch: weights, optimizer, and all else to resume.

        It is kept until you delete it with ``kwidgets.runs``. If none can be written, a warning is
        logged and the training continues. From any thread.

        Args:
            label: what to call it, such as "before unfreezing".

        Raises:
            TypeError: ``label`` is not a text.
        """
        if not isinstance(label, str):
            raise TypeError(f"label must be a text, not {label!r} ({type(label).__name__}).")
        self._submit(Command("checkpoint", text=label, reply=_warn_if_refused))

    def rewind(self, checkpoint: str | int | None = None) -> None:
        """Restore a checkpoint of this training before the next batch, and train on from there.

        Weights, optimizer, a held learning rate and the state of callbacks such as EarlyStopping
        are those of the checkpoint. Training continues with the next data, as a branch: the curves
        go on from the checkpoint's step, and the earlier curve stays visible, faint. In
        ``kwidgets.runs`` the branch is a run of its own, whose parent is the run so far. Keras's
        epochs and its ``History`` cannot go back: they count on. From any thread.

        If it cannot be restored, a warning is logged and the training continues unchanged.

        Args:
            checkpoint: the label of a checkpoint, its name, or the step at which it was taken; None
                for the latest one.

        Raises:
            TypeError: ``checkpoint`` is none of these.
        """
        wanted = as_plain(checkpoint)
        if isinstance(wanted, bool) or not isinstance(wanted, str | int | None):
            raise TypeError(
                "checkpoint must be a label, a step or None, "
                f"not {checkpoint!r} ({type(checkpoint).__name__})."
            )
        self._submit(
            Command(
                "rewind",
                value=wanted if isinstance(wanted, int) else None,
                text=wanted if isinstance(wanted, str) else "",
                reply=_warn_if_refused,
            )
        )

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

    def _submit(self, command: Command) -> None:
        if self._run is None or self._run.ended:
            what = type(self).__name__
            logger.info("%s has no effect: no training is running with this %s", command.kind, what)
        else:
            self._run.submit(command)


def _warn_if_refused(ok: bool, message: str) -> None:
    if not ok:
        logger.warning("%s", message)
