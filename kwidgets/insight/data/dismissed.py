"""Remember the findings that the user has dismissed, in a file beside the notebook.

It lies in ``.kwidgets``, as the recorded runs do; where that folder cannot be written, in Jupyter's
data directory.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from kwidgets.kernel.notebook_path import notebook_path

_FOLDER = ".kwidgets"
_NAME = "dismissed-findings.json"

logger = logging.getLogger("kwidgets")
_lock = threading.Lock()
# What could not be written holds at least as long as the kernel runs.
_unsaved: dict[Path, set[str]] = {}


def dismissed_ids() -> frozenset[str]:
    """Return the ids of the findings that are dismissed for this notebook's folder."""
    with _lock:
        return frozenset(_read())


def dismiss(ids: str | Iterable[str]) -> None:
    """Hide findings permanently in this notebook's folder."""
    with _lock:
        _write(_read() | _as_set(ids))


def restore(ids: str | Iterable[str] | None = None) -> None:
    """Show dismissed findings again; all of them without an argument."""
    with _lock:
        _write(set() if ids is None else _read() - _as_set(ids))


def _as_set(ids: str | Iterable[str]) -> set[str]:
    found = {ids} if isinstance(ids, str) or not isinstance(ids, Iterable) else set(ids)
    if not all(isinstance(each, str) for each in found):
        raise TypeError(
            "requires the id of a finding, such as kw.check(model, x, y).findings[0].id"
        )
    return found


def _beside_notebook() -> Path:
    notebook = notebook_path()
    return (Path.cwd() if notebook is None else notebook.parent) / _FOLDER / _NAME


def _in_data_dir() -> Path:
    return Path(jupyter_data_dir(), "kwidgets", _NAME)


def _read() -> set[str]:
    beside = _beside_notebook()
    if beside in _unsaved:
        return set(_unsaved[beside])
    for path in (beside, _in_data_dir()):
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            logger.warning("the dismissed findings in %s cannot be read", path)
            continue
        if isinstance(kept, list):
            return {each for each in kept if isinstance(each, str)}
    return set()


def _write(ids: set[str]) -> None:
    text = json.dumps(sorted(ids), indent=1, ensure_ascii=False) + "\n"
    beside = _beside_notebook()
    for path in (beside, _in_data_dir()):
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Readers see the old file or the new one.
            draft = path.with_suffix(f".{os.getpid()}.tmp")
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
            _unsaved.pop(beside, None)
            return
    _unsaved[beside] = ids
    logger.warning("dismissed findings cannot be saved in %s; they return in a new kernel", beside)
