"""Let a beginning ``fit`` go on from a checkpoint: ``ResumedFit``.

For integrators. In a callback of the fit::

    on_train_begin        resumed = ResumedFit(plan); resumed.begin(model, data, callbacks)
    on_epoch_begin        resumed.begin_epoch(epoch)
    on_train_batch_begin  resumed.before_step(epoch, batch)
    on_train_end          resumed.end()         and when an exception has ended the fit

Until the first step, nothing is lost: when a part fails, ``begin`` puts everything back, returns
False, and the fit trains from its beginning; ``problem`` says why. Where ``begin`` returns True,
the first epoch and step of this fit are the checkpoint's; Keras and the other callbacks see none of
the steps that were trained before. States are set where they were read, in the
``on_train_batch_begin`` of the same callback, since callbacks that come earlier in the list have
done their part of it by then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, Literal

import keras

from kwidgets.language import Message, message
from kwidgets.record.checkpoints.fit_data import DataPositionError, FitData
from kwidgets.record.checkpoints.folder import CheckpointError
from kwidgets.record.checkpoints.random_state import read_random_state, set_random_state
from kwidgets.record.checkpoints.training_state import (
    ArchitectureError,
    HostBuffers,
    TrainingState,
    read_state,
)
from kwidgets.record.checkpoints.variables import GROUPS, variables_of
from kwidgets.record.resume.build_state import build_state
from kwidgets.record.resume.plan import ResumePlan

logger = logging.getLogger("kwidgets")


class ResumedFit:
    """One fit that goes on from a checkpoint. All methods on its thread.

    Args:
        plan: the checkpoint.
        how: ``resume`` goes on where the training was. ``weights`` takes over the weights only, and
            the optimizer's state if it is of the same kind, but not its learning rate: the fit then
            trains its own epochs.
        on_batch: called while data are skipped, with how many batches and of how many. What it
            raises leaves the fit, before anything has changed.

    Attributes:
        problem: why the fit does not go on from the checkpoint, or None.
        resumed: whether the first step after the checkpoint has begun.
        callbacks_anew: the names of callbacks that begin anew. After the first step has begun.
    """

    def __init__(
        self,
        plan: ResumePlan,
        how: Literal["resume", "weights"] = "resume",
        on_batch: Callable[[int, int], None] | None = None,
    ) -> None:
        self.plan = plan
        self.how = how
        self.problem: str | Message | None = None
        self.resumed = False
        self.callbacks_anew: list[str] = []
        self._on_batch = on_batch
        # Until the first step.
        self._state: TrainingState | None = None
        self._model: Any = None
        self._data: FitData | None = None
        self._callbacks: Iterable[object] = ()

    def begin(self, model: Any, data: FitData | None, callbacks: Iterable[object]) -> bool:
        """Bring model and data to the checkpoint; return whether that worked.

        Args:
            model: the model in training.
            data: its data, watched; None if Keras's epoch iterator is not known.
            callbacks: those of the fit.
        """
        random_before = read_random_state()
        try:
            state = self.plan.state
            build_state(model, None if data is None else data.element_spec())
            groups = self._matching_groups(model, state)
            if self.how == "resume":
                if data is None:
                    raise DataPositionError
                data.go_to(state.place, self.plan.checkpoint.path, self._on_batch)
        except Exception as error:
            set_random_state(random_before)
            self._give_up(error)
            return False
        except BaseException:  # Ctrl-C, while batches are skipped
            set_random_state(random_before)
            raise
        before = read_state(model, 0, 0, buffers=HostBuffers())
        try:
            rates = _learning_rates(model) if self.how == "weights" else []
            state.set_variables(model, groups)
            for variable, rate in rates:
                variable.assign(rate)
            if state.ended and self.how == "resume":
                state.set_hold(model)
        except Exception as error:
            before.set_variables(model)
            if data is not None and self.how == "resume":
                data.start_over()
            set_random_state(random_before)
            self._give_up(error)
            return False
        if self.how == "weights":
            set_random_state(random_before)
            self._finish()
            return True
        self._state, self._model, self._data, self._callbacks = state, model, data, callbacks
        # Keras has no public way for a callback to say where the fit begins.
        model._initial_epoch = state.epoch
        return True

    def begin_epoch(self, epoch: int) -> None:
        """In ``on_epoch_begin``."""
        if self._state is None or self._model is None:
            return
        self._model._initial_epoch = None  # or the next fit of this model would begin there too
        if epoch != self._state.epoch:
            # Keras's BackupAndRestore has loaded its own weights and set the epoch.
            assert self._data is not None
            self._data.start_over()
            self._give_up(message("Another callback sets the epoch in which this training starts."))
        elif self._state.ended:
            self.callbacks_anew = self._state.set_callbacks(self._callbacks)
            self._finish()

    def before_step(self, epoch: int, batch: int) -> None:
        """In ``on_train_batch_begin``: set all that earlier callbacks may have changed."""
        state = self._state
        if state is None or self._data is None:
            return
        state.set_variables(self._model)
        state.set_hold(self._model)
        self.callbacks_anew = state.set_callbacks(self._callbacks)
        if not self._data.drawn_ahead:
            state.set_random_state()
        self._finish()

    def _matching_groups(self, model: Any, state: TrainingState) -> list[str]:
        """Return the groups of variables to be set.

        Raises:
            ArchitectureError: the model has other variables than the checkpoint.
        """
        found = state.differences(model)
        if self.how == "resume":
            if found:
                raise ArchitectureError(found)
            return list(GROUPS)
        of_model = [difference for difference in found if difference.group == "model"]
        if of_model:
            raise ArchitectureError(of_model)
        same_optimizer = model.optimizer.built and not any(d.group == "optimizer" for d in found)
        return ["model", "optimizer"] if same_optimizer else ["model"]

    def end(self) -> None:
        """The fit has ended, in whatever way."""
        if self._model is not None:
            self._model._initial_epoch = None
        self._release()

    def _finish(self) -> None:
        self.resumed = True
        self._release()

    def _release(self) -> None:
        self._state = self._model = self._data = None
        self._callbacks = ()
        self.plan.release()

    def _give_up(self, problem: Message | Exception) -> None:
        if isinstance(problem, Exception):
            logger.warning("cannot resume; training starts from its beginning", exc_info=problem)
            self.problem = _describe(problem)
        else:
            self.problem = problem
        self._release()


def _learning_rates(model: Any) -> list[tuple[Any, float]]:
    """Return the rates with which the user has compiled the model now, and their variables."""
    return [
        (variable, float(keras.ops.convert_to_numpy(variable.value)))
        for variable in variables_of(model)["optimizer"]
        if variable.name == "learning_rate"
    ]


def _describe(error: Exception) -> str | Message:
    if isinstance(error, ArchitectureError):
        first = error.differences[0]
        number = str(len(error.differences))
        return message(
            "The model differs from the checkpoint in %1 variables. The first one: %2",
            number,
            str(first),
        )
    if isinstance(error, DataPositionError):
        return message("The data differ from those of the checkpoint: they have other batches.")
    if isinstance(error, CheckpointError):
        return str(error)
    return f"{type(error).__name__}: {error}"
