"""Train a builder's model in a separate thread, so that the kernel stays free."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import math
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Literal

import keras

from kwidgets.kernel.marimo_kernel import make_thread
from kwidgets.live.embedded_live_plot import EmbeddedLivePlot, ShownView
from kwidgets.live.numbers.history import History
from kwidgets.record.replay.recorded_fit import RecordedFit

logger = logging.getLogger("kwidgets")

_WAIT_SECONDS = 0.5

Status = Literal["running", "paused", "stopping", "stopped", "finished", "interrupted", "failed"]


class BuilderRun:
    """One training started from a builder.

    Args:
        model: the compiled model.
        arguments: the arguments of ``fit``.
        on_change: called when the state of the training has changed.
        after_fit: called with the model, and the exception or None, when the training has ended;
            before ``on_change`` and before :meth:`wait` returns.
    """

    def __init__(
        self,
        model: keras.Sequential,
        arguments: Mapping[str, Any],
        on_change: Callable[[], None],
        after_fit: Callable[[keras.Sequential, BaseException | None], None],
    ) -> None:
        self.model = model
        self.error: BaseException | None = None
        self.live_view: str | None = None
        self._on_change = on_change
        self._after_fit = after_fit
        self._arguments = dict(arguments)
        self._steps_per_execution = int(getattr(model, "steps_per_execution", 1))
        self._finished = threading.Event()
        self.live = EmbeddedLivePlot(_Target(self))
        # A plain thread would show its output in whatever cell ran last.
        self._thread = make_thread(
            contextvars.copy_context().run, self._train, name="kwidgets-train"
        )

    def __repr__(self) -> str:
        return f"<BuilderRun: {self.status}>"

    @property
    def status(self) -> Status:
        """The state of the training, as the live view shows it."""
        if self.error is not None:
            return "failed"
        if self._finished.is_set():
            return self.live.status or "finished"
        status = self.live.status or "running"
        # Between the last batch and the return of fit the model is still in use.
        return "stopping" if status in ("finished", "stopped", "interrupted") else status

    @property
    def detail(self) -> str:
        """Why the training failed, in one line, or ""."""
        return "" if self.error is None else self.live.failure

    @property
    def history(self) -> History:
        """The metrics so far."""
        return self.live.history

    def recorded_fit(self) -> RecordedFit:
        """Return what was done to the training so far, for its replay."""
        return RecordedFit(
            title="What was done to the last fit in its live view.",
            acts=self.live.acts,
            has_schedule=self.live.has_schedule,
            steps_per_execution=self._steps_per_execution,
            floatx=keras.config.floatx(),
            backend=keras.backend.backend(),
        )

    def bundle(self) -> dict[str, Any] | None:
        """Return a mime bundle that shows the training without a kernel.

        None before the training has begun.
        """
        return self.live.bundle()

    @property
    def running(self) -> bool:
        return not self._finished.is_set()

    def start(self) -> None:
        self._thread.start()

    def wait(self, timeout_seconds: float | None = None) -> History:
        """Block until the training has ended; return its history.

        Raises:
            KeyboardInterrupt: the cell was interrupted; the training ends after its running batch.
            TimeoutError: it still runs after ``timeout_seconds``.
            Exception: the error that ended the training.
        """
        deadline = math.inf if timeout_seconds is None else time.monotonic() + timeout_seconds
        try:
            # In short waits: a signal that arrives just before a wait is handled only after it.
            while not self._finished.wait(min(_WAIT_SECONDS, max(0, deadline - time.monotonic()))):
                if time.monotonic() >= deadline:
                    raise TimeoutError(
                        f"the training is still running after {timeout_seconds:g} seconds. "
                        "Call run.stop() to end it after the current batch"
                    )
        except KeyboardInterrupt:
            self.stop()
            raise
        if self.error is not None:
            raise self.error
        return self.history

    def pause(self) -> None:
        """Pause before the next batch."""
        self.live.pause()

    def resume(self) -> None:
        """Continue after :meth:`pause`."""
        self.live.resume()

    def stop(self) -> None:
        """Stop after the running batch."""
        self.live.stop()

    def set_learning_rate(self, value: float) -> None:
        """Set the optimizer's learning rate from the next batch on."""
        self.live.set_learning_rate(value)

    def show_live_view(self, model_id: str) -> None:
        """Let the builder's views show the live view, the widget of this id."""
        self.live_view = model_id
        self._on_change()

    def _train(self) -> None:
        # The data must not stay alive longer than its training.
        arguments, self._arguments = self._arguments, {}
        callbacks = [*callbacks_of(arguments.pop("callbacks", None)), self.live]
        arguments["verbose"] = 0
        error: BaseException | None = None
        self.live.before_fit(self.model)
        try:
            self.model.fit(**arguments, callbacks=callbacks)
        except BaseException as problem:
            error = problem
        self.live.after_fit(self.model, error)
        self.error = error
        try:
            self._after_fit(self.model, self.error)
        except Exception:
            logger.warning("the weights were not noted as trained", exc_info=True)
        self._finished.set()
        self._on_change()


class _Target:
    """Shows the live view in the views of a builder.

    ipywidgets keeps the live view's widget, which keeps this: so the training, with its model, is
    referenced weakly.
    """

    def __init__(self, run: BuilderRun) -> None:
        self._run = weakref.ref(run)

    def show(self, view: ShownView) -> None:
        """Let the builder's views show the live view."""
        run = self._run()
        if run is not None:
            weakref.finalize(run, _close_live_view, view.model_id).atexit = False
            run.show_live_view(view.model_id)

    def refresh(self, at_once: bool = False) -> None:
        """Do nothing: the builder shows the widget, which gets all updates."""

    def show_saved(self, bundle: dict[str, Any]) -> None:
        """Do nothing: the builder continues to show the view when the training has ended."""


def _close_live_view(model_id: str) -> None:
    # Imported here: a plain script needs no widgets.
    from kwidgets.library_widgets import close_with_layout
    from kwidgets.live.page.widget import find_widget

    with contextlib.suppress(KeyError):
        close_with_layout(find_widget(model_id))


def callbacks_of(given: Any) -> list[Any]:
    """Return the ``callbacks`` argument of ``fit`` as a list."""
    if given is None:
        return []
    if isinstance(given, keras.callbacks.CallbackList):
        return list(given.callbacks)
    return list(keras.tree.flatten(given))
