"""Put a finished export in its place, where only an earlier export may be."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import threading
import time
from pathlib import Path
from typing import Final

from kwidgets.formats.export.targets import TargetId

# What each folder must have, and all that it may have, if an export has written it.
_FOLDERS: Final[dict[TargetId, tuple[str, str]]] = {
    "saved_model": (
        r"saved_model\.pb",
        r"saved_model\.pb|fingerprint\.pb|variables|variables/variables\.[\w.-]+|assets|assets/[^/]+"
        r"|assets\.extra|keras_metadata\.pb",
    ),
    "openvino": (r"[^/]+\.xml", r"[^/]+\.(xml|bin)"),
    "tfjs": (r"model\.json", r"model\.json|group\d+-shard\d+of\d+\.bin"),
}
# Of another computer, whose processes cannot be looked up.
_STALE_SECONDS: Final = 86_400.0


def is_replaceable(target: TargetId, final: Path) -> bool:
    """Return whether the place of an export is free, or has nothing but an earlier export.

    Args:
        target: the format.
        final: of the file or folder.
    """
    if not os.path.lexists(final):
        return True
    if target not in _FOLDERS:
        return final.is_file() or (final.is_symlink() and not final.is_dir())
    if final.is_symlink() or not final.is_dir():
        return False
    needed, allowed = _FOLDERS[target]
    names = [each.relative_to(final).as_posix() for each in final.rglob("*")]
    own = all(re.fullmatch(allowed, name) for name in names)
    return not names or (own and any(re.fullmatch(needed, name) for name in names))


def replace_entry(made: Path, final: Path) -> None:
    """Put a finished file or folder in the place of an older one.

    Raises:
        OSError: it cannot be written; then the older one is as before.
    """
    if not final.is_dir() or final.is_symlink():
        os.replace(made, final)
        return
    # A folder cannot be replaced in one step: the old one is out of the way only so long.
    old = made.with_name(f"{made.name}.old")
    os.replace(final, old)
    try:
        os.replace(made, final)
    except BaseException:
        os.replace(old, final)
        raise


def partial_folder(folder: Path, name: str) -> Path:
    """Make the hidden folder where a file is written; those of ended processes are deleted.

    In the same folder as the file, so that it can be renamed.
    """
    for each in folder.glob(".*.partial-*"):
        if _is_stale(each):
            remove(each)
    owner = f"{_host()}-{os.getpid()}-{threading.get_ident()}"
    partial = folder / f".{name}.partial-{owner}"
    remove(partial)
    partial.mkdir()
    return partial


def remove(path: Path) -> None:
    """Delete a file or folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_stale(partial: Path) -> bool:
    found = re.search(r"\.partial-(?:([\w.]+)-)?(\d+)-\d+$", partial.name)
    if found is None or _lives(int(found[2])):
        return False
    if found[1] == _host():
        return True
    with contextlib.suppress(OSError):
        return time.time() - partial.stat().st_mtime > _STALE_SECONDS
    return False


def _host() -> str:
    return re.sub(r"[^\w.]", "_", socket.gethostname())[:40]


def _lives(process: int) -> bool:
    if os.name != "posix":
        # There, a signal would end it.
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
