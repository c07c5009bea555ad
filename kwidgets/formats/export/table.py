"""Write the rows of an export as a table of plain text, and as HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence

from kwidgets.formats.export.result import ExportFacts, ExportRow, Latency, Status
from kwidgets.language import Message, t, translated

_CELL = "padding:2px 12px 2px 0;vertical-align:top;text-align:"
_NUM_TEXTS = 2
_MAX_METRICS = 3
# As in the panel: largest differences, as shares of the largest output.
_ROUNDING = 1e-3
_CLOSE = 5e-2


def status_label(status: Status) -> str:
    """Return a status in the kernel's language."""
    labels: dict[Status, str] = {
        "waiting": t("waiting"),
        "converting": t("converting"),
        "checking": t("checking"),
        "measuring": t("measuring"),
        "done": t("verified"),
        "unproved": t("not verified"),
        "missing": t("not installed"),
        "failed": t("failed"),
        "stopped": t("stopped"),
    }
    return labels[status]


def verdict(row: ExportRow) -> str:
    """Return what became of a format, in the words of the panel."""
    difference = row.difference
    if row.status == "unproved" or (row.status == "done" and difference is None):
        return t("Not compared")
    if row.status != "done" or difference is None:
        return status_label(row.status)
    if difference.maximum == 0:
        return t("Identical")
    if difference.maximum <= _ROUNDING * difference.scale and difference.same_class in (None, 1):
        return t("Same but for rounding")
    if difference.same_class == 1:
        return t("Nearly the same, same classes")
    if difference.maximum <= _CLOSE * difference.scale:
        return t("Nearly the same")
    return t("Different")


def facts_text(facts: ExportFacts) -> str:
    """Return a table, and below it what is to be said about each format."""
    rows = [_titles(facts), *(_cells(facts, row) for row in facts.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column < _NUM_TEXTS else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, "─" * max(map(len, lines)))
    lines += ["", *_head(facts)]
    for row in facts.rows:
        said = _said(row)
        if said:
            lines += ["", f"{row.title}:", *(f"  {each}" for each in said)]
    return "\n".join(lines)


def facts_html(facts: ExportFacts) -> str:
    """Return the table and the remarks as HTML without scripts."""

    def line(tag: str, cells: Sequence[str]) -> str:
        return "".join(
            f'<{tag} style="{_CELL}{"left" if column < _NUM_TEXTS else "right"}">'
            f"{html.escape(cell)}</{tag}>"
            for column, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line('td', _cells(facts, row))}</tr>" for row in facts.rows)
    remarks = "".join(
        f"<dt>{html.escape(row.title)}</dt>"
        + "".join(f"<dd>{html.escape(each)}</dd>" for each in _said(row))
        for row in facts.rows
        if _said(row)
    )
    head = "".join(f"<div>{html.escape(each)}</div>" for each in _head(facts))
    return (
        f"<table><thead><tr>{line('th', _titles(facts))}</tr></thead><tbody>{body}</tbody></table>"
        f"<small>{head}<dl>{remarks}</dl></small>"
    )


def bytes_text(count: int) -> str:
    """Return a number of bytes with its unit."""
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def share_text(share: float) -> str:
    """Return a share as percent; 100 % only where it is all."""
    return f"{share:.0%}" if share in (0, 1) else f"{min(share, 0.9999):.2%}"


def _metrics(facts: ExportFacts) -> list[str]:
    return [name for name, _ in facts.metrics if name != "loss"][:_MAX_METRICS] or [
        name for name, _ in facts.metrics
    ]


def _titles(facts: ExportFacts) -> list[str]:
    return [
        t("format"),
        t("state"),
        t("size"),
        t("max. difference"),
        t("mean difference"),
        t("same class"),
        *_metrics(facts),
        t("p50/p95 ms, 1 thread"),
        t("p50/p95 ms, all threads"),
    ]


def _cells(facts: ExportFacts, row: ExportRow) -> list[str]:
    difference = row.difference
    values = {metric.name: metric.export for metric in row.metrics}
    return [
        row.title,
        verdict(row),
        "–" if row.num_bytes is None else bytes_text(row.num_bytes),
        "–" if difference is None else f"{difference.maximum:.1e}",
        "–" if difference is None else f"{difference.mean:.1e}",
        "–"
        if difference is None or difference.same_class is None
        else share_text(difference.same_class),
        *(f"{values[name]:.4f}" if name in values else "–" for name in _metrics(facts)),
        _latency_text(row.latency, one=True),
        _latency_text(row.latency, one=False),
    ]


def _latency_text(latency: Sequence[Latency], one: bool) -> str:
    found = [each for each in latency if (each.threads == 1) == one]
    # With one processor, one thread is all of them.
    found = found or list(latency if len(latency) == 1 else ())
    return f"{found[0].p50_ms:.2f}/{found[0].p95_ms:.2f}" if found else "–"


def _head(facts: ExportFacts) -> list[str]:
    lines = [
        t(
            "Compared on %1 samples: %2.",
            f"{facts.num_samples:,}",
            translated(facts.samples_from),
        )
    ]
    if facts.validation_from is not None:
        values = ", ".join(f"{name} {value:.4f}" for name, value in facts.metrics)
        lines.append(
            t(
                "The model itself on %1 samples of %2: %3.",
                f"{facts.num_validation:,}",
                translated(facts.validation_from),
                values,
            )
        )
    lines += [translated(note) for note in facts.notes]
    lines.append(t("Files are in %1.", facts.folder))
    return lines


def _said(row: ExportRow) -> list[str]:
    said = [] if row.problem is None else [translated(row.problem)]
    if row.install:
        said.append(row.install)
    if row.status != "missing":
        said += [t("Not in the file: %1", _joined(row.lost))] if row.lost and row.path else []
        said += [translated(note) for note in row.notes]
    return said


def _joined(texts: Sequence[Message]) -> str:
    return " ".join(map(translated, texts))
