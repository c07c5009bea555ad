"""Take the checkpoints of a fit, and let a fit go on from one: an observer beside the recorder."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Literal

import keras

from kwidgets.language import Message, message, t, translated
from kwidgets.live import protocol
from kwidgets.live.numbers.acts import Hook
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import CommandRefusedError, RunObserver
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.record.checkpoints.checkpointer import Checkpointer
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.folder import CheckpointError, CheckpointFolder
from kwidgets.record.checkpoints.retention import SUFFIX, Reason
from kwidgets.record.ended import wait_for_ended
from kwidgets.record.fit_facts.process import is_alive
from kwidgets.record.fit_recorder import FitRecorder
from kwidgets.record.last_run import UnfinishedRun, find_last_run, find_run
from kwidgets.record.recording import recording
from kwidgets.record.resume.exactness import Exactness
from kwidgets.record.resume.plan import ResumePlan
from kwidgets.record.resume.resumed_fit import ResumedFit
from kwidgets.record.resume.retrained_points import RetrainedPoints
from kwidgets.record.resumed_numbers import continue_numbers, lost_points
from kwidgets.record.run_file import schema
from kwidgets.record.run_file.open_file import UnreadableRunError
from kwidgets.record.run_file.reader import DETAIL_KEYS, read_info, read_values

logger = logging.getLogger("kwidgets")

#: For the answer to whether a run is to be resumed: longer if its kernel has died, since the user
#: may have begun to run all cells.
QUESTION_SECONDS = 10.0
QUESTION_AFTER_DEATH_SECONDS = 30.0
# For a checkpoint to be written before the training is rewound.
_WRITE_SECONDS = 60.0
_How = Literal["resume", "weights"]
_ANSWERS: dict[str, _How | None] = {"resume": "resume", "weights": "weights", "start": None}
#: A change before which a checkpoint is taken, if the fit is old enough for automatic ones.
_INTERVENTIONS = ("set_learning_rate", "follow_schedule")
_BEFORE_A_STEP = ("on_epoch_begin", "on_train_batch_begin")


class FitCheckpoints(RunObserver):
    """Takes the checkpoints of one fit, and resumes it from one of an earlier run.

    Args:
        run: the training.
        recorder: of the training.
    """

    label = "Writing checkpoints"

    def __init__(self, run: FitRun, recorder: FitRecorder) -> None:
        self._run = run
        self._fit = run.state
        self._recorder = recorder
        self._data: FitData | None = None
        self._taker: Checkpointer | None = None
        self._resumed: ResumedFit | None = None
        # Steps that the resumed run trains again, whose values are known.
        self._retrained: RetrainedPoints | None = None
        self._best_step = -1
        # Whether Stop has left an epoch incomplete.
        self._stops_in_epoch = False

    # The hooks, in the order in which they are called.

    def begin(self) -> None:
        recorder, model = self._recorder, self._fit.model
        if recorder.place is None or not isinstance(model, keras.Model):
            return
        if self._run.kind == "fit":
            self._data = FitData.find()
            if self._data is not None:
                self._data.watch()
            self._offer_to_resume()
        self._taker = self._make_taker(recorder.place)
        self._fit.extras.can_checkpoint = True

    def _make_taker(self, place: Path) -> Checkpointer:
        return Checkpointer(
            self._fit.model,
            place,
            self._recorder.run_id,
            data=self._data,
            callbacks=self._callbacks(),
            on_written=self._written,
            on_deleted=self._deleted,
            on_problem=self._report,
            is_running=lambda run_id: _is_running(place, run_id),
            has_process=lambda run_id: _has_process(place, run_id),
        )

    def take_before(self, label: str, hook: Hook) -> None:
        """Take a checkpoint before an intervention, and wait until it is written."""
        if self._taker is not None:
            if hook == "on_train_batch_begin":
                self._take("before", label)
            self._taker.wait(_WRITE_SECONDS)

    def after_rewind(self, step: int) -> None:
        # The recorder has begun a run of its own for the branch: its checkpoints are beside it.
        if self._taker is not None and self._recorder.place is not None:
            self._taker.close()
            self._taker = self._make_taker(self._recorder.place)

    def begin_epoch(self, epoch: int) -> None:
        if self._resumed is not None:
            self._resumed.begin_epoch(epoch)
            self._note_problem()

    def before_step(self, epoch: int, batch: int) -> None:
        if self._resumed is not None and not self._resumed.resumed:
            self._resumed.before_step(epoch, batch)
            self._note_problem()
            self._fit.reader.skip_batches()
            if self._resumed is not None:
                self._fit.reader.add_mark("fit", message("Resumed"))
            self._plan_comparison()
        self._take_due()

    def after_sample(self) -> None:
        self._take_due()
        if self._retrained is not None:
            self._compare()

    def end_epoch(self, epoch: int) -> None:
        if self._taker is None:
            return
        best = self._fit.reader.store.best.get("loss")
        if best is not None and best["step"] != self._best_step:
            self._best_step = int(best["step"])
            self._taker.note_best()
        # Before the first step of the next epoch: later ones change the weights, and epochs of a
        # single step have no samples within.
        self._run.call_before_step = True

    def before_command(self, command: Command, hook: Hook) -> None:
        if self._taker is None or hook not in _BEFORE_A_STEP:
            return
        if command.kind == "stop":
            # The step that begins is still trained, and its epoch is left incomplete.
            self._stops_in_epoch = True
            self._request("before", t("Stop"), hook)
        elif command.kind in _INTERVENTIONS and self._has_begun():
            self._request("before", t("a change of the learning rate"), hook)

    def before_interrupt(self, hook: Hook) -> None:
        if hook == "on_train_batch_begin":
            self._take("before", t("Ctrl-C"))

    def apply(self, command: Command, hook: Hook) -> str | None:
        if command.kind != "checkpoint":
            return None
        if self._taker is None:
            raise CommandRefusedError(
                t("No checkpoint of this training can be written: it has no Keras model.")
            )
        self._request("user", command.text, hook)
        return ""

    def finish(self) -> None:
        taker, progress = self._taker, self._fit.progress
        if taker is None or self._stops_in_epoch:
            return
        epoch = progress.initial_epoch + progress.finished_epochs
        # There is no next step.
        taker.take_requested(epoch, 0, self._step(), ended=True)
        if self._fit.status.status == "stopping" or self._has_begun():
            taker.end(epoch, self._step())

    def end(self) -> None:
        if self._resumed is not None:
            self._resumed.end()
        if self._taker is not None:
            self._taker.close()
        if self._data is not None:
            self._data.release()
        self._resumed = self._taker = self._data = self._retrained = None

    # Checkpoints.

    def _take(self, reason: Reason, label: str) -> None:
        if self._taker is None:
            return
        self._run.sample_now()
        progress = self._fit.progress
        self._taker.take_now(reason, label, progress.epoch, progress.batch, self._step())

    def _request(self, reason: Reason, label: str, hook: Hook) -> None:
        """Take a checkpoint now, or before the next step: nowhere else the place is known."""
        if hook == "on_train_batch_begin":
            self._take(reason, label)
        elif self._taker is not None:
            self._taker.request(reason, label)
            self._run.call_before_step = True

    def _take_due(self) -> None:
        if self._taker is not None:
            progress = self._fit.progress
            self._taker.before_step(
                progress.epoch, progress.batch, self._step(), time.perf_counter()
            )

    def _has_begun(self) -> bool:
        return self._taker is not None and self._taker.schedule.has_begun(time.perf_counter())

    def _step(self) -> int:
        return int(self._fit.reader.position[0])

    def _callbacks(self) -> list[object]:
        return self._fit.frame.callbacks()

    # In the thread that writes checkpoints.

    def _written(self, checkpoint: CheckpointFolder) -> None:
        meta = checkpoint.meta
        shown = protocol.Checkpoint(
            name=checkpoint_name(checkpoint.path),
            text=_text_of(meta["reason"], meta["label"]),
            step=meta["step"],
            epoch=self._fit.reader.epoch_on_axis(meta["epoch"], meta["batch"]),
        )
        # Somebody may have deleted the others.
        place = checkpoint.path.parent.parent
        known = [
            each
            for each in self._fit.extras.checkpoints
            if checkpoint_folder(place, each["name"]).is_dir()
        ]
        self._fit.extras.checkpoints = [*known, shown]
        self._run.publish_soon()
        if meta["reason"] == "user":
            self._fit.reader.store.add_mark(
                protocol.Mark(
                    kind="user",
                    text=shown["text"],
                    step=shown["step"],
                    epoch=shown["epoch"],
                    seconds=self._fit.reader.position[2],
                )
            )

    def _deleted(self, paths: list[Path]) -> None:
        names = {checkpoint_name(path) for path in paths}
        self._fit.extras.checkpoints = [
            each for each in self._fit.extras.checkpoints if each["name"] not in names
        ]

    def _report(self, problem: str | None) -> None:
        if problem is None:
            self._fit.guard.failures.pop(self.label, None)
        else:
            self._fit.guard.failures[self.label] = problem

    # Resuming.

    def _offer_to_resume(self) -> None:
        wanted = recording.resume_next or self._fit.fit_options.resume
        recording.resume_next = None
        wait_for_ended()
        assert self._recorder.place is not None
        try:
            found = (
                find_run(wanted)
                if isinstance(wanted, str)
                else find_last_run(self._recorder.place, self._recorder.cell)
            )
        except UnreadableRunError as error:
            self._warn(t("Cannot resume %1: %2", str(wanted), str(error)))
            return
        if found is None or not found.checkpoints:
            self._tell_that_none_is_there(found, wanted)
            return
        try:
            recorded = read_values(found.info.path, (*DETAIL_KEYS, "backend", "device"))
        except UnreadableRunError as error:
            self._warn(t("Cannot resume %1: %2", found.info.id, str(error)))
            return
        plan = exactness = None
        for checkpoint in found.checkpoints:
            try:
                plan = ResumePlan.read(checkpoint.folder)
                exactness = plan.exactness(
                    self._fit.model, self._data, self._callbacks(), recorded, self._recorder.facts
                )
            except CheckpointError as error:
                # There is one before it.
                self._warn(t("Cannot resume %1: %2", found.info.id, str(error)))
                plan = None
            else:
                found = UnfinishedRun(found.info, (checkpoint,))
                break
        if plan is None or exactness is None:
            return
        if plan.epoch >= self._fit.progress.epochs:
            self._warn(
                t(
                    "Cannot resume %1: it stopped in epoch %2, and this fit ends with epoch %3.",
                    found.info.title,
                    str(plan.epoch + 1),
                    str(self._fit.progress.epochs),
                )
            )
            return
        how = self._choose(found, plan, exactness, wanted)
        if how is not None:
            self._resume(found, plan, exactness, how)

    def _tell_that_none_is_there(self, found: UnfinishedRun | None, wanted: bool | str) -> None:
        if found is not None:
            place = found.info.host
            self._warn(t("The last run of this cell is still running (on %1): not resumed.", place))
        elif isinstance(wanted, str):
            self._warn(t("Cannot resume %1: it has no checkpoint.", wanted))
        elif wanted:
            self._fit.extras.notes.append(
                t("Nothing to resume: the last run of this cell finished, or has no checkpoint.")
            )

    def _choose(
        self, found: UnfinishedRun, plan: ResumePlan, exactness: Exactness, wanted: bool | str
    ) -> _How | None:
        """Return how the fit is to go on, or None if it is to start again."""
        if not (exactness.may_resume or exactness.may_take_weights):
            self._warn(t("Cannot resume %1: %2", found.info.title, _findings_text(exactness)))
            return None
        how: _How = "resume" if exactness.may_resume else "weights"
        if wanted:
            # Of another machine, all that was reached is wanted, if not its last bits.
            moved = all(
                finding.part == "environment"
                for finding in exactness.findings
                if finding.verdict not in ("exact", "unknown", "inexact")
            )
            return "resume" if moved else how
        question = t(
            "The last run of this cell stopped in epoch %1, batch %2.",
            str(plan.epoch + 1),
            str(plan.batch),
        )
        label = t("Resume") if how == "resume" else t("Continue from these weights")
        answer = None
        if self._may_ask(found, exactness):
            died = found.info.state == "died"
            answer = self._run.ask(
                f"{question} {_findings_text(exactness)}",
                {how: label, "start": t("Start again")},
                QUESTION_AFTER_DEATH_SECONDS if died else QUESTION_SECONDS,
            )
        if answer is None:
            self._fit.extras.notes.append(f"{question} {t('To resume it: LivePlot(resume=True).')}")
        return _ANSWERS[answer or "start"]

    def _may_ask(self, found: UnfinishedRun, exactness: Exactness) -> bool:
        """Return whether the user is to be asked: not who stopped a fit to change the cell."""
        if not self._fit.on_main_thread:
            return False
        is_changed = any(finding.part == "code" for finding in exactness.findings)
        return found.info.state == "died" or not is_changed

    def _resume(
        self, found: UnfinishedRun, plan: ResumePlan, exactness: Exactness, how: _How
    ) -> None:
        resumed = ResumedFit(plan, how, on_batch=lambda done, total: self._run.poll())
        if not resumed.begin(self._fit.model, self._data, self._callbacks()):
            if resumed.problem is not None:
                self._warn(translated(resumed.problem))
            return
        step = found.checkpoints[0].step
        self._recorder.set_parent(found.info.id, step, how)
        if how == "resume":
            self._resumed = resumed
            continue_numbers(self._fit, found.info, plan, step)
            self._retrained = RetrainedPoints(lost_points(found.info, step), step)
            self._recorder.on_point = self._retrained.add
        else:
            mark = message("Continued from the weights of %1", found.info.title)
            self._fit.reader.add_mark("fit", mark)
        text = _findings_text(exactness)
        if text and exactness.verdict != "exact":
            self._fit.extras.notes.append(text)

    def _note_problem(self) -> None:
        resumed = self._resumed
        if resumed is None:
            return
        if resumed.problem is not None:
            self._warn(translated(resumed.problem))
            self._resumed = self._retrained = None

    def _warn(self, text: str) -> None:
        logger.warning("%s", text)
        self._fit.extras.notes.append(text)

    # The check of what is trained again.

    def _plan_comparison(self) -> None:
        """Let the metrics be read where the recorded run has a point."""
        checked = self._retrained
        if checked is None or checked.next_step is None or checked.next_begin is None:
            return
        progress = self._fit.progress
        first = self._step() - progress.batch
        wanted = [step - first for step in (checked.next_begin, checked.next_step)]
        self._run.sample_at_batch = next((b for b in wanted if b > progress.batch), -1)

    def _compare(self) -> None:
        checked = self._retrained
        if checked is None:
            return
        self._plan_comparison()
        verdict = checked.verdict
        if verdict == "open":
            return
        self._retrained = None
        if verdict == "exact":
            text = message("Resumed exactly: the steps trained again have the recorded values.")
        elif verdict == "different" and checked.difference is not None:
            point, name, recorded, now = checked.difference
            text = message(
                "Not resumed exactly: at step %1 the recorded %2 was %3, now %4.",
                f"{point.step:,}",
                name,
                f"{recorded:.7g}",
                f"{now:.7g}",
            )
        else:
            return
        self._fit.extras.notes.append(translated(text))
        self._recorder.set_value("resumed", {"verdict": verdict, "text": text})


def checkpoint_name(folder: Path) -> str:
    """Return what tells a checkpoint from those of the other branches of a training."""
    return f"{folder.parent.name.removesuffix(SUFFIX)}/{folder.name}"


def checkpoint_folder(place: Path, name: str) -> Path:
    """Return the folder of the checkpoint with that name."""
    run_id, _, folder = name.partition("/")
    return place / f"{run_id}{SUFFIX}" / folder


def _text_of(reason: str, label: str) -> Message:
    """Return what a checkpoint is called on the page."""
    if reason == "user" and label:
        return message("Checkpoint “%1”", label)
    texts = {
        "best": message("Best epoch"),
        "before": message("Before %1", label),
        "end": message("End"),
        "user": message("Checkpoint"),
    }
    return texts.get(reason, message("Automatic checkpoint"))


def _findings_text(exactness: Exactness) -> str:
    """Return what is known not to be exact, as sentences."""
    texts = [translated(finding.text) for finding in exactness.findings]
    if not texts:
        return t("Everything is restored exactly.")
    return " ".join([t("Not exact, or not known to be:"), *texts])


def _is_running(place: Path, run_id: str) -> bool:
    """Return whether a run is being recorded, here or by another kernel."""
    try:
        return read_info(place / f"{run_id}{schema.SUFFIX}").state == "running"
    except UnreadableRunError:
        return False


def _has_process(place: Path, run_id: str) -> bool | None:
    """Return whether the process that recorded a run still exists; None if it is not known."""
    try:
        (process,) = read_values(place / f"{run_id}{schema.SUFFIX}", ["process"]).values()
    except UnreadableRunError:
        return None
    return is_alive(process) if isinstance(process, dict) else None
