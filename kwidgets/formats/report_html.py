"""Write the report of an import as HTML without scripts, for light and dark pages.

All texts of the file are escaped: they are text, never HTML. Colours are those of the page; an
outcome is told by its word.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from kwidgets.formats import report_text as words
from kwidgets.formats.import_report import ImportedLayer, ImportFacts
from kwidgets.language import t, translated

_CELL = "padding:2px 12px 2px 0;text-align:left;vertical-align:top"
_HEADING = "margin:12px 0 2px;text-align:left;font-weight:600"
# A page draws a long table slowly; to_text() has all layers.
_MAX_ROWS = 1000


def report_html(facts: ImportFacts, steps: Sequence[str]) -> str:
    """Return the report: counts, notes, preprocessing, and tables of the layers."""
    parts = [
        f"<p><strong>{html.escape(words.title(facts))}</strong><br>"
        f"{html.escape(words.counts_text(facts))}</p>"
    ]
    if facts.notes:
        parts.append(_list(t("Notes"), [translated(note) for note in facts.notes]))
    if facts.preprocessing:
        lines = [words.preprocessing_text(entry) for entry in facts.preprocessing]
        parts.append(_list(t("Preprocessing, before the model"), lines))
    if first := words.layers_to_look_at(facts):
        parts.append(_table(t("Check these layers first"), first))
    if facts.layers:
        summary = html.escape(t("All layers of the file"))
        table = _table(t("Layers of the file"), facts.layers)
        opened = "" if first else " open"
        parts.append(f"<details{opened}><summary>{summary}</summary>{table}</details>")
    if facts.files:
        parts.append(_list(t("Files"), list(facts.files)))
    parts += [f"<p><small>{html.escape(step)}</small></p>" for step in steps]
    return "".join(parts)


def _list(title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f'<p style="{_HEADING}">{html.escape(title)}</p><ul style="margin:0 0 8px">{items}</ul>'


def _table(caption: str, layers: Sequence[ImportedLayer]) -> str:
    titles = (t("Layer"), t("Type"), t("Outcome"), t("Keras layers"), t("Notes"))
    head = "".join(f'<th scope="col" style="{_CELL}">{html.escape(title)}</th>' for title in titles)
    body = "".join(_row(layer) for layer in layers[:_MAX_ROWS])
    if len(layers) > _MAX_ROWS:
        more = t("%1 more layers: see report.to_text().", f"{len(layers) - _MAX_ROWS:,}")
        body += f'<tr><td colspan="5" style="{_CELL}">{html.escape(more)}</td></tr>'
    return (
        f'<table><caption style="{_HEADING}">{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(layer: ImportedLayer) -> str:
    cells = (layer.type, words.outcome_label(layer.outcome), ", ".join(layer.keras_layers) or "–")
    middle = "".join(f'<td style="{_CELL}">{html.escape(cell)}</td>' for cell in cells)
    notes = "".join(f"<div>{html.escape(note)}</div>" for note in words.notes_of(layer))
    return (
        f'<tr><th scope="row" style="{_CELL}">{html.escape(layer.name)}</th>{middle}'
        f'<td style="{_CELL};max-width:70ch">{notes or "–"}</td></tr>'
    )
