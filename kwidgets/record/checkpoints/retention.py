"""Which checkpoints are kept: the last two, the best, and those that users and interventions need.

The checkpoints of a run are folders in ``<run_id>.checkpoints``. All runs of a folder share a
budget of bytes. Over it, the checkpoints of the oldest runs go first; run files stay.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Literal

from kwidgets.record.checkpoints.folder import TEMPORARY, delete_folder, list_folders

SUFFIX: Final = ".checkpoints"
#: For all runs of a folder, unless another limit is given.
LIMIT_BYTES: Final = 2_000_000_000
_LAST = 2
# Without a change for so long, one is not being written: that takes minutes at most.
_ABANDONED_SECONDS = 3600.0

#: start: of a branch, right after a rewind.
Reason = Literal["interval", "best", "user", "before", "end", "start"]
# Over the budget, those of the running fit go in this order.
_PRIORITY = {"interval": 0, "start": 0, "best": 1, "before": 1, "end": 2, "user": 3}


@dataclasses.dataclass(frozen=True)
class KeptCheckpoint:
    """What the choice depends on."""

    path: Path
    reason: str
    created: float
    num_bytes: int

    @property
    def run_id(self) -> str:
        return self.path.parent.name.removesuffix(SUFFIX)


def unneeded(checkpoints: Iterable[KeptCheckpoint]) -> list[KeptCheckpoint]:
    """Return those of one run that newer ones replace."""
    # By epoch and batch, which are in the name: the clock may have been set back.
    ordered = sorted(checkpoints, key=lambda checkpoint: checkpoint.path.name)
    kept = set(ordered[-_LAST:])
    for reason in ("best", "end"):
        kept.update([c for c in ordered if c.reason == reason][-1:])
    kept.update(c for c in ordered if c.reason in ("user", "before"))
    return [checkpoint for checkpoint in ordered if checkpoint not in kept]


def over_budget(
    checkpoints: Iterable[KeptCheckpoint],
    limit_bytes: int,
    own_run: str,
    is_running: Callable[[str], bool] = lambda run_id: False,
) -> list[KeptCheckpoint]:
    """Return those that have to go so that all runs together have at most ``limit_bytes``.

    The newest of the own run, and of every run that is still running, stays in any case.
    """
    found = list(checkpoints)
    newest = {}
    for checkpoint in sorted(found, key=lambda c: c.path.name):
        newest[checkpoint.run_id] = checkpoint
    safe = {c for run_id, c in newest.items() if run_id == own_run or is_running(run_id)}
    # The ids of runs begin with the time.
    ordered = sorted(
        (c for c in found if c not in safe),
        key=lambda c: (
            c.run_id == own_run,
            c.run_id,
            _PRIORITY.get(c.reason, 0) if c.run_id == own_run else 0,
            c.path.name,
        ),
    )
    total = sum(checkpoint.num_bytes for checkpoint in found)
    going = []
    for checkpoint in ordered:
        if total <= limit_bytes:
            break
        going.append(checkpoint)
        total -= checkpoint.num_bytes
    return going


def tidy(
    runs: Path,
    run_id: str,
    limit_bytes: int = LIMIT_BYTES,
    is_running: Callable[[str], bool] = lambda run_id: False,
    has_process: Callable[[str], bool | None] = lambda run_id: None,
) -> list[Path]:
    """Delete what is not to be kept, and what dead processes left half-written; return the folders.

    Args:
        runs: the folder of runs.
        run_id: the run that is being recorded.
        limit_bytes: for the checkpoints of all runs in that folder.
        is_running: whether a run of that id is being recorded by somebody else.
        has_process: whether the process that recorded a run still exists, which may be writing a
            last checkpoint; None if it cannot be known, such as on another computer.
    """
    found = []
    for folder in runs.glob(f"*{SUFFIX}"):
        other_run = folder.name.removesuffix(SUFFIX)
        if other_run != run_id:
            _delete_half_written(folder, has_process(other_run))
        for written in list_folders(folder):
            found.append(
                KeptCheckpoint(
                    written.path,
                    str(written.meta.get("reason", "")),
                    float(written.meta.get("created", 0)),
                    written.num_bytes,
                )
            )
    going = unneeded(checkpoint for checkpoint in found if checkpoint.run_id == run_id)
    rest = [checkpoint for checkpoint in found if checkpoint not in going]
    going += over_budget(rest, limit_bytes, run_id, is_running)
    for checkpoint in going:
        delete_folder(checkpoint.path)
        with contextlib.suppress(OSError):
            checkpoint.path.parent.rmdir()  # if it was the last one
    return [checkpoint.path for checkpoint in going]


def _delete_half_written(folder: Path, has_process: bool | None) -> None:
    """Delete the checkpoints that nobody writes any more, of one run."""
    if has_process:
        return
    for path in folder.glob(f"{TEMPORARY}*"):
        if has_process is False or time.time() - _changed(path) > _ABANDONED_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _changed(folder: Path) -> float:
    """Return when something in a folder was changed last."""
    try:
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:  # it is complete, and was renamed
        return time.time()
