"""Write trainings for TensorBoard while they run: ``%kwidgets record tensorboard logs``.

A thread reads the run file, as an export does: the training thread has nothing to do with it.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from kwidgets.language import t
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import RunObserver
from kwidgets.record.export.exported_run import ExportedRun
from kwidgets.record.recording import recording
from kwidgets.record.run_file import folder, schema
from kwidgets.record.run_file.open_file import UnreadableRunError
from kwidgets.record.run_file.reader import read_values

if TYPE_CHECKING:
    from kwidgets.record.export.tensorboard_events import RunEvents

logger = logging.getLogger("kwidgets")

LABEL = "Writing for TensorBoard"
#: Between two looks into the run file.
INTERVAL_SECONDS = 1.0
# Until the run file has the end of a training that has ended.
_END_SECONDS = 10.0
_POLL_SECONDS = 0.05
# When Python ends, for a training that has not.
_EXIT_SECONDS = 2.0


def write_for_tensorboard(run: FitRun) -> list[LiveTensorBoard]:
    """Return what writes a training for TensorBoard; nothing if that is switched off."""
    place = recording.tensorboard
    return [LiveTensorBoard(run, place)] if recording.on and place is not None else []


class LiveTensorBoard(RunObserver):
    """Writes one training for TensorBoard, from its run file.

    Args:
        run: the training, which begins.
        place: TensorBoard's ``--logdir``.
    """

    label = LABEL

    def __init__(self, run: FitRun, place: Path) -> None:
        self._fit = run.state
        self._place = place
        self._path: Path | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kwidgets-tensorboard", daemon=True)

    def begin(self) -> None:
        run_id = self._fit.reader.store.recorded_as
        if run_id is not None:
            self._path = folder.runs_folder() / f"{run_id}{schema.SUFFIX}"
            _open.add(self)
            self._thread.start()

    def end(self) -> None:
        self._ended.set()

    def wait(self, timeout_seconds: float) -> bool:
        """Return whether all is written, at the latest after ``timeout_seconds``."""
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    # In the thread.

    def _run(self) -> None:
        events: RunEvents | None = None
        try:
            from kwidgets.record.export.tensorboard_events import RunEvents

            until = None
            while until is None or time.monotonic() < until:
                if self._ended.wait(INTERVAL_SECONDS if until is None else _POLL_SECONDS):
                    until = until or time.monotonic() + _END_SECONDS
                    time.sleep(_POLL_SECONDS)
                assert self._path is not None
                try:
                    values = read_values(self._path, ("ended", "environment"))
                except UnreadableRunError:  # not written yet
                    continue
                if values["environment"] is None:
                    continue  # the last of what describes the run
                if events is None:
                    events = RunEvents(ExportedRun(self._path), self._place)
                events.write_new(is_complete=values["ended"] is not None)
                if values["ended"] is not None:
                    return
        except Exception as error:
            logger.warning("%s failed; training continues without it", LABEL, exc_info=True)
            text = f"{type(error).__name__}: {error}"
            self._fit.guard.failures[LABEL] = t("%1 failed: %2", t("Writing for TensorBoard"), text)
        finally:
            if events is not None:
                events.close()
            _open.discard(self)


_open: weakref.WeakSet[LiveTensorBoard] = weakref.WeakSet()


@atexit.register
def _wait_for_all() -> None:
    """Write what is left before Python ends."""
    from kwidgets.record.run_file.writer import close_all

    if _open:
        close_all()
    for each in list(_open):
        each.end()
        each.wait(_EXIT_SECONDS)
