"""Write a run as TensorBoard's event files, with the tags and folders of Keras's callback.

``train/`` and ``validation/`` have ``epoch_loss`` by Keras's epoch, ``train/`` has ``batch_loss``
by batch too. The writer of TensorBoard's own package needs no TensorFlow.
"""

from __future__ import annotations

import itertools
import os
import platform
import re
import time
from collections.abc import Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from kwidgets.record.export.exported import Exported, shell_command
from kwidgets.record.export.exported_run import ExportedRun, Row

#: Where TensorBoard's own examples log to.
DEFAULT_FOLDER = "logs"
_numbers = itertools.count()


def export(run: ExportedRun, folder: Path | None) -> Exported:
    """Write all of the run into a folder of its own, in TensorBoard's ``--logdir``."""
    events = RunEvents(run, folder or Path(DEFAULT_FOLDER).absolute())
    try:
        events.write_new(is_complete=True)
    finally:
        events.close()
    command = shell_command("tensorboard", "--logdir", events.folder.parent)
    return Exported(events.folder, command)


class RunEvents:
    """The event files of one run, to which rows are added as they appear in the run file.

    Args:
        run: what is written.
        folder: of all runs.

    Raises:
        OSError: the files cannot be written; so do the methods.
    """

    def __init__(self, run: ExportedRun, folder: Path) -> None:
        self.folder = _free_folder(folder, run)
        self._run = run
        # The last rows that were written, and the step of the last sample.
        self._point = self._epoch = self._mark = self._step = 0
        self._files = {
            split: _EventFile(self.folder / split, run.info.created)
            for split in ("train", "validation")
        }
        train = self._files["train"]
        hparams = hparams_pb(run.parameters, run.info.id, run.info.created)
        train.add(hparams, run.info.created)
        facts = "\n".join(f"- **{name}**: {_escaped(text)}" for name, text in run.facts.items())
        train.add(text_pb("run", facts), run.info.created)

    def write_new(self, is_complete: bool) -> None:
        """Write what is in the run file since the last time.

        Args:
            is_complete: whether the training has ended. Otherwise the last epoch waits for what
                callbacks may still add to it, until the next one has begun.
        """
        train = self._files["train"]
        for row in self._run.rows("point", self._point):
            train.add_scalars("batch_", row.values, row.step, row.wall_time)
            self._point, self._step = row.id, row.step
        waiting: Row | None = None
        for row in self._run.rows("epoch", self._epoch):
            if waiting is not None:
                self._write_epoch(waiting)
            waiting = row
        if waiting is not None and (is_complete or waiting.step < self._step):
            self._write_epoch(waiting)
        for mark in self._run.marks(self._mark):
            train.add(text_pb("marks", _escaped(mark.text)), mark.wall_time, mark.step)
            self._mark = mark.id
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _write_epoch(self, row: Row) -> None:
        # Keras's number of the epoch, also of one that was stopped.
        epoch = max(0, -int(-row.epoch // 1) - 1)
        training = {k: v for k, v in row.values.items() if not k.startswith("val_")}
        validation = {k[4:]: v for k, v in row.values.items() if k.startswith("val_")}
        self._files["train"].add_scalars("epoch_", training, epoch, row.wall_time)
        self._files["validation"].add_scalars("epoch_", validation, epoch, row.wall_time)
        self._epoch = row.id


class _EventFile:
    def __init__(self, folder: Path, created: float) -> None:
        self._folder = folder
        self._created = created
        self._writer: RecordWriter | None = None

    def add_scalars(
        self, prefix: str, values: Mapping[str, float], step: int, wall_time: float
    ) -> None:
        found = [
            Summary.Value(tag=prefix + name, simple_value=value) for name, value in values.items()
        ]
        if found:
            self.add(Summary(value=found), wall_time, step)

    def add(self, summary: Summary, wall_time: float, step: int = 0) -> None:
        self._write(Event(wall_time=wall_time, step=step, summary=summary))

    def flush(self) -> None:
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _write(self, event: Event) -> None:
        if self._writer is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = (
                f"events.out.tfevents.{int(time.time())}.{platform.node()}.{os.getpid()}"
                f".{next(_numbers)}"
            )
            self._writer = RecordWriter((self._folder / name).open("wb"))
            self._write(Event(wall_time=self._created, file_version="brain.Event:2"))
        self._writer.write(event.SerializeToString())


def _free_folder(folder: Path, run: ExportedRun) -> Path:
    """Return a folder for the run that does not exist: a second one would add to its curves."""
    name = run.info.id
    if run.info.name:
        name = re.sub(r"[^\w.-]+", "-", run.info.name)[:80].strip(".-") + f"-{run.info.id}"
    for number in itertools.count(2):
        place = folder / name
        if not place.exists():
            return place
        name = f"{name.removesuffix(f'_{number - 1}')}_{number}"
    raise AssertionError


def _escaped(text: str) -> str:
    """Return a text for TensorBoard, which renders Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)
