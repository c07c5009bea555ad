"""A LivePlot for terminals and log files, where there is no page."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

from kwidgets.live.callback import LivePlot
from kwidgets.live.page.print_text import print_text
from kwidgets.live.page.saved_output import latest_values
from kwidgets.live.page.status_labels import ahead_of_keras
from kwidgets.live.page.text_output import LINE_SECONDS
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.training_thread.error_guard import ErrorGuard


def stdout_is_terminal() -> bool:
    """Return whether a line that was printed can be changed, as Keras's bar does."""
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):  # None, replaced, or closed
        return False


class TerminalLivePlot(LivePlot):
    """Watch a fit, and print its result at the end.

    Where the output is no terminal, a line after an epoch, every few seconds, stands in place of
    Keras's bar, which would fill a file with escape codes.

    Args:
        task, class_names: as in ``LivePlot``.
    """

    def __init__(self, *, task: Any = None, class_names: Sequence[str] | None = None) -> None:
        super().__init__(task=task, class_names=class_names)
        self._prints_epochs = not stdout_is_terminal()
        self._printed_at = 0.0
        self._guard = ErrorGuard()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        run = self._calling_run()
        for note in run.state.extras.notes if run is not None else ():
            self._guard("The progress", print_text, note)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        run = self._calling_run()
        if run is None or not self._prints_epochs:
            return
        now = time.perf_counter()
        if now >= self._printed_at + LINE_SECONDS:
            self._printed_at = now
            self._guard("The progress", self._print_epoch, epoch + 1, run)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        run = self._calling_run()
        super().on_train_end(logs)
        if run is not None:
            self._guard("The progress", lambda: print_text(run.view.summary()))

    def _print_epoch(self, epoch: int, run: FitRun) -> None:
        info = run.describe_run(run.view)
        before, epochs = ahead_of_keras(info), info["epochs"]
        head = f"Epoch {epoch + before}/{epochs + before}"
        if before:  # earlier fits of the model count too, and what was rewound does not
            head = f"{head} (Keras: {epoch}/{epochs})"
        print_text(f"{head}: {latest_values(run.store)}")
