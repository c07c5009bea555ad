"""The tab Predictions of one fit: what is sent of it, and what a view can ask."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, Final, get_args

from kwidgets.insight.explain.explained import Explained
from kwidgets.insight.page import encode
from kwidgets.insight.page.explanation import encode_explanation
from kwidgets.insight.page.recorded_epochs import RecordedEpochs, short_details
from kwidgets.insight.page.sample_looks import SampleLooks
from kwidgets.insight.page.session import InsightSession, RequestRefusedError, Tab
from kwidgets.insight.predictions.epoch import EpochPredictions, SamplePrediction, Source
from kwidgets.insight.predictions.history import Predictions
from kwidgets.insight.protocol import (
    Details,
    Explanation,
    Insight,
    PredictionsPart,
    Request,
    SampleDetails,
    SamplesPart,
    State,
    Task,
)
from kwidgets.insight.task.rules import Reading
from kwidgets.language import Message, t, translated

ExplainSoon = Callable[
    [SamplePrediction, EpochPredictions, Callable[[Explained | None, Message | None], None]], None
]

#: Of the saved output: mistakes with thumbnails, and the most bytes of all.
SAVED_MISTAKES: Final = 12
SAVED_BYTES: Final = 38_000
#: The history of a sample that is sent.
SAMPLE_HISTORY: Final = 200
#: What is tried until it fits: mistakes, and whether with the table of the classes.
_SAVED: Final = ((SAVED_MISTAKES, True), (8, True), (SAVED_MISTAKES, False), (4, False), (0, False))
TASKS: Final = frozenset(get_args(Task))


class PredictionsTab(Tab):
    """The tab Predictions. From any thread.

    Args:
        session: sends the parts.
        predictions: of the fit.
        last_epoch: returns where the epochs end.
        source: the data on which the model predicts.
    """

    name = "predictions"
    answers = frozenset(
        {"show_samples", "show_sample", "explain", "set_task", "look_at_training_samples"}
    )

    def __init__(
        self,
        session: InsightSession,
        predictions: Predictions,
        last_epoch: Callable[[], int],
        source: Source = "validation",
    ) -> None:
        self._session = session
        self._last_epoch = last_epoch
        self.predictions = predictions
        self.source: Source = source
        self.state: State = "waiting"
        self.reason: Message | None = None
        self.readings: dict[str, Reading] = {}
        #: What to know of the class names, by output: where they come from, and a note.
        self.names_from: dict[str, Message | None] = {}
        self.names_note: dict[str, Message | None] = {}
        self.looks: SampleLooks | None = None
        #: Reads an output as another task from the next validation on.
        self.set_task: Callable[[str, Task], None] | None = None
        #: Predicts training samples at the end of the running epoch.
        self.look_at_training: Callable[[], None] | None = None
        #: Explains a sample between two steps, and then calls a function with the explanation, or
        #: with why there is none; None where there is no model.
        self.explain: ExplainSoon | None = None
        # What the views show: the last of them decides.
        self._output: str | None = None
        self._epoch: int | None = None
        self._is_due = False
        self._recorded = RecordedEpochs()
        self._recording = threading.Lock()
        # Whether the last part had details.
        self._has_details = False
        self._lock = threading.RLock()

    # Called on the training thread.

    def publish(self, may_wait: bool = True) -> None:
        """Send what is new, if the views can take it; else at the next time.

        Args:
            may_wait: whether it is left out where much has been sent lately.
        """
        self._session.note_change()
        if may_wait and not self._session.may_send():
            self._is_due = True
            return
        self._is_due = False
        self._session.send(self._part(self._session.is_watched("predictions")))

    def publish_rest(self) -> None:
        """Send what had to wait: the fit has ended."""
        if self._is_due:
            self.publish(may_wait=False)

    # What a view asks.

    def watch(self, request: Request) -> None:
        output, epoch = request.get("output"), request.get("epoch")
        chosen = (
            output if isinstance(output, str) else None,
            epoch if isinstance(epoch, int) else None,
        )
        with self._lock:
            changed = chosen != (self._output, self._epoch) or request.get("first") is True
            self._output, self._epoch = chosen
            newly = changed or not self._has_details
        if newly or self._is_due:
            self.publish(may_wait=not changed)

    def answer(self, request: Request) -> str:
        name = request.get("request")
        if name == "set_task":
            return self._answer_task(request)
        if name == "look_at_training_samples":
            if self.look_at_training is None:
                raise RequestRefusedError(
                    t("Training samples can be shown only for arrays, and only during training.")
                )
            self.look_at_training()
            return t("Training samples will be predicted at the end of this epoch.")
        if name == "show_sample":
            self._session.send(
                Insight(part="sample", fit=self._session.fit, sample=self._sample(request))
            )
            return ""
        if name == "explain":
            return self._answer_explain(request)
        shown = self._chosen(request)
        true, predicted = _class(request.get("true")), _class(request.get("predicted"))
        found = shown.results.matching(true, predicted)
        part = SamplesPart(
            output=shown.output,
            epoch=shown.epoch,
            true=true,
            predicted=predicted,
            count=len(found),
            samples=[
                encode.sample(shown.sample(i), shown, self._sample_looks())
                for i in found[: encode.MISTAKES].tolist()
            ],
        )
        self._session.send(Insight(part="samples", fit=self._session.fit, samples=part))
        return ""

    def _answer_explain(self, request: Request) -> str:
        details = self._sample(request)
        position, shown = encode.position_of(request.get("sample")), self._chosen(request)
        if self.explain is None or position is None:
            raise RequestRefusedError(t("There is no model to explain this prediction."))

        refused: list[Message] = []
        answering = [True]

        def done(found: Explained | None, reason: Message | None) -> None:
            if found is not None:
                details["explanation"] = encode_explanation(found, self._session.pictures)
            elif reason is not None:
                if answering:
                    refused.append(reason)
                    return
                # The request was accepted, and failed between two steps.
                details["explanation"] = Explanation(method="occlusion", text=reason)
            self._session.send(Insight(part="sample", fit=self._session.fit, sample=details))

        self.explain(shown.sample(position), shown, done)
        answering.clear()
        if refused:
            raise RequestRefusedError(translated(refused[0]))
        return ""

    def _answer_task(self, request: Request) -> str:
        task, output = request.get("task"), str(request.get("output", ""))
        if task not in TASKS or task is None:
            raise RequestRefusedError(t("Unknown task “%1”.", str(task)[:50]))
        reading = self.readings.get(output)
        if reading is not None and task not in (*reading.tasks, "unknown"):
            raise RequestRefusedError(t("The shape of the output does not allow this task."))
        if self.set_task is None:
            raise RequestRefusedError(t("The training has ended."))
        self.set_task(output, task)
        return t("Applies from the next validation on.")

    def _sample(self, request: Request) -> SampleDetails:
        position = encode.position_of(request.get("sample"))
        shown = self._chosen(request)
        if position is None or position >= shown.samples:
            raise RequestRefusedError(t("Unknown sample."))
        history = []
        for each in self._kept(shown.output)[-SAMPLE_HISTORY:]:
            if position < each.samples and each.task == shown.task:
                texts = each.results.texts(position)
                loss = encode.number(each.results.loss(position))
                history.append((each.epoch, texts.predicted[:200], loss))
        sample = shown.sample(position)
        return SampleDetails(
            sample=encode.sample(sample, shown, self._sample_looks(), large=True),
            top=[(name, encode.number(value)) for name, value in sample.top],
            history=history,
        )

    def _kept(self, output: str) -> list[EpochPredictions]:
        found = []
        for epoch in self.predictions.epochs:
            try:
                found.append(self.predictions.at(epoch, output))
            except KeyError:
                continue
        return found

    def _chosen(self, request: Request) -> EpochPredictions:
        output, epoch = request.get("output", self._output), request.get("epoch", self._epoch)
        try:
            return self.predictions.at(epoch, output)
        except KeyError as error:
            raise RequestRefusedError(str(error.args[0])) from None

    def _sample_looks(self) -> SampleLooks:
        if self.looks is None:
            raise RequestRefusedError(t("There are no predictions yet."))
        return self.looks

    # The part.

    def _shown(self) -> EpochPredictions | None:
        """Return the epoch that the views show, or the newest; None without any."""
        for epoch, output in ((self._epoch, self._output), (None, self._output), (None, None)):
            try:
                return self.predictions.at(epoch, output)
            except KeyError:
                continue
        return None

    def _part(self, with_details: bool) -> Insight:
        with self._lock:
            shown = self._shown()
            part = self.part_of(shown)
            if with_details and shown is not None and self.looks is not None:
                part["details"] = self._details(shown)
            self._has_details = part["details"] is not None
            return Insight(part="predictions", fit=self._session.fit, predictions=part)

    def _details(self, shown: EpochPredictions) -> Details:
        return encode.details(
            shown,
            self._before(shown),
            self.predictions,
            self._sample_looks(),
            self.names_from.get(shown.output),
        )

    def part_of(self, shown: EpochPredictions | None) -> PredictionsPart:
        """Return the part about an epoch, without details; about none, why."""
        output = shown.output if shown else (self._output or next(iter(self.readings), ""))
        reading = self.readings.get(output)
        epochs = self.predictions.epochs
        note = None
        if shown is not None:
            note = shown.note
        if note is None and reading is not None:
            note = reading.note
        if note is None:
            note = self.names_note.get(output)
        return PredictionsPart(
            state="ready" if shown is not None and self.state != "off" else self.state,
            reason=self.reason,
            source=shown.source if shown is not None else self.source,
            outputs=list(self.readings),
            output=output,
            task=shown.task if shown is not None else (reading.task if reading else "unknown"),
            tasks=list(reading.tasks) if reading else [],
            task_note=note,
            # A long fit has more epochs than fit in a message of a closed tab.
            epochs=epochs if len(epochs) <= 60 else _spread(epochs),
            epoch=shown.epoch if shown is not None else 0,
            last_epoch=self._last_epoch(),
            samples=shown.samples if shown is not None else 0,
            figures=encode.figures(shown, self._before(shown)) if shown is not None else [],
            details=None,
        )

    def _before(self, shown: EpochPredictions) -> EpochPredictions | None:
        """Return the epoch before ``shown``, read as the same task; None without one."""
        earlier = [epoch for epoch in self.predictions.epochs if epoch < shown.epoch]
        if not earlier:
            return None
        try:
            found = self.predictions.at(earlier[-1], shown.output)
        except KeyError:
            return None
        return found if found.task == shown.task else None

    def brief(self) -> list[Insight]:
        return [
            Insight(
                part="predictions",
                fit=self._session.fit,
                predictions=self.part_of(self._shown()),
            )
        ]

    def saved(self) -> list[Insight]:
        # Without the lock, for which the training would have to wait.
        latest, looks = self._newest(), self.looks
        if latest is None or looks is None:
            part = self.part_of(None)
            return [Insight(part="predictions", fit=self._session.fit, predictions=part)]
        epochs = [latest.epoch]
        best = self.predictions.best_epoch(latest.output)
        if best is not None and best != latest.epoch:
            epochs.insert(0, best)
        for mistakes, with_classes in _SAVED:
            parts = [
                self._saved_part(epoch, latest.output, mistakes, with_classes) for epoch in epochs
            ]
            # Without a kernel, only these can be shown.
            _set_epochs(parts, epochs)
            pictures = self._session.pictures.in_parts(parts)
            if len(json.dumps([parts, pictures])) <= SAVED_BYTES:
                return parts
        for saved in parts:
            saved["predictions"]["details"] = None
        return parts

    def recorded(self) -> list[Insight]:
        saved, outputs = self.saved(), self.predictions.outputs
        with self._recording:
            short = self._recorded.update(self.predictions.epochs, outputs, self._short_part)
        full = {_place(part) for part in saved}
        # The newest last: it is shown first.
        parts = [*(part for part in short if _place(part) not in full), *saved]
        epochs = sorted({part["predictions"]["epoch"] for part in parts})
        _set_epochs(parts, epochs)
        return parts

    def _short_part(self, epoch: int, output: str) -> Insight | None:
        try:
            shown = self.predictions.at(epoch, output)
        except KeyError:
            return None
        part = self.part_of(shown)
        part["details"] = short_details(shown, self.predictions, self.names_from.get(output))
        return Insight(part="predictions", fit=self._session.fit, predictions=part)

    def drop_after(self, epoch: int) -> None:
        """Forget later epochs: the training was rewound."""
        self.predictions.drop_after(epoch)
        with self._recording:
            self._recorded.drop_after(epoch)
        self._session.note_change()

    def _newest(self) -> EpochPredictions | None:
        """Return the newest epoch of the output that the views show; None without any."""
        for output in (self._output, None):
            try:
                return self.predictions.at(None, output)
            except KeyError:
                continue
        return None

    def _saved_part(self, epoch: int, output: str, mistakes: int, with_classes: bool) -> Insight:
        shown = self.predictions.at(epoch, output)
        part = self.part_of(shown)
        found = encode.details(
            shown,
            self._before(shown),
            self.predictions,
            self._sample_looks(),
            self.names_from.get(output),
            mistakes=mistakes,
            watched=0,
        )
        if not with_classes:
            found.pop("classes", None)
        regression: Any = found.get("regression")
        if regression is not None:
            found["regression"] = encode.regression(shown.results, points=500)  # type: ignore[arg-type]
        part["details"] = found
        return Insight(part="predictions", fit=self._session.fit, predictions=part)


def _place(part: Insight) -> tuple[str, int]:
    return part["predictions"]["output"], part["predictions"]["epoch"]


def _set_epochs(parts: list[Insight], epochs: list[int]) -> None:
    """Let parts say which epochs can be shown."""
    for part in parts:
        part["predictions"]["epochs"] = epochs if part["predictions"]["epoch"] else []


def _class(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _spread(epochs: list[int], most: int = 60) -> list[int]:
    """Return the newest epochs and some of the others."""
    step = len(epochs) / (most / 2)
    older = [epochs[int(i * step)] for i in range(most // 2)]
    return sorted({*older, *epochs[-most // 2 :]})
