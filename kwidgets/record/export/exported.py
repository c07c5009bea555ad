"""Define what an export returns."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

from kwidgets.language import t


class ExportError(Exception):
    """A run cannot be exported; the message says why and what to do, in the user's language."""


@dataclasses.dataclass(frozen=True)
class Exported:
    """Where a run was exported to. As a text, it says so.

    Attributes:
        path: the file or folder that was written, or the address of a tracker's store.
        open_with: the shell command that shows it; "" for files to be read as they are.
    """

    path: Path | str
    open_with: str = ""

    def __str__(self) -> str:
        text = t("Exported to %1.", self.path)
        return f"{text} {t('Open it with: %1', self.open_with)}" if self.open_with else text

    __repr__ = __str__


def shell_command(*words: str | Path) -> str:
    """Return a command as it is typed into a shell."""
    return shlex.join(map(str, words))
