"""Record one training in a run file: what it is, its numbers, marks and acts, and how it ends."""

from __future__ import annotations

import dataclasses
import logging
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kwidgets.language import t
from kwidgets.live.numbers.metric_store import PARTIAL
from kwidgets.live.numbers.stored_rows import logs_of, rows_of
from kwidgets.live.protocol import Mark
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.fit_state import FitState
from kwidgets.live.run.observers import ActKind, RunObserver
from kwidgets.record.checkpoints.random_state import read_random_state, set_random_state
from kwidgets.record.fit_facts.arguments import describe_arguments
from kwidgets.record.fit_facts.cell import describe_cell
from kwidgets.record.fit_facts.environment import describe_environment
from kwidgets.record.fit_facts.model import describe_model
from kwidgets.record.fit_facts.process import describe_process
from kwidgets.record.known_folders import remember_folder
from kwidgets.record.recording import recording
from kwidgets.record.run_file import folder, schema
from kwidgets.record.run_file.reader import INSIGHT_KEY
from kwidgets.record.run_file.writer import RunWriter

if TYPE_CHECKING:
    from kwidgets.live.page.view import Insight

logger = logging.getLogger("kwidgets")

LABEL = "Recording the run"
#: How often the file says that its process lives, for readers on other computers.
HEARTBEAT_SECONDS = 10.0
#: Between two copies of predictions, layers and data, and the most of the time that making them
#: may take: a killed kernel loses the last ones.
INSIGHT_SECONDS = 5.0
INSIGHT_SHARE = 1 / 500


