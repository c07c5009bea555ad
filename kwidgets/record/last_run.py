"""Find the run that a cell or script may resume: its last one, if that did not finish."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kwidgets.record.checkpoints import retention
from kwidgets.record.run_file import schema
from kwidgets.record.run_file.open_file import UnreadableRunError
from kwidgets.record.run_file.reader import read_checkpoints, read_info, read_values
from kwidgets.record.run_file.run_info import CheckpointInfo, RunInfo
from kwidgets.record.runs import runs

# Run files that are looked at, the newest first.
_MAX_FILES = 100
# Characters of a file's name, such as 20260528-202640.
_SECOND = 15
_PLACE_KEYS = ("notebook", "cell_id", "script", "code", "fit_in_cell", "kind")


@dataclasses.dataclass(frozen=True)
class UnfinishedRun:
    """A run that did not finish, and the checkpoint to resume it from.

    Attributes:
        info: of the run.
        checkpoints: the last one first; none if the run still runs. That of another run where this
            one was rewound to it, and has none of its own.
    """

    info: RunInfo
    checkpoints: tuple[CheckpointInfo, ...]

    @property
    def is_own(self) -> bool:
        """Whether the first checkpoint is the run's own: it trained on from there."""
        return self.checkpoints[0].folder.parent.name == f"{self.info.id}{retention.SUFFIX}"

    @property
    def begins_again(self) -> bool:
        """Whether the first checkpoint is that with which a rewound run began."""
        return self.checkpoints[0].reason == "start" or not self.is_own


def find_run(wanted: str) -> UnfinishedRun | None:
    """Return a run with its last checkpoint, or with the wanted one; None if there is none.

    Args:
        wanted: the run's id, the start of it, or its name; or the folder of a checkpoint.

    Raises:
        UnreadableRunError: there is no such run, or its file is damaged.
    """
    checkpoint = Path(wanted)
    if checkpoint.parent.name.endswith(retention.SUFFIX):
        run_id = checkpoint.parent.name.removesuffix(retention.SUFFIX)
        path = checkpoint.parent.with_name(f"{run_id}{schema.SUFFIX}")
        found = [each for each in read_checkpoints(path) if each.folder == checkpoint]
        return UnfinishedRun(read_info(path), tuple(found)) if found else None
    try:
        run = runs[wanted]
    except KeyError:
        # Of another folder that this user has used.
        try:
            run = runs.scope("all")[wanted]
        except KeyError as error:
            raise UnreadableRunError(str(error.args[0])) from None
    if run.state == "running":
        return UnfinishedRun(run.info, ())
    return _with_checkpoint(run.path.parent, run.path)


def _newest_first(folder: Path) -> list[Path]:
    """Return the newest run files. Their names tell the second; within it, the files do."""
    paths = sorted(folder.glob(f"*{schema.SUFFIX}"), reverse=True)[:_MAX_FILES]
    seconds = Counter(path.name[:_SECOND] for path in paths)

    def began(path: Path) -> tuple[str, float]:
        second = path.name[:_SECOND]
        try:
            created = read_values(path, ("created",))["created"] if seconds[second] > 1 else 0.0
            return second, float(created or 0.0)
        except (UnreadableRunError, TypeError, ValueError):
            return second, 0.0

    return sorted(paths, key=began, reverse=True)


def find_last_run(folder: Path, place: Mapping[str, Any]) -> UnfinishedRun | None:
    """Return the last run of a cell or script if it did not finish and can be resumed.

    Args:
        folder: of the runs.
        place: what ``describe_cell`` says of the cell, with ``fit_in_cell``.
    """
    for path in _newest_first(folder):
        try:
            if not _is_same_place(read_values(path, _PLACE_KEYS), place):
                continue
            info = read_info(path)
            if info.state == "running":
                return UnfinishedRun(info, ())
            return None if info.state == "finished" else _with_checkpoint(folder, path)
        except UnreadableRunError:
            continue
    return None


def _with_checkpoint(folder: Path, path: Path) -> UnfinishedRun | None:
    """Return the run with its last checkpoint; or else that which it goes on from itself."""
    seen: set[Path] = set()
    last_step: int | None = None
    # A run that was rewound and has no checkpoint of its own begins again with its own numbers.
    rewound: RunInfo | None = None
    while path not in seen:
        seen.add(path)
        info = read_info(path)
        checkpoints = [
            each
            for each in read_checkpoints(path)
            if each.folder.is_dir() and (last_step is None or each.step <= last_step)
        ]
        if checkpoints:
            # Later in the run, not in time: the clock may have been set back. One whose epoch lacks
            # its validation is better than none.
            checkpoints.sort(
                key=lambda each: (not each.cut_validation, each.step, each.created), reverse=True
            )
            return UnfinishedRun(rewound or info, tuple(checkpoints))
        if info.parent is None or info.parent["how"] not in ("resume", "rewind"):
            return None
        last_step = info.parent["step"]
        if info.parent["how"] == "rewind":
            rewound = rewound or info
            start = _start_checkpoint(folder, path)
            if start is not None:
                return UnfinishedRun(rewound, (start,))
        path = folder / f"{info.parent['run']}{schema.SUFFIX}"
    return None


def _start_checkpoint(folder: Path, path: Path) -> CheckpointInfo | None:
    """Return the checkpoint to which a run was rewound, if it is still on disk."""
    (name,) = read_values(path, ("start_checkpoint",)).values()
    run_id, slash, wanted = name.partition("/") if isinstance(name, str) else ("", "", "")
    if not slash:
        return None
    found = read_checkpoints(folder / f"{run_id}{schema.SUFFIX}")
    return next((each for each in found if each.folder.name == wanted), None)


def _is_same_place(recorded: Mapping[str, Any], place: Mapping[str, Any]) -> bool:
    if recorded["kind"] != "fit":
        return False
    if any(recorded[key] != place[key] for key in ("script", "fit_in_cell")):
        return False
    cell = "cell_id" if recorded["cell_id"] and place["cell_id"] else "code"
    if recorded[cell] != place[cell]:
        return False
    before, now = recorded["notebook"], place["notebook"]
    # A notebook that was renamed or moved is where it was no longer; one that was copied is.
    return before == now or bool(before and now and not os.path.exists(str(before)))
