"""A training loop of the user's own, watched and steered."""

from __future__ import annotations

import contextvars
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeVar

from kwidgets.kernel.running_kernel import has_page
from kwidgets.live.loop.loop_state import LoopProgress, LoopState
from kwidgets.live.loop.text_lines import TextLines
from kwidgets.live.numbers.acts import Hook
from kwidgets.live.numbers.metric_store import split_of
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.training_thread.command_queue import Command

T = TypeVar("T")


class LoopRun(FitRun):
    """The run of one loop: its position is set from outside, and it reads what the loop logs.

    Epochs are closed when the next one begins or the loop ends: what is logged before belongs to
    the epoch.
    """

    kind: Literal["fit", "loop", "evaluation"] = "loop"

    def __init__(self, state: LoopState, context: contextvars.Context) -> None:
        super().__init__(state, context)
        self._progress: LoopProgress = state.progress
        self._trainer = state.loop_trainer
        self._values = state.values
        self._lines = None if has_page() else TextLines(self.view, self.store)
        self._epoch_open = False
        self._next_epoch = 0
        # Stands for the loop over epochs that runs, if there is one.
        self._epochs_loop: object | None = None
        # Stands for the steps that are counted now, if there are any. The code of a step may be
        # running then, which a Ctrl-C must not interrupt.
        self._counted_steps: object | None = None
        # Whether the running step has logged something.
        self._logged = False
        # What the epoch has logged outside of its steps: the sum and the count of each value.
        self._epoch_logs: dict[str, tuple[float, int]] = {}
        # Whether the last epoch had a validation: the next one is expected to have one too.
        self._validates = False

    @property
    def stops(self) -> bool:
        """Whether the loop has been asked to end."""
        return self._trainer.stop_training

    # Epochs.

    @property
    def in_epochs(self) -> bool:
        """Whether the epochs are those of LiveLoop.epochs; otherwise steps are an epoch."""
        return self._epochs_loop is not None

    def end_epochs(self, loop: object) -> None:
        """Note that ``loop`` over epochs has ended."""
        if self._epochs_loop is loop:
            self._epochs_loop = None

    def begin_next_epoch(self, loop: object = None, left: int | None = None) -> int | None:
        """Begin an epoch and return its number, from 0; None if the training is to end.

        Args:
            loop: stands for the loop over epochs, if there is one.
            left: how many epochs it has left, this one included; None if that is unknown.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed since the last safe point.
        """
        self._epochs_loop = loop
        if left is not None:
            self._progress.epochs = self._next_epoch + left
        self._leave_steps()
        self.close_epoch()
        self.safe_point()
        if self.stops:
            return None
        epoch = self._next_epoch
        self._next_epoch += 1
        self._epoch_open = True
        self.begin_epoch(epoch)
        return epoch

    def close_epoch(self) -> None:
        """Add the epoch's values to the charts, if there is one."""
        if not self._epoch_open:
            return
        self._epoch_open = False
        progress = self._progress
        progress.end_validation()
        self._validates = _has_validation(self._epoch_logs)
        if not progress.batch and not self._epoch_logs:
            return
        # Without steps, the loop logs its epochs only.
        complete = not progress.batch or progress.batch >= (progress.batches or 0)
        logs = self._values.epoch_means() | {
            name: total / count for name, (total, count) in self._epoch_logs.items()
        }
        self._epoch_logs = {}
        if self._reader.in_epoch:
            self._reader.end_training()
        progress.end_epoch(cut_short=not complete)
        self._guard(
            "Reading the epoch's results", self._reader.end_epoch, progress.epoch, logs, complete
        )
        self.observers.end_epoch(progress.epoch)
        self._publish_if_due()

    # Steps.

    def count_steps(self, batches: Iterable[T], length: int | None) -> Iterator[T]:
        """Yield the batches, ``length`` at most, with a safe point before each.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed since the last safe point.
        """
        if self._counted_steps is not None:
            # The steps around these are counted.
            yield from self._uncounted(batches, length)
            return
        if not self.in_epochs and self.begin_next_epoch() is None:
            return
        step = self._begin_steps(length)
        these = self._counted_steps = object()
        trainer = self._trainer
        try:
            self.begin_train_batch(step)
            if not trainer.stop_training:
                for batch in itertools.islice(batches, length):
                    self._logged = False
                    yield batch
                    if self._counted_steps is None:
                        # A break left these steps, and another epoch continues them.
                        self._counted_steps = these
                        step = self._progress.batch
                    elif self._counted_steps is these:
                        step += 1
                    else:
                        step = self._progress.batch
                    self.begin_train_batch(step)
                    # Before the next batch is fetched: that of a generator would be lost.
                    if trainer.stop_training:
                        break
        except GeneratorExit:
            # A break. Its step is finished if it has logged what it computed.
            step += self._logged
            raise
        finally:
            # A break may have left them long ago, if something has kept their iterator.
            if self._counted_steps is these:
                self._counted_steps = None
                self._progress.begin_batch(step)
                if self.in_epochs:
                    self._progress.end_steps(self._validates)
        self._end_steps()

    def _uncounted(self, batches: Iterable[T], length: int | None) -> Iterator[T]:
        for batch in itertools.islice(batches, length):
            yield batch
            self.begin_train_batch(self._progress.batch)
            if self.stops:
                return

    def _begin_steps(self, length: int | None) -> int:
        """Note that steps begin; return the number of the first one in its epoch."""
        self._interrupt.install()
        progress = self._progress
        progress.end_validation()
        first = progress.batch
        if length is not None:
            # An epoch may have several loops over batches.
            progress.batches = max(progress.batches or 0, first + length) if first else length
        return first

    def _leave_steps(self) -> None:
        """End steps that a break has left, and whose iterator still exists."""
        if self._counted_steps is not None:
            self._counted_steps = None
            self._progress.begin_batch(self._progress.batch + self._logged)

    def _end_steps(self) -> None:
        """Show that all steps are done."""
        self.sample_now()
        self._publish_if_due()
        self.safe_point()

    # Values.

    def log(self, values: Mapping[str, Any]) -> None:
        """Take what the loop logs, in a step or outside of one."""
        if self._counted_steps is not None:
            self._logged = True
            for name in values:
                if name.startswith("val_"):
                    break
            else:
                self._values.add(values)
                return
            validation = {name: value for name, value in values.items() if name[:4] == "val_"}
            self._values.add({k: v for k, v in values.items() if k not in validation})
            self._reader.add_values(self._scalars(validation))
            return
        scalars = self._scalars(values)
        if self._epoch_open:
            for name, value in scalars.items():
                total, count = self._epoch_logs.get(name, (0.0, 0))
                self._epoch_logs[name] = total + value, count + 1
            if self._progress.after_steps and _has_validation(scalars):
                self._progress.phase = "validating"
        else:
            self._reader.add_values(scalars)
        self._publish_if_due()
        self.safe_point()

    def _scalars(self, values: Mapping[str, Any]) -> dict[str, float]:
        scalars = {}
        for name, value in values.items():
            number = None if value is None else self._values.convert(name, value)
            if number is not None:
                scalars[name] = number
                metric = split_of(name)[1]
                if metric not in self.store.metrics:
                    self.store.declare(self._values.info(metric, "epoch"))
        return scalars

    def choose_optimizer(self, name: str) -> None:
        """Steer the optimizer of this name from the next step on. From any thread."""
        self.submit(Command("choose_optimizer", text=name))

    # The end.

    def end(self) -> None:
        self._leave_steps()
        self.close_epoch()
        self._fit.rate.read()
        self._end("stopped" if self.stops else "finished", "", remember=False)
        self._interrupt.raise_if_requested()

    def fail(self, error: BaseException) -> None:
        """End the run of a loop which ``error`` has left."""
        self._leave_steps()
        self._after_error(error)
        self._interrupt.uninstall()

    def _publish(self) -> None:
        super()._publish()
        if self._lines is not None:
            self._guard("The progress", self._lines.refresh)

    def _end(self, *args: Any, **kwargs: Any) -> None:
        was_ended = self.ended
        super()._end(*args, **kwargs)
        if self._lines is not None and not was_ended:
            self._guard("The progress", self._lines.end)

    def _is_interrupt_deferred(self) -> bool:
        return self._counted_steps is not None

    def _waits_for_step(self, hook: Hook) -> bool:
        # The loop may have none.
        return False

    def _before_interrupt(self, hook: Hook) -> None:
        # The loop may catch it and continue: the end comes when it leaves the block.
        self.sample_now()
        if self._interrupting:
            self._interrupting = False
            self._status.set("running")


def _has_validation(names: Iterable[str]) -> bool:
    return any(name.startswith("val_") for name in names)
