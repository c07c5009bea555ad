"""Read a mean picture: a ``.binaryproto`` file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kwidgets.formats.caffe.stored_array import read_array
from kwidgets.formats.errors import FormatError
from kwidgets.language import t


def read_mean(path: str | os.PathLike[str]) -> npt.NDArray[np.float32]:
    """Return the mean picture that Caffe's ``compute_image_mean`` has written.

    Returns:
        An array (height, width, channels), float32, with values from 0 to 255. The channels of a
        colour picture are blue, green, red.

    Raises:
        FormatError: the file is damaged, or no picture.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise FormatError(t("There is no file “%1”. Check the path.", file))
    try:
        array = read_array(memoryview(file.read_bytes()))
    except FormatError as error:
        raise FormatError(t("%1 cannot be read: %2", f"“{file}”", error)) from error
    shape = array.shape[-3:]
    if len(shape) < 3 or array.size != int(np.prod(shape, dtype=np.int64)) or not array.size:
        raise FormatError(
            t(
                "“%1” has an array of shape %2, which is no picture.",
                file,
                "×".join(map(str, array.shape[:8])),
            )
        )
    return array.to_numpy().reshape(shape).transpose(1, 2, 0).copy()
