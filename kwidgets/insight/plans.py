"""Decide how the outputs of a model are read, and how their batches are reduced."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from kwidgets.insight.boxes import Boxes
from kwidgets.insight.keras_internals.reduce import Plan
from kwidgets.insight.keras_internals.validation_data import ValidationData
from kwidgets.insight.protocol import Task
from kwidgets.insight.task.facts import OutputFacts
from kwidgets.insight.task.rules import Reading, recognize


class Plans:
    """How each output is read: as recognized, or as the user has chosen.

    Args:
        data: of the validation.
        task: what the user has chosen for all outputs; a Boxes, or None.
    """

    def __init__(self, data: ValidationData, task: Any = None) -> None:
        self._data = data
        self.boxes = task if isinstance(task, Boxes) else None
        self._task: Task | None = "boxes" if self.boxes else cast("Task | None", task)
        #: What the user has chosen on the page, by output.
        self.chosen: dict[str, Task] = {}
        self.readings: dict[str, Reading] = {}

    @property
    def key(self) -> object:
        """What a tap depends on: with another key, the test function is compiled anew."""
        chosen = tuple(sorted(self.chosen.items()))
        return self._task, chosen, self._data.inputs.are_arrays

    def make(self, name: str, facts: OutputFacts) -> Plan:
        """Return how an output is reduced. Called when Keras traces its test step."""
        order = list(self.readings).index(name) if name in self.readings else len(self.readings)
        known = self._data.facts_of(order, name)
        facts = dataclasses.replace(
            facts, y_zero_one=known.zero_one, y_one_hot=known.one_hot, y_is_x=known.is_x
        )
        reading = recognize(facts)
        wanted = self.chosen.get(name, self._task)
        if wanted == "boxes":
            reading = Reading("boxes", (*reading.tasks, "boxes"))
        elif wanted is not None and wanted in reading.tasks:
            reading = Reading(wanted, reading.tasks)
        self.readings[name] = reading
        return make_plan(reading.task, facts, not self._data.inputs.are_arrays)


def make_plan(task: Task, facts: OutputFacts, gathers_x: bool) -> Plan:
    """Return how an output is reduced for a task."""
    return Plan(task, _scores(task, facts), gathers_x)


def _scores(task: Task, facts: OutputFacts) -> str:
    """Return the function that makes probabilities of the predictions, or ""."""
    if task == "binary" and facts.activation == "tanh" and facts.loss_key in _HINGES:
        return "signed"
    # Of an unknown loss, and of hinge, a linear output has logits.
    is_linear = facts.activation == "linear" and facts.loss_key not in _PROBABILITIES
    if not (facts.from_logits or is_linear):
        return ""
    if task in ("binary", "multi_label"):
        return "sigmoid"
    if task in ("classification", "segmentation", "token_classes"):
        return "sigmoid" if facts.classes == 1 else "softmax"
    return ""


def takes_probabilities(facts: OutputFacts) -> bool:
    """Return whether the loss of an output takes probabilities."""
    return facts.loss_key in _PROBABILITIES and not facts.from_logits


_HINGES = frozenset({"hinge", "squaredhinge"})
#: Losses that take probabilities, unless they say ``from_logits``.
_PROBABILITIES = frozenset(
    {
        "sparsecategoricalcrossentropy",
        "categoricalcrossentropy",
        "categoricalfocalcrossentropy",
        "binarycrossentropy",
        "binaryfocalcrossentropy",
        "dice",
        "tversky",
    }
)


def plan_of_finished_fit(name: str, facts: OutputFacts) -> Plan:
    """Return how an output is reduced when a model is evaluated without a view."""
    return make_plan(recognize(facts).task, facts, True)
