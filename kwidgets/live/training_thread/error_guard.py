"""Call functions whose exceptions must not end a training: log each failure once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from kwidgets.language import t

logger = logging.getLogger("kwidgets")

P = ParamSpec("P")
R = TypeVar("R")


class ErrorGuard:
    """Calls functions, logs their exceptions, and keeps a notice of each failure."""

    def __init__(self) -> None:
        self.failures: dict[str, str] = {}

    def __call__(
        self, what: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R | None:
        """Return ``function(...)``, or None if it raised. ``what`` names it in the report."""
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if what not in self.failures:
                text = f"{type(error).__name__}: {error}"
                self.failures[what] = t("%1 failed: %2", _labels().get(what, what), text)
                logger.warning("%s failed; training continues without it", what, exc_info=True)
            return None


def _labels() -> dict[str, str]:
    """Return the translated names for the page; the log has the English ones."""
    return {
        "Returning to the schedule": t("Returning to the schedule"),
        "Receiving messages from the front end": t("Receiving messages from the front end"),
        "Checking the callbacks": t("Checking the callbacks"),
        "Observing the training": t("Observing the training"),
        "Explaining predictions": t("Explaining predictions"),
        "Reading the layers": t("Reading the layers"),
        "Reading the predictions": t("Reading the predictions"),
        "Looking at the data": t("Looking at the data"),
        "Recording the run": t("Recording the run"),
        "The NaN guard": t("The NaN guard"),
        "Rewinding": t("Rewinding"),
        "Searching for GPUs": t("Searching for GPUs"),
        "Searching for an earlier fit": t("Searching for an earlier fit"),
        "Recording where the fit ended": t("Recording where the fit ended"),
        "Preparing the learning rate": t("Preparing the learning rate"),
        "Reading the device": t("Reading the device"),
        "Reading the epoch's results": t("Reading the epoch's results"),
        "Reading the learning rate": t("Reading the learning rate"),
        "Reading the metrics": t("Reading the metrics"),
        "Reading the model": t("Reading the model"),
        "Replying": t("Replying"),
        "The live view": t("The live view"),
        "Writing checkpoints": t("Writing checkpoints"),
        "The picture of the run": t("The picture of the run"),
        "The progress": t("The progress"),
        "The side panel": t("The side panel"),
        "The view": t("The view"),
        "Writing for TensorBoard": t("Writing for TensorBoard"),
        "Monitoring the cell": t("Monitoring the cell"),
        "Monitoring the devices": t("Monitoring the devices"),
        "Monitoring the fit": t("Monitoring the fit"),
    }
