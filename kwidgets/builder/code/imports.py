"""Sorts and splits the import statements of a program, and finds the names that it assigns."""

from __future__ import annotations

import ast
import itertools
import sys


def sorted_imports(imports: set[str]) -> list[str]:
    """Return imports sorted as isort does, those from one module joined."""
    plain = sorted(line for line in imports if line.startswith("import "))
    members: dict[str, set[str]] = {}
    for line in imports - set(plain):
        _, module, _, name = line.split(" ", 3)
        members.setdefault(module, set()).add(name)
    joined = [f"from {module} import {', '.join(sorted(members[module]))}" for module in members]

    def is_standard(line: str) -> bool:
        return line.split()[1].partition(".")[0] in sys.stdlib_module_names

    sections = []
    for standard in (True, False):
        lines = [line for line in plain if is_standard(line) == standard]
        lines += sorted(line for line in joined if is_standard(line) == standard)
        if lines:
            sections.append("\n".join(lines))
    return "\n\n".join(sections).split("\n")


def split_imports(source: str) -> tuple[set[str], str]:
    """Return the imports at the top of a source, one line for each name, and the rest."""
    imports: set[str] = set()
    import_lines: set[int] = set()
    statements = ast.parse(source).body
    for node, after in itertools.zip_longest(statements, statements[1:]):
        shares_line = after is not None and after.lineno == node.end_lineno
        if not isinstance(node, (ast.Import, ast.ImportFrom)) or shares_line:
            break
        for alias in node.names:
            alone = type(node)(**{**dict(ast.iter_fields(node)), "names": [alias]})
            imports.add(ast.unparse(alone))
        import_lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(source.splitlines(), 1)
    return imports, "\n".join(line for number, line in lines if number not in import_lines).strip()


def assigned_names(source: str) -> frozenset[str]:
    """Return the names that the statements of a source assign or define."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(names | {n.name for n in nodes if isinstance(n, defined)})
