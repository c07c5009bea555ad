"""List the runs in folders quickly: a file that has not changed is not read again."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from kwidgets.kernel.notebook_path import notebook_path
from kwidgets.record.known_folders import known_folders, remember_folder
from kwidgets.record.run_file import schema
from kwidgets.record.run_file.folder import runs_folder
from kwidgets.record.run_file.open_file import LOG_SUFFIX, UnreadableRunError
from kwidgets.record.run_file.reader import checkpoints_folder, read_info
from kwidgets.record.run_file.run_info import RunInfo, UnreadableRun

#: Of the notebook that this kernel runs; in the folder of its runs; or in all folders that this
#: user has used.
Scope: TypeAlias = Literal["notebook", "folder", "all"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

_FileState: TypeAlias = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Listing:
    """The runs of a scope, oldest first, and the files that cannot be read."""

    runs: tuple[RunInfo, ...]
    unreadable: tuple[UnreadableRun, ...]


@dataclasses.dataclass(frozen=True)
class _Entry:
    state: _FileState
    found: RunInfo | UnreadableRun


class RunFiles:
    """What was read of the run files of this kernel's lists. Safe between threads."""

    def __init__(self) -> None:
        self._entries: dict[Path, _Entry] = {}
        self._lock = threading.Lock()

    def list(self, scope: Scope) -> Listing:
        """Return the runs of a scope as they are now."""
        folder = runs_folder()
        if folder.is_dir():
            remember_folder(folder)
        listing = self.list_folders([folder, *(known_folders() if scope == "all" else [])])
        if scope != "notebook":
            return listing
        notebook = notebook_path()
        path = None if notebook is None else str(notebook)
        return dataclasses.replace(
            listing, runs=tuple(run for run in listing.runs if run.notebook == path)
        )

    def list_folders(self, folders: Iterable[Path]) -> Listing:
        """Return the runs in folders, the first of which wins where a run has been copied."""
        runs: dict[str, RunInfo] = {}
        unreadable: list[UnreadableRun] = []
        for folder in dict.fromkeys(folders):
            for path in _run_files(folder):
                found = self._read(path)
                if isinstance(found, UnreadableRun):
                    unreadable.append(found)
                elif found is not None and (
                    found.id not in runs
                    # Not the copy that somebody made beside it.
                    or (runs[found.id].path.parent == folder and path.stem == found.id)
                ):
                    runs[found.id] = found
        ordered = sorted(runs.values(), key=lambda run: (run.created, run.id))
        return Listing(tuple(ordered), tuple(unreadable))

    def _read(self, path: Path) -> RunInfo | UnreadableRun | None:
        """Return what is in a file; None if it has just been deleted."""
        try:
            state = _file_state(path)
        except OSError:
            return None
        with self._lock:
            entry = self._entries.get(path)
        if entry is not None and entry.state == state and not _may_die(entry.found):
            return entry.found
        found: RunInfo | UnreadableRun
        try:
            found = read_info(path)
        except UnreadableRunError as error:
            found = UnreadableRun(path, str(error), state[1])
        with self._lock:
            self._entries[path] = _Entry(state, found)
        return found


def _run_files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(schema.SUFFIX)]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]


def _may_die(found: RunInfo | UnreadableRun) -> bool:
    """Return whether its state may change without a change of the file."""
    return isinstance(found, RunInfo) and found.state == "running"


def _file_state(path: Path) -> _FileState:
    """Return what changes with the file, its log and its checkpoints.

    Raises:
        OSError: the file is gone.
    """
    state = os.stat(path)
    numbers = [state.st_mtime_ns, state.st_size]
    for beside in (path.with_name(path.name + LOG_SUFFIX), checkpoints_folder(path)):
        try:
            state = os.stat(beside)
            numbers += [state.st_mtime_ns, state.st_size]
        except OSError:
            numbers.append(0)
    return tuple(numbers)


run_files = RunFiles()
