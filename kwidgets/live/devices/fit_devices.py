"""The devices of one fit: their name, their usage while it runs, and a notice of a missing GPU."""

from __future__ import annotations

import functools

from kwidgets.language import current, t
from kwidgets.live import protocol
from kwidgets.live.devices.describe import describe_device
from kwidgets.live.devices.encode import wire_devices
from kwidgets.live.devices.missing_gpu import missing_gpu_notice
from kwidgets.live.devices.monitor import DeviceMonitor
from kwidgets.live.training_thread.error_guard import ErrorGuard


class FitDevices:
    """The devices that a fit computes on.

    Args:
        guard: calls what may fail.
    """

    def __init__(self, guard: ErrorGuard) -> None:
        self.name = guard("Reading the device", describe_device) or t("unknown device")
        # A sentence for the user if the backend does not use a GPU that the machine has.
        self.missing_gpu: str | None = None
        self._guard = guard
        self._monitor = DeviceMonitor()

    def start(self) -> None:
        """Look for a missing GPU, then sample the usage until :meth:`stop`."""
        self.missing_gpu = self._guard("Searching for GPUs", _missing_gpu, current())
        self._guard("Monitoring the devices", self._monitor.start)

    def stop(self) -> None:
        """Stop sampling. From any thread."""
        self._guard("Monitoring the devices", self._monitor.stop)

    def usage(self) -> list[protocol.Device]:
        """Return the last sample as a view gets it. From any thread."""
        return wire_devices(self._monitor.latest)


# The search may take two seconds, and its result does not change while the process lives.
@functools.cache
def _missing_gpu(language: str) -> str | None:
    return missing_gpu_notice()
