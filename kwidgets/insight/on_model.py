"""Run functions on a model that may be in training: between two steps, or after its end."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from kwidgets.language import Message, message, translated
from kwidgets.live.keras_internals.variable_values import sync_variables
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.training_thread.command_queue import Command

logger = logging.getLogger("kwidgets")

R = TypeVar("R")


class UnavailableError(RuntimeError):
    """The model cannot be run now, for the reason in the message."""

    def __init__(self, reason: Message) -> None:
        super().__init__(translated(reason))
        self.reason = reason


class ModelAccess:
    """Runs functions on the model of one training, which it keeps only weakly after its end.

    Args:
        run: the training.
    """

    def __init__(self, run: FitRun) -> None:
        self._run: FitRun | None = run
        self._thread_id = run.thread_id
        self._model = weakref.ref(run.model)
        self._lock = threading.Lock()

    def end(self) -> None:
        """From now on functions run at once: the training has ended. From any thread."""
        self._run = None

    @property
    def in_training(self) -> bool:
        """Whether the training of this model runs."""
        run = self._run
        return run is not None and not run.ended

    def soon(
        self, function: Callable[[Any], R], done: Callable[[R | None, Message | None], None]
    ) -> None:
        """Call ``function`` with the model between two steps, or now after the end.

        Args:
            function: on the training thread, or on this one.
            done: called with the result, or with why there is none.
        """

        def attempt() -> None:
            try:
                result = function(self._live_model())
            except UnavailableError as error:
                done(None, error.reason)
            except Exception as error:
                logger.warning("cannot run the model", exc_info=True)
                text = f"{type(error).__name__}: {error}"[:300]
                done(None, message("Running the model failed: %1", text))
            else:
                done(result, None)

        run = self._run
        if run is None or run.ended:
            with self._lock:
                attempt()
            return

        def reply(ok: bool, text: str) -> None:
            if not ok:
                done(None, message("Not done: %1", text))

        run.submit(Command("call", function=attempt, reply=reply))

    def now(self, function: Callable[[Any], R]) -> R:
        """Return ``function(model)``, called between two steps.

        Raises:
            UnavailableError: the model is gone, or the training ended before.
        """
        run = self._run
        if run is None or run.ended or threading.get_ident() == self._thread_id:
            if run is not None and not run.ended:
                sync_variables(run.model)
            return function(self._live_model())
        found: list[tuple[R | None, Message | None]] = []
        ready = threading.Event()

        def done(result: R | None, reason: Message | None) -> None:
            found.append((result, reason))
            ready.set()

        self.soon(function, done)
        ready.wait()
        result, reason = found[0]
        if reason is not None:
            raise UnavailableError(reason)
        return result  # type: ignore[return-value]

    def _live_model(self) -> Any:
        model = self._model()
        if model is None:
            raise UnavailableError(message("The model is no longer in memory."))
        # JAX has taken the values for another training.
        if any(getattr(v, "_value", 0) is None for v in model.trainable_variables):
            raise UnavailableError(message("The model is in training."))
        return model
