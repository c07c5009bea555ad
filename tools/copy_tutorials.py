"""Copy the tutorials from examples/ to the folder in which ``make lab`` opens them.

``python tools/copy_tutorials.py examples tutorials`` copies the notebooks that are missing. A copy
that the user has changed is never overwritten. An unchanged copy is replaced when its original has
changed: ``.originals.json`` in the folder has the hash of each original at the time of its copy.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import sys

RECORD_NAME = ".originals.json"


def update_copies(originals: pathlib.Path, copies: pathlib.Path) -> list[str]:
    """Copy the notebooks of ``originals`` that are missing or outdated in ``copies``.

    Returns:
        what was done, a line for each kind of action.

    Raises:
        OSError: a notebook cannot be read or written.
    """
    copies.mkdir(parents=True, exist_ok=True)
    record = _read_record(copies / RECORD_NAME)
    added, replaced, kept = [], [], []
    for original in sorted(originals.glob("*.ipynb")):
        copy = copies / original.name
        content = original.read_bytes()
        original_hash, recorded_hash = _hash(content), record.get(original.name)
        if not copy.exists():
            _write(copy, content)
            added.append(copy.stem)
        elif (copy_hash := _hash(copy.read_bytes())) != original_hash:
            if copy_hash != recorded_hash:
                if recorded_hash not in (None, original_hash):
                    kept.append(copy.stem)
                continue
            _write(copy, content)
            replaced.append(copy.stem)
        record[original.name] = original_hash
    _write(copies / RECORD_NAME, json.dumps(record, indent=2).encode() + b"\n")
    return [
        f"{action} {copies}/: {', '.join(names)}. {remark}"
        for action, names, remark in (
            ("Copied into", added, "Your changes to them will be kept."),
            ("Updated in", replaced, "You had not changed them."),
            (
                "Kept in",
                kept,
                "You have changed them; rename or delete one to get its new version.",
            ),
        )
        if names
    ]


def _read_record(path: pathlib.Path) -> dict[str, str]:
    """Return the recorded hashes; {} when there are none, so that every copy counts as changed."""
    try:
        record = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: pathlib.Path, content: bytes) -> None:
    """Write a file as a whole or, when interrupted, not at all."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(content)
    os.replace(temporary, path)


if __name__ == "__main__":
    source, target = map(pathlib.Path, sys.argv[1:])
    try:
        for line in update_copies(source, target):
            print(line)
    except OSError as error:
        sys.exit(f"The tutorials could not be copied into {target}: {error}.")
