"""A finding: something that is wrong with data or a program, or might be, as plain data."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable
from typing import Final, Literal

from kwidgets.insight import protocol

Level = Literal["error", "warning", "hint"]
#: Worst first. error: training fails or learns nothing. warning: training runs, but hardly as
#: intended. hint: worth knowing.
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "hint")

#: Rows that a finding lists; it counts all.
MAX_ROWS: Final = 100


@dataclasses.dataclass(frozen=True)
class CodeChange:
    """A change of one line of a program.

    Args:
        kind: "change", "insert" (before the layer or statement in ``where``), "append" (as the last
            layer), "remove" or "statement" (a new line before ``fit``).
        where: a layer's name, or "compile" or "fit"; "" for a new statement.
        code: the new code; "" for "remove".
        before: the code that it replaces; "" where it replaces none.
    """

    kind: Literal["change", "insert", "append", "remove", "statement"]
    where: str
    code: str
    before: str = ""


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that is wrong, or might be.

    Args:
        id: the same for the same finding each time; ``kwidgets.check.dismiss`` takes it.
        level: "error", "warning" or "hint".
        title: a few words.
        text: what was found, why it matters, what to do.
        where: a layer's name, or the argument of ``compile`` or ``fit``; "" for the data.
        rows: indices of the first rows that it is about, at most ``MAX_ROWS``.
        row_count: of all rows that it is about.
        fetch: the line that fetches the rows, such as ``x_train[[3, 17]]``; "" without rows.
        line: the line of code to change it to, or to add; "" where only you can know it.
        changes: the same line by line, with the code that each replaces.
    """

    id: str
    level: Level
    title: str
    text: str
    where: str = ""
    rows: tuple[int, ...] = ()
    row_count: int = 0
    fetch: str = ""
    line: str = ""
    changes: tuple[CodeChange, ...] = ()

    def __post_init__(self) -> None:
        if self.line and not self.changes:
            if _is_assignable(self.line):
                change = CodeChange("statement", "", self.line)
                object.__setattr__(self, "changes", (change,))
            else:
                object.__setattr__(self, "line", "")

    def to_wire(self) -> protocol.Finding:
        """Return the finding as the message that pages get; with rows, the code fetches them."""
        code = self.fetch if self.rows and self.fetch else self.line or self.fetch
        return {
            "id": self.id,
            "level": self.level,
            "title": self.title,
            "text": self.text,
            "where": self.where,
            "code": code,
            "rows": list(self.rows),
            "row_count": self.row_count,
        }


def _is_assignable(code: str) -> bool:
    """Return whether a statement can be run: it assigns to variables, or entries of them."""
    try:
        statements = ast.parse(code).body
    except SyntaxError:
        return False
    for statement in statements:
        for target in statement.targets if isinstance(statement, ast.Assign) else ():
            for each in target.elts if isinstance(target, ast.Tuple) else (target,):
                entry = isinstance(each, ast.Subscript) and isinstance(each.value, ast.Name)
                by_name = entry and isinstance(getattr(each, "slice", None), ast.Constant)
                if not (isinstance(each, ast.Name) or by_name):
                    return False
                if by_name and not isinstance(each.slice.value, str):  # type: ignore[attr-defined]
                    return False
    return True


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings sorted by level, each id once; the order within a level is kept."""
    by_id: dict[str, Finding] = {}
    for finding in findings:
        by_id.setdefault(finding.id, finding)
    return tuple(sorted(by_id.values(), key=lambda each: LEVELS.index(each.level)))


def fetch_line(name: str, rows: Iterable[int], is_table: bool = False) -> str:
    """Return the code that fetches rows of a variable: ``x_train[[3, 17]]``."""
    places = list(rows)[:10]
    if not places or not name:
        return ""
    index = str(places[0]) if len(places) == 1 else str(places)
    if " " in name:
        name = f"({name})"
    return f"{name}.iloc[{index}]" if is_table else f"{name}[{index}]"
