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
                logger.warning("%s failed; the training goes on without it", what, exc_info=True)
            return None


def _labels() -> dict[str, str]:
    """Return the translated names for the page; the log has the English ones."""
    return {
        "Giving the learning rate back": t("Giving the learning rate back"),
        "Listening to the front end": t("Listening to the front end"),
        "Looking at the callbacks": t("Looking at the callbacks"),
        "Looking for GPUs": t("Looking for GPUs"),
        "Looking for an earlier fit": t("Looking for an earlier fit"),
        "Noting where the fit ended": t("Noting where the fit ended"),
        "Preparing the learning rate": t("Preparing the learning rate"),
        "Reading the device": t("Reading the device"),
        "Reading the epoch's results": t("Reading the epoch's results"),
        "Reading the learning rate": t("Reading the learning rate"),
        "Reading the metrics": t("Reading the metrics"),
        "Reading the model": t("Reading the model"),
        "Replying": t("Replying"),
        "The live view": t("The live view"),
        "The picture of the run": t("The picture of the run"),
        "The progress": t("The progress"),
        "The side panel": t("The side panel"),
        "The view": t("The view"),
        "Watching the cell": t("Watching the cell"),
        "Watching the devices": t("Watching the devices"),
        "Watching the fit": t("Watching the fit"),
    }
