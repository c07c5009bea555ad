"""A fit on one of several workers, on which commands take effect on all at the same step.

Every operation of Keras on the state of a model that several processes train is a collective: all
of them have to call it in the same places. So between two agreements nothing here touches the
model; at an agreement rank 0 says which commands there are and whether its observers need the
model, and all workers do the same.
"""

from __future__ import annotations

import contextvars
import time
from typing import Any, Final, cast

from kwidgets.distributed.messages import CommandMessage
from kwidgets.distributed.rank.context import RankContext
from kwidgets.distributed.rank.same_parts import check_begin, check_end
from kwidgets.distributed.rank.shard import keep_order
from kwidgets.live.keras_internals.variable_values import sync_variables
from kwidgets.live.numbers.acts import Hook
from kwidgets.live.page.cell_output import ViewTarget
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.fit_state import FitState
from kwidgets.live.run.observers import CommandRefusedError
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.record.checkpoints.fit_data import find_epoch_iterator
from kwidgets.record.fit_rewind import find_checkpoint

#: Between two agreements, as far as that is a whole number of steps.
AGREE_SECONDS: Final = 0.2
#: Of a paused training.
PAUSED_SECONDS: Final = 0.05


class SteeredRun(FitRun):
    """One fit on one worker.

    Args:
        state: as for ``FitRun``.
        context: the same.
        target: the same.
    """

    needs_end_checkpoint = True
    #: Of this process; set before the user's function is called.
    rank: RankContext

    def __init__(
        self,
        state: FitState,
        context: contextvars.Context,
        target: ViewTarget | None = None,
    ) -> None:
        self.is_alone = self.rank.workers == 1
        self._is_agreed = False
        self._wants_model = False
        # The time that an observer of rank 0 waits for, and whether it has come for all workers.
        self._due_at: float | None = None
        self._is_due = False
        self._calls = 0
        self._agree_at = 0
        self._agreed_at: float | None = None
        self._calls_at = 0
        super().__init__(state, context, target)
        self.rank.outbox.begin_fit(self)

    # What observers ask.

    def may_use_model(self, wanted: bool = True) -> bool:
        if wanted and not self._is_agreed:
            self._wants_model = True
        return self._is_agreed

    def is_due(self, time_seconds: float) -> bool:
        self._due_at = time_seconds
        return self._is_due

    # The hooks.

    def begin(self) -> None:
        keep_order(find_epoch_iterator())
        check_begin(self)
        super().begin()
        self.rank.outbox.begun(self)

    def begin_epoch(self, epoch: int) -> None:
        super().begin_epoch(epoch)
        # Before its first step: what is best, and all that waited for the end of the last epoch.
        self._agree_at = self._calls

    def begin_train_batch(self, batch: int) -> None:
        self._progress.begin_batch(batch)
        if self.call_before_step:
            self.call_before_step = False
            self.observers.before_step(self._progress.epoch, batch)
        if self._calls >= self._agree_at:
            self._agree("on_train_batch_begin", batch)
        self._calls += 1
        now = time.perf_counter()
        if batch and (now >= self._sampling.due_at or batch == self.sample_at_batch):
            self._sample()
            self.observers.after_sample()

    def begin_validation_batch(self, batch: int) -> None:
        self._progress.validation_batch = batch
        if self._calls >= self._agree_at:
            self._agree("on_test_batch_begin", batch)
        self._calls += 1

    def safe_point(self, hook: Hook = "on_train_batch_begin") -> None:
        """Nothing: commands wait for the next agreement."""

    def end(self) -> None:
        check_end(self)
        super().end()

    # Agreements.

    def _agree(self, hook: Hook, batch: int) -> None:
        """Do what rank 0 says. On all workers before the same step."""
        while True:
            said = self.rank.agreement.broadcast(self._next_message())
            self._is_due = said["due"]
            commands, uses_model = said["commands"], said["uses_model"]
            if commands or uses_model:
                self._is_agreed = True
                try:
                    self._apply(commands, uses_model, hook, batch)
                finally:
                    self._is_agreed = False
            if self.status != "paused":
                break
            if self.rank.is_first:
                self.rank.outbox.wait(PAUSED_SECONDS)
        self._is_due = False
        self.rank.probe.measure_if_due()
        self._agree_at = self._calls + said["steps"]

    def _next_message(self) -> dict[str, Any]:
        """Return what rank 0 says; of the others, something that nobody reads."""
        if not self.rank.is_first:
            return {}
        wants_model, self._wants_model = self._wants_model, False
        due = self._due_at is not None and time.perf_counter() >= self._due_at
        return {
            "commands": self._known_commands(),
            "uses_model": wants_model or due,
            "due": due,
            "steps": self._steps_to_next(),
        }

    def _known_commands(self) -> list[CommandMessage]:
        """Return what the user wants, with the names of checkpoints, which only rank 0 knows."""
        known = []
        for command in self.rank.outbox.take_commands():
            if command["kind"] == "rewind":
                value, text = command["value"], command["text"]
                try:
                    found = find_checkpoint(self._fit, Command("rewind", value, text))
                except CommandRefusedError as error:
                    self.rank.outbox.reply_to(command["id"])(False, str(error))
                    continue
                command = {**command, "value": None, "text": found["name"]}
            known.append(command)
        return known

    def _steps_to_next(self) -> int:
        """Return after how many steps to agree again: what takes ``AGREE_SECONDS`` now."""
        now, before, calls = time.perf_counter(), self._agreed_at, self._calls - self._calls_at
        self._agreed_at, self._calls_at = now, self._calls
        if before is None or not calls or self.status == "paused":
            return 1
        # The first step is compiled, and tells nothing of the others.
        wanted = AGREE_SECONDS * calls / max(now - before, 1e-6)
        return max(1, min(int(wanted), 4 * calls))

    def _apply(
        self, commands: list[dict[str, Any]], uses_model: bool, hook: Hook, batch: int
    ) -> None:
        sync_variables(self._fit.model)
        for command in commands:
            reply = self.rank.outbox.reply_to(command["id"])
            self._commands.put(
                Command(cast(Any, command["kind"]), command["value"], command["text"], reply=reply)
            )
        self._handler.apply_queued(hook)
        if uses_model and hook == "on_train_batch_begin":
            self.observers.before_step(self._progress.epoch, batch)
            if batch:
                self._sample()
                self.observers.after_sample()
