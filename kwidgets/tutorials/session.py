"""Runs the tutorial that is open in this kernel: its checks, hints and skipped cells."""

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
        """Open a tutorial, closing another one, and return the message for the reader.

        Raises:
            ValueError: there is no tutorial of that name.
        """
        tutorial = load_tutorial(name)
        self.close()
        self._shell = shell
        self._detector = SkippedCellDetector(shell, tutorial)
        self._detector.start()
        return (
            f"{tutorial.title}: {len(tutorial.steps)} steps of this notebook check themselves. "
            "%kwidgets check shows how far you are."
        )

    def close(self) -> None:
        """Close the tutorial, and forget which cells have run."""
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
            results = [failed(f"Nothing to check yet: run {cell.description}.")]
        else:
            try:
                results = run_check(step, self._shell.user_ns)
            except MissingVariableError as error:
                results = [failed(detector.missing_name_message(error.name))]
        return Report(step, steps.index(step) + 1, len(steps), results)

    def overview(self) -> str:
        """Return a list of all steps and whether each is done.

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
        return "\n".join([f"{done} of {len(steps)} steps are done.", *lines])

    def hint(self, key: str) -> str:
        """Return the next hint of a step; after the last, its solution.

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
                "no tutorial is open in this kernel: run the first cell of a tutorial, which has "
                "%kwidgets tutorial and its name"
            )
        return self._detector

    def _find_step(self, key: str) -> tuple[SkippedCellDetector, Step]:
        detector = self._open_detector()
        step = detector.tutorial.step(key)
        if step is None:
            keys = ", ".join(step.key for step in detector.tutorial.steps)
            raise ValueError(
                f"{detector.tutorial.title!r} has no step {key!r}; its steps are {keys}"
            )
        return detector, step


session = Session()
