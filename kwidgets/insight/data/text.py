"""Write a report about data and code as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from kwidgets.insight.data.classes import ClassCount
from kwidgets.insight.data.finding import Finding, Level
from kwidgets.insight.data.report import Report, ValueRange
from kwidgets.language import t, translated

# Of more classes and rows only the first are written.
_MAX_CLASSES = 20


def level_label(level: Level) -> str:
    """Return a level in the kernel's language."""
    labels: dict[Level, str] = {"error": t("Error"), "warning": t("Warning"), "hint": t("Hint")}
    return labels[level]


def findings_text(findings: Sequence[Finding], dismissed: int) -> str:
    """Return findings as lines of text."""
    blocks = []
    for finding in findings:
        where = f" ({finding.where})" if finding.where else ""
        lines = [f"{level_label(finding.level)}: {finding.title}{where}", f"    {finding.text}"]
        if finding.fetch:
            lines.append("    " + t("Show the rows: %1", finding.fetch))
        if finding.line:
            lines += [f"    → {line}" for line in finding.line.splitlines()]
        blocks.append("\n".join(lines))
    if not blocks:
        blocks.append(t("No problems found."))
    if dismissed:
        blocks.append(dismissed_text(dismissed))
    return "\n".join(blocks)


def dismissed_text(count: int) -> str:
    """Return that findings are hidden, and how to show them."""
    return t("%1 dismissed. To show them again: kw.check.restore()", count)


def report_text(report: Report, findings: Sequence[Finding], dismissed: int) -> str:
    """Return a report about data as text: findings, ranges and classes."""
    parts = [findings_text(findings, dismissed)]
    if report.part_of is not None:
        parts.insert(0, part_of_text(report))
    if report.ranges:
        parts.append(_table(range_titles(), [range_cells(each) for each in report.ranges]))
    if report.balance:
        shown = report.balance[:_MAX_CLASSES]
        parts.append(_table(class_titles(), [class_cells(each) for each in shown]))
        if len(report.balance) > len(shown):
            parts.append(t("%1 classes in all.", f"{len(report.balance):,}"))
    return "\n\n".join(parts)


def part_of_text(report: Report) -> str:
    """Return what was looked at, of a dataset."""
    assert report.part_of is not None
    return t("Looked at: %1", translated(report.part_of))


def range_titles() -> list[str]:
    return [
        t("data"),
        t("split"),
        t("shape"),
        t("dtype"),
        t("min"),
        t("max"),
        t("mean"),
        t("std"),
        "NaN",
        t("infinite"),
    ]


def range_cells(each: ValueRange) -> list[str]:
    sizes = ", ".join("–" if size is None else f"{size:,}" for size in each.shape)
    numbers = (each.low, each.high, each.mean, each.deviation)
    return [
        each.name,
        t("validation") if each.split == "validation" else t("training"),
        f"({sizes},)" if len(each.shape) == 1 else f"({sizes})",
        each.dtype,
        *("–" if value is None else f"{value:.4g}" for value in numbers),
        f"{each.nan:,}",
        f"{each.infinite:,}",
    ]


def class_titles() -> list[str]:
    return [t("class"), t("training"), t("validation")]


def class_cells(each: ClassCount) -> list[str]:
    others = "–" if each.validation is None else f"{each.validation:,}"
    return [each.name, f"{each.training:,}", others]


def _table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [titles, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    texts = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([texts[0], "─" * sum(widths, 2 * len(widths) - 2), *texts[1:]])