class FitRecorder(RunObserver):
    """Records one training. On the training thread it only queues.

    Args:
        run: the training, which begins.
    """

    label = LABEL

    def __init__(self, run: FitRun) -> None:
        self._run = run
        self._fit = run.state
        self._writer: RunWriter | None = None
        # Takes what the store gets to the writer.
        self._listener: _StoreToFile | None = None
        self.run_id = folder.new_run_id()
        #: The folder of the runs; None if this one cannot be recorded.
        self.place: Path | None = None
        #: What the cell is: keys of the run file.
        self.cell: dict[str, Any] = {}
        #: What the result depends on: keys of the run file.
        self.facts: dict[str, Any] = {}
        #: Called with the step, the batches and the values of each point.
        self.on_point: Callable[[int, int, Mapping[str, float]], None] | None = None
        # What is in the file.
        self._first_step = self._fit.reader.position[0]
        self._progress = _progress(self._fit, self._first_step)
        self._revision: tuple[int, int] | None = None
        self._created = 0.0
        # What is known of this run alone, such as its parent.
        self._own_values: dict[str, Any] = {}
        # How the branch that is left ended, before its numbers are dropped from the store.
        self._left: dict[str, Any] = {}
        # The first of the fit's acts that belongs to this run: a branch begins with none.
        self._first_act = 0
        self._beat_at = 0.0
        # Of the predictions, layers and data that are in the file.
        self._insight_revision = 0
        self._insight_at = 0.0

    def begin(self) -> None:
        place = folder.runs_folder()
        try:
            is_new = folder.make_folder(place)
        except OSError as error:
            self._report(str(error))
            return
        if is_new:
            self._fit.extras.notes.append(
                t(
                    "This run is recorded in %1. To turn that off: %kwidgets record off",
                    _from_here(place),
                )
            )
        remember_folder(place)
        self.place = place
        self.cell = describe_cell(recording.with_code)
        # On this thread: the user may change the data, and JAX has no variables during a step.
        arguments = self._fit.frame.arguments() | {"callbacks": self._fit.frame.callbacks()}
        # What the user's own get_config draws must not change the training.
        random_state = read_random_state()
        facts: dict[str, Any] = {}
        for describe in (
            lambda: describe_model(self._fit.model),
            lambda: describe_arguments(arguments),
            describe_environment,
        ):
            facts |= self._fit.guard(LABEL, describe) or {}
        set_random_state(random_state)
        self.facts = {
            **facts,
            "backend": self._fit.backend,
            "device": self._fit.devices.name,
            "code": self.cell["code"],
        }
        self._created = time.time() - self._fit.progress.clock.seconds()
        self._open(place)
        store = self._fit.reader.store
        if store.recorded_as is not None:
            self.set_parent(store.recorded_as, self._fit.reader.position[0], "continued")
        store.recorded_as = self.run_id

    def _open(self, place: Path) -> RunWriter:
        """Begin the file of the run."""
        self._revision = None
        self._insight_revision, self._insight_at = 0, 0.0
        writer = self._writer = RunWriter(
            place / f"{self.run_id}{schema.SUFFIX}", self._report, self._queue_progress
        )
        writer.set_values(
            {
                "id": self.run_id,
                "kind": self._run.kind,
                "created": self._created,
                "heartbeat": time.time(),
                "ended": None,
                "state": "running",
                "diverged": False,
                "detail": "",
                "process": describe_process(),
                "name": "",
                "tags": list(self._fit.extras.tags),
                "notes": "",
                "parent": None,
                "model_name": self._fit.model_name,
                "optimizer": self._fit.optimizer_name,
                "schedule": self._fit.rate.schedule,
                "iterations": self._fit.rate.iterations(),
                **self.cell,
                **self.facts,
                **_results(self._fit),
                "progress": self._progress,
                **self._own_values,
            }
        )
        self._beat_at = time.monotonic() + HEARTBEAT_SECONDS
        listeners = self._fit.reader.store.listeners
        if self._listener is not None:
            listeners.remove(self._listener)
        self._listener = _StoreToFile(writer, self)
        listeners.append(self._listener)
        return writer

    def before_rewind(self) -> None:
        """Keep how the branch that is left ended: its last values, and where it was."""
        self._left = self._end_values()

    def _end_values(self) -> dict[str, Any]:
        return {**_results(self._fit), "progress": _progress(self._fit, self._first_step)}

    def after_rewind(self, step: int) -> None:
        # The branch has a file of its own. The numbers up to its step are in both.
        if self._writer is None or self.place is None:
            return
        parent, self.run_id = self.run_id, folder.new_run_id()
        detail = t("Rewound to step %1, and continued as %2", f"{step:,}", self.run_id)
        # What is known now is that of the branch.
        self._close("stopped", detail, with_insight=False, values=self._left)
        self._created, self._own_values = time.time(), {}
        self._first_act = len(self._fit.acts)
        self._open(self.place)
        self.set_parent(parent, step, "rewind")
        self._fit.reader.store.recorded_as = self.run_id
        self._add_numbers()

    def after_sample(self) -> None:
        if self._writer is not None and self._writer.deleted:
            self._write_again()

    def end_epoch(self, epoch: int) -> None:
        self.after_sample()

    def _write_again(self) -> None:
        """Write the file from what is in memory: somebody has deleted it, or its folder."""
        deleted, place = self._writer, self.place
        assert deleted is not None and place is not None
        deleted.close()
        folder.make_folder(place)
        writer = self._open(place)
        for act in self._fit.acts[self._first_act :]:
            writer.add_row("act", dataclasses.asdict(act))
        self._add_numbers(self._first_step)
        text = t("The file of this run was deleted, and was written again in %1.", place)
        if text not in self._fit.extras.notes:
            self._fit.extras.notes.append(text)

    def _add_numbers(self, after_step: int = -1) -> None:
        """Record what is in the store, except for earlier fits of the model."""
        store = self._fit.reader.store
        listener = self._listener
        assert listener is not None
        with store.lock:
            points, epochs = rows_of(store.batch, "mean/"), rows_of(store.epoch)
        before = 0
        for row in points:
            batches, before = row.step - before, row.step
            if row.step > after_step:
                listener.add_batches(row.step, row.epoch, row.seconds, row.values, batches)
        for row in epochs:
            if row.step > after_step:
                complete = not row.values.get(PARTIAL)
                listener.add_epoch(row.step, row.epoch, row.seconds, logs_of(row), complete)
        for mark in store.marks:
            if mark["step"] > after_step:
                listener.add_mark(mark)

    def set_parent(self, run_id: str, step: int, how: str) -> None:
        """Record the run that this one goes on from."""
        self.set_value("parent", {"run": run_id, "step": step, "how": how})

    def wait_until_begun(self, timeout_seconds: float) -> bool:
        """Return whether the run's file is there, at the latest after ``timeout_seconds``."""
        return self._writer is not None and self._writer.wait_until_begun(timeout_seconds)

    def set_value(self, key: str, value: Any) -> None:
        """Record a value."""
        self._own_values[key] = value
        if self._writer is not None:
            self._writer.set_values({key: value})

    def after_act(self, act: ActKind, value: float | None) -> None:
        if self._writer is not None:
            self._writer.add_row("act", dataclasses.asdict(self._fit.acts[-1]))

    def end(self) -> None:
        self._close(self._fit.status.status, self._fit.status.detail)

    def _close(
        self,
        state: str,
        detail: str,
        with_insight: bool = True,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        if self._writer is not None and self._writer.was_deleted():
            self._fit.guard(LABEL, self._write_again)
        writer, self._writer = self._writer, None
        if writer is None:
            return
        if self._listener is not None:
            self._fit.reader.store.listeners.remove(self._listener)
            self._listener = None
        writer.set_values(
            {
                **(values or self._end_values()),
                "ended": time.time(),
                "state": state,
                "detail": detail,
            }
        )
        insight = self._run.view.insight
        if insight is not None and with_insight:
            writer.set_value_of(INSIGHT_KEY, insight.recorded_parts)
        writer.close()

    def _queue_progress(self) -> None:
        """Queue what has changed since the last time. In the writer's thread."""
        writer = self._writer
        if writer is None:
            return
        if time.monotonic() >= self._beat_at:
            self._beat_at = time.monotonic() + HEARTBEAT_SECONDS
            writer.set_values({"heartbeat": time.time()})
        progress, store = _progress(self._fit, self._first_step), self._fit.reader.store
        if progress["step"] != self._progress["step"]:
            self._progress = progress
            writer.set_values({"progress": progress})
        revision = store.epoch.revision, len(store.metrics)
        if revision != self._revision:
            self._revision = revision
            writer.set_values(_results(self._fit))
        self._queue_insight(writer)

    def _queue_insight(self, writer: RunWriter) -> None:
        """Queue what is known besides the numbers, if it is new and due. In the writer's thread."""
        insight = self._run.view.insight
        if insight is None or time.monotonic() < self._insight_at:
            return
        if insight.revision != self._insight_revision:
            self._insight_revision = insight.revision
            self._insight_at = math.inf
            # Made when it is written: what waits for the disk is not older than what came later.
            writer.set_value_of(INSIGHT_KEY, lambda: self._recorded_parts(insight))

    def _recorded_parts(self, insight: Insight) -> list[Any]:
        started = time.monotonic()
        parts = insight.recorded_parts()
        now = time.monotonic()
        self._insight_at = now + max(INSIGHT_SECONDS, (now - started) / INSIGHT_SHARE)
        return parts

    def _report(self, problem: str | None) -> None:
        """Show why the run is not recorded, or no longer. In the writer's thread."""
        failures = self._fit.guard.failures
        if problem is None:
            failures.pop(LABEL, None)
            return
        logger.warning("cannot record the run: %s; training continues", problem)
        failures[LABEL] = t("This run is not being recorded: %1", problem)


def _from_here(place: Path) -> str:
    """Return a path as it is from the folder in which the kernel works, if it is inside it."""
    here = Path.cwd()
    return str(place.relative_to(here) if place.is_relative_to(here) else place)


def _progress(fit: FitState, first_step: int) -> dict[str, Any]:
    """Return where the fit is; steps and seconds of a run that it resumes are its own too.

    Args:
        fit: the fit.
        first_step: the steps of earlier fits of the model, which are not.
    """
    return {
        "epoch": fit.progress.epoch,
        "batch": fit.progress.batch,
        "step": fit.reader.position[0] - first_step,
        "epochs_rewound": fit.reader.whole_epochs_rewound,
        "seconds": fit.reader.duration,
    }


def _results(fit: FitState) -> dict[str, Any]:
    progress, store = fit.progress, fit.reader.store
    return {
        "device": fit.devices.name,
        "epochs": progress.epochs,
        "initial_epoch": progress.initial_epoch,
        "batches": progress.batches,
        "diverged": fit.reader.diverged,
        "metrics": list(store.metrics.values()),
        "best": dict(store.best),
        "last": store.latest(),
    }


class _StoreToFile:
    """Queues what a store gets for the run file."""

    def __init__(self, writer: RunWriter, recorder: FitRecorder) -> None:
        self._writer = writer
        self._recorder = recorder

    def add_batches(
        self,
        step: int,
        epoch: float,
        seconds: float,
        values: Mapping[str, float],
        num_batches: int,
    ) -> None:
        axes = {"step": step, "epoch": epoch, "seconds": seconds, "batches": num_batches}
        self._writer.add_numbers("point", axes, values)
        if self._recorder.on_point is not None:
            self._recorder.on_point(step, num_batches, values)

    def add_epoch(
        self,
        step: int,
        epoch: float,
        seconds: float,
        logs: Mapping[str, float],
        complete: bool,
    ) -> None:
        axes = {"step": step, "epoch": epoch, "seconds": seconds, "partial": int(not complete)}
        self._writer.add_numbers("epoch", axes, logs)

    def replace_epoch(self, logs: Mapping[str, float]) -> None:
        self._writer.replace_last_epoch(logs)

    def add_mark(self, mark: Mark) -> None:
        self._writer.add_row(
            "mark",
            {
                "kind": mark["kind"],
                "text": schema.stored_json(mark["text"]),
                "step": mark["step"],
                "epoch": mark["epoch"],
                "seconds": mark["seconds"],
            },
        )
