"""Say why a training cannot start: problems of layers, and missing settings."""

from __future__ import annotations

from kwidgets.builder.mistakes import Situation
from kwidgets.builder.mistakes.rules.fit_data import lengths_differ
from kwidgets.builder.shapes.layer_inference import incomplete_arguments
from kwidgets.language import t


def blocked_reason(situation: Situation, in_training: bool, has_arguments: bool = False) -> str:
    """Return why a training cannot start, or "".

    Args:
        situation: the spec, its analysis and the data.
        in_training: whether the model is in training.
        has_arguments: whether fit gets its arguments from a call, so that Keras checks them.
    """
    spec, analysis = situation.spec, situation.analysis
    if in_training:
        return t("The model is being trained.")
    if not any(entry.enabled for entry in spec.layers):
        return t("The model is empty. Add a layer first.")
    for entry in spec.walk():
        problem = analysis.layers[entry.uid].problem
        if problem is not None:
            return t("%1 has a problem: %2", entry.title, problem.text)
    if analysis.input_problem is not None:
        return t("The input has a problem: %1", analysis.input_problem.text)
    if not (has_arguments and spec.compile) and not (spec.compile or {}).get("loss"):
        return t("Choose a loss in the Compile tab. Training needs a loss.")
    for text in incomplete_arguments(spec.compile or {}).values():
        return t("%1 See the Compile tab.", text)
    for text in incomplete_arguments(spec.fit).values():
        return t("%1 See the Fit tab.", text)
    if not has_arguments and spec.fit.get("x") is None:
        return t("Choose the training data x.")
    # With validation_split Keras would train on the wrong pairs without an error.
    if not has_arguments:
        for advice in lengths_differ(situation):
            return f"{advice.title}. {advice.text}"
    return ""
