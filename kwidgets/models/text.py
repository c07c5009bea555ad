"""A summary as text: for terminals and logs, as Markdown, as JSON."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator

from kwidgets.models.plain import LayerSummary, ModelSummary, Shape, to_wire

_RIGHT = frozenset({"parameters", "share"})


def as_text(summary: ModelSummary, title: str) -> str:
    """Return the summary as lines of text, columns aligned, nothing cut off."""
    names, rows = _table(summary)
    widths = [max(len(row[i]) for row in [names, *rows]) for i in range(len(names))]

    def line(cells: list[str]) -> str:
        aligned = (
            cell.rjust(width) if name in _RIGHT else cell.ljust(width)
            for name, cell, width in zip(names, cells, widths, strict=True)
        )
        return "  ".join(aligned).rstrip()

    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join([_heading(summary, title), rule, line(names), rule, *map(line, rows), rule,
                      *_totals(summary)])  # fmt: skip


def as_markdown(summary: ModelSummary, title: str) -> str:
    """Return the summary as a table of GitHub's Markdown."""
    names, rows = _table(summary, indent="&nbsp;&nbsp;")
    rule = ["---:" if name in _RIGHT else "---" for name in names]
    lines = [f"**{_escape(_heading(summary, title))}**", "", _row(names), _row(rule)]
    lines += [_row([cells[0], *map(_escape, cells[1:])]) for cells in rows]
    lines += ["", *(f"- {_escape(total)}" for total in _totals(summary))]
    return "\n".join(lines) + "\n"


def as_json(summary: ModelSummary) -> str:
    """Return the summary as JSON, with the field names of :class:`ModelSummary`."""
    return json.dumps(to_wire(summary), indent=2, ensure_ascii=False) + "\n"


def format_bytes(count: int) -> str:
    """Return a size of memory, in units of 1024 as Keras has them: "98.4 KB"."""
    size = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            return f"{count} B" if unit == "B" else f"{size:,.1f} {unit}"
        size /= 1024
    raise AssertionError


def format_shapes(shapes: tuple[Shape, ...] | None) -> str:
    """Return shapes as text: "(None, 28, 28)", several separated by commas, "unknown"."""
    if shapes is None:
        return "unknown"
    return ", ".join(f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})" for shape in shapes)


def _table(summary: ModelSummary, indent: str = "") -> tuple[list[str], list[list[str]]]:
    """The columns there is something to say in, and a row of each layer."""
    layers = list(_walk(summary.root.children, 0))
    total = summary.parameters or 0
    default = summary.root.dtype
    columns = {
        "layer": [_name(layer, depth, indent) for layer, depth in layers],
        "class": [layer.class_name for layer, _ in layers],
        "output shape": [format_shapes(layer.output_shapes) for layer, _ in layers],
        "parameters": [_parameters(layer) for layer, _ in layers],
        "share": [_share(layer, total) for layer, _ in layers],
        "activation": [layer.activation or "" for layer, _ in layers],
        "dtype": [layer.dtype if layer.dtype not in ("", default) else "" for layer, _ in layers],
        "connected to": _connections(summary.root),
        "notes": [_remarks(layer) for layer, _ in layers],
    }
    always = ("layer", "class", "output shape", "parameters")
    used = [name for name, cells in columns.items() if name in always or any(cells)]
    return used, [list(row) for row in zip(*(columns[name] for name in used), strict=True)]


def _walk(layers: tuple[LayerSummary, ...], depth: int) -> Iterator[tuple[LayerSummary, int]]:
    for layer in layers:
        yield layer, depth
        yield from _walk(layer.children, depth + 1)


def _name(layer: LayerSummary, depth: int, indent: str) -> str:
    if indent:
        return indent * depth + _escape(layer.name)
    return "   " * (depth - 1) + ("└─ " if depth else "") + layer.name


def _parameters(layer: LayerSummary) -> str:
    if layer.shared_with is not None:
        return "shared"
    return "not built" if layer.parameters is None else f"{layer.parameters:,}"


def _share(layer: LayerSummary, total: int) -> str:
    return f"{100 * layer.parameters / total:.1f} %" if layer.parameters and total else ""


def _connections(root: LayerSummary) -> list[str]:
    """What goes into each layer; nothing at all where each follows the one before."""
    layers = list(_with_previous(root.children))
    # The first layer of a Sequential follows an input that is not listed: no layer is before it.
    if all(before is None or layer.inbound in ((), (before,)) for layer, before in layers):
        return [""] * len(layers)
    return [", ".join(layer.inbound) for layer, _ in layers]


def _with_previous(
    layers: tuple[LayerSummary, ...],
) -> Iterator[tuple[LayerSummary, str | None]]:
    before: str | None = None
    for layer in layers:
        yield layer, before
        yield from _with_previous(layer.children)
        before = layer.name


def _remarks(layer: LayerSummary) -> str:
    remarks = []
    if not layer.trainable and layer.kind in ("layer", "model"):
        remarks.append("frozen")
    if layer.calls > 1:
        remarks.append(f"called {layer.calls} times")
    if layer.problem:
        remarks.append(layer.problem)
    return ", ".join(remarks)


def _heading(summary: ModelSummary, title: str) -> str:
    root = summary.root
    named = "" if root.name == title else f' "{root.name}"'
    shape = format_shapes(root.output_shapes)
    return f"{title}: {root.class_name}{named}, output {shape}"


def _totals(summary: ModelSummary) -> list[str]:
    lines = []
    if summary.inferred_from:
        lines.append(
            f"Worked out for input {summary.inferred_from}; the model itself is unchanged."
        )
    if summary.parameters is not None:
        total, trainable = summary.parameters, summary.trainable_parameters or 0
        lines.append(f"Parameters: {total:,} ({format_bytes(summary.weight_bytes or 0)})")
        lines.append(f"Trainable: {trainable:,}, not trainable: {total - trainable:,}")
    if summary.optimizer_parameters:
        size = format_bytes(summary.optimizer_bytes or 0)
        lines.append(f"Optimizer: {summary.optimizer_parameters:,} ({size})")
    if summary.compiled:
        how = f"Compiled: {summary.compiled.optimizer}, loss {summary.compiled.loss}"
        metrics = ", ".join(summary.compiled.metrics)
        lines.append(f"{how}, metrics {metrics}" if metrics else how)
    if summary.trained:
        lines.append(f"Trained: {summary.trained.steps:,} steps")
    return [*lines, *summary.notes]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    escaped = html.escape(text, quote=False)
    for character in "\\`*_[]|~":
        escaped = escaped.replace(character, f"\\{character}")
    return " ".join(escaped.split())
