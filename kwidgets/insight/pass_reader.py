"""Read passes over data with a tap, and turn them into predictions of an epoch."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.keras_internals import tap as taps
from kwidgets.insight.keras_internals.validation_data import ValidationData
from kwidgets.insight.page.predictions_tab import PredictionsTab
from kwidgets.insight.plans import Plans, takes_probabilities
from kwidgets.insight.predictions.class_results import ClassResults
from kwidgets.insight.predictions.collector import PassCollector, PassNumbers
from kwidgets.insight.predictions.epoch import MISTAKES, EpochPredictions, Source
from kwidgets.insight.predictions.make_results import make_results
from kwidgets.insight.protocol import Task
from kwidgets.insight.task.class_names import ClassNames, find_class_names, numbers
from kwidgets.language import Message, message


@dataclasses.dataclass
class PassReader:
    """Reads passes over data with a tap, and turns them into predictions of an epoch.

    Args:
        data: what is predicted.
        source: the data's role.
        plans: how the outputs are read.
        names: of the classes, by output.
        class_names: those that the user has chosen.
        namespace: the variables in which names are looked for.
        collector: of the pass that runs.
    """

    data: ValidationData
    source: Source
    plans: Plans
    names: dict[str, ClassNames]
    class_names: tuple[str, ...] | None
    namespace: dict[str, Any]
    collector: PassCollector | None = None

    def begin(self, tap: taps.Tap) -> None:
        """Collect the batches of a pass."""
        self.collector = PassCollector(to_numpy)
        tap.receive = self.collector.add

    def finish(self, tap: taps.Tap, epoch: int) -> list[EpochPredictions]:
        """Return what the pass has predicted, by output; nothing if it was not read."""
        tap.receive = None
        collector, self.collector = self.collector, None
        if collector is None or not collector.batches:
            return []
        passes = collector.finish()
        if collector.rows_differ:
            tap.reason = taps.DIFFERENT_SIZES
            return []
        return [
            self._predictions(name, found, tap.outputs[name], epoch)
            for name, found in passes.items()
            if name in tap.outputs
        ]

    def _predictions(
        self, name: str, found: PassNumbers, traced: taps.TracedOutput, epoch: int
    ) -> EpochPredictions:
        task = traced.plan.task
        if name not in self.names:
            self.names[name] = self._find_names(task, traced)
        results = make_results(task, found, self.names[name].names)
        results.has_loss = traced.has_loss
        if isinstance(results, ClassResults):
            results.takes_probabilities = takes_probabilities(traced.facts)
        predictions = EpochPredictions(epoch, name, task, self.source, results, self.data.inputs)
        # Now, while the data are there: the user may delete or change them later.
        shown = results.mistakes()[:MISTAKES].tolist()
        self.data.inputs.remember({*shown, *range(found.first)}, found.rows)
        return predictions

    def _find_names(self, task: Task, traced: taps.TracedOutput) -> ClassNames:
        if task == "boxes":
            return ClassNames(tuple(self.class_names or ()))
        if task in ("regression", "forecast", "image_to_image", "unknown"):
            return ClassNames(())
        count = traced.facts.classes
        if count == 1 and task != "multi_label":
            count = 2
        try:
            return find_class_names(count, self.class_names, self.namespace, self.data.first_target)
        except Exception:
            return numbers(count)


def update_tab(
    tab: PredictionsTab, passes: PassReader, found: list[EpochPredictions], tap: taps.Tap
) -> None:
    """Give the tab what a pass has found, or why it has found nothing."""
    if found:
        tab.state, tab.reason = "ready", None
        tab.predictions.reason = None
        for name, names in passes.names.items():
            tab.names_from[name] = names.source
            tab.names_note[name] = names.note
        tab.predictions.add(found)
    elif tap.reason is not None:
        turn_off(tab, tap.reason)
    elif any(reading.task == "unknown" for reading in passes.plans.readings.values()):
        turn_off(tab, message("The task is not recognized. Choose one, or use LivePlot(task=…)."))


def turn_off(tab: PredictionsTab, reason: Message) -> None:
    """Say why nothing is read."""
    tab.state, tab.reason = "off", reason
    tab.predictions.reason = reason


def to_numpy(value: Any) -> NDArray[Any]:
    """Copy an array of the backend to the host."""
    if keras.backend.backend() == "torch":
        value = keras.ops.convert_to_numpy(value)
    # Keras's own conversion takes longer than the copy of so few numbers.
    return np.asarray(value)


def replicas(model: Any) -> int:
    """Return on how many devices TensorFlow runs a step of a model."""
    strategy = getattr(model, "distribute_strategy", None)
    return int(getattr(strategy, "num_replicas_in_sync", 1) or 1)
