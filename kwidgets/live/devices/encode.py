"""Encode the usage of devices for a view."""

from __future__ import annotations

from kwidgets.live import protocol
from kwidgets.live.devices.usage import DeviceUse


def wire_devices(devices: list[DeviceUse]) -> list[protocol.Device]:
    """Return the sample with all numbers as floats, as views expect them."""
    return [
        {
            "kind": device.kind,
            "name": device.name,
            "use": _float(device.use),
            "memory_used_bytes": _float(device.memory_used_bytes),
            "memory_total_bytes": _float(device.memory_total_bytes),
        }
        for device in devices
    ]


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
