"""Make the output that a notebook saves of a builder: a table that needs no kernel."""

from __future__ import annotations

import html
import unicodedata
from typing import Any

from kwidgets import protocol as envelope
from kwidgets.builder import protocol
from kwidgets.builder.convert.layer_names import model_name
from kwidgets.builder.editor import Editor
from kwidgets.builder.page.state import summary
from kwidgets.builder.spec import LayerSpec
from kwidgets.language import t
from kwidgets.live import protocol as live_protocol

_WARNING = "⚠"
_CELL = "padding:2px 12px 2px 0;text-align:left;white-space:nowrap"
_NUMBER = "padding:2px 0;text-align:right;white-space:nowrap"


def mime_bundle(
    editor: Editor, source: str, restore: str, run: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the builder as a mime bundle: data for our renderer, HTML without scripts, and text.

    Args:
        editor: holds the spec.
        source: the program of the model.
        restore: the program of a builder like this one.
        run: the mime bundle of its last training.
    """
    title, rows = model_name(editor.spec), _rows(editor)
    totals = ". ".join([_totals(editor), *(f"{_WARNING} {text}" for text in _problems(editor))])
    data = protocol.Saved(
        v=envelope.PROTOCOL_VERSION,
        title=title,
        columns=_columns(),
        rows=rows,
        totals=totals,
        code=source,
        restore=restore,
        run=None if run is None else run[live_protocol.MIME_TYPE],
    )
    picture = "" if run is None else run["text/html"]
    summary = "" if run is None else f"\n{run['text/plain']}"
    return {
        protocol.MIME_TYPE: data,
        "text/html": _html(title, rows, totals, source) + picture,
        "text/plain": text_table(editor) + summary,
    }


def text_table(editor: Editor) -> str:
    """Return the builder as a table in plain text."""
    rows = [_columns(), *_rows(editor)]
    last = len(rows[0]) - 1
    widths = [max(_width(row[column]) for row in rows) for column in range(last + 1)]
    lines = [
        "  ".join(
            _padded(cell, width, right=column == last)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    title = f"SequentialBuilder {model_name(editor.spec)!r}"
    problems = [f"{_WARNING} {problem}" for problem in _problems(editor)]
    return "\n".join(
        [title, lines[0], "─" * _width(lines[0]), *lines[1:], _totals(editor), *problems]
    )


def _columns() -> list[str]:
    return [t("Layer"), t("Arguments"), t("Output shape"), t("Parameters")]


def _width(text: str) -> int:
    """Return how many columns a text takes: two for each wide character, such as Chinese."""
    return len(text) + sum(unicodedata.east_asian_width(each) in "WF" for each in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _rows(editor: Editor) -> list[list[str]]:
    analysis = editor.analysis
    shape = analysis.input_shape
    rows = [[t("Input"), "", t("not set") if shape is None else _shape(shape), ""]]

    def visit(entry: LayerSpec, depth: int) -> None:
        facts = analysis.layers[entry.uid]
        if facts.status == "off":
            outcome = t("disabled")
        elif facts.problem is not None:
            outcome = f"{_WARNING} " + t("see below")
        else:
            outcome = "?" if facts.output_shape is None else _shape(facts.output_shape)
        count = "" if facts.parameters is None else f"{facts.parameters:,}"
        rows.append(["\u2003" * depth + entry.title, summary(entry.object), outcome, count])
        for child in entry.children or ():
            visit(child, depth + 1)

    for entry in editor.spec.layers:
        visit(entry, 0)
    return rows


def _problems(editor: Editor) -> list[str]:
    analysis = editor.analysis
    found = []
    if analysis.input_problem is not None:
        found.append(f"{t('Input')}: {analysis.input_problem.text}")
    for entry in editor.spec.walk():
        problem = analysis.layers[entry.uid].problem
        if problem is not None:
            found.append(f"{entry.title}: {problem.text}")
    return found


def _totals(editor: Editor) -> str:
    analysis = editor.analysis
    frozen = analysis.parameters - analysis.trainable
    size = f"{analysis.parameters:,}"
    if frozen:
        counts = (size, f"{analysis.trainable:,}", f"{frozen:,}")
        if analysis.complete:
            return t("%1 parameters (%2 trainable, %3 frozen)", *counts)
        return t("%1 parameters (%2 trainable, %3 frozen) so far", *counts)
    return t("%1 parameters", size) if analysis.complete else t("%1 parameters so far", size)


def _shape(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join(map(str, shape))})"


def _html(title: str, rows: list[list[str]], totals: str, source: str) -> str:
    def line(cells: list[str], tag: str) -> str:
        styles = [_CELL] * (len(cells) - 1) + [_NUMBER]
        pairs = zip(cells, styles, strict=True)
        inside = "".join(
            f'<{tag} style="{style}">{html.escape(cell)}</{tag}>' for cell, style in pairs
        )
        return f"<tr>{inside}</tr>"

    body = "".join(line(row, "td") for row in rows)
    name = f"<b>{html.escape(title)}</b>"
    caption = t("Sequential model %1: %2", name, html.escape(totals))
    return (
        f"<table><caption style='text-align:left'>{caption}</caption>"
        f"<thead>{line(_columns(), 'th')}</thead><tbody>{body}</tbody></table>"
        f"<details><summary>{t('Code')}</summary><pre>{html.escape(source)}</pre></details>"
    )
