"""Writes a summary as text for a terminal or a log, as Markdown, and as JSON."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable

from kwidgets.models.summary_data import ModelSummary, to_wire
from kwidgets.models.text.table import Column, table_of, totals_of

_INDENT = "  "


def as_text(summary: ModelSummary, title: str) -> str:
    """Return the layers as an indented tree in aligned columns, and the totals below.

    Args:
        summary: the summary.
        title: the user's name for the model.
    """
    table = table_of(summary)
    lines = [_heading(summary, title), ""]
    if table.depths:
        first, *others = table.columns
        names = zip(table.depths, first.cells, strict=True)
        indented = Column(first.title, tuple(_INDENT * depth + name for depth, name in names))
        columns = [_padded(column) for column in (indented, *others)]
        head, *rows = ("  ".join(cells).rstrip() for cells in zip(*columns, strict=True))
        lines += [head, "-" * max(map(len, (head, *rows))), *rows, ""]
    else:
        lines += ["It has no layers.", ""]
    totals = totals_of(summary)
    width = max(len(name) for name, _ in totals) + 1
    lines += [f"{name + ':':<{width}} {value}" for name, value in totals]
    if summary.notes:
        lines += ["", *summary.notes]
    return "\n".join(lines) + "\n"


def _heading(summary: ModelSummary, title: str) -> str:
    return f"{title}: {summary.root.class_name} '{summary.root.name}'"


def _padded(column: Column) -> list[str]:
    cells = (column.title, *column.cells)
    width = max(map(len, cells))
    return [f"{cell:>{width}}" if column.is_number else f"{cell:<{width}}" for cell in cells]


def as_markdown(summary: ModelSummary, title: str) -> str:
    """Return the layers as a Markdown table, and the totals as a list below.

    Args:
        summary: the summary.
        title: the user's name for the model.
    """
    table = table_of(summary)
    lines = [f"### {_escaped(_heading(summary, title))}", ""]
    if table.depths:
        lines.append(_line(column.title for column in table.columns))
        lines.append(_line("---:" if column.is_number else "---" for column in table.columns))
        for depth, cells in zip(
            table.depths, zip(*(column.cells for column in table.columns), strict=True), strict=True
        ):
            name, *others = map(_escaped, cells)
            # Markdown ignores spaces at the beginning of a cell.
            lines.append(_line(["&nbsp;&nbsp;&nbsp;" * depth + name, *others]))
    else:
        lines.append("It has no layers.")
    lines += ["", *(f"- {name}: {_escaped(value)}" for name, value in totals_of(summary))]
    if summary.notes:
        lines += ["", *(f"> {_escaped(note)}" for note in summary.notes)]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    """Return ``text`` with Markdown's marks escaped. An underscore within a word is none."""
    one_line = " ".join(text.split())
    marks = re.sub(r"([\\`*\[\]~|]|(?<!\w)_|_(?!\w))", r"\\\1", one_line)
    return html.escape(marks, quote=False)


def as_json(summary: ModelSummary) -> str:
    """Return all of ``summary``, with the names of :mod:`kwidgets.models.summary_data`."""
    return json.dumps(to_wire(summary), indent=2, ensure_ascii=False) + "\n"
