"""Check an HDF5 file in a process of its own, since libhdf5 can hang or crash on a damaged one.

Run as a program, it reads all that an import would read, and exits with 0; it ends by a limit on
processor time. Only after that is the file read in the kernel, where nothing could stop it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

from kwidgets.formats.errors import FormatError
from kwidgets.language import t

# Reading metadata takes milliseconds; the rest is Python's start.
_CPU_SECONDS = 3
_BYTES_PER_SECOND = 50_000_000
# Where processor time cannot be limited, and for a process that waits.
_WALL_SECONDS = 60
# Contents that were read without harm, so that the next import of them needs no process.
_readable: set[bytes] = set()
_MOST_DIGESTS = 1_000
_DIGESTED_BYTES = 100_000_000


def check(path: Path, data: bytes | None = None) -> None:
    """Return if HDF5 can be asked for the file's contents in this process.

    Args:
        path: the file.
        data: its bytes, where it is a part of the file at ``path``.

    Raises:
        FormatError: reading it hangs or crashes.
    """
    digest = _digest(path, data)
    if digest is not None and digest in _readable:
        return
    seconds = (path.stat().st_size if data is None else len(data)) // _BYTES_PER_SECOND
    source = "-" if data is not None else str(path.absolute())
    command = [sys.executable, "-m", __name__, source, str(_CPU_SECONDS + seconds)]
    try:
        done = subprocess.run(
            command,
            input=data or b"",
            capture_output=True,
            timeout=_WALL_SECONDS + 4 * seconds,
            cwd=Path(__file__).parents[3],
        )
    except subprocess.TimeoutExpired:
        raise _damaged(path, data is not None) from None
    except OSError:
        # No further process can be started here: the file is read without this check.
        return
    # Python's own errors are reported when the file is read again.
    if done.returncode not in (0, 1):
        raise _damaged(path, data is not None)
    if digest is not None and len(_readable) < _MOST_DIGESTS:
        _readable.add(digest)


def _digest(path: Path, data: bytes | None) -> bytes | None:
    """Return what identifies the contents of a file; None for one that is long to read."""
    if data is None:
        if path.stat().st_size > _DIGESTED_BYTES:
            return None
        data = path.read_bytes()
    return hashlib.sha256(data).digest()


def _damaged(path: Path, is_part: bool) -> FormatError:
    return FormatError(
        t("The weights in “%1” are damaged: reading them does not end. Copy it again.", path)
        if is_part
        else t(
            "“%1” is a damaged HDF5 file: reading it does not end. Download or copy it again.", path
        )
    )


def _walk(group: Any, size: int, depth: int = 0) -> None:
    """Read the attributes and the chunks in a group, as far as they can be read."""
    import h5py

    # What Python can report is reported when the file is read again; here only hangs matter.
    with contextlib.suppress(Exception):
        for name in list(group.attrs):
            with contextlib.suppress(Exception):
                group.attrs[name]
    if isinstance(group, h5py.Dataset):
        with contextlib.suppress(Exception):
            bytes_declared = group.size * group.dtype.itemsize
            if group.chunks is not None and bytes_declared < 4 * size:
                group[()]
        return
    if depth > 64:
        return
    with contextlib.suppress(Exception):
        for name in list(group):
            with contextlib.suppress(Exception):
                if isinstance(group.get(name, getlink=True), h5py.HardLink):
                    _walk(group[name], size, depth + 1)


def _main(path: str, seconds: int) -> None:
    import h5py

    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read() if path == "-" else None
    size = Path(path).stat().st_size if data is None else len(data)
    source = path if data is None else io.BytesIO(data)
    with contextlib.suppress(Exception), h5py.File(source, "r") as file:
        _walk(file, size)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
