"""The tutorial that is open in this kernel: its checks, its hints, its order."""

from __future__ import annotations

from typing import Any

from kwidgets.tutorials.report import Report
from kwidgets.tutorials.skipped_cells import Order
from kwidgets.tutorials.step import NotRunError, Step, judge, missing
from kwidgets.tutorials.tutorial import lesson


class Session:
    """One per kernel."""

    def __init__(self) -> None:
        self._shell: Any = None
        self._order: Order | None = None
        self._hinted: dict[str, int] = {}

    def open(self, shell: Any, name: str) -> str:
        """Begin a tutorial; what was open is closed. Returns what to tell the reader.

        Raises:
            ValueError: there is no tutorial of that name.
        """
        opened = lesson(name)
        self.close()
        self._shell = shell
        self._order = Order(shell, opened)
        self._order.start()
        return (
            f"{opened.title}: {len(opened.steps)} steps of this notebook check themselves. "
            "%kwidgets check shows how far you are."
        )

    def close(self) -> None:
        """Watch no more; what was run is forgotten."""
        if self._order is not None:
            self._order.stop()
        self._order = None
        self._hinted.clear()

    def check(self, key: str) -> Report:
        """Look whether a step is done.

        Raises:
            ValueError: no tutorial is open, or it has no such step.
        """
        order, step = self._find(key)
        steps = order.lesson.steps
        cell = order.lesson.cell(step.cell)
        if not order.has_run(cell):
            verdicts = [missing(f"Nothing to check yet: run {cell.called}.")]
        else:
            try:
                verdicts = judge(step, self._shell.user_ns)
            except NotRunError as error:
                verdicts = [missing(order.where(error.name))]
        return Report(step, steps.index(step) + 1, len(steps), verdicts)

    def overview(self) -> str:
        """Say of each step whether it is done.

        Raises:
            ValueError: no tutorial is open.
        """
        steps = self._opened().lesson.steps
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
        _, step = self._find(key)
        given = self._hinted.get(key, 0)
        self._hinted[key] = given + 1
        if given < len(step.hints):
            return f"Hint: {step.hints[given]}"
        return f"A solution:\n\n{step.solution}"

    def _opened(self) -> Order:
        if self._order is None:
            raise ValueError(
                "no tutorial is open in this kernel: run the first cell of a tutorial, which has "
                "%kwidgets tutorial and its name"
            )
        return self._order

    def _find(self, key: str) -> tuple[Order, Step]:
        order = self._opened()
        step = order.lesson.step(key)
        if step is None:
            keys = ", ".join(step.key for step in order.lesson.steps)
            raise ValueError(f"{order.lesson.title!r} has no step {key!r}; its steps are {keys}")
        return order, step


session = Session()
