"""Switch the recording of runs on and off: ``%kwidgets record``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from kwidgets.language import Message
from kwidgets.record.run_file.folder import is_switched_off

#: Names TensorBoard's folder: every recorded training is written there too, while it runs.
TENSORBOARD_VARIABLE = "KWIDGETS_TENSORBOARD"


class Recording:
    """What is recorded in this kernel, besides what ``$KWIDGETS_RUNS`` says."""

    def __init__(self) -> None:
        self._on: bool | None = None
        #: Whether the code of the cell is recorded too.
        self.with_code = True
        #: The id of the run that the next fit resumes, if the user has chosen one.
        self.resume_next: str | None = None
        #: Returns the mark where that run is resumed, from its step; None for "Resumed".
        self.resume_mark: Callable[[int], Message] | None = None
        chosen = os.environ.get(TENSORBOARD_VARIABLE, "").strip()
        #: TensorBoard's ``--logdir`` for trainings while they run; None for none.
        self.tensorboard = Path(chosen).expanduser().absolute() if chosen else None

    @property
    def on(self) -> bool:
        """Whether trainings are recorded."""
        return not is_switched_off() if self._on is None else self._on

    @on.setter
    def on(self, on: bool) -> None:
        self._on = on


recording = Recording()
