"""Limit the share of a fit's time that a repeated task takes, by measuring the task."""

from __future__ import annotations

import collections
import time

# The task may take up to this share of the fit's time; otherwise it is done less often, down to
# once in MAX_INTERVAL_SECONDS.
MAX_SHARE = 1 / 250
MAX_INTERVAL_SECONDS = 2.0


class Pace:
    """Decide when a task is due: every ``seconds``, or less often if it is expensive."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began = time.perf_counter()
        self._costs: collections.deque[float] = collections.deque(maxlen=5)
        self.due_at = 0.0

    def done(self, started: float, rest_seconds: float = 0.0) -> None:
        """Measure the task, which was done just now.

        Args:
            started: when it began, as ``perf_counter`` returned.
            rest_seconds: the least time until it is due again.
        """
        now = time.perf_counter()
        self._costs.append(now - started)
        # The cheapest of the last few: the first ones include one-time work.
        affordable = min(self._costs) / MAX_SHARE
        # A fit of a few seconds should show a curve too: early on, wait a part of its age at most.
        early = (now - self._began) / 20
        self.due_at = now + max(
            self._seconds, rest_seconds, min(affordable, early, MAX_INTERVAL_SECONDS)
        )
