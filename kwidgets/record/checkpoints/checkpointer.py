"""Take the checkpoints of one fit: ``Checkpointer``.

For integrators. In a callback of the fit::

    on_train_begin        data = FitData.find(); data.watch()
                          taker = Checkpointer(model, folder, data=data, callbacks=callbacks, …)
    on_train_batch_begin  taker.before_step(epoch, batch, step, now)     at every step
    on_epoch_end          taker.note_best()                             if the monitored metric was
    on_train_end          taker.take_requested(epoch, 0, step, ended=True)
                          taker.end(epoch, step)                        after the last epoch
    the fit is over       taker.close()

``request("user", label)`` may be called from any thread; the checkpoint is taken before the next
step. ``take_now("before", label)`` is for the training thread, within ``on_train_batch_begin``,
before it applies an intervention, or raises the exception that ends the fit.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil

from kwidgets.language import t
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.folder import CheckpointFolder, temporary_folder
from kwidgets.record.checkpoints.read_checkpoint import describe_state
from kwidgets.record.checkpoints.retention import LIMIT_BYTES, SUFFIX, Reason, tidy
from kwidgets.record.checkpoints.schedule import CheckpointSchedule
from kwidgets.record.checkpoints.training_state import HostBuffers, num_bytes, read_state
from kwidgets.record.checkpoints.writer import CheckpointWriter, WriteJob
from kwidgets.record.ended import add_ended

logger = logging.getLogger("kwidgets")

#: A state beyond this share of the free memory is written in line, without a copy.
_MEMORY_SHARE = 0.25


class Checkpointer:
    """Takes the checkpoints of one fit. On its thread, except where a method says otherwise.

    Args:
        model: the model in training.
        runs: the folder of runs.
        run_id: names the folder of the checkpoints in it.
        data: the data of the fit, watched; None if they are not known.
        callbacks: those of the fit.
        describe: returns further items of ``meta.json``, on the thread of the training.
        limit_bytes: for the checkpoints of all runs in that folder.
        is_running: whether a run of that id is being recorded by somebody else.
        has_process: whether the process of a run still exists, as for ``tidy``.
        on_written: called with each checkpoint that is complete on disk.
        on_deleted: called with the folders that newer checkpoints replace.
        on_problem: called with why the last checkpoint could not be written, in the kernel's
            language, and with None when one could be written again.
        before_write: called before each is written. These four are called in the thread that
            writes.
    """

    def __init__(
        self,
        model: Any,
        runs: Path,
        run_id: str,
        *,
        data: FitData | None = None,
        callbacks: Iterable[object] = (),
        describe: Callable[[], Mapping[str, Any]] = dict,
        limit_bytes: int = LIMIT_BYTES,
        is_running: Callable[[str], bool] = lambda run_id: False,
        has_process: Callable[[str], bool | None] = lambda run_id: None,
        on_written: Callable[[CheckpointFolder], None] = lambda checkpoint: None,
        on_deleted: Callable[[list[Path]], None] = lambda paths: None,
        on_problem: Callable[[str | None], None] = lambda problem: None,
        before_write: Callable[[], object] = lambda: None,
    ) -> None:
        self._model, self._data, self._callbacks = model, data, callbacks
        self._runs, self._run_id = runs, run_id
        self._describe, self._limit_bytes = describe, limit_bytes
        self._is_running, self._has_process = is_running, has_process
        self._report_written, self._report_deleted = on_written, on_deleted
        self._report_problem = on_problem
        # Metrics and the optimizer may get variables in the first step.
        self._bytes = 0
        self.schedule = CheckpointSchedule(time.perf_counter(), fits_budget=True)
        self._writer = CheckpointWriter(self._written, self._failed, before_write)
        self._buffers: list[HostBuffers] = []
        self._requests: list[tuple[Reason, str]] = []
        self._requests_lock = threading.Lock()
        self._is_best = False
        self._problem: str | None = None

    def request(self, reason: Reason = "user", label: str = "") -> None:
        """Take a checkpoint before the next step. From any thread."""
        with self._requests_lock:
            self._requests.append((reason, label))

    def note_best(self) -> None:
        """The epoch that ends is the best so far."""
        self._is_best = True

    def is_due(self, now: float) -> bool:
        """Return whether checkpoints are to be taken before the next step."""
        return now >= self.schedule.due_at or bool(self._requests) or self._is_best

    def before_step(self, epoch: int, batch: int, step: int, now: float) -> None:
        """Take the checkpoints that are due. In ``on_train_batch_begin``, at every step.

        Args:
            epoch: Keras's number of the epoch.
            batch: Keras's number of the step that begins.
            step: how many steps the run has had.
            now: ``time.perf_counter()``.
        """
        if not self.is_due(now):
            return
        is_best, self._is_best = self._is_best, False
        self.take_requested(epoch, batch, step)
        if is_best and self.schedule.may_take_best(now) and not self._writer.busy:
            self._take_automatic("best", epoch, batch, step)
        elif now >= self.schedule.due_at and not self._writer.busy:
            self._take_automatic("interval", epoch, batch, step)

    def take_requested(self, epoch: int, batch: int, step: int, ended: bool = False) -> None:
        """Take the checkpoints that were requested, as far as there are free buffers."""
        while self._requests and self._may_take():
            with self._requests_lock:
                reason, label = self._requests.pop(0)
            self.take_now(reason, label, epoch, batch, step, ended)

    def take_now(
        self,
        reason: Reason,
        label: str,
        epoch: int,
        batch: int,
        step: int,
        ended: bool = False,
        cut_validation: bool = False,
    ) -> bool:
        """Take a checkpoint; return whether there was one to be taken.

        Not when two are still being written, and never an exception: ``on_problem`` tells.

        Args:
            reason: why it is kept.
            label: what the user calls it.
            epoch: as for :meth:`before_step`.
            batch: the same.
            step: the same.
            ended: whether no step begins: the epoch before ``epoch`` has ended.
            cut_validation: whether the validation of that epoch has not.
        """
        started = time.perf_counter()
        folder: Path | None = None
        try:
            in_line = self._is_too_large_for_memory()
            buffers = None if in_line else self._free_buffers()
            if buffers is None and not in_line:
                return False
            folder = temporary_folder(self._runs / f"{self._run_id}{SUFFIX}")
            state = read_state(
                self._model,
                epoch,
                batch,
                data=self._data,
                callbacks=self._callbacks,
                buffers=buffers,
                folder=folder,
                ended=ended,
            )
            meta = {
                **self._describe(),
                **describe_state(state),
                "run_id": self._run_id,
                "step": step,
                "reason": reason,
                "label": label,
                "created": time.time(),
                "cut_validation": cut_validation,
            }
            job = WriteJob(folder, f"{epoch:04d}-{batch:06d}-{reason}", state, meta, buffers)
        except Exception as error:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            self._failed(error)
            return False
        if buffers is None:
            self._writer.write(job)
        else:
            buffers.take()
            try:
                self._writer.start(job)
            except RuntimeError as error:
                self._failed(error)
                return False
        now = time.perf_counter()
        self.schedule.taken(now, now - started)
        return True

    def end(self, epoch: int, step: int) -> None:
        """Take a checkpoint of the trained model. In ``on_train_end``.

        Args:
            epoch: the first epoch that the fit did not train, by Keras's numbers.
            step: how many steps the run has had.
        """
        if not self._may_take():
            self.wait()
        self.take_now("end", "", epoch, 0, step, ended=True)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait until nothing is being written; return whether that is so. From any thread."""
        return self._writer.wait(timeout_seconds)

    def close(self) -> None:
        """Drop the references to the model. What is being written is completed."""
        self._model = self._data = None
        self._callbacks = ()
        self._buffers = []
        add_ended(self._writer)

    def _take_automatic(self, reason: Reason, epoch: int, batch: int, step: int) -> None:
        if not self._bytes:
            self._bytes = num_bytes(self._model)
        self.schedule.automatic = 2 * self._bytes <= self._limit_bytes
        if self.schedule.automatic:
            self.take_now(reason, "", epoch, batch, step)

    def _may_take(self) -> bool:
        return self._is_too_large_for_memory() or self._free_buffers() is not None

    def _is_too_large_for_memory(self) -> bool:
        if self._buffers:
            return False
        if not self._bytes:
            self._bytes = num_bytes(self._model)
        return bool(self._bytes > _MEMORY_SHARE * psutil.virtual_memory().available)

    def _free_buffers(self) -> HostBuffers | None:
        """Return buffers that are not being written: a second one if it has to be."""
        for buffers in self._buffers:
            if buffers.free:
                return buffers
        if len(self._buffers) == 2:
            return None
        self._buffers.append(HostBuffers())
        return self._buffers[-1]

    # In the thread that writes; what cannot be begun has failed in that of the training.

    def _written(self, checkpoint: CheckpointFolder, seconds: float) -> None:
        self.schedule.written(seconds)
        self._problem = None
        self._report_problem(None)
        self._report_written(checkpoint)
        deleted = tidy(
            self._runs, self._run_id, self._limit_bytes, self._is_running, self._has_process
        )
        if deleted:
            self._report_deleted(deleted)

    def _failed(self, error: Exception) -> None:
        self.schedule.failed()
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        if reason != self._problem:
            # A disk stays full: the next attempts fail for the same reason.
            logger.warning("a checkpoint could not be written; training continues", exc_info=error)
        self._problem = reason
        self._report_problem(t("No checkpoint could be written: %1", reason))
