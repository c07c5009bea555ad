"""Show the results of a check as HTML, with hints that unfold, and as text."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from kwidgets.tutorials.step import CheckResult, Step

_GOOD = "var(--jp-success-color0, #1b7a32)"
_OPEN = "var(--jp-warn-color0, #a15c00)"


@dataclass(frozen=True)
class Report:
    """The result of checking one step, shown in a notebook by its ``_repr_*`` methods.

    Attributes:
        step: the step.
        number: its position in the tutorial, from 1.
        total: the number of steps.
        results: the results of the check.
    """

    step: Step
    number: int
    total: int
    results: list[CheckResult]

    @property
    def done(self) -> bool:
        """Whether all conditions are met."""
        return all(result.passed for result in self.results)

    @property
    def _heading(self) -> str:
        state = "Done" if self.done else "Not yet"
        return f"{state} – step {self.number} of {self.total}: {self.step.title}"

    def __repr__(self) -> str:
        lines = [self._heading]
        lines += [f"  {'✓' if result.passed else '○'} {result.text}" for result in self.results]
        if not self.done:
            lines.append(f"  For a hint, run %kwidgets check {self.step.key} hint")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        color = _GOOD if self.done else _OPEN
        items = "".join(_item(result) for result in self.results)
        return (
            f'<div style="border-left: 3px solid {color}; padding: 2px 12px; max-width: 48em">'
            f'<p style="margin: 4px 0; font-weight: 600; color: {color}">'
            f"{html.escape(self._heading)}</p>"
            f'<ul style="list-style: none; margin: 4px 0; padding: 0">{items}</ul>'
            f"{'' if self.done else _hints(self.step)}</div>"
        )


def _item(result: CheckResult) -> str:
    mark, color, word = ("✓", _GOOD, "passed") if result.passed else ("○", _OPEN, "failed")
    return (
        '<li style="margin: 2px 0">'
        f'<span role="img" aria-label="{word}" style="color: {color}; font-weight: 700">{mark}'
        f"</span> {_text(result.text)}</li>"
    )


def _hints(step: Step) -> str:
    """Return the hints as nested elements, with the solution inside the last one."""
    style = "white-space: pre-wrap; margin: 4px 0 4px 1em"
    inner = _details("Solution", f'<pre style="{style}">{html.escape(step.solution)}</pre>')
    for number in range(len(step.hints), 0, -1):
        name = "Hint" if number == 1 else "Next hint"
        text = f'<p style="margin: 4px 0 4px 1em">{_text(step.hints[number - 1])}</p>'
        inner = _details(name, text + inner)
    return inner


def _details(name: str, inner: str) -> str:
    return (
        '<details style="margin: 4px 0"><summary style="cursor: pointer">'
        f"{name}</summary>{inner}</details>"
    )


def _text(text: str) -> str:
    """Return ``text`` as HTML, with code between backticks and names between asterisks."""
    parts = text.split("`")
    return "".join(
        f"<code>{html.escape(part)}</code>"
        if index % 2
        else re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(part))
        for index, part in enumerate(parts)
    )
