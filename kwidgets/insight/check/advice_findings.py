"""Run the rules on a program and its data, and return their advice as findings."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import keras

from kwidgets.builder.mistakes import Advice, Situation, advise
from kwidgets.builder.spec import ModelSpec, Variable
from kwidgets.insight.check.code_changes import as_line, changes_between
from kwidgets.insight.check.data_infos import fit_data
from kwidgets.insight.check.model_view import ModelView
from kwidgets.insight.check.program import Program
from kwidgets.insight.data.finding import CodeChange, Finding, Level
from kwidgets.insight.data.looked_at import LookedAt
from kwidgets.insight.data.report import Data
from kwidgets.language import t

_LEVELS: Final[Mapping[str, Level]] = {"error": "error", "warning": "warning", "tip": "hint"}
# About the form of the builder, and what a call of check does not know.
_LEFT_OUT: Final = frozenset({"input-unset", "no-validation"})
# What the look at the data finds, with the rows; by the beginning of the ids.
_OF_THE_DATA: Final = {
    "nan-values": ("nan-values:",),
    "infinite-values": ("infinite-values:",),
    "lengths-differ": ("lengths:",),
    "split-of-sorted-labels": ("sorted-labels:",),
    "labels-are-words": ("number-strings:y", "number-objects:y", "ragged:y", "complex:y"),
    "not-numbers": ("number-strings:x", "number-objects:x", "ragged:x", "complex:x"),
    "one-class": ("constant-targets:",),
    "validation-is-training": ("overlap:",),
}
# Rules about fit that say something else about each output.
_OF_EACH_OUTPUT: Final = frozenset(
    (
        "binary-with-classes",
        "classes-loss-for-numbers",
        "labels-are-words",
        "negative-labels",
        "one-class",
        "validation-targets",
    )
)
# The argument of compile or fit that a rule is about.
_ARGUMENTS: Final = {
    "learning-rate": "optimizer",
    "metric-does-not-fit": "metrics",
    "exact-accuracy": "metrics",
    "accuracy-of-numbers": "metrics",
    "accuracy-of-scores": "metrics",
    "no-metrics": "metrics",
    "y-missing": "y",
    "labels-are-words": "y",
    "negative-labels": "y",
    "one-class": "y",
    "not-numbers": "x",
    "binary-with-classes": "loss",
    "batch-size": "batch_size",
    "batch-size-with-dataset": "batch_size",
    "no-shuffle": "shuffle",
    "split-of-dataset": "validation_split",
    "split-size": "validation_split",
    "split-of-sorted-labels": "validation_split",
    "no-validation": "validation_data",
    "validation-without-y": "validation_data",
    "validation-targets": "validation_data",
    "validation-mismatch": "validation_data",
    "validation-is-training": "validation_data",
    "nothing-to-monitor": "callbacks",
    "monitor-name": "callbacks",
    "checkpoint-path": "callbacks",
    "patience": "callbacks",
    "best-weights": "callbacks",
    "classes-loss-for-numbers": "loss",
}

logger = logging.getLogger("kwidgets")


def advice_findings(
    program: Program, data: Data, looked_at: LookedAt, data_findings: Iterable[Finding] = ()
) -> list[Finding]:
    """Return the advice of all rules on each stack of a program, and the problems of its layers."""
    known = tuple(finding.id for finding in data_findings)
    found: list[Finding] = []
    for view in program.views:
        compiled = program.settings(view)
        given = fit_data(program, view, data, looked_at)
        spec = dataclasses.replace(
            view.spec, compile=compiled, fit={**program.fit, **given.arguments}
        )
        situation = Situation(spec, view.analysis, given.infos)
        writer = _Writer(program, view, spec, given.whole)
        advices = advise(situation)
        if not any(each.level == "error" and each.target in view.layers for each in advices):
            found += writer.problems()
        for advice in advices:
            prefixes = _OF_THE_DATA.get(advice.rule, ())
            if advice.rule in _LEFT_OUT or any(id.startswith(prefixes) for id in known):
                continue
            if advice.rule == "no-loss" and (view.output is None or _has_loss(program)):
                continue  # of an input of several, or an output that is not trained
            found.append(writer.finding(advice))
    return found


def _has_loss(program: Program) -> bool:
    """Return whether an output of the model has a loss: others may be without."""
    losses = keras.tree.flatten((program.compile or {}).get("loss"))
    return any(loss is not None for loss in losses)


class _Writer:
    """Turns advice about one stack into findings, with the code to change."""

    def __init__(
        self, program: Program, view: ModelView, spec: ModelSpec, whole: Mapping[str, str]
    ) -> None:
        self._program = program
        self._view = view
        self._spec = spec
        self._whole = whole
        self._names: dict[str, str] = {uid: layer.name for uid, layer in view.layers.items()}
        self._places = {entry.uid: place for place, entry in enumerate(spec.walk())}

    def finding(self, advice: Advice) -> Finding:
        changes = self._changes(advice)
        text = advice.text
        if advice.rule == "no-loss":
            text = t("Training needs a loss: call compile with one, for example %1.", 'loss="mse"')
        return Finding(
            ":".join(
                part
                for part in (advice.rule, self._stable(advice.target, advice.rule), advice.about)
                if part
            ),
            _LEVELS[advice.level],
            advice.title,
            text,
            self._where(advice),
            line=as_line(changes),
            changes=changes,
        )

    def problems(self) -> Iterator[Finding]:
        """Yield why layers do not work with their input, of a model that is not built."""
        analysis = self._view.analysis
        if analysis.input_problem is not None:
            yield Finding(
                "input-problem",
                "error",
                t("The input is invalid"),
                analysis.input_problem.text,
                "input",
            )
        for entry in self._spec.walk():
            facts = analysis.layers.get(entry.uid)
            if facts is None or facts.problem is None or entry.children is not None:
                continue
            yield Finding(
                f"layer-problem:{self._stable(entry.uid)}",
                "error",
                t("%1 does not fit its input", entry.title),
                facts.problem.text,
                self._names.get(entry.uid, ""),
            )

    def _changes(self, advice: Advice) -> tuple[CodeChange, ...]:
        if advice.fix is None:
            return (CodeChange("statement", "", advice.code),) if advice.code else ()
        try:
            after = advice.fix.apply(self._spec)
            return changes_between(
                self._with_whole_data(self._spec),
                self._with_whole_data(after),
                self._names,
                self._program.name,
                len(self._program.output_names) < 2,
            )
        except Exception:
            logger.warning("the fix of %s cannot be written as code", advice.rule, exc_info=True)
            return ()

    def _with_whole_data(self, spec: ModelSpec) -> ModelSpec:
        """Return a spec whose fit has the arguments as the user's program has them."""
        fit = {
            name: Variable(self._whole.get(value.name, value.name))
            if isinstance(value, Variable)
            else value
            for name, value in spec.fit.items()
        }
        return dataclasses.replace(spec, fit=fit)

    def _where(self, advice: Advice) -> str:
        target = advice.target
        if target in self._names:
            return self._names[target or ""]
        if target == "input":
            return "x"
        argument = _ARGUMENTS.get(advice.rule)
        if argument is None and target == "compile":
            argument = "loss"
        if argument is None and target == "fit":
            argument = advice.about or "y"
        if argument in ("validation_x", "validation_y"):
            argument = "validation_data"
        return argument or target or ""

    def _stable(self, target: str | None, rule: str = "") -> str:
        """Return a target that is the same in each kernel: a layer's place and class."""
        if target is None:
            return ""
        place = self._places.get(target)
        output = self._view.output
        several = f"{output}." if len(self._program.output_names) > 1 else ""
        if target == "fit" and rule not in _OF_EACH_OUTPUT:
            return target
        if place is None:
            return several + target
        return f"{several}layer-{place}-{self._spec.find(target).object.title}"
