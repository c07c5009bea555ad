"""Manage the tutorial that is open in this kernel: its checks, hints and skipped cells."""

from __future__ import annotations

from typing import Any

from kwidgets.tutorials.report import Report
from kwidgets.tutorials.skipped_cells import SkippedCellDetector
from kwidgets.tutorials.step import MissingVariableError, Step, failed, run_check
from kwidgets.tutorials.tutorial import load_tutorial


class Session:
    """The open tutorial, if any. One per kernel."""

    def __init__(self) -> None:
        self._shell: Any = None
        self._detector: SkippedCellDetector | None = None
        self._num_hints_shown: dict[str, int] = {}

    def open(self, shell: Any, name: str) -> str:
        """Open a tutorial, close the previous one, and return a message for the user.

        Raises:
            ValueError: there is no tutorial with this name.
        """
        tutorial = load_tutorial(name)
        self.close()
        self._shell = shell
        self._detector = SkippedCellDetector(shell, tutorial)
        self._detector.start()
        return (
            f"{tutorial.title}: this notebook has {len(tutorial.steps)} exercises. Run "
            "%kwidgets check to see your progress."
        )

    def close(self) -> None:
        """Close the tutorial and forget which cells have run."""
        if self._detector is not None:
            self._detector.stop()
        self._detector = None
        self._num_hints_shown.clear()

    def check(self, key: str) -> Report:
        """Check whether a step is done.

        Raises:
            ValueError: no tutorial is open, or it has no such step.
        """
        detector, step = self._find_step(key)
        steps = detector.tutorial.steps
        cell = detector.tutorial.cell(step.cell_id)
        if not detector.has_run(cell):
            results = [failed(detector.not_run_message(cell))]
        else:
            try:
                results = run_check(step, self._shell.user_ns)
            except MissingVariableError as error:
                results = [failed(detector.missing_name_message(error.name))]
        return Report(step, steps.index(step) + 1, len(steps), results)

    def overview(self) -> str:
        """Return a list of all steps with the state of each.

        Raises:
            ValueError: no tutorial is open.
        """
        steps = self._open_detector().tutorial.steps
        reports = [self.check(step.key) for step in steps]
        width = max(len(step.title) for step in steps)
        lines = [
            f"{'✓' if report.done else '○'} {number}. {report.step.title:<{width}}"
            f"  %kwidgets check {report.step.key}"
            for number, report in enumerate(reports, 1)
        ]
        done = sum(report.done for report in reports)
        return "\n".join([f"{done} of {len(steps)} exercises are done.", *lines])

    def hint(self, key: str) -> str:
        """Return the next hint of a step, and its solution after the last hint.

        Raises:
            ValueError: no tutorial is open, or it has no such step.
        """
        _, step = self._find_step(key)
        num_shown = self._num_hints_shown.get(key, 0)
        self._num_hints_shown[key] = num_shown + 1
        if num_shown < len(step.hints):
            return f"Hint: {step.hints[num_shown]}"
        return f"A solution:\n\n{step.solution}"

    def _open_detector(self) -> SkippedCellDetector:
        if self._detector is None:
            raise ValueError(
                "no tutorial is open in this kernel. Run the first code cell of a tutorial, which "
                "contains %kwidgets tutorial and its name"
            )
        return self._detector

    def _find_step(self, key: str) -> tuple[SkippedCellDetector, Step]:
        detector = self._open_detector()
        step = detector.tutorial.step(key)
        if step is None:
            keys = ", ".join(step.key for step in detector.tutorial.steps)
            raise ValueError(f"this tutorial has no exercise {key!r}. Its exercises are {keys}")
        return detector, step


session = Session()
