"""List the runs in folders quickly: a file that has not changed is not read again."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from kwidgets.kernel.notebook_path import notebook_path
from kwidgets.record.checkpoints import retention
from kwidgets.record.known_folders import known_folders, remember_folder
from kwidgets.record.run_file import schema
from kwidgets.record.run_file.folder import runs_folder
from kwidgets.record.run_file.open_file import LOG_SUFFIX, UnreadableRunError
from kwidgets.record.run_file.reader import read_info
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
        self._entries: dict[tuple[Path, str], _Entry] = {}
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
        return dataclasses.replace(
            listing, runs=tuple(run for run in listing.runs if _is_of(run, notebook))
        )

    def list_folders(self, folders: Iterable[Path]) -> Listing:
        """Return the runs in folders, the first of which wins where a run has been copied."""
        runs: dict[str, RunInfo] = {}
        unreadable: list[UnreadableRun] = []
        for folder in dict.fromkeys(folders):
            for name, state in _scan(folder):
                found = self._read(folder, name, state)
                if isinstance(found, UnreadableRun):
                    unreadable.append(found)
                elif found.id not in runs or (
                    # Not the copy that somebody made beside it.
                    runs[found.id].path.parent == folder and found.path.stem == found.id
                ):
                    runs[found.id] = found
        ordered = sorted(runs.values(), key=lambda run: (run.created, run.id))
        return Listing(tuple(ordered), tuple(unreadable))

    def find(self, run_id: str) -> RunInfo | None:
        """Return the run with this id, wherever it is, without reading all others."""
        for folder in (runs_folder(), *known_folders()):
            path = folder / f"{run_id}{schema.SUFFIX}"
            # An id from a page must not lead out of the folder.
            if path.parent == folder and path.is_file():
                try:
                    found = read_info(path)
                except UnreadableRunError:
                    continue
                if found.id == run_id:
                    return found
        return next((run for run in self.list("all").runs if run.id == run_id), None)

    def _read(self, folder: Path, name: str, state: _FileState) -> RunInfo | UnreadableRun:
        key = (folder, name)
        with self._lock:
            entry = self._entries.get(key)
        if entry is not None and entry.state == state and not _may_die(entry.found):
            return entry.found
        path = folder / name
        found: RunInfo | UnreadableRun
        try:
            found = read_info(path)
        except UnreadableRunError as error:
            found = UnreadableRun(path, str(error), state[1])
        with self._lock:
            self._entries[key] = _Entry(state, found)
        return found


def _is_of(run: RunInfo, notebook: Path | None) -> bool:
    """Return whether a run is of a notebook, which may have moved together with its runs."""
    if run.notebook is None or notebook is None:
        return run.notebook is None and notebook is None
    if run.notebook == str(notebook):
        return True
    return Path(run.notebook).name == notebook.name and not os.path.exists(run.notebook)


def _scan(folder: Path) -> list[tuple[str, _FileState]]:
    """Return the names of the run files in a folder, each with what changes with its contents.

    With one look at the folder, since a page asks every two seconds, also while a training runs.
    """
    stats: dict[str, tuple[int, int]] = {}
    log = schema.SUFFIX + LOG_SUFFIX
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((schema.SUFFIX, log, retention.SUFFIX)):
                    with contextlib.suppress(OSError):  # a link to nowhere
                        state = entry.stat()
                        stats[entry.name] = (state.st_mtime_ns, state.st_size)
    except OSError:  # the folder, or a file in it, has just been deleted
        pass
    nothing = (0, 0)
    found: list[tuple[str, _FileState]] = []
    for name in sorted(stats):
        if name.endswith(schema.SUFFIX):
            checkpoints = name.removesuffix(schema.SUFFIX) + retention.SUFFIX
            beside = (stats.get(name + LOG_SUFFIX, nothing), stats.get(checkpoints, nothing))
            found.append((name, (*stats[name], *beside[0], *beside[1])))
    return found


def _may_die(found: RunInfo | UnreadableRun) -> bool:
    """Return whether its state may change without a change of the file."""
    return isinstance(found, RunInfo) and found.state == "running"


run_files = RunFiles()
