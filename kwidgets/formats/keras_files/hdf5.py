"""Read HDF5 files of Keras with bounds: a file cannot make this program allocate or open more.

HDF5 can name other files (external links, external storage, virtual datasets), can declare arrays
that are far larger than the file, and can compress. None of that is in a file of Keras.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files.check_hdf5 import check
from kwidgets.language import t

# All arrays together may be this much larger than the file: those that were written compressed.
_MOST_GROWTH = 4
_SPARE_BYTES = 1_000_000
_MOST_ATTRIBUTE_BYTES = 256_000_000
_MOST_DEPTH = 200


class WeightsFile:
    """An HDF5 file of Keras, opened for reading.

    Args:
        path: the file.
        data: its bytes, where it is a part of the file at ``path``, as in a ``.keras`` file.

    Raises:
        FormatError: HDF5 cannot read it, or hangs or crashes when it does.
    """

    def __init__(self, path: Path, data: bytes | None = None) -> None:
        self.path = path
        self._is_part = data is not None
        self._size = path.stat().st_size if data is None else len(data)
        self._left = _MOST_GROWTH * self._size + _SPARE_BYTES
        check(path, data)
        try:
            self._file = h5py.File(path if data is None else io.BytesIO(data), "r")
        except (OSError, RuntimeError, ValueError) as error:
            raise _damaged(path, error, data is not None) from error

    def __enter__(self) -> WeightsFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
        except (OSError, RuntimeError, ValueError):
            if error is None:
                raise

    @property
    def root(self) -> Any:
        """The file's outermost group."""
        return self._file

    def member(self, group: Any, name: str) -> Any:
        """Return a group or dataset within a group, without following links to elsewhere.

        Raises:
            FormatError: it is not there, or is such a link.
        """
        found = group
        for part in [each for each in name.split("/") if each]:
            try:
                link = found.get(part, getlink=True) if isinstance(found, h5py.Group) else None
                if link is None:
                    raise FormatError(t("“%1” has no “%2”. Save the model again.", self.path, name))
                if not isinstance(link, h5py.HardLink):
                    raise FormatError(
                        t(
                            "“%1” links “%2” to another place, which is never opened. Save the "
                            "model again.",
                            self.path,
                            name,
                        )
                    )
                found = found[part]
            except FormatError:
                raise
            except Exception as error:
                raise _damaged(self.path, error, self._is_part) from error
        return found

    def has(self, group: Any, name: str) -> bool:
        """Return whether a group has a member of this name."""
        try:
            return bool(name in group)
        except Exception as error:
            raise _damaged(self.path, error, self._is_part) from error

    def attribute(self, group: Any, name: str) -> Any:
        """Return an attribute: a text, a number, or a list of texts; None if it is not there.

        Raises:
            FormatError: it is damaged, or larger than the file.
        """
        try:
            if name not in group.attrs:
                return None
            handle = group.attrs.get_id(name)
            count = math.prod(handle.shape or ())
            if not count:
                # A layer without weights.
                return []
            if max(handle.get_storage_size(), count) > min(self._size, _MOST_ATTRIBUTE_BYTES):
                raise FormatError(t("“%1” is damaged: “%2” is larger than it.", self.path, name))
            value = group.attrs[name]
        except FormatError:
            raise
        except Exception as error:
            raise _damaged(self.path, error, self._is_part) from error
        return _decoded(value)

    def texts(self, group: Any, name: str) -> list[str]:
        """Return an attribute that is a list of texts, also if it is cut into several.

        Raises:
            FormatError: it is damaged.
        """
        found = self.attribute(group, name)
        if found is None:
            found, index = [], 0
            while (part := self.attribute(group, f"{name}{index}")) is not None:
                found += part if isinstance(part, list) else [part]
                index += 1
        found = found if isinstance(found, list) else [found]
        return [str(each) for each in found]

    def json(self, group: Any, name: str) -> Any:
        """Return an attribute that is JSON; None if it is not there.

        Raises:
            FormatError: it is not JSON.
        """
        text = self.attribute(group, name)
        return None if text is None else parse_json(str(text), f"{self.path} ({name})")

    def array(self, group: Any, name: str) -> np.ndarray:
        """Return a dataset's numbers.

        Raises:
            FormatError: it is damaged, has no numbers, or is larger than the file allows.
        """
        dataset = self.member(group, name)
        if not isinstance(dataset, h5py.Dataset):
            raise FormatError(t("“%1” has no numbers in “%2”.", self.path, name))
        try:
            self._check(dataset, name)
            value = np.asarray(dataset[()])
        except FormatError:
            raise
        except Exception as error:
            raise _damaged(self.path, error, self._is_part) from error
        return value

    def _check(self, dataset: Any, name: str) -> None:
        if dataset.is_virtual or dataset.external:
            raise FormatError(
                t("“%1” keeps “%2” in another file, which is never opened.", self.path, name)
            )
        if dataset.dtype.kind not in "fiub" or dataset.dtype.itemsize > 8:
            raise FormatError(
                t("“%1” has no numbers in “%2”, but %3.", self.path, name, dataset.dtype)
            )
        declared = math.prod(dataset.shape or (0,)) * dataset.dtype.itemsize
        stored = dataset.id.get_storage_size()
        compressed = dataset.chunks is not None
        if (declared > stored and not compressed) or declared > self._left or stored > self._size:
            raise FormatError(
                t(
                    "“%1” is damaged: “%2” says it has %3 bytes, but %4 are stored.",
                    self.path,
                    name,
                    f"{declared:,}",
                    f"{stored:,}",
                )
            )
        if compressed and math.prod(dataset.chunks) * dataset.dtype.itemsize > self._left:
            raise FormatError(t("“%1” is damaged: the chunks of “%2”.", self.path, name))
        self._left -= declared


def _decoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, np.ndarray):
        return [_decoded(each) for each in value.tolist()] if value.ndim else _decoded(value[()])
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    return value.item() if isinstance(value, np.generic) and not isinstance(value, str) else value


def parse_json(text: str, what: str) -> Any:
    """Return what JSON says.

    Raises:
        FormatError: it is not JSON, or nests too deeply.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(t("%1 is not JSON: %2.", what, str(error)[:120])) from error
    for depth, _ in _levels(found):
        if depth > _MOST_DEPTH:
            raise FormatError(t("%1 nests more than %2 levels.", what, _MOST_DEPTH))
    return found


def _levels(value: Any) -> Iterator[tuple[int, Any]]:
    waiting = [(0, value)]
    while waiting:
        depth, each = waiting.pop()
        yield depth, each
        if depth > _MOST_DEPTH:
            return
        if isinstance(each, dict):
            waiting.extend((depth + 1, one) for one in each.values())
        elif isinstance(each, list):
            waiting.extend((depth + 1, one) for one in each)


def _damaged(path: Path, error: Exception, is_part: bool = False) -> FormatError:
    reason = str(error).strip()[:160]
    return FormatError(
        t("The weights in “%1” are damaged (%2). Download or copy it again.", path, reason)
        if is_part
        else t("“%1” is a damaged HDF5 file (%2). Download or copy it again.", path, reason)
    )
