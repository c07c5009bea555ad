"""How often something is done while a fit runs: as often as wanted, if that is cheap."""

from __future__ import annotations

import collections
import time

# What is paced may take up to this share of the fit's time, else it comes less often, down to once
# in MAX_INTERVAL_SECONDS.
MAX_SHARE = 1 / 250
MAX_INTERVAL_SECONDS = 2.0


class Pace:
    """Says when something is due: every ``seconds``, or less often if it proves expensive."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began = time.perf_counter()
        self._costs: collections.deque[float] = collections.deque(maxlen=5)
        self.due_at = 0.0

    def done(self, started: float, rest_seconds: float = 0.0) -> None:
        """It was done just now.

        Args:
            started: when it began, as ``perf_counter`` counts.
            rest_seconds: how long the next time must wait at least.
        """
        now = time.perf_counter()
        self._costs.append(now - started)
        # The cheapest of the last few: the first ones include one-time work.
        affordable = min(self._costs) / MAX_SHARE
        # A fit of seconds should show a curve too: early on, wait no longer than a part of its age.
        early = (now - self._began) / 20
        self.due_at = now + max(
            self._seconds, rest_seconds, min(affordable, early, MAX_INTERVAL_SECONDS)
        )
