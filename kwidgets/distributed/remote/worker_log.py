"""Read the last lines of what a worker has printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from kwidgets.live.protocol import WorkerLog

#: For a page, which reads it again every two seconds while it is shown.
MAX_LINES: Final = 200
MAX_CHARACTERS: Final = 12_000
_MAX_BYTES: Final = 64_000
#: Colours and movements of the cursor.
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def read_end(path: Path, rank: int, known_size: int = 0) -> WorkerLog | None:
    """Return the end of a log file; None if it still has the size that is known.

    Args:
        path: the file; where there is none, nothing was printed yet.
        rank: of the worker.
        known_size: in bytes.
    """
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            if size == known_size and size:
                return None
            start = max(0, size - _MAX_BYTES)
            file.seek(start)
            data = file.read(size - start)
    except FileNotFoundError:
        return WorkerLog(rank=rank, text="", cut=False, size=0)
    text, cut = last_lines(data.decode("utf-8", "replace"))
    return WorkerLog(rank=rank, text=text, cut=cut or start > 0, size=size)


def last_lines(text: str) -> tuple[str, bool]:
    """Return the last lines as a terminal shows them, and whether there are more before."""
    lines = [
        # A progress bar is written over and over.
        line.rstrip("\r").rpartition("\r")[2]
        for line in _ESCAPES.sub("", text).rstrip("\n").split("\n")
    ]
    shown, length = 0, 0
    for line in reversed(lines[-MAX_LINES:]):
        length += len(line) + 1
        if length > MAX_CHARACTERS and shown:
            break
        shown += 1
    kept = "\n".join(lines[len(lines) - shown :])
    return kept[-MAX_CHARACTERS:], shown < len(lines) or len(kept) > MAX_CHARACTERS
