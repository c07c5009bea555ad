"""Rules that find common mistakes in a model and its settings, explain them and offer a fix.

Each module of rules has a table ``RULES``; advice of the same level keeps the order of the tables:

- ``output_activation``, ``output_shape``: the end of the stack;
- ``label_encoding``, ``loss_type``, ``label_values``: the labels and the loss;
- ``input_shape``, ``input_scaling``, ``non_numeric``, ``embedding``: the input data;
- ``hidden_layers``, ``dropout_and_normalization``, ``model_size``, ``layer_arguments``: the layers;
- ``compile_settings``, ``fit_data``, ``validation``, ``callbacks``: compile and fit.

When in doubt, a rule reports nothing: wrong advice is worse than none.
"""

from __future__ import annotations

import logging

from kwidgets.builder.mistakes.advice import LEVELS, Advice, Fix, Rule, as_wire
from kwidgets.builder.mistakes.rules import (
    callbacks,
    compile_settings,
    dropout_and_normalization,
    embedding,
    fit_data,
    hidden_layers,
    input_scaling,
    input_shape,
    label_encoding,
    label_values,
    layer_arguments,
    loss_type,
    model_size,
    non_numeric,
    output_activation,
    output_shape,
    validation,
)
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.language import t

__all__ = ["RULES", "Advice", "Fix", "Rule", "Situation", "advise", "as_wire", "find_advice"]

RULES: tuple[Rule, ...] = tuple(
    rule
    for part in (
        output_activation,
        output_shape,
        label_encoding,
        loss_type,
        label_values,
        input_shape,
        input_scaling,
        non_numeric,
        embedding,
        hidden_layers,
        dropout_and_normalization,
        model_size,
        layer_arguments,
        compile_settings,
        fit_data,
        validation,
        callbacks,
    )
    for rule in part.RULES
)

_logger = logging.getLogger(__name__)
_failed: set[str] = set()


def advise(situation: Situation) -> list[Advice]:
    """Return all advice, errors first. A rule that fails is skipped and logged once."""
    found: dict[str, Advice] = {}
    for rule in RULES:
        try:
            for advice in rule.find(situation):
                found.setdefault(advice.id, advice)
        except Exception:
            if rule.name not in _failed:
                _failed.add(rule.name)
                _logger.warning("the builder's rule %r failed", rule.name, exc_info=True)
    return sorted(found.values(), key=lambda advice: LEVELS.index(advice.level))


def find_advice(situation: Situation, id: str) -> Advice:
    """Return an advice by its id.

    Raises:
        KeyError: no rule gives this advice, or no longer.
    """
    for advice in advise(situation):
        if advice.id == id:
            return advice
    raise KeyError(t("No advice %1. The model may have changed.", repr(id)))
