"""Sample the usage of the devices during a fit, in a separate thread."""

from __future__ import annotations

import contextvars
import logging
import threading
from typing import Protocol

from kwidgets.live.devices.usage import DeviceSampler, DeviceUse

logger = logging.getLogger("kwidgets")

SAMPLE_SECONDS = 2.0


class Sampler(Protocol):
    """Reads the usage of the devices."""

    def sample(self) -> list[DeviceUse]: ...


class DeviceMonitor:
    """Samples at once and then every ``interval_seconds``, until stopped. From any thread.

    Without a GPU this takes about 1/50,000 of a core: see DeviceSampler for a sample's cost.
    A sampler that raises ends the thread with one warning; the fit continues.
    """

    def __init__(
        self, sampler: Sampler | None = None, interval_seconds: float = SAMPLE_SECONDS
    ) -> None:
        self._sampler = sampler or DeviceSampler()
        self._interval_seconds = interval_seconds
        self._lock = threading.Lock()
        self._stop: threading.Event | None = None
        self._latest: list[DeviceUse] = []

    @property
    def latest(self) -> list[DeviceUse]:
        """The last sample; empty before the first, and after the sampler failed."""
        with self._lock:
            return list(self._latest)

    def start(self) -> None:
        """Start, or start again after a stop. Has no effect while it runs."""
        with self._lock:
            if self._stop is not None:
                return
            self._stop = stop = threading.Event()
        # In a copy of the context, or what a driver prints would land in whatever cell ran last.
        threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._watch, stop),
            name="kwidgets-devices",
            daemon=True,
        ).start()

    def stop(self) -> None:
        """Stop. Returns at once; a sample that is being read is dropped."""
        with self._lock:
            if self._stop is not None:
                self._stop.set()
                self._stop = None

    def _watch(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                sample = self._sampler.sample()
            except Exception:
                logger.warning(
                    "Monitoring the devices failed; training continues without it", exc_info=True
                )
                with self._lock:
                    if not stop.is_set():
                        self._stop = None
                        self._latest = []
                return
            with self._lock:
                if stop.is_set():
                    return
                self._latest = sample
            stop.wait(self._interval_seconds)
