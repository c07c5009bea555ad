"""Write checkpoints in a thread beside the training, one at a time."""

from __future__ import annotations

import dataclasses
import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kwidgets.record.checkpoints.folder import CheckpointFolder, write_folder
from kwidgets.record.checkpoints.training_state import HostBuffers, TrainingState

logger = logging.getLogger("kwidgets")


@dataclasses.dataclass(frozen=True)
class WriteJob:
    """One checkpoint to be written.

    Attributes:
        folder: temporary, from ``temporary_folder``.
        name: of the checkpoint's folder.
        state: what is written.
        meta: for ``meta.json``.
        buffers: what holds the state, to be given back; None if the state is written in line.
    """

    folder: Path
    name: str
    state: TrainingState
    meta: Mapping[str, Any]
    buffers: HostBuffers | None


class CheckpointWriter:
    """Writes one checkpoint after another.

    Args:
        on_written: called with the folder and the seconds that it took.
        on_failed: called with the error.
        before_write: called before each. All three in the thread that writes.
    """

    def __init__(
        self,
        on_written: Callable[[CheckpointFolder, float], None],
        on_failed: Callable[[Exception], None],
        before_write: Callable[[], object],
    ) -> None:
        self._on_written, self._on_failed = on_written, on_failed
        self._before_write = before_write
        self._one_at_a_time = threading.Lock()
        self._threads: list[threading.Thread] = []

    @property
    def busy(self) -> bool:
        """Whether a checkpoint is being written."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        return bool(self._threads)

    def start(self, job: WriteJob) -> None:
        """Write ``job`` in a thread. Python waits for it before it exits.

        Raises:
            RuntimeError: no thread can be started; ``job`` is dropped.
        """
        thread = threading.Thread(target=self.write, args=(job,), name="kwidgets checkpoint")
        try:
            thread.start()
        except RuntimeError:
            shutil.rmtree(job.folder, ignore_errors=True)
            if job.buffers is not None:
                job.buffers.give_back()
            raise
        self._threads.append(thread)

    def write(self, job: WriteJob) -> None:
        """Write ``job`` in this thread."""
        try:
            with self._one_at_a_time:
                self._before_write()
                started = time.perf_counter()
                path = write_folder(job.folder, job.name, job.state.arrays, job.meta)
                seconds = time.perf_counter() - started
        except Exception as error:
            self._call(self._on_failed, error)
        else:
            self._call(self._on_written, CheckpointFolder.open(path), seconds)
        finally:
            if job.buffers is not None:
                job.buffers.give_back()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait until nothing is being written; return whether that is so."""
        for thread in self._threads:
            thread.join(timeout_seconds)
        return not self.busy

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            function(*arguments)
        except Exception:
            logger.warning("reporting a checkpoint failed", exc_info=True)
