"""Read arrays of an HDF5 file whose author is unknown: no other files, no arrays beyond its size.

HDF5 has links to other files, and arrays whose values are in other files or are not stored at all.
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from kwidgets.formats.errors import FormatError
from kwidgets.language import t

# An array that is larger than this must be a part of the file that is not much smaller.
_SMALL_BYTES = 1_000_000
_MAX_RATIO = 4


def child(group: Any, name: str) -> Any:
    """Return a group or dataset of a group; None where there is none.

    Raises:
        FormatError: it is in another file.
    """
    link = group.get(name, getlink=True)
    if link is None:
        return None
    if isinstance(link, h5py.ExternalLink):
        raise FormatError(
            t("“%1” is in another file, %2. Such a file is not read.", name, link.filename)
        )
    try:
        return group.get(name)
    except (KeyError, OSError, RuntimeError, ValueError) as error:
        raise _damaged(name) from error


def array(dataset: Any, name: str) -> np.ndarray:
    """Return the numbers of a dataset.

    Raises:
        FormatError: it has no numbers, they are in another file, or take far more memory than in
            the file.
    """
    try:
        if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "fiub":
            raise FormatError(t("“%1” of the file is not an array of numbers.", name))
        if dataset.is_virtual or dataset.external:
            raise FormatError(
                t("The numbers of “%1” are in another file, which is not read.", name)
            )
        stored = int(dataset.id.get_storage_size())
        if dataset.nbytes > max(_SMALL_BYTES, _MAX_RATIO * stored):
            raise FormatError(
                t(
                    "“%1” would take %2 bytes of memory, but has %3 in the file. It is not read.",
                    name,
                    f"{dataset.nbytes:,}",
                    f"{stored:,}",
                )
            )
        return np.asarray(dataset[()])
    except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        raise _damaged(name) from error


def _damaged(name: str) -> FormatError:
    return FormatError(t("“%1” of the HDF5 file is damaged. Download or copy it again.", name))
