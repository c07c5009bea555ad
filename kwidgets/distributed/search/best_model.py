"""Keep the model of the best trial: Keras writes it between two trials."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from kwidgets.lazy_tensorflow import without_importing_tensorflow


class BestModel:
    """The file with the model of the best trial so far.

    Args:
        folder: of this search's model.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, trial: int, model: Any) -> None:
        """Write the model of a trial in place of the one before.

        Raises:
            Exception: Keras cannot save it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        before = list(self.folder.glob("trial-*.keras"))
        path = self.folder / f"trial-{trial}.keras"
        # Whole or not at all: the process may be killed meanwhile.
        partial = self.folder / "partial.keras"
        # On JAX, Keras would import TensorFlow to look for its classes: seconds between two trials.
        with without_importing_tensorflow():
            model.save(partial)
        partial.replace(path)
        for each in before:
            if each != path:
                each.unlink(missing_ok=True)

    def file_of(self, trial: int) -> Path | None:
        """Return the file with the model of a trial; None if it was not kept."""
        path = self.folder / f"trial-{trial}.keras"
        return path if path.is_file() else None


def folder_name(study: str) -> str:
    """Return a name for the folder of a study, which may be called anything."""
    return re.sub(r"[^\w.-]+", "_", study).strip("._")[:100] or "search"
