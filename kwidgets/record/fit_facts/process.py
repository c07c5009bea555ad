"""Identify the process that writes a run, so that a run whose process has died is recognized."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import psutil

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def describe_process() -> dict[str, Any]:
    """Return the key ``process`` of a run that begins in this process."""
    return {
        "pid": os.getpid(),
        "started": _started(os.getpid()),
        "boot_id": _boot_id(),
        "host": socket.gethostname(),
    }


def is_alive(process: dict[str, Any]) -> bool | None:
    """Return whether the process of :func:`describe_process` still runs; None on another host."""
    if process.get("host") != socket.gethostname():
        return None
    if process.get("boot_id") != _boot_id():
        return False
    try:
        pid = int(process["pid"])
        return bool(psutil.pid_exists(pid) and _started(pid) == process["started"])
    except (psutil.Error, OSError, KeyError, TypeError, ValueError):
        return False


def _started(pid: int) -> float:
    """Return what tells a process from another one with the same number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return float(psutil.Process(pid).create_time())
    # In ticks since the machine was started: a change of its clock changes psutil's time. The name
    # of the program, in parentheses, may have spaces.
    return float(stat.rpartition(")")[2].split()[19])


def _boot_id() -> str | None:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:  # not Linux
        return None
