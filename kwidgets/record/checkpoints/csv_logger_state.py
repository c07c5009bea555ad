"""The state of Keras's CSVLogger: the rows of its file, which it may empty when a fit begins."""

from __future__ import annotations

import os
from typing import Any

#: A file beyond this size is not kept: the logger goes on as Keras has it.
_MAX_BYTES = 1_000_000


def read(logger: Any) -> dict[str, Any] | None:
    """Return the columns and rows that a logger has written so far, or None."""
    try:
        if os.path.getsize(logger.filename) > _MAX_BYTES:
            return None
        with open(logger.filename, encoding="utf-8", newline="") as file:
            text = file.read()
    except OSError:  # not yet written, or on a storage that only TensorFlow reads
        return None
    return {"keys": logger.keys, "text": text}


def restore(logger: Any, state: dict[str, Any]) -> None:
    """Let a logger go on with its next row after those of ``state``.

    With ``append=True`` the file has the rows of a fit that died later than its last checkpoint;
    without it, the beginning fit has emptied it.
    """
    if logger.csv_file is None or logger.csv_file.closed:
        return
    text = state["text"]
    with open(logger.filename, encoding="utf-8", newline="") as file:
        present = file.read()
    if present and not present.startswith(text):
        return  # another file than the one of the checkpoint
    logger.csv_file.close()
    with open(logger.filename, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    logger.csv_file = open(logger.filename, "a", encoding="utf-8", newline="")  # noqa: SIM115
    logger.keys = state["keys"]
    logger.append_header = not text
    logger.writer = None
