"""Offer to resume an earlier run in a fit that begins, resume it, and verify what was resumed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

from kwidgets.kernel.running_kernel import has_page
from kwidgets.language import Message, message, t, translated
from kwidgets.live.run.fit_run import FitRun
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.folder import CheckpointError
from kwidgets.record.ended import wait_for_ended
from kwidgets.record.fit_recorder import FitRecorder
from kwidgets.record.last_run import UnfinishedRun, find_last_run, find_run
from kwidgets.record.recording import recording
from kwidgets.record.resume.exactness import Exactness
from kwidgets.record.resume.plan import ResumePlan
from kwidgets.record.resume.question import resume_question
from kwidgets.record.resume.resumed_fit import ResumedFit
from kwidgets.record.resume.retrained_points import RetrainedPoints
from kwidgets.record.resumed_numbers import continue_numbers, lost_points
from kwidgets.record.run_file.open_file import UnreadableRunError
from kwidgets.record.run_file.reader import DETAIL_KEYS, read_values

logger = logging.getLogger("kwidgets")

#: For the answer to whether a run is to be resumed: longer if its kernel has died, since the user
#: may have begun to run all cells.
QUESTION_SECONDS = 10.0
QUESTION_AFTER_DEATH_SECONDS = 30.0
_How = Literal["resume", "weights"]
_ANSWERS: dict[str, _How | None] = {"resume": "resume", "weights": "weights", "start": None}


class FitResume:
    """Resumes one fit from a checkpoint of an earlier run, if the user wants that.

    Methods are called in the hooks of the same names of an observer.

    Args:
        run: the training.
        recorder: of the training.
    """

    def __init__(self, run: FitRun, recorder: FitRecorder) -> None:
        self._run = run
        self._fit = run.state
        self._recorder = recorder
        self._data: FitData | None = None
        self._resumed: ResumedFit | None = None
        # Steps that the resumed run trains again, whose values are known.
        self._retrained: RetrainedPoints | None = None
        # Returns the mark where it is resumed, from the step.
        self._mark: Callable[[int], Message] | None = None

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
                mark, (step, _, _) = self._mark, self._fit.reader.position
                self._fit.reader.add_mark("fit", mark(int(step)) if mark else message("Resumed"))
            self._plan_comparison()

    def after_sample(self) -> None:
        if self._retrained is not None:
            self._compare()

    def end(self) -> None:
        if self._resumed is not None:
            self._resumed.end()
        self._resumed = self._data = self._retrained = None

    # Before the training.

    def offer(self, data: FitData | None) -> None:
        """Ask whether to resume, or do as the user wants. When the training begins.

        Args:
            data: of the fit; None if they are not known.
        """
        self._data = data
        wanted = recording.resume_next or self._fit.fit_options.resume
        self._mark, recording.resume_mark = recording.resume_mark, None
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
            self._warn(
                t(
                    "Cannot resume %1: %2 Training starts from the beginning instead. kw.runs() "
                    "lists the runs; resume takes an id or a name.",
                    f"“{wanted}”",
                    _sentence(str(error)),
                )
            )
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
                    self._fit.model,
                    self._data,
                    self._fit.frame.callbacks(),
                    recorded,
                    self._recorder.facts,
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
            if wanted and found.begins_again:
                # Nobody was told by a question.
                self._fit.extras.notes.append(resume_question(found, plan, isinstance(wanted, str)))
            self._resume(found, plan, exactness, how)

    def _tell_that_none_is_there(self, found: UnfinishedRun | None, wanted: bool | str) -> None:
        if found is not None and wanted:
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
        if wanted and (exactness.may_resume or _is_only_moved(exactness)):
            # Of another machine, all that was reached is wanted, if not its last bits.
            return "resume"
        question = resume_question(found, plan, by_name=isinstance(wanted, str))
        label = t("Resume") if how == "resume" else t("Continue from these weights")
        answer = None
        if self._fit.on_main_thread and (wanted or self._may_ask(found, exactness)):
            died = found.info.state == "died"
            answer = self._run.ask(
                f"{question} {_findings_text(exactness)}",
                {how: label, "start": t("Start again")},
                QUESTION_AFTER_DEATH_SECONDS if died else QUESTION_SECONDS,
            )
        if answer is None and wanted:
            # Nobody can answer: what was reached is worth more than a new beginning.
            return how
        if answer is None:
            self._fit.extras.notes.append(f"{question} {t('To resume it: LivePlot(resume=True).')}")
        return _ANSWERS[answer or "start"]

    def _may_ask(self, found: UnfinishedRun, exactness: Exactness) -> bool:
        """Return whether the user is to be asked: not who stopped a fit to change the cell."""
        is_changed = any(finding.part == "code" for finding in exactness.findings)
        return found.info.state == "died" or not is_changed

    def _resume(
        self, found: UnfinishedRun, plan: ResumePlan, exactness: Exactness, how: _How
    ) -> None:
        resumed = ResumedFit(plan, how, on_batch=lambda done, total: self._run.poll())
        if not resumed.begin(self._fit.model, self._data, self._fit.frame.callbacks()):
            if resumed.problem is not None:
                self._warn(translated(resumed.problem))
            return
        step = found.checkpoints[0].step
        self._recorder.set_parent(found.info.id, step, how)
        if how == "resume":
            self._resumed = resumed
            continue_numbers(self._fit, found.info, plan, step)
            if found.is_own:
                # Otherwise it was rewound, and trained other data from there.
                self._retrained = RetrainedPoints(lost_points(found.info, step), step)
                self._recorder.on_point = self._retrained.add
        else:
            mark = message("Continued from the weights of %1", found.info.title)
            self._fit.reader.add_mark("fit", mark)
        text = _findings_text(exactness)
        if how == "weights":
            self._warn(
                t(
                    "Continued from the weights of %1, and not where it was. %2",
                    found.info.title,
                    text,
                )
            )
        elif exactness.verdict == "unknown" and has_page():
            self._fit.extras.notes.append(text)
        elif exactness.verdict != "exact":
            # Also what is only unknown, where no page shows a note.
            self._warn(text)

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
        first = self._fit.reader.position[0] - progress.batch
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


def _findings_text(exactness: Exactness) -> str:
    """Return what is known not to be exact, as sentences."""
    # Two callbacks of a class are missing in the same words.
    texts = list(dict.fromkeys(translated(finding.text) for finding in exactness.findings))
    if not texts:
        return t("Everything is restored exactly.")
    return " ".join([t("Not exact, or not known to be:"), *texts])


def _is_only_moved(exactness: Exactness) -> bool:
    """Return whether nothing has changed but the machine, its versions and settings."""
    return all(
        finding.part == "environment"
        for finding in exactness.findings
        if finding.verdict not in ("exact", "unknown", "inexact")
    )


def _sentence(text: str) -> str:
    """Return ``text`` as a sentence, to which others can be added."""
    return text if text.endswith((".", "。")) else f"{text}."
