"""The part of an error's traceback that is in the user's own code."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

# Python itself, the packages that are installed in it, and this one.
_NOT_THE_USERS = (
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("purelib"),
    sysconfig.get_path("platlib"),
    str(Path(__file__).parents[2]),
)


def users_traceback(error: BaseException) -> str:
    """Return the frames of the user's code in which ``error`` was raised, "" without any.

    Keras raises an error of its own for some errors of a layer; then those of the first one.
    """
    first = error
    while (inner := first.__cause__ or first.__context__) is not None:
        first = inner
    for each in (first, error):
        frames = [
            frame
            for frame in traceback.extract_tb(each.__traceback__)
            if not frame.filename.startswith((*_NOT_THE_USERS, "<frozen"))
        ]
        if frames:
            lines = [*traceback.format_list(frames), *traceback.format_exception_only(each)]
            return "".join(lines).rstrip()
    return ""
