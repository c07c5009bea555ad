"""Read cells of a notebook as plain Python: the statements that ran, each with its text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from kwidgets.builder.data.slicing.expressions import UNKNOWN

_ASSIGNED_MAGIC: Final = re.compile(r"^(\s*[\w, ]+=\s*)[!%].*$")
_LINE_MAGIC: Final = re.compile(r"^(\s*)%(\w+)[ \t]*(.*?)\s*$")
_MAGIC: Final = re.compile(r"^(\s*)(?:[!%].*|\?.*|[\w.]+\?{1,2}\s*)$")
# Magics whose statement or body runs in the notebook's own namespace.
_TRANSPARENT: Final = frozenset({"time", "capture", "prun"})
# Magics that may assign or delete any name.
_ANYTHING: Final = frozenset(
    {"run", "pylab", "store", "reset", "reset_selective", "xdel", "rerun", "edit", "macro"}
)
# A folder that IPython uses as it is written.
_FOLDER: Final = re.compile(r"^(?:[\w./~ \\:-]*[\w./~])$")


def statements_in(cell: str) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements of a cell, each with its text; none for a cell that is not Python."""
    source = _without_magics(cell)
    if source is None:
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in tree.body:
        magics = _Magics()
        made = magics.visit(node)
        if not magics.found:
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                yield node, _text(source, node)
            continue
        for entry in made if isinstance(made, list) else [made]:
            ast.fix_missing_locations(entry)
            yield entry, getattr(entry, "_text", None) or ast.unparse(entry)


def as_far_as(cell: str, line: int | None) -> str:
    """Return what is known of a cell that failed: the statements that ran, and the one that failed.

    Args:
        cell: its source as IPython ran it.
        line: the line that failed, from 1; None if that is not known.
    """
    try:
        body = ast.parse(cell).body
    except (SyntaxError, ValueError):
        return ""
    kept, broken = [], body
    if line is not None:
        kept = [node for node in body if (node.end_lineno or node.lineno) < line]
        broken = [node for node in body if _first_line(node) <= line <= (node.end_lineno or 0)]
    parts = [_text(cell, node) for node in kept]
    for node in broken:
        parts.append(_unknown(_unbound(node)))
    return "\n".join(parts)


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min((entry.lineno for entry in decorators), default=node.lineno)


def _unbound(node: ast.stmt) -> ast.stmt:
    """Return a statement that failed without the names that it would have assigned."""
    if isinstance(node, ast.Assign) and all(isinstance(e, ast.Name) for e in node.targets):
        return ast.Expr(node.value)
    return node


def _unknown(*nodes: ast.stmt) -> str:
    """Return the source of statements that may have run or not."""
    return ast.unparse(
        ast.fix_missing_locations(ast.Module([ast.If(ast.Name(UNKNOWN), list(nodes), [])], []))
    )


class _Magics(ast.NodeTransformer):
    """Replaces IPython's calls of magics by the Python code that they run."""

    def __init__(self) -> None:
        self.found = False

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        name, text = _magic(node)
        if name is None:
            return node
        source = _of_magic(name, text)
        if source is None:
            return node
        self.found = True
        made: list[ast.stmt] = []
        for entry, written in statements_in(source):
            # At the top of a cell the text stays as the user wrote it.
            entry._text = written  # type: ignore[attr-defined]
            made.append(entry)
        return made or [ast.Pass()]


def _magic(node: ast.Expr) -> tuple[str | None, str]:
    """Return the name and the text of ``get_ipython().run_line_magic("time", "x = 1")``."""
    call = node.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None, ""
    constants = [entry.value for entry in call.args if isinstance(entry, ast.Constant)]
    values = [value for value in constants if isinstance(value, str)]
    if not values or len(values) < len(call.args):
        return None, ""
    name, text = values[0], values[-1]
    if call.func.attr == "run_line_magic" and len(values) == 2:
        return name, text
    if call.func.attr == "run_cell_magic" and len(values) == 3:
        if name == "time" and values[1].strip():
            return "", ""
        if name in _TRANSPARENT or name == "timeit":
            return name, text if name != "timeit" else f"{values[1]}\n{text}"
    return None, ""


def _of_magic(name: str, text: str) -> str | None:
    """Return the Python code that a magic runs, or None if it has no effect on the data."""
    if name in _TRANSPARENT:
        return text
    if name == "timeit":
        # It runs the statement many times, in a function of its own.
        words = text.lstrip()
        while words.startswith("-"):
            words = words.partition(" ")[2].lstrip()
        try:
            body = ast.parse(words).body
        except (SyntaxError, ValueError):
            return None
        return _unknown(*map(_unbound, body)) if body else None
    if name in _ANYTHING:
        return f"exec({UNKNOWN})"
    if name in ("cd", "pushd", "popd"):
        folder = text.strip().strip("'\"").removeprefix("-q ")
        if name != "cd" or not _FOLDER.match(folder) or folder.startswith("-"):
            return f"import os\nos.chdir({UNKNOWN})"
        if folder.startswith("~"):
            return f"import os\nos.chdir(os.path.expanduser({folder!r}))"
        return f"import os\nos.chdir({folder!r})"
    return None


def _text(source: str, node: ast.stmt) -> str:
    """Return a statement as written, with its decorators."""
    decorators = getattr(node, "decorator_list", [])
    if decorators:
        lines = source.splitlines()
        return "\n".join(lines[decorators[0].lineno - 1 : node.end_lineno])
    return ast.get_source_segment(source, node) or ast.unparse(node)


def _without_magics(cell: str) -> str | None:
    """Return a cell without magics and shell lines, or None if it is in another language."""
    lines = cell.splitlines()
    while lines and not lines[0].strip():
        lines.pop(0)
    if lines and lines[0].startswith("%%"):
        words = lines[0][2:].split()
        if not words or words[0] not in _TRANSPARENT | {"timeit"}:
            return None
        if words[0] == "timeit":
            return _of_magic("timeit", "\n".join(lines[1:])) or ""
        lines = lines[1:]
    plain = "\n".join(lines)
    try:
        ast.parse(plain)
        return plain  # "%" may begin a line of an expression
    except (SyntaxError, ValueError):
        pass
    return "\n".join(map(_plain_line, lines))


def _plain_line(line: str) -> str:
    magic = _LINE_MAGIC.match(line)
    if magic is not None and not line.lstrip().startswith("%%"):
        # As IPython itself writes it.
        indent, name, text = magic.groups()
        return f"{indent}get_ipython().run_line_magic({name!r}, {text!r})"
    return _MAGIC.sub(r"\1pass", _ASSIGNED_MAGIC.sub(rf"\1{UNKNOWN}", line))
