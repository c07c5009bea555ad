"""Let other wings take part in every training: their observers are called on its thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kwidgets.live.numbers.acts import Hook
    from kwidgets.live.run.fit_run import FitRun
    from kwidgets.live.training_thread.command_queue import Command

logger = logging.getLogger("kwidgets")

#: What a command of the user, or the NaN guard, does to a training.
ActKind = Literal["pause", "resume", "stop", "learning_rate", "follow_schedule", "restore"]


class CommandRefusedError(Exception):
    """A command cannot be applied, for the reason in the message."""


class RunObserver:
    """Takes part in one training. Its methods do nothing here; a subclass overrides some.

    They are called on the training thread, between two steps, except :meth:`end`. What they raise
    is shown as a notice and never ends the training. ``label`` names the observer in the notice; it
    is among the labels of ``error_guard``.
    """

    label = "Observing the training"

    def begin(self) -> None:
        """Called when the training begins, after the view is shown."""

    def begin_epoch(self, epoch: int) -> None:
        """Called when Keras's ``epoch`` begins, after its metrics were reset."""

    def before_step(self, epoch: int, batch: int) -> None:
        """Called before the first step of the training, which a resumed one has anywhere, and
        before the next one where an observer has set the run's ``call_before_step``."""

    def after_sample(self) -> None:
        """Called after the metrics were read, ten times a second at most, and before a batch."""

    def end_training(self) -> None:
        """Called once in each epoch after its last batch, and before its validation."""

    def begin_validation(self) -> None:
        """Called before the first batch of the fit's own validation."""

    def end_validation(self) -> None:
        """Called after the last batch of the fit's own validation."""

    def end_epoch(self, epoch: int) -> None:
        """Called when Keras's ``epoch`` has ended and its results are in the store."""

    def before_command(self, command: Command, hook: Hook) -> None:
        """Called before a command of the user takes effect, in that hook."""

    def before_interrupt(self, hook: Hook) -> None:
        """Called before a Ctrl-C ends the training, in that hook."""

    def finish(self) -> None:
        """Called in ``on_train_end``: all epochs have ended, or Stop was pressed."""

    def after_act(self, act: ActKind, value: float | None) -> None:
        """Called after a command has taken effect; ``value`` is the learning rate after it."""

    def after_rewind(self, step: int) -> None:
        """Called after one of the observers has restored the state of ``step``, as a branch."""

    def apply(self, command: Command, hook: Hook) -> str | None:
        """Apply a command that is not the run's own; return a note for the user, or "".

        Returns None if it is not this observer's.

        Raises:
            CommandRefusedError: it cannot be applied; the message says why.
        """
        return None

    def end(self) -> None:
        """Called when the training has ended, before the run drops the model. From any thread."""


MakeObservers = Callable[["FitRun"], Iterable[RunObserver]]

# What returns the function that makes observers, loaded when the first training begins; by its
# name, because %reload_ext runs the module that adds it again.
_loaders: dict[str, Callable[[], MakeObservers]] = {}


def add_observers(load: Callable[[], MakeObservers]) -> None:
    """Let observers take part in every training from now on.

    ``kwidgets/__init__.py`` adds the observers, so that this wing does not import the others.

    Args:
        load: returns the function that makes the observers of a training.
    """
    _loaders[load.__qualname__] = load


def remove_observers() -> None:
    """Let no observers take part in trainings from now on, until others are added."""
    _loaders.clear()


class Observers:
    """The observers of one training, each called under its run's guard."""

    def __init__(self, run: FitRun) -> None:
        self._guard = run.guard
        self._observers: list[RunObserver] = []
        for load in _loaders.values():
            try:
                self._observers += load()(run)
            except Exception:
                logger.warning("an observer of the training could not start", exc_info=True)

    def begin(self) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.begin)

    def begin_epoch(self, epoch: int) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.begin_epoch, epoch)

    def before_step(self, epoch: int, batch: int) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.before_step, epoch, batch)

    def before_interrupt(self, hook: Hook) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.before_interrupt, hook)

    def finish(self) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.finish)

    def after_sample(self) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.after_sample)

    def end_training(self) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.end_training)

    def begin_validation(self) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.begin_validation)

    def end_validation(self) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.end_validation)

    def end_epoch(self, epoch: int) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.end_epoch, epoch)

    def before_command(self, command: Command, hook: Hook) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.before_command, command, hook)

    def after_act(self, act: ActKind, value: float | None) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.after_act, act, value)

    def after_rewind(self, step: int) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.after_rewind, step)

    def apply(self, command: Command, hook: Hook) -> str | None:
        """Return the note of the observer that has applied ``command``; None if none has.

        Raises:
            CommandRefusedError: it cannot be applied; the message says why.
        """
        for observer in self._observers:
            note = observer.apply(command, hook)
            if note is not None:
                return note
        return None

    def end(self) -> None:
        for observer in self._observers:
            self._guard(observer.label, observer.end)
        self._observers.clear()
