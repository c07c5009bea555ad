"""A checkpoint on disk: one folder, which is there whole or not at all.

``state.safetensors`` has the arrays, ``iterator.*`` the state of TensorFlow's iterator, and
``meta.json`` all else, with the size and checksum of each file and of itself. The folder is written
under a temporary name, flushed to the disk, and renamed. A folder without ``meta.json`` is none.
Nothing in it is code: no pickle, and nothing that is executed when it is read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import ml_dtypes
import numpy as np
import safetensors.numpy

from kwidgets.language import t

FORMAT: Final = 1
META: Final = "meta.json"
STATE: Final = "state.safetensors"
TEMPORARY: Final = ".tmp-"
_CHUNK = 1 << 20
# Those that safetensors also reads. The others are stored as bytes.
_STORED = frozenset(
    (
        *("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
        *("float16", "float32", "float64", "bfloat16"),
    )
)


class CheckpointError(Exception):
    """A checkpoint cannot be read; the message says why, in the language of the kernel."""


def temporary_folder(parent: Path) -> Path:
    """Return a new folder in ``parent`` that becomes a checkpoint by :func:`write_folder`."""
    folder = parent / f"{TEMPORARY}{secrets.token_hex(6)}"
    folder.mkdir(parents=True)
    return folder


def write_folder(
    folder: Path, name: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]
) -> Path:
    """Write a checkpoint into a temporary folder and rename that; return the checkpoint's folder.

    Args:
        folder: from :func:`temporary_folder`; files that are in it become part of the checkpoint.
        name: what the folder is to be called; a number is added if there is one of that name.
        arrays: by name.
        meta: anything that JSON has.

    Raises:
        OSError: the disk is full, say. The temporary folder is deleted.
    """
    try:
        stored = {key: _stored(array) for key, array in arrays.items()}
        safetensors.numpy.save_file(stored, folder / STATE)
        files = {}
        for path in sorted(folder.iterdir()):
            files[path.name] = _flush(path)
        content = {
            **meta,
            "format": FORMAT,
            "dtypes": {
                key: [str(array.dtype), list(array.shape)]
                for key, array in arrays.items()
                if array.dtype.name not in _STORED
            },
            "files": files,
        }
        text = json.dumps({**content, "checksum": _checksum(content)}, allow_nan=False)
        (folder / META).write_text(text, encoding="utf-8")
        _flush(folder / META)
        _flush_folder(folder)
        return _rename(folder, name)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, safetensors.SafetensorError):
            raise OSError(str(error)) from error  # it has no other class for a full disk
        raise


@dataclasses.dataclass(frozen=True)
class CheckpointFolder:
    """A checkpoint that was written: its folder, and what its ``meta.json`` says."""

    path: Path
    meta: Mapping[str, Any]

    @property
    def num_bytes(self) -> int:
        return sum(int(file["bytes"]) for file in self.meta["files"].values())

    @classmethod
    def open(cls, path: Path) -> CheckpointFolder:
        """Read ``meta.json``.

        Raises:
            CheckpointError: there is none, or it is damaged or of a newer kwidgets.
        """
        try:
            content = json.loads((path / META).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CheckpointError(t("%1 is not a checkpoint: it has no meta.json.", path)) from None
        except (OSError, ValueError) as error:
            raise CheckpointError(_damaged(path, META)) from error
        if not isinstance(content, dict) or not isinstance(content.get("format"), int):
            raise CheckpointError(t("%1 is not a checkpoint of kwidgets.", path))
        if content["format"] > FORMAT:
            raise CheckpointError(t("%1 was written by a newer version of kwidgets.", path))
        if content.pop("checksum", None) != _checksum(content):
            raise CheckpointError(_damaged(path, META))
        return cls(path, content)

    def read_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays, after all files have been compared with their checksums.

        Raises:
            CheckpointError: a file is missing or damaged.
        """
        for name, expected in self.meta["files"].items():
            if Path(name).name != name:
                raise CheckpointError(_damaged(self.path, META))
            try:
                found = _describe(self.path / name)
            except OSError as error:
                raise CheckpointError(_damaged(self.path, name)) from error
            if found != expected:
                raise CheckpointError(_damaged(self.path, name))
        try:
            stored = safetensors.numpy.load_file(self.path / STATE)
        except Exception as error:  # safetensors raises several
            raise CheckpointError(_damaged(self.path, STATE)) from error
        dtypes = self.meta["dtypes"]
        return {
            key: _loaded(array, *dtypes[key]) if key in dtypes else array
            for key, array in stored.items()
        }


def list_folders(parent: Path) -> list[CheckpointFolder]:
    """Return the readable checkpoints in a folder, the oldest first."""
    found = []
    with contextlib.suppress(OSError):
        for path in parent.iterdir():
            if path.name.startswith(TEMPORARY):
                continue
            with contextlib.suppress(CheckpointError):
                found.append(CheckpointFolder.open(path))
    return sorted(found, key=lambda checkpoint: float(checkpoint.meta.get("created", 0)))


def delete_folder(path: Path) -> None:
    """Delete a checkpoint: first what makes it one."""
    with contextlib.suppress(OSError):
        (path / META).unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)


def _stored(array: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(array).reshape(array.shape)
    if array.dtype.name in _STORED:
        return array
    return array.reshape(array.size).view(np.uint8)


def _loaded(array: np.ndarray, dtype: str, shape: list[int]) -> np.ndarray:
    return array.view(np.dtype(getattr(ml_dtypes, dtype, dtype))).reshape(shape)


def _flush(path: Path) -> dict[str, int]:
    """Write a file to the disk; return its size and checksum."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
    return _describe(path)


def _describe(path: Path) -> dict[str, int]:
    checksum = 0
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return {"bytes": path.stat().st_size, "crc32": checksum}


def _checksum(content: Any) -> int:
    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


def _rename(folder: Path, name: str) -> Path:
    for number in range(1, 1000):
        target = folder.parent / (name if number == 1 else f"{name}-{number}")
        try:
            if not target.exists():
                folder.rename(target)
                _flush_folder(folder.parent)
                return target
        except FileExistsError:
            continue
    raise FileExistsError(name)


def _flush_folder(path: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems have no such thing
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged(path: Path, name: str) -> str:
    return t("The checkpoint %1 is damaged: %2 cannot be read.", path.name, name)
