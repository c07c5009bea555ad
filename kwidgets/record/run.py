"""Define ``Run``: one recorded training, as users get it from ``kwidgets.runs``."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kwidgets.live.numbers.acts import Act
from kwidgets.live.numbers.history import History, HistoryMark, history_mark
from kwidgets.record.ended import wait_for_ended
from kwidgets.record.export.exported import Exported
from kwidgets.record.recorded_confusion import RecordedConfusion, read_confusion
from kwidgets.record.replay.code import ReplayCode
from kwidgets.record.run_file.edits import delete_run_file, write_values
from kwidgets.record.run_file.numbers import read_epochs
from kwidgets.record.run_file.reader import (
    read_acts,
    read_checkpoints,
    read_info,
    read_marks,
    read_values,
)
from kwidgets.record.run_file.run_info import CheckpointInfo, Parent, RunInfo, State
from kwidgets.record.run_numbers import load_history, load_store

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from kwidgets.live.protocol import BestEpoch

# Points a trace of the figure.
_FIGURE_ROWS = 2_000


class Run:
    """One recorded training. Its attributes are read from its file, also while it runs.

    Get it from ``kwidgets.runs``: ``kwidgets.runs[-1]`` is the latest. Each attribute raises
    ``UnreadableRunError`` if the file has been deleted or damaged meanwhile.
    """

    def __init__(self, path: Path, run_id: str) -> None:
        self._path = path
        self._id = run_id

    @property
    def id(self) -> str:
        """The date and time (UTC) at which it began, with six letters that make it unique."""
        return self._id

    @property
    def path(self) -> Path:
        """The SQLite file with all of it but the checkpoints."""
        return self._path

    @property
    def info(self) -> RunInfo:
        """All small facts at once, as plain data."""
        wait_for_ended()
        return read_info(self._path)

    # What the user may set.

    @property
    def name(self) -> str:
        """A name that you give it; empty at first."""
        return self.info.name

    @name.setter
    def name(self, name: str) -> None:
        write_values(self._path, {"name": _checked_text("name", name)})

    @property
    def tags(self) -> tuple[str, ...]:
        """Words that you give it, to filter by. Set a list; single tags cannot be changed."""
        return self.info.tags

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        write_values(self._path, {"tags": checked_tags(tags)})

    @property
    def notes(self) -> str:
        """A text that you write about it; empty at first."""
        return self.info.notes

    @notes.setter
    def notes(self, notes: str) -> None:
        write_values(self._path, {"notes": _checked_text("notes", notes)})

    # How it went.

    @property
    def state(self) -> State:
        """ "running", "finished", "stopped", "interrupted" (Ctrl-C), "failed", or "died".

        It died if the process that trained is gone and could not say how the training ended.
        """
        return self.info.state

    @property
    def detail(self) -> str:
        """The reason for the state, such as the first line of an error, or ""."""
        return self.info.detail

    @property
    def diverged(self) -> bool:
        """Whether the training loss was NaN or infinite in the end."""
        return self.info.diverged

    @property
    def created(self) -> datetime.datetime:
        """When it began, in the time zone of this computer."""
        return datetime.datetime.fromtimestamp(self.info.created).astimezone()

    @property
    def duration(self) -> float:
        """Seconds of training, without pauses."""
        return self.info.progress["seconds"]

    @property
    def step(self) -> int:
        """Finished batches."""
        return self.info.progress["step"]

    @property
    def last(self) -> dict[str, float]:
        """The last value of each metric, by the names that Keras logs, such as ``val_loss``."""
        return self.info.values

    @property
    def best(self) -> Mapping[str, BestEpoch]:
        """The best epoch of each metric, with ``split``, ``epoch``, ``step`` and ``value``."""
        return self.info.best

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics, without ``val_``."""
        return tuple(metric["name"] for metric in self.info.metrics)

    @property
    def history(self) -> History:
        """All values, like the ``history`` of a LivePlot."""
        return load_history(self.info)

    @property
    def figure(self) -> go.Figure:
        """A new Plotly Figure, one subplot per metric, with at most 2,000 points per trace."""
        from kwidgets.live.page.plotly_figure import make_figure

        return make_figure(load_store(self.info, _FIGURE_ROWS))

    @property
    def confusion(self) -> RecordedConfusion | None:
        """The confusion matrix after its last epoch; None if it has none, or above 30 classes."""
        wait_for_ended()
        return read_confusion(self._path)

    @property
    def marks(self) -> list[HistoryMark]:
        """What you and callbacks did during the training, as marks on the curves."""
        return [history_mark(mark) for mark in read_marks(self._path)]

    @property
    def acts(self) -> list[Act]:
        """What you did to the training, with the epoch and batch before which it took effect."""
        return read_acts(self._path)

    @property
    def checkpoints(self) -> list[CheckpointInfo]:
        """The checkpoints that are on disk, in the order of their steps."""
        wait_for_ended()
        return read_checkpoints(self._path)

    @property
    def size(self) -> int:
        """What it takes on disk in bytes, with its checkpoints."""
        return self.info.bytes

    # What was trained.

    @property
    def model_name(self) -> str:
        """The name of the variable with the model, or the model's own."""
        return self.info.model_name

    @property
    def optimizer(self) -> str:
        """The class of the optimizer."""
        return self.info.optimizer

    @property
    def epochs(self) -> int:
        """The number of the last epoch that ``fit`` was asked for."""
        return self.info.epochs

    @property
    def notebook(self) -> str | None:
        """The path of the notebook, as far as it is known."""
        return self.info.notebook

    @property
    def parent(self) -> Parent | None:
        """The run that this one goes on from, and the step; None if it began anew."""
        return self.info.parent

    @property
    def code(self) -> str | None:
        """The code of the cell; None in a script, or where it was not recorded."""
        return self._value("code")  # type: ignore[no-any-return]

    @property
    def model_config(self) -> dict[str, Any] | None:
        """The model as ``model.to_json()`` describes it; None if Keras cannot."""
        return self._value("model_config")  # type: ignore[no-any-return]

    @property
    def compile_config(self) -> dict[str, Any] | None:
        """The arguments of ``compile``, as ``model.get_compile_config()`` describes them."""
        return self._value("compile_config")  # type: ignore[no-any-return]

    @property
    def fit_arguments(self) -> dict[str, Any]:
        """The arguments of ``fit`` that are not data: plain values, or descriptions."""
        return self._value("fit_arguments") or {}

    @property
    def data(self) -> dict[str, Any]:
        """The shapes and dtypes of the data, and a checksum of a sample."""
        return self._value("data") or {}

    @property
    def seeds(self) -> dict[str, Any]:
        """The seed of ``keras.utils.set_random_seed``, and checksums of random generators."""
        return self._value("seeds") or {}

    @property
    def versions(self) -> dict[str, str]:
        """The versions of Python and of the packages that compute."""
        return self._value("versions") or {}

    @property
    def environment(self) -> dict[str, str]:
        """The settings and environment variables that change results; no others are recorded."""
        return self._value("environment") or {}

    def checkpoint(self, which: str | int | None = None) -> CheckpointInfo:
        """Return one of its checkpoints.

        Args:
            which: the label that you gave it; "best", for that with the best epoch of those that
                have a checkpoint at their end; "end", "user", "before", "start" or "interval", of
                which it is the last; or the step. Defaults to the last one.

        Raises:
            LookupError: there is none.
        """
        if which == "best" and (best := self._best_checkpoint()) is not None:
            return best
        found = [
            each
            for each in self.checkpoints
            if which is None or which in (each.label, each.reason, each.step)
        ]
        if found:
            return max(found, key=lambda each: each.created)
        if not self.checkpoints:
            raise LookupError(
                f"run {self.id} has no checkpoint. Fits of more than 10 seconds have some; "
                "live.checkpoint() and the button Checkpoint write one at any time."
            )
        known = ", ".join(f"{each.step} ({each.label or each.reason})" for each in self.checkpoints)
        raise LookupError(f"run {self.id} has no checkpoint {which!r}. It has those of {known}.")

    def _best_checkpoint(self) -> CheckpointInfo | None:
        """Return the checkpoint at the end of the epoch with the best loss, or None."""
        at_end = {each.step: each for each in self.checkpoints}
        name = "val_loss" if "validation" in self.info.last.get("loss", {}) else "loss"
        losses = {
            epoch.step: epoch.logs[name]
            for epoch in read_epochs(self._path, _FIGURE_ROWS)
            if epoch.step in at_end and math.isfinite(epoch.logs.get(name, math.nan))
        }
        return at_end[min(losses, key=losses.__getitem__)] if losses else None

    def model(
        self,
        checkpoint: str | int | None = None,
        custom_objects: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return a new model with the weights of a checkpoint, compiled, with its optimizer.

        To save it as Keras does: ``run.model().save("model.keras")``.

        Args:
            checkpoint: which one, as in :meth:`checkpoint`. Defaults to the last one.
            custom_objects: your own classes by name, as in ``keras.models.load_model``.

        Raises:
            LookupError: there is no such checkpoint.
            CheckpointError: it is damaged, or Keras cannot create the model from its description.
        """
        # Keras is imported only here: listing runs does not need it.
        from kwidgets.record.checkpoints.load_model import load_model

        return load_model(
            self.checkpoint(checkpoint).folder,
            self.model_config,
            self.compile_config,
            custom_objects,
        )

    # What can be made of it.

    def replay(self) -> ReplayCode:
        """Return the source of a Keras callback that repeats what you did to the training.

        It sets the same learning rates before the same batches, and stops after the same one,
        without kwidgets. A schedule that was overridden becomes a schedule of its own. With the
        same model, seed, data, arguments and versions, the weights are the same to the last bit.
        The fits that this one continues are included.

        Returns:
            a string that is shown as code in a notebook.

        Raises:
            ReplayError: it went back to a checkpoint, or is a loop of your own; the message says
                what to do.
        """
        from kwidgets.record.replay.of_run import replay_run

        return ReplayCode(replay_run(self._path))

    def export(
        self,
        target: Literal["tensorboard", "mlflow", "trackio", "wandb-offline", "csv"],
        folder: str | os.PathLike[str] | None = None,
    ) -> Exported:
        """Write it for another program, by that program's own library. Nothing is uploaded.

        If it is still running, what is there so far is exported.

        Args:
            target: the program. "csv" writes files with the columns of ``History.to_csv``.
            folder: where to write. By default ``logs`` for TensorBoard, ``exported-runs`` for CSV,
                ``wandb`` for Weights & Biases, all in the current folder, and what MLflow and
                Trackio are set to.

        Returns:
            what was written, as ``path``, and the command that shows it, as ``open_with``.

        Raises:
            ValueError: there is no such target.
            ExportError: the library is not installed, or it cannot write.
        """
        from kwidgets.record.export.export_run import export_run

        return export_run(self._path, target, folder)

    def delete(self) -> int:
        """Delete it from the disk, with its checkpoints.

        Returns:
            the freed bytes.

        Raises:
            RuntimeError: it still runs.
            OSError: it cannot be deleted.
        """
        info = self.info
        if info.state == "running":
            raise RuntimeError(
                f"run {self.id} still runs on {info.host or 'another computer'}. Stop it first."
            )
        return delete_run_file(self._path)

    def _value(self, key: str) -> Any:
        return read_values(self._path, [key])[key]

    def __repr__(self) -> str:
        info = self.info
        values = ", ".join(f"{name} {value:.4g}" for name, value in info.values.items())
        name = "" if info.title == self.id else f" {info.title!r}"
        return f"<Run {self.id}{name}: {info.state}{', ' if values else ''}{values}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and (self._path, self._id) == (other._path, other._id)

    def __hash__(self) -> int:
        return hash((self._path, self._id))


def checked_tags(tags: object) -> list[str]:
    """Return tags without spaces around them, each once.

    Raises:
        TypeError: they are not texts.
    """
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise TypeError(f"tags must be a list of texts, such as ['baseline'], not {tags!r}")
    texts = [_checked_text("a tag", tag).strip() for tag in tags]
    return list(dict.fromkeys(tag for tag in texts if tag))


def _checked_text(what: str, text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{what} must be a text, not {text!r}")
    return text
