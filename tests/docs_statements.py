"""Find the Python statements in the text of a page, those in tables too, and make cells of them.

A page writes them short: ``…`` and ``...`` stand for what is left out, and ``.to_csv()`` after
``live.history.to_pandas()`` is another method of the same object.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from tests.markdown import blocks, inline_code, name_of

# What each page may use without importing it first.
IMPORTED = {"keras", "kw", "kwidgets", "LivePlot", "LiveLoop", "SequentialBuilder"}
# What statements of several pages are about, where the page's own code has not made it.
PREPARE = """
%load_ext kwidgets
import keras, kwidgets, numpy as np, kwidgets as kw
from kwidgets import LiveLoop, LivePlot, SequentialBuilder
x, y = np.ones((64, 8, 8), "float32"), np.zeros(64, "int32")
def prepare_builder():
    builder = SequentialBuilder([
        keras.Input((8, 8)), keras.layers.Flatten(), keras.layers.Dense(10, "relu"),
        keras.layers.Dense(10, "softmax"),
    ])
    builder.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return builder
if "live" not in globals():
    live = kw.LivePlot()
    prepare_builder().fit(x, y, validation_split=0.5, callbacks=[live], verbose=0)
if "model" not in globals():
    model = prepare_builder().model
if "optimizer" not in globals():
    optimizer = keras.optimizers.Adam()
prepared = live, model
"""
# Before each paragraph: what one of them does is not there in the next.
PREPARE_AGAIN = "live, model = prepared"
PREPARED = {"builder", "live", "model"}
# Pages whose statements belong into the block of a ``with`` statement.
INSIDE = {
    "docs/how-to/training-loops.md": "with LiveLoop(optimizer=optimizers) as live:",
}


def cells_of_text(path: Path) -> list[str]:
    """Return cells with the statements of each paragraph, to be run after the page's blocks."""
    cells = []
    for statements in _paragraphs(path):
        cell = [PREPARE_AGAIN]
        if any("builder" in statement for statement in statements):
            cell.append("builder = prepare_builder()")
        if block := INSIDE.get(name_of(path)):
            cell += [block, *(f"    {statement}" for statement in statements)]
        else:
            cell += statements
        cells.append("\n".join(cell))
    return [PREPARE, *cells] if cells else []


def statements_of(path: Path) -> set[str]:
    """Return the statements of the text of a page, in one form."""
    return {statement for statements in _paragraphs(path) for statement in statements}


def _paragraphs(path: Path) -> Iterator[list[str]]:
    names = IMPORTED | PREPARED | set(_names_bound(path))
    for codes in inline_code(path):
        if statements := list(_statements(codes, names)):
            yield statements


def _statements(codes: Iterable[str], names: set[str]) -> Iterator[str]:
    last = ""
    for code in codes:
        if code.startswith("%kwidgets"):
            # Of the steps of a tutorial that is open: tests/tutorials runs them.
            if not re.match(r"%kwidgets (check|tutorial)\b", code):
                yield code
            continue
        if re.match(r"\.\w+\(", code) and last:
            # Another method of the object of the last one.
            code = last.rpartition("(")[0].rpartition(".")[0] + code
        try:
            tree = ast.parse(code.replace("…", "..."))
        except SyntaxError:
            continue
        if len(tree.body) != 1 or not _is_statement(tree.body[0], names):
            continue
        last = ast.unparse(_Short().visit(tree))
        yield last


def _is_statement(statement: ast.stmt, names: set[str]) -> bool:
    """Return whether it does something with an object that the page knows."""
    match statement:
        case ast.Expr(value=value):
            node = value
        case ast.Assign(value=ast.Call() as value):
            node = value
        case ast.Assign(targets=[ast.Subscript() as target]):
            node = target
        case ast.Delete(targets=[target]):
            node = target
        case _:
            return False
    found = False
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        else:
            return False
        found = True
    return found and node.id in names


class _Short(ast.NodeTransformer):
    """Makes what can run of what is left out: of a call its function, of a value a layer."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if any(isinstance(a, ast.Constant) and a.value is ... for a in node.args[:1]):
            return node.func
        self.generic_visit(node)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if node.value is ...:
            return ast.parse("keras.layers.Dense(10)", mode="eval").body
        return node


def _names_bound(path: Path) -> Iterator[str]:
    to_python = TransformerManager().transform_cell
    for block in blocks(path):
        if block.language != "python" or block.not_run:
            continue
        for node in ast.walk(ast.parse(to_python(block.code))):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.alias):
                yield (node.asname or node.name).partition(".")[0]
