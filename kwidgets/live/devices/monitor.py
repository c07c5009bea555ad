"""Samples the devices while a fit runs, in a thread of its own."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Sequence

from kwidgets.live.devices.sample import DeviceSampler, DeviceUse

logger = logging.getLogger("kwidgets")

INTERVAL_SECONDS = 2.0


class DeviceMonitor:
    """What is used of the devices, as it was at most a few seconds ago.

    Args:
        interval_seconds: between two samples.
        make_sampler: makes what samples, in the monitor's own thread.
    """

    def __init__(
        self,
        interval_seconds: float = INTERVAL_SECONDS,
        make_sampler: Callable[[], DeviceSampler] = DeviceSampler,
    ) -> None:
        # Replaced as a whole: read from any thread.
        self.latest: Sequence[DeviceUse] = ()
        self._interval = interval_seconds
        self._make_sampler = make_sampler
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to sample."""
        # In a copy of the context, or what it logs would land in whatever cell ran last.
        thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._run,),
            name="kwidgets-devices",
            daemon=True,
        )
        thread.start()

    def stop(self) -> None:
        """Stop sampling; returns at once."""
        self._stopped.set()

    def _run(self) -> None:
        try:
            sampler = self._make_sampler()
            # The first use of the CPU is counted from here on.
            while not self._stopped.wait(self._interval if self.latest else self._interval / 4):
                self.latest = sampler.sample()
        except Exception:
            logger.warning("the devices can no longer be watched", exc_info=True)
            self.latest = ()
