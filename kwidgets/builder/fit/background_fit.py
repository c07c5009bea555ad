"""Training a builder's model in a thread of its own, so that the kernel stays free."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

import keras

from kwidgets import protocol
from kwidgets.live.callback import LivePlot
from kwidgets.live.command_queue import Command
from kwidgets.live.keras_internals.fit_errors import describe_error
from kwidgets.live.keras_internals.learning_rate import (
    LearningRateError,
    read_learning_rate,
    set_learning_rate,
)
from kwidgets.live.numbers.history import History
from kwidgets.live.page.cell_output import ViewTarget

logger = logging.getLogger("kwidgets")

_WAIT_SECONDS = 0.5

Status = Literal["running", "paused", "stopping", "stopped", "finished", "interrupted", "failed"]


class _EmbeddedLivePlot(LivePlot):
    """A LivePlot whose view is shown inside a builder."""

    def __init__(self, target: ViewTarget) -> None:
        super().__init__()
        self._target = target
        # What was asked for before fit told of its beginning.
        self._early: list[Command] = []
        self._early_lock = threading.Lock()

    def _view_target(self) -> ViewTarget:
        return self._target

    def _submit(self, command: Command) -> None:
        with self._early_lock:
            if self._run is None:
                self._early.append(command)
                return
        super()._submit(command)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        with self._early_lock:
            early, self._early = self._early, []
        for command in early:
            super()._submit(command)

    @property
    def steered(self) -> bool:
        """Whether the learning rate was set by hand while the fit ran."""
        return self._run is not None and self._run.steered

    def bundle(self) -> dict[str, Any] | None:
        """What shows the run without a kernel, or None before it has begun."""
        return None if self._run is None else self._run.bundle()

    def fail(self, error: BaseException) -> None:
        """Tell the view why fit ended, which does not tell its callbacks."""
        if self._run is not None:
            self._run.abandon(error)


class BuilderRun:
    """One training out of a builder.

    Args:
        model: compiled.
        arguments: of ``fit``.
        changed: called when there is something new to show.
        keep: given the model, and what failed, when the training is over, before anyone is told.
    """

    def __init__(
        self,
        model: keras.Sequential,
        arguments: Mapping[str, Any],
        changed: Callable[[], None],
        keep: Callable[[keras.Sequential, BaseException | None], None],
    ) -> None:
        self.model = model
        self.error: BaseException | None = None
        self.live_view: str | None = None
        self._changed = changed
        self._keep = keep
        self._arguments = dict(arguments)
        self._finished = threading.Event()
        self.live = _EmbeddedLivePlot(self)
        # A plain thread would show its output in whatever cell ran last.
        self._thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._train,),
            name="kwidgets-train",
            daemon=True,
        )

    def __repr__(self) -> str:
        return f"<BuilderRun: {self.status}>"

    @property
    def status(self) -> Status:
        """As the live view says it."""
        if self.error is not None:
            return "failed"
        if self._finished.is_set():
            return self.live.status or "finished"
        status = self.live.status or "running"
        # Between the last batch and fit's return the model is still in use.
        return "stopping" if status in ("finished", "stopped", "interrupted") else status

    @property
    def detail(self) -> str:
        """Why it failed, in a line, or ""."""
        return "" if self.error is None else describe_error(self.error)

    @property
    def history(self) -> History:
        """The numbers so far."""
        return self.live.history

    def bundle(self) -> dict[str, Any] | None:
        """Return what shows the training without a kernel; None before its first batch."""
        return self.live.bundle()

    @property
    def running(self) -> bool:
        return not self._finished.is_set()

    def start(self) -> None:
        self._thread.start()

    def wait(self, timeout_seconds: float | None = None) -> History:
        """Block until the training has ended; return its numbers.

        Raises:
            KeyboardInterrupt: the cell was interrupted; the training ends after its running batch.
            TimeoutError: it still runs after ``timeout_seconds``.
            Exception: what the training failed with.
        """
        deadline = math.inf if timeout_seconds is None else time.monotonic() + timeout_seconds
        try:
            # In short waits: a signal that comes just before one is heard only after it.
            while not self._finished.wait(min(_WAIT_SECONDS, max(0, deadline - time.monotonic()))):
                if time.monotonic() >= deadline:
                    raise TimeoutError(
                        f"the training still runs after {timeout_seconds:g} seconds; "
                        "run.stop() ends it after the running batch"
                    )
        except KeyboardInterrupt:
            self.stop()
            raise
        if self.error is not None:
            raise self.error
        return self.history

    def pause(self) -> None:
        """Hold before the next batch."""
        self.live.pause()

    def resume(self) -> None:
        """Go on after :meth:`pause`."""
        self.live.resume()

    def stop(self) -> None:
        """End after the running batch."""
        self.live.stop()

    def set_learning_rate(self, value: float) -> None:
        """Set the optimizer's learning rate from the next batch on."""
        self.live.set_learning_rate(value)

    # Where the live view is shown.

    def show(self, model_id: str, snapshot: protocol.Envelope) -> None:
        self.live_view = model_id
        self._changed()

    def show_saved(self, bundle: dict[str, Any]) -> None:
        """The view stays as it is: its builder goes on showing it."""

    def _train(self) -> None:
        # The data must not stay alive longer than its training.
        arguments, self._arguments = self._arguments, {}
        callbacks = [*callbacks_of(arguments.pop("callbacks", None)), self.live]
        arguments["verbose"] = 0
        rate = read_learning_rate(self.model)
        try:
            self.model.fit(**arguments, callbacks=callbacks)
        except BaseException as error:
            self.error = error
            self.live.fail(error)
        if self.live.steered and rate is not None:
            # A rate set by hand is for one training: the next begins with what Compile says.
            with contextlib.suppress(LearningRateError):
                set_learning_rate(self.model, rate)
        try:
            self._keep(self.model, self.error)
        except Exception:
            logger.warning("the weights were not noted as trained", exc_info=True)
        self._finished.set()
        self._changed()


def callbacks_of(given: Any) -> list[Any]:
    """Return what ``fit`` takes as callbacks as a list: none, one, several, or a CallbackList."""
    if given is None:
        return []
    if isinstance(given, keras.callbacks.CallbackList):
        return list(given.callbacks)
    return list(keras.tree.flatten(given))
