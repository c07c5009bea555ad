"""Reads the checked-in tables of corrections in ``data/``, one for each minor version of Keras."""

from __future__ import annotations

import functools
import json
import re
from importlib import resources
from typing import Any

import keras


@functools.cache
def read_table() -> dict[str, Any]:
    """Return the table of the newest Keras that is not newer than the installed one."""
    folder = resources.files(__package__).joinpath("data")
    tables: dict[tuple[int, ...], Any] = {}
    if folder.is_dir():
        for file in folder.iterdir():
            match = re.fullmatch(r"keras-([\d.]+)\.json", file.name)
            if match:
                tables[_version(match[1])] = file
    if not tables:
        return {"keras_version": "", "entries": {}, "identifiers": {}, "usual_identifiers": {}}
    installed = _version(str(keras.__version__))[:2]
    fitting = [version for version in tables if version <= installed] or list(tables)
    content: dict[str, Any] = json.loads(tables[max(fitting)].read_text(encoding="utf-8"))
    return content


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))
