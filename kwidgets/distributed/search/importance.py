"""Compute how much each hyperparameter matters, with Optuna, as seldom as it is cheap."""

from __future__ import annotations

import logging
import time
import warnings

import optuna
from optuna.trial import TrialState

logger = logging.getLogger("kwidgets")

#: With fewer complete trials it says little.
MIN_TRIALS = 8
# The share of the search's time that it may take.
_SHARE = 1 / 200
_FIRST_COST_SECONDS = 0.05


class Importance:
    """Computes the importances of a study when they are due."""

    def __init__(self) -> None:
        self._cost = _FIRST_COST_SECONDS
        self._computed_at = time.monotonic()
        self._known_for = 0

    def compute(self, study: optuna.Study, at_once: bool = False) -> dict[str, float] | None:
        """Return the importance of each hyperparameter, from 0 to 1; None if it is not due.

        Args:
            study: with its trials.
            at_once: whether the search has ended: whatever it costs.
        """
        began = time.monotonic()
        if not at_once and began < self._computed_at + self._cost / _SHARE:
            return None
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(complete) < MIN_TRIALS or len(complete) == self._known_for:
            return None
        self._known_for = len(complete)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = optuna.importance.get_param_importances(study)
        except Exception:
            # All values are equal, or no hyperparameter is in all trials.
            logger.debug("no importances", exc_info=True)
            return None
        finally:
            self._computed_at = time.monotonic()
            self._cost = self._computed_at - began
        return {name: float(value) for name, value in found.items()}
