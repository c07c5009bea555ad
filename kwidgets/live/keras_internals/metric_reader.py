"""Read the metrics of a running fit into a store, which may continue that of an earlier fit."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from kwidgets.language import Message, message, t
from kwidgets.live import protocol
from kwidgets.live.keras_internals import continued_fit
from kwidgets.live.keras_internals.continued_fit import PreviousFit, weights_digest
from kwidgets.live.keras_internals.metric_sampler import MetricSampler, direction_of, group_of
from kwidgets.live.numbers.as_number import as_number
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.numbers.progress import FitProgress

# Of the epoch axis, where a rewind subtracts fractions.
_ROUNDING = 1e-6


class Sampler(Protocol):
    """Samples metrics on the training thread."""

    def describe(self) -> list[protocol.MetricInfo]:
        """Return the metrics that are known so far."""

    def start_epoch(self) -> None:
        """Note that an epoch begins."""

    def sample(self) -> dict[str, float]:
        """Return each metric over the batches since the last sample, by name."""


class MetricReader:
    """Fills the store of one fit. Methods are called on the training thread.

    Args:
        model: the model in training.
        progress: where the fit is.
        previous: the end of the model's last fit, if this one continues its curves.
        make_sampler: makes what samples the metrics of ``model``.
    """

    def __init__(
        self,
        model: Any,
        progress: FitProgress,
        previous: PreviousFit | None,
        make_sampler: Callable[[Any], Sampler] = MetricSampler,
    ) -> None:
        self.store = previous.store.copy() if previous else MetricStore()
        # The metrics that became NaN or infinite, by the value and the step.
        self._not_finite: dict[tuple[bool, int], list[str]] = {}
        # The last epoch's logs, named as Keras names them.
        self.logs: dict[str, float] = {}
        # Whether the latest training loss is NaN or infinite.
        self.diverged = False
        # That loss by its name and value.
        self.diverged_loss: tuple[str, float] | None = None
        # Whether to mark where it first did.
        self.marks_divergence = True
        self.in_epoch = False
        # How far the epoch axis is ahead of Keras's own numbers.
        self.epochs_before = 0
        self.first_epoch = previous.first_epoch if previous else 0
        self._model: Any = model
        self._progress = progress
        self._previous = previous
        self._steps_before = previous.steps if previous else 0
        self._seconds_before = previous.seconds if previous else 0.0
        # Of fits whose curves this one continues.
        self._seconds_of_others = self._seconds_before
        # How far the epoch axis is behind, because the training was rewound.
        #: How far the epoch axis is behind Keras's epochs, because the fit was rewound.
        self.epochs_rewound = 0.0
        self._step_sampled = 0
        self._sampled_in_epoch = False
        self._trained_seconds = 0.0
        self._make_sampler = make_sampler
        self._sampler: Sampler | None = None
        self._last_epoch: _LastEpoch | None = None

    def find_metrics(self) -> None:
        """Declare the metrics that the model has before its first step."""
        self._sampler = self._make_sampler(self._model)
        for metric in self._sampler.describe():
            self.store.declare(metric)

    def begin_fit(self, initial_epoch: int) -> None:
        """Set where the epoch axis begins, from the first epoch's number in Keras."""
        if self._previous is None:
            self.first_epoch = initial_epoch
        else:
            # With initial_epoch, Keras's own numbers continue; the axis never goes back.
            self.epochs_before = max(0, self._previous.epoch - initial_epoch)
        self.store.epochs_before = self.epochs_before + initial_epoch

    def continue_from(
        self,
        steps: int,
        epoch: int,
        first_epoch: int,
        seconds: float,
        epochs_rewound: float = 0.0,
    ) -> None:
        """Let the axes continue those of a run that is resumed. Before the first epoch begins.

        Args:
            steps: before the epoch that begins.
            epoch: finished epochs on the axis.
            first_epoch: where the epoch axis begins.
            seconds: of training.
            epochs_rewound: how far the epoch axis is behind, because the run was rewound.
        """
        self.epochs_rewound = epochs_rewound
        self._previous = PreviousFit(
            store=self.store,
            steps=steps,
            epoch=epoch,
            first_epoch=first_epoch,
            seconds=seconds,
            weights=b"",
        )
        self.first_epoch = first_epoch
        self._steps_before, self._seconds_before = steps, seconds

    def skip_batches(self) -> None:
        """Leave the batches since the last sample out of the next one.

        A resumed run has trained them before, or an observer has restored another state.
        """
        if self._sampler is not None:
            self._sampler.sample()
        self._step_sampled = self._progress.step

    def go_back(self, step: int, epoch: float, numbers: MetricStore | None = None) -> None:
        """Let all axes continue from where a checkpoint was taken: it was restored just now.

        Args:
            step: of the checkpoint on the step axis.
            epoch: of the checkpoint on the epoch axis.
            numbers: those of the branch that the checkpoint is of, if it is another one.
        """
        seconds = (numbers or self.store).seconds_at(step)
        now = self.position
        self._steps_before -= now[0] - step
        self.epochs_rewound += now[1] - epoch
        self._seconds_before -= now[2] - seconds
        self.store.go_back(step, numbers)
        self._last_epoch = None  # its row may be gone
        self.forget_divergence()

    def begin_epoch(self) -> None:
        self._step_sampled = self._progress.step
        self.in_epoch = True
        self._sampled_in_epoch = False
        if self._sampler is not None:
            self._sampler.start_epoch()

    def sample(self) -> None:
        """Read the metrics over the batches since the last time."""
        progress = self._progress
        num_batches = progress.step - self._step_sampled
        if self._sampler is None or num_batches <= 0:
            return
        values = self._sampler.sample()
        self._sampled_in_epoch = True
        if any(name not in self.store.metrics for name in values):
            for metric in self._sampler.describe():
                self.store.declare(metric)
        self.store.add_batches(*self.position, values, num_batches)
        self._step_sampled = progress.step
        self._note_not_finite(values)

    def check_loss(self) -> None:
        """Note whether the loss is finite, in an epoch whose metrics have not been read yet."""
        if self._sampler is not None and not self._sampled_in_epoch:
            self._note_divergence(self._sampler.sample())

    def forget_divergence(self) -> None:
        """Begin anew after an observer has restored a good state: the loss is finite again."""
        self.skip_batches()
        self._not_finite.clear()
        self.diverged, self.diverged_loss = False, None

    def end_training(self) -> bool:
        """Note that the epoch's last batch is done; return whether to sample before validation.

        Keras resets its metrics before validation. If the epoch has been sampled, the batches
        since the last sample must be read now; otherwise the epoch's logs have the same values.
        """
        self.in_epoch = False
        self._trained_seconds = self.position[2]
        return self._sampled_in_epoch

    def end_epoch(self, epoch: int, logs: Mapping[str, Any], complete: bool) -> None:
        """Add the epoch's logs. ``complete`` says whether all of its batches were trained."""
        scalars = self._scalars(logs)
        self.store.drop_metrics_without_values(scalars)
        step, fractional, seconds = self.position
        if not self._sampled_in_epoch:
            self.store.add_batches(
                step,
                fractional,
                self._trained_seconds,
                {name: scalars[name] for name in self.store.sampled_names() if name in scalars},
                max(self._progress.batch, 1),
            )
        number = epoch + 1 + self.epochs_before - self.epochs_rewound
        self.store.add_epoch(step, number, seconds, scalars, complete)
        self._last_epoch = _LastEpoch(logs, scalars, (step, number, seconds), complete)
        self._note_not_finite(scalars)

    def read_later_logs(self) -> None:
        """Read again the logs of the epoch that ended last, to which later callbacks may add."""
        last, self._last_epoch = self._last_epoch, None
        if last is None:
            return
        scalars = self._scalars(last.logs)
        # Not ==: NaN differs from itself.
        if repr(scalars) != repr(last.scalars):
            self.store.replace_epoch(*last.position, scalars, last.complete)

    def _scalars(self, logs: Mapping[str, Any]) -> dict[str, float]:
        """Return the numbers among ``logs``, and declare their metrics."""
        scalars: dict[str, float] = {}
        # A copy: what a log does when it is read may change them.
        for name, value in dict(logs).items():
            number = as_number(value)
            if number is not None:  # a custom train_step may log anything
                scalars[str(name)] = number
        for name in scalars:
            if not name.startswith("val_") and name not in self.store.metrics:
                self.store.declare(
                    protocol.MetricInfo(
                        name=name,
                        kind="epoch",
                        direction=direction_of(name, None),
                        group=group_of(name, self._model),
                    )
                )
        self.logs = scalars
        return scalars

    def add_values(self, values: Mapping[str, float]) -> None:
        """Add values as Keras's logs have them, within an epoch or outside of any."""
        self._note_not_finite(values)
        step, epoch, seconds = self.position
        self.store.add_epoch(step, epoch, seconds, values)

    def not_finite_notices(self, cause: str = "") -> list[str]:
        """Return a sentence for all metrics that became NaN, or infinite, at the same step.

        Args:
            cause: where the NaN came from, in a few words; "" where that is not known.
        """
        advice = (
            t("%1: see the tab Layers.", cause)
            if cause
            else t("Try a smaller learning rate, and check the data for NaN.")
        )
        return [
            f"{self._became(is_nan, ', '.join(names), f'{step:,}')} {advice}"
            for (is_nan, step), names in list(self._not_finite.items())
        ]

    def _became(self, is_nan: bool, names: str, step: str) -> str:
        if is_nan:
            return t("%1 became NaN by step %2.", names, step)
        return t("%1 became infinite by step %2.", names, step)

    def remember_end(self) -> None:
        """Keep the numbers for a further fit of the model, which continues the curves."""
        weights = weights_digest(self._model)
        if weights is None:
            return
        step, epoch, seconds = self.position
        fit = PreviousFit(
            store=self.store,
            steps=step,
            # An epoch that was stopped early has a number of its own.
            epoch=math.ceil(epoch),
            first_epoch=self.first_epoch,
            seconds=seconds,
            weights=weights,
        )
        continued_fit.remember_end(self._model, fit)

    def release(self) -> None:
        """Drop the references to the model: the fit has ended."""
        self._model = self._sampler = self._last_epoch = None

    @property
    def position(self) -> tuple[int, float, float]:
        """The fit's position on the axes: step, epoch (fractional), seconds."""
        progress = self._progress
        return (
            progress.step + self._steps_before,
            progress.fractional_epoch + self.epochs_before - self.epochs_rewound,
            progress.clock.seconds() + self._seconds_before,
        )

    @property
    def duration(self) -> float:
        """Seconds of training since the run began, pauses left out.

        Those of a run that this one resumes are its own. The view, the table of runs and
        ``run.duration`` all show this number.
        """
        return self.position[2] - self._seconds_of_others

    @property
    def whole_epochs_rewound(self) -> int:
        """By how much the numbers of epochs are lower than Keras's, because the fit was rewound.

        An epoch has the number of its end on the epoch axis, rounded up.
        """
        return math.floor(self.epochs_rewound + _ROUNDING)

    def epoch_on_axis(self, epoch: int, batch: int) -> float:
        """Return where batch ``batch`` of Keras's ``epoch`` is on the epoch axis."""
        length = self._progress.batches
        share = min(batch / length, 1.0) if length else 0.0
        return epoch + share + self.epochs_before - self.epochs_rewound

    def add_mark(self, kind: protocol.MarkKind, text: Message, steps_ahead: int = 0) -> None:
        """Mark on the curves what the user, a callback or a new fit did, or where it diverged.

        Args:
            kind: of the mark.
            text: of the mark.
            steps_ahead: how many steps are still trained before it takes effect.
        """
        step, epoch, seconds = self.position
        if steps_ahead and self._progress.batches:
            step, epoch = step + steps_ahead, epoch + steps_ahead / self._progress.batches
        self.store.add_mark(
            protocol.Mark(kind=kind, text=text, step=step, epoch=epoch, seconds=seconds)
        )

    def _note_not_finite(self, values: Mapping[str, float]) -> None:
        known = {name for names in self._not_finite.values() for name in names}
        for name, value in values.items():
            if not math.isfinite(value) and name not in known:
                place = (math.isnan(value), self.position[0])
                self._not_finite.setdefault(place, []).append(name)
        self._note_divergence(values)

    def _note_divergence(self, values: Mapping[str, float]) -> None:
        losses = {
            name: value
            for name, value in values.items()
            if name == "loss" or (name.endswith("_loss") and not name.startswith("val_"))
        }
        if not losses:
            return
        bad = next((name for name, value in losses.items() if not math.isfinite(value)), None)
        self.diverged = bad is not None
        self.diverged_loss = None if bad is None else (bad, losses[bad])
        if bad is not None and self.marks_divergence:
            # The first place only: a loss that comes and goes would fill the charts.
            self.marks_divergence = False
            self.add_mark(
                "diverged",
                message("%1 became NaN", bad)
                if math.isnan(losses[bad])
                else message("%1 became infinite", bad),
            )


@dataclasses.dataclass(frozen=True)
class _LastEpoch:
    """The epoch that ended last: the logs of Keras, and what of them is in the store."""

    logs: Mapping[str, Any]
    scalars: dict[str, float]
    position: tuple[int, float, float]
    complete: bool
