"""Restore the last good state when the loss or the weights become NaN or infinite: ``NanGuard``."""

from __future__ import annotations

import contextlib
import logging
import math
from typing import Any

import keras

from kwidgets.language import Message, message, t
from kwidgets.live.fit_options import NAN_RESTORES
from kwidgets.live.numbers.acts import Act, Hook
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import CommandRefusedError, RunObserver
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.record.checkpoints.fit_data import FitData, find_epoch_iterator
from kwidgets.record.checkpoints.variables import GROUPS, variables_of
from kwidgets.record.nan_guard.epoch_end import call_after_data
from kwidgets.record.nan_guard.good_states import GoodState, GoodStates, NotEnoughMemoryError
from kwidgets.record.resume.build_state import build_state

logger = logging.getLogger("kwidgets")


class NanGuard(RunObserver):
    """The NaN guard of one fit, which a switch turns on and off.

    While it is on, it keeps copies of the state in memory. A loss or weights that are not finite
    make it restore the last good one: weights, optimizer, and the metrics of the epoch. It halves
    the learning rate, and training continues with the next data. The callbacks of the fit keep
    their state. When it has done so as often as it may, it ends the training with the good state.

    Args:
        run: the training.
    """

    label = "The NaN guard"

    def __init__(self, run: FitRun) -> None:
        self._run = run
        self._fit = run.state
        self._allowed = self._fit.fit_options.nan_restores or NAN_RESTORES
        self._restores = 0
        # None while the guard is off.
        self._states: GoodStates | None = None
        # What the model has at the end, if the guard ends the training.
        self._last: GoodState | None = None
        self._is_before_first_step = True
        # Whether Keras computes the logs of the epoch from the metrics as they are now.
        self._before_logs = False

    # The hooks, in the order in which they are called.

    def begin(self) -> None:
        if not isinstance(self._fit.model, keras.Model):
            return
        epoch_iterator = find_epoch_iterator()
        if epoch_iterator is not None:
            call_after_data(epoch_iterator, self._after_data)
        self._fit.extras.nan_guard = False
        if self._fit.fit_options.nan_restores:
            # On TensorFlow the first step makes variables, whose first values are needed too.
            data = None if epoch_iterator is None else FitData(epoch_iterator)
            if data is not None:
                # A train_step of the user's own may not take a batch without values.
                with contextlib.suppress(Exception):
                    build_state(self._fit.model, data.element_spec())
            self._turn_on()

    def begin_epoch(self, epoch: int) -> None:
        if self._states is not None and self._is_before_first_step:
            self._copy(is_good=True)
        self._is_before_first_step = False

    def after_sample(self) -> None:
        if self._states is None:
            return
        is_lost = self._fit.reader.diverged_loss is not None
        if self._run.may_use_model(is_lost or self._run.is_due(self._states.due_at)):
            self._check(self._states)

    def end_training(self) -> None:
        if self._last is not None:
            # The batch in which Keras heard of the end was still trained.
            self._set(self._last, with_metrics=False)
        elif self._states is not None:
            self._fit.reader.check_loss()
            self._check(self._states)

    def end_epoch(self, epoch: int) -> None:
        reader = self._fit.reader
        if self._last is not None:
            reader.diverged = True
        elif self._states is not None and reader.diverged and not self._fit.trainer.stop_training:
            # Keras had computed these logs before the state was restored.
            reader.forget_divergence()

    def after_rewind(self, step: int) -> None:
        if self._states is not None:
            # The copies are of the branch that was left.
            self._turn_on()
            self._copy(is_good=True)

    def apply(self, command: Command, hook: Hook) -> str | None:
        if command.kind != "set_nan_guard":
            return None
        if self._fit.extras.nan_guard is None:
            raise CommandRefusedError(t("The NaN guard needs a fit of a Keras model."))
        if not command.value:
            self._turn_off()
        elif self._states is None:
            self._turn_on()
            if self._states is None:
                raise CommandRefusedError(self._fit.extras.notes[-1])
            if self._fit.reader.in_epoch and not self._is_before_first_step:
                self._copy(is_good=False)
        return ""

    def end(self) -> None:
        self._states = self._last = None

    # The switch.

    def _turn_on(self) -> None:
        try:
            self._states = GoodStates(self._fit.model)
        except NotEnoughMemoryError as error:
            needed, free = (f"{n / 1e9:,.1f} GB" for n in (error.needed_bytes, error.free_bytes))
            self._fit.extras.notes.append(
                t(
                    "The NaN guard is off: its copies of the training's state need %1 of memory; "
                    "%2 are free.",
                    needed,
                    free,
                )
            )
            return
        self._fit.extras.nan_guard = True
        self._fit.reader.marks_divergence = False

    def _turn_off(self) -> None:
        self._states = None
        self._fit.extras.nan_guard = False
        self._fit.reader.marks_divergence = True

    # Between two batches.

    def _after_data(self) -> None:
        """The last batch of the epoch is done, and Keras is about to compute the logs."""
        if self._states is None:
            return
        self._before_logs = True
        try:
            self._fit.guard(self.label, self._run.end_batches)
        finally:
            self._before_logs = False

    def _check(self, states: GoodStates) -> None:
        """Restore a good state if the loss or the weights are not finite; otherwise copy them."""
        lost = self._fit.reader.diverged_loss
        if lost is not None:
            name, value = lost
            is_nan = math.isnan(value)
            cause = message("NaN in %1", name) if is_nan else message("Infinite %1", name)
            self._restore(states, cause)
            return
        states.confirm()
        if not (self._is_at_end() or self._run.is_due(states.due_at)):
            return
        if not self._copy(is_good=False):
            self._restore(states, message("NaN or infinite weights"))

    def _is_at_end(self) -> bool:
        """Return whether no further batch is trained: the model must be good then."""
        if self._fit.reader.in_epoch:
            return False
        progress = self._fit.progress
        return progress.epoch + 1 >= progress.epochs or bool(self._fit.trainer.stop_training)

    def _copy(self, is_good: bool) -> bool:
        assert self._states is not None
        progress = self._fit.progress
        return self._states.copy(progress.epoch, progress.batch, self._step(), is_good)

    def _step(self) -> int:
        return self._fit.reader.position[0]

    def _restore(self, states: GoodStates, cause: Message) -> None:
        good, step = states.take(), f"{self._step():,}"
        reader = self._fit.reader
        if good is None:
            self._turn_off()
            reader.marks_divergence = False
            text = message(
                "%1 at step %2. The NaN guard has no earlier state to restore.", cause, step
            )
            reader.add_mark("diverged", text)
            return
        self._fit.rate.read()
        rate = self._fit.rate.value
        self._set(good, with_metrics=self._has_metrics_for_epoch(good))
        at = f"{good.step:,}"
        if self._restores == self._allowed:
            self._give_up(good, cause, step, at)
            return
        self._restores += 1
        rates = self._fit.rate.halve(rate)
        reader.forget_divergence()
        if rates is None:
            text = message("%1 at step %2. Restored the state of step %3.", cause, step, at)
        else:
            before, after = (f"{each:.4g}" for each in rates)
            text = message(
                "%1 at step %2. Restored the state of step %3; learning rate %4 → %5.",
                *(cause, step, at, before, after),
            )
        reader.add_mark("callback", text)
        self._record_act()

    def _record_act(self) -> None:
        progress, rate = self._fit.progress, self._fit.rate
        hook: Hook = "on_train_batch_begin" if self._fit.reader.in_epoch else "on_epoch_end"
        act = Act(
            *(progress.epoch, progress.batch, hook, rate.iterations(), "restore", rate.value),
            by="guard",
        )
        self._fit.acts.append(act)
        self._run.observers.after_act("restore", rate.value)

    def _give_up(self, good: GoodState, cause: Message, step: str, at: str) -> None:
        """End the training with the good state."""
        self._last = good
        text = message(
            "%1 at step %2. The NaN guard has restored a state %3 times, its limit: training ends "
            "with the state of step %4.",
            *(cause, step, str(self._restores), at),
        )
        self._fit.reader.add_mark("diverged", text)
        self._fit.end_reason = text
        self._fit.trainer.stop_training = True

    def _has_metrics_for_epoch(self, good: GoodState) -> bool:
        """Return whether the epoch's logs are to be computed from the metrics of a state.

        Within an epoch its metrics count the batches since its beginning. At its end there are no
        further batches: better those of an earlier epoch than none.
        """
        if self._before_logs:
            return good.has_metrics
        return good.state.epoch == self._fit.progress.epoch

    def _set(self, good: GoodState, with_metrics: bool) -> None:
        model: Any = self._fit.model
        wanted = GROUPS if with_metrics else ("model", "optimizer")
        present = variables_of(model)
        # The first copy has none of the variables that were made in the first step.
        groups = [g for g in wanted if len(present[g]) == len(good.state.variables[g])]
        good.state.set_variables(model, groups)
        if "metrics" not in groups and self._fit.reader.in_epoch:
            model.reset_metrics()
        # What the rate was in that state is no change of a callback's.
        self._fit.rate.read(by_user=True)
