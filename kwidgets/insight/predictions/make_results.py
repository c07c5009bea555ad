"""Make the results of a task of the numbers of a pass."""

from __future__ import annotations

from kwidgets.insight.predictions.class_results import ClassResults
from kwidgets.insight.predictions.collector import PassNumbers
from kwidgets.insight.predictions.label_results import LabelResults
from kwidgets.insight.predictions.place_results import PlaceResults
from kwidgets.insight.predictions.results import Results
from kwidgets.insight.predictions.value_results import DistanceResults, RegressionResults
from kwidgets.insight.protocol import Task


def make_results(task: Task, numbers: PassNumbers, names: tuple[str, ...]) -> Results:
    """Return the results of an output.

    Args:
        task: what it was reduced for.
        numbers: of the pass.
        names: of the classes.
    """
    if task in ("classification", "binary"):
        return ClassResults(numbers, names)
    if task == "multi_label":
        return LabelResults(numbers, names)
    if task == "regression":
        return RegressionResults(numbers)
    if task in ("segmentation", "token_classes"):
        return PlaceResults(numbers, names, is_picture=task == "segmentation")
    if task in ("forecast", "image_to_image"):
        return DistanceResults(numbers)
    return Results(numbers, names)
