"""Lays out a summary as a table: the columns with something to show, and their cells as text.

:mod:`kwidgets.models.text.export` writes it as text and as Markdown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from kwidgets.models.summary_data import LayerSummary, ModelSummary
from kwidgets.models.text import number_format

COMMON_DTYPE = "float32"


@dataclasses.dataclass(frozen=True)
class Column:
    """One column.

    Args:
        title: its heading.
        cells: one for each row.
        is_number: whether its cells are aligned on the right.
    """

    title: str
    cells: tuple[str, ...]
    is_number: bool = False


@dataclasses.dataclass(frozen=True)
class Table:
    """All layers, each after the one that contains it.

    Args:
        depths: how deep each row's layer is nested; 0 directly in the model.
        columns: the first has the layers' names.
    """

    depths: tuple[int, ...]
    columns: tuple[Column, ...]


@dataclasses.dataclass(frozen=True)
class _Row:
    layer: LayerSummary
    depth: int
    in_chain: bool


def table_of(summary: ModelSummary) -> Table:
    """Lay out the layers of ``summary``. Empty columns are left out, except for the usual ones."""
    rows = list(_rows(summary.root, 0))
    names = {"": summary.root.name, **{row.layer.path: row.layer.name for row in rows}}

    def column(title: str, cells: list[str], is_number: bool = False) -> Column:
        return Column(title, tuple(cells), is_number)

    layers = [row.layer for row in rows]
    whole = summary.parameters
    always = (
        column("Layer", [layer.name for layer in layers]),
        column("Class", [layer.class_name for layer in layers]),
        column("Output shape", [number_format.shapes(layer.output_shapes) for layer in layers]),
        column("Parameters", [number_format.number(layer.parameters) for layer in layers], True),
        column("Share", [_share(layer, whole) for layer in layers], True),
    )
    sometimes = (
        column("Dtype", [_dtype(layer) for layer in layers]),
        column("Activation", [layer.activation or "" for layer in layers]),
        column("Connected to", ["" if r.in_chain else ", ".join(r.layer.inbound) for r in rows]),
        column("Remarks", [_remarks(layer, names) for layer in layers]),
    )
    return Table(
        tuple(row.depth for row in rows),
        (*always, *(one for one in sometimes if any(one.cells))),
    )


def _rows(parent: LayerSummary, depth: int) -> Iterator[_Row]:
    in_chain = _is_chain(parent.children)
    for child in parent.children:
        yield _Row(child, depth, in_chain)
        yield from _rows(child, depth + 1)


def _is_chain(layers: tuple[LayerSummary, ...]) -> bool:
    """Return whether each layer goes into the next, so that connections need no column."""
    if not any(layer.inbound or layer.calls > 1 for layer in layers):
        return True
    # The first takes the model's input; each of the others the output of the one before it.
    expected = [(), *((layer.name,) for layer in layers[:-1])]
    return all(
        layer.inbound == inbound and layer.calls == 1
        for layer, inbound in zip(layers, expected, strict=True)
    )


def _share(layer: LayerSummary, whole: int | None) -> str:
    return "" if layer.shared_with is not None else number_format.share(layer.parameters, whole)


def _dtype(layer: LayerSummary) -> str:
    return "" if layer.dtype == COMMON_DTYPE else layer.dtype


def _remarks(layer: LayerSummary, names: dict[str, str]) -> str:
    has_weights = layer.parameters is None or layer.parameters > 0
    shared_with = layer.shared_with
    remarks = (
        (layer.parameters is None and not layer.built and not layer.problem, "not built"),
        (not layer.trainable and has_weights, "frozen"),
        (layer.calls > 1, f"called {layer.calls:,} times"),
        (shared_with is not None, f"the same as {names.get(shared_with or '', '')} above"),
        (layer.problem is not None, layer.problem or ""),
    )
    return "; ".join(text for applies, text in remarks if applies)


def totals_of(summary: ModelSummary) -> tuple[tuple[str, str], ...]:
    """Return the names and values of the lines below the table."""
    lines = [("Parameters", _with_memory(summary.parameters, summary.weight_bytes))]
    if summary.parameters is not None and summary.trainable_parameters is not None:
        lines.append(("Trainable", number_format.number(summary.trainable_parameters)))
        frozen = summary.parameters - summary.trainable_parameters
        lines.append(("Non-trainable", number_format.number(frozen)))
    if summary.optimizer_parameters:
        size = _with_memory(summary.optimizer_parameters, summary.optimizer_bytes)
        lines.append(("In the optimizer", size))
    compiled = summary.compiled
    if compiled is not None:
        lines.append(("Optimizer", compiled.optimizer or "none"))
        lines.append(("Loss", compiled.loss or "none"))
        lines.append(("Metrics", ", ".join(compiled.metrics) or "none"))
    trained = summary.trained
    if trained is not None:
        parts = [f"{trained.steps:,} {'step' if trained.steps == 1 else 'steps'}"]
        if trained.epochs is not None:
            unit = "epoch" if trained.epochs == 1 else "epochs"
            parts.append(f"{trained.epochs:,} {unit}")
        lines.append(("Trained", ", ".join(parts)))
    if summary.inferred_from is not None:
        lines.append(("Computed for input", summary.inferred_from))
    return tuple(lines)


def _with_memory(parameters: int | None, size_bytes: int | None) -> str:
    if parameters is None:
        return "not known yet"
    return f"{number_format.number(parameters)} ({number_format.memory(size_bytes)})"
