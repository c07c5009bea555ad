"""Read how many cores and how much memory this process may use, also in a container."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


def usable_cpus() -> set[int] | range:
    """Return the numbers of the cores that this process may run on."""
    try:
        return os.sched_getaffinity(0)
    except AttributeError:  # not on macOS and Windows
        return range(os.cpu_count() or 1)


def usable_cores() -> float:
    """Return how many cores this process may use at a time, such as 1.5."""
    quotas = [
        *(_quota(*text.split()[:2]) for text in _read_all("", "cpu.max")),
        *(
            _quota(quota, period)
            for quota, period in zip(
                _read_all("cpu", "cpu.cfs_quota_us"),
                _read_all("cpu", "cpu.cfs_period_us"),
                strict=False,
            )
        ),
    ]
    return min([float(len(usable_cpus())), *(quota for quota in quotas if quota is not None)])


def memory_limit_bytes() -> int | None:
    """Return the memory limit of the process's container, or None without one.

    Version 1 of cgroups writes "no limit" as a number larger than any machine's memory.
    """
    texts = [*_read_all("", "memory.max"), *_read_all("memory", "memory.limit_in_bytes")]
    return min((int(text) for text in texts if text.isdigit()), default=None)


def _quota(quota: str, period: str = "100000") -> float | None:
    """Return cores from microseconds of quota in each period; "max" and -1 mean no limit."""
    return int(quota) / int(period) if quota.isdigit() and int(period) else None


def _read_all(controller: str, file: str) -> list[str]:
    """Return the file's text in the process's cgroup and in each one above: all limits apply."""
    texts = []
    for folder in _own_folders(controller):
        try:
            text = (folder / file).read_text().strip()
        except OSError:
            continue
        if text:
            texts.append(text)
    return texts


def _own_folders(controller: str) -> Iterator[Path]:
    """Yield the folders of the process's cgroup, innermost first; "" stands for version 2."""
    try:
        lines = OWN_CGROUPS.read_text().splitlines()
    except OSError:  # not on macOS and Windows
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            root = CGROUPS / controller
            # A container may see its path on the host, where only the root exists within.
            own = root / path.lstrip("/")
            yield own
            yield from (folder for folder in own.parents if folder.is_relative_to(root))
