"""Free the disk of recorded runs: checkpoints first, whole runs where the user says which."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection, Sequence

from kwidgets.language import t
from kwidgets.record.run_file.edits import delete_checkpoints, delete_run_file
from kwidgets.record.run_file.run_info import RunInfo

_DAY = 86_400.0


@dataclasses.dataclass(frozen=True)
class Cleaned:
    """What was deleted, or would be.

    Attributes:
        bytes: freed on disk.
        checkpoints_of: the ids of the runs that lost their checkpoints.
        runs: the ids of the runs that were deleted.
        dry_run: whether nothing was deleted.
        problems: what could not be deleted, and why.
    """

    bytes: int
    checkpoints_of: tuple[str, ...]
    runs: tuple[str, ...]
    dry_run: bool
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        freed = format_bytes(self.bytes)
        text = t("%1 would be freed", freed) if self.dry_run else t("%1 freed", freed)
        checkpoints, runs = len(self.checkpoints_of), len(self.runs)
        parts = [
            t("the checkpoints of 1 run") if checkpoints == 1 else "",
            t("the checkpoints of %1 runs", checkpoints) if checkpoints > 1 else "",
            t("1 run") if runs == 1 else "",
            t("%1 runs", runs) if runs > 1 else "",
        ]
        what = ", ".join(filter(None, parts)) or t("nothing to delete")
        return "\n".join([f"{text}: {what}", *self.problems])

    __repr__ = __str__


def clean(
    runs: Sequence[RunInfo],
    *,
    max_checkpoint_bytes: float | None,
    older_than_days: float | None,
    keep: int | None,
    ids: Collection[str],
    dry_run: bool,
) -> Cleaned:
    """Delete runs, and checkpoints of the others; never those of a run that still runs.

    Args:
        runs: oldest first.
        max_checkpoint_bytes: what the checkpoints of the runs that stay may take; those of the
            oldest runs go first. None keeps all.
        older_than_days: runs that began earlier are deleted.
        keep: so many of the latest runs are kept, all others deleted.
        ids: of further runs to delete.
        dry_run: only say what would be deleted.
    """
    before = -1.0 if older_than_days is None else time.time() - older_than_days * _DAY
    first_kept = 0 if keep is None else max(0, len(runs) - keep)
    ended = [run for run in runs if run.state != "running"]
    doomed = [
        run
        for number, run in enumerate(runs)
        if run.state != "running" and (run.created < before or number < first_kept or run.id in ids)
    ]
    kept = [run for run in ended if run not in doomed]
    emptied: list[RunInfo] = []
    if max_checkpoint_bytes is not None:
        total = sum(run.checkpoint_bytes for run in runs if run not in doomed)
        for run in kept:
            if total <= max_checkpoint_bytes:
                break
            if run.checkpoint_bytes:
                emptied.append(run)
                total -= run.checkpoint_bytes
    if dry_run:
        freed = sum(run.bytes for run in doomed) + sum(run.checkpoint_bytes for run in emptied)
        return Cleaned(freed, _ids(emptied), _ids(doomed), dry_run=True)
    freed = 0
    problems: list[str] = []
    done: dict[str, list[RunInfo]] = {"runs": [], "checkpoints": []}
    for what, delete, chosen in (
        ("runs", delete_run_file, doomed),
        ("checkpoints", delete_checkpoints, emptied),
    ):
        for run in chosen:
            try:
                freed += delete(run.path)
                done[what].append(run)
            except OSError as error:
                problems.append(f"{run.id}: {error}")
    return Cleaned(freed, _ids(done["checkpoints"]), _ids(done["runs"]), False, tuple(problems))


def format_bytes(size: float) -> str:
    """Return an amount of bytes: 512 B, 45 kB, 1.2 GB."""
    units = ["B", "kB", "MB", "GB", "TB"]
    for unit in units:
        if size < 999.5 or unit == units[-1]:
            break
        size /= 1000
    digits = 1 if unit in ("GB", "TB") and size < 99.95 else 0
    return f"{size:.{digits}f} {unit}"


def _ids(runs: list[RunInfo]) -> tuple[str, ...]:
    return tuple(run.id for run in runs)
