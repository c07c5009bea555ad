"""Which layers belong to the TEST phase: the rules ``include`` and ``exclude``."""

from __future__ import annotations

from dataclasses import dataclass

from kwidgets.formats.caffe.node import Node

_PHASES = ("TRAIN", "TEST")


@dataclass(frozen=True)
class State:
    """The state of a net, against which rules are held."""

    level: int = 0
    stages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, fields: Node) -> State:
        """Return that of a net, but in the TEST phase."""
        return cls(fields.integer("level"), frozenset(fields.texts("stage")))


def is_included(layer: Node, state: State) -> bool:
    """Return whether a layer is in the net that predicts."""
    if layer.has("include"):
        return any(_is_met(rule, state) for rule in layer.nodes("include"))
    return not any(_is_met(rule, state) for rule in layer.nodes("exclude"))


def _is_met(rule: Node, state: State) -> bool:
    if rule.choice("phase", _PHASES, "TEST") != "TEST":
        return False
    if state.level < rule.integer("min_level", state.level):
        return False
    if state.level > rule.integer("max_level", state.level):
        return False
    stages, not_stages = rule.texts("stage"), rule.texts("not_stage")
    return state.stages.issuperset(stages) and state.stages.isdisjoint(not_stages)
