"""Write a report about data and code as HTML without scripts, for light and dark pages.

All texts of the data and the program are escaped: they are text, never HTML. Colours are those of
the page; a level is told by its word.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from kwidgets.insight.data import text as words
from kwidgets.insight.data.finding import Finding
from kwidgets.insight.data.report import Report
from kwidgets.insight.data.samples import DataSample
from kwidgets.insight.samples.looks import kind_of
from kwidgets.insight.samples.pictures import picture_url
from kwidgets.language import t

_CELL = "padding:2px 12px 2px 0;text-align:left;vertical-align:top"
_NUMBER = "padding:2px 12px 2px 0;text-align:right;white-space:nowrap"
_CODE = "white-space:pre-wrap;overflow-wrap:anywhere"
_MAX_CLASSES = 100


def findings_html(findings: Sequence[Finding], dismissed: int) -> str:
    """Return findings as a table, worst first."""
    if not findings:
        parts = [f"<p>{html.escape(t('No problems found.'))}</p>"]
    else:
        rows = "".join(_finding_row(finding) for finding in findings)
        head = "".join(
            f'<th scope="col" style="{_CELL}">{html.escape(title)}</th>'
            for title in (t("Level"), t("Where"), t("Finding"))
        )
        parts = [
            f'<table><caption style="{_CELL}">{html.escape(t("Findings"))}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        ]
    if dismissed:
        parts.append(f"<p><small>{html.escape(words.dismissed_text(dismissed))}</small></p>")
    return "".join(parts)


def _finding_row(finding: Finding) -> str:
    lines = [f"<div><strong>{html.escape(finding.title)}</strong></div>"]
    lines.append(f"<div>{html.escape(finding.text)}</div>")
    if finding.fetch:
        code = f"<code>{html.escape(finding.fetch)}</code>"
        lines.append(f"<div>{html.escape(t('Rows'))}: {code}</div>")
    if finding.line:
        lines.append(f'<pre style="{_CODE};margin:2px 0">{html.escape(finding.line)}</pre>')
    return (
        f'<tr><td style="{_CELL}">{html.escape(words.level_label(finding.level))}</td>'
        f'<td style="{_CELL}">{html.escape(finding.where or "–")}</td>'
        f'<td style="{_CELL};max-width:70ch">{"".join(lines)}</td></tr>'
    )


def report_html(report: Report, findings: Sequence[Finding], dismissed: int) -> str:
    """Return a report about data: findings, ranges, classes and samples."""
    parts = [findings_html(findings, dismissed)]
    if report.part_of is not None:
        parts.insert(0, f"<p>{html.escape(words.part_of_text(report))}</p>")
    if report.ranges:
        rows = [words.range_cells(each) for each in report.ranges]
        parts.append(_table(t("Ranges"), words.range_titles(), rows, texts=4))
    if report.balance:
        rows = [words.class_cells(each) for each in report.balance[:_MAX_CLASSES]]
        parts.append(_table(t("Classes"), words.class_titles(), rows, texts=1))
    if report.samples:
        parts.append(_samples(report.samples))
    return "".join(parts)


def _samples(samples: Sequence[DataSample]) -> str:
    """Return the samples: pictures side by side, all others as a table."""
    values = [each.value for each in samples if each.value is not None]
    kind = kind_of(np.stack(values)) if len(values) == len(samples) else None
    if kind is None or kind.kind != "picture":
        rows = [[each.code or "–", each.text, each.target or "–"] for each in samples]
        return _table(t("Samples"), [t("row"), t("values"), t("target")], rows, texts=3)
    figures = []
    for each, value in zip(samples, values, strict=True):
        name = " → ".join(part for part in (each.code, each.target) if part)
        figures.append(
            f'<figure style="display:inline-block;margin:4px 12px 4px 0">'
            f'<img src="{picture_url(value, kind.span)}" alt="{html.escape(each.text)}" '
            'style="width:64px;image-rendering:pixelated">'
            f"<figcaption>{html.escape(name)}</figcaption></figure>"
        )
    title = html.escape(t("Samples"))
    return f"<details><summary>{title}</summary>{''.join(figures)}</details>"


def _table(title: str, titles: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> str:
    """Return a folded table; the first ``texts`` columns are texts, the others numbers."""

    def line(tag: str, cells: Sequence[str]) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        return "".join(
            f'<{tag}{scope} style="{_CELL if column < texts else _NUMBER}">'
            f"{html.escape(cell)}</{tag}>"
            for column, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line('td', cells)}</tr>" for cells in rows)
    return (
        f"<details><summary>{html.escape(title)}</summary>"
        f"<table><thead><tr>{line('th', titles)}</tr></thead><tbody>{body}</tbody></table>"
        "</details>"
    )
