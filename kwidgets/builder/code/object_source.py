"""Finds the source of functions, classes and arrays, for a program outside this process."""

from __future__ import annotations

import ast
import builtins
import contextlib
import dis
import importlib
import inspect
import linecache
import symtable
import sys
import textwrap
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
from keras.src.api_export import get_name_from_symbol

from kwidgets.language import t

_MAX_ARRAY_SIZE = 1000


class NoSourceError(ValueError):
    """The source of an object cannot be found."""


class Sources:
    """Collects the imports and definitions of the objects that a program uses."""

    def __init__(self) -> None:
        self.imports: set[str] = {"import keras"}
        self.definitions: dict[str, str] = {}
        self.notes: list[str] = []
        # The object of each name that the program defines.
        self._defined: dict[str, Any] = {}

    def expression(self, value: Any) -> str:
        """Return an expression for ``value``, and add the imports and definitions that it needs.

        Raises:
            NoSourceError: there is none.
        """
        if isinstance(value, np.ndarray):
            return self._array_expression(value)
        if isinstance(value, types.FunctionType) and value.__name__ == "<lambda>":
            return self._lambda_expression(value)
        if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, np.ufunc)):
            return self._reference(value)
        if isinstance(value, types.ModuleType):
            return self._add_module_import(value, value.__name__.rpartition(".")[2])
        if _is_literal(value):
            return repr(value)
        raise NoSourceError(t("%1 has no source code", type(value).__name__))

    def _array_expression(self, array: np.ndarray) -> str:
        if array.size > _MAX_ARRAY_SIZE:
            raise NoSourceError(
                t("an array of %1 values is too long to write as code", f"{array.size:,}")
            )
        self.imports.add("import numpy as np")
        return f'np.array({array.tolist()!r}, dtype="{array.dtype}")'

    def _reference(self, value: Any) -> str:
        public = get_name_from_symbol(value)
        if public:
            return str(public)
        if "." in value.__qualname__.rpartition("<locals>.")[2]:
            raise NoSourceError(t("%1 is defined in a class", value.__qualname__))
        name, module = str(value.__name__), getattr(value, "__module__", None)
        if module in ("builtins", None):
            return name
        if isinstance(value, np.ufunc) or module == "numpy":
            self.imports.add("import numpy as np")
            return f"np.{name}"
        # A program must run without this package, so what is ours is written into it.
        is_ours = str(module).partition(".")[0] in ("__main__", "kwidgets")
        if not is_ours and _importable(value, module, name):
            self.imports.add(f"from {module} import {name}")
            return name
        self._add_definition(value, name)
        return name

    def _add_definition(self, value: Any, name: str) -> None:
        known = self._defined.get(name)
        if known is value:
            return
        if known is not None:
            raise NoSourceError(t("the name %1 refers to two different objects", name))
        self._defined[name] = value
        text = _definition_of(value, name)
        self._add_dependencies(text, _namespace_of(value), name)
        # Added last, so that its dependencies precede it.
        self.definitions[name] = text

    def _lambda_expression(self, value: types.FunctionType) -> str:
        text = _file_source(value)
        matches = [
            node
            for node in ast.walk(_parse(text))
            if isinstance(node, ast.Lambda)
            and _comparable_lambda(node) == _comparable_code(value.__code__)
        ]
        if len(matches) > 1:
            # They compile to the same code, but may have different defaults.
            matches = [
                node for node in matches if _is_compiled_from(node, value.__code__)
            ] or matches
        found: dict[str, str] = {}
        for node in matches:
            written = ast.get_source_segment(text, node)
            if written is None or "\n" in written:
                written = ast.unparse(node)
            found.setdefault(ast.unparse(node), written)
        if len(found) != 1:
            raise NoSourceError(t("a lambda whose source code is unavailable"))
        (written,) = found.values()
        self._add_dependencies(f"({written})", _namespace_of(value), "")
        return written

    def _add_dependencies(self, text: str, namespace: dict[str, Any], own_name: str) -> None:
        """Add the imports and definitions of the globals that ``text`` uses."""
        for name in _global_names(text):
            if name not in namespace or name == own_name:
                continue
            value = namespace[name]
            if isinstance(value, types.ModuleType):
                self._add_module_import(value, name)
            elif isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
                self._add_alias(name, self.expression(value))
            else:
                try:
                    written = self.expression(value)
                except NoSourceError as error:
                    raise NoSourceError(t("it uses the variable %1: %2", name, error)) from error
                if self._defined.get(name, value) is not value:
                    raise NoSourceError(t("the name %1 refers to two different objects", name))
                self._defined[name] = value
                self.definitions.setdefault(name, f"{name} = {written}")

    def _add_alias(self, name: str, written: str) -> None:
        """Make the expression ``written`` available as ``name``."""
        if written == name:
            return
        head, _, tail = written.rpartition(".")
        if head.startswith("keras"):
            self.imports.add(f"from {head} import {tail}" + (f" as {name}" if name != tail else ""))
        else:
            self.definitions[name] = f"{name} = {written}"

    def _add_module_import(self, module: types.ModuleType, name: str) -> str:
        path = get_name_from_symbol(module) or module.__name__
        if path.startswith("keras.api"):
            path = path.replace("keras.api", "keras", 1)
        head, _, tail = path.rpartition(".")
        if path == name:
            self.imports.add(f"import {path}")
        elif head and tail == name:
            self.imports.add(f"from {head} import {tail}")
        else:
            self.imports.add(f"import {path} as {name}")
        return name


def _is_literal(value: Any) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError):
        return False


def _importable(value: Any, module: str, name: str) -> bool:
    try:
        return getattr(importlib.import_module(module), name, None) is value
    except Exception:
        return False


def _namespace_of(value: Any) -> dict[str, Any]:
    """Return the variables that the code of a function or class can use."""
    if isinstance(value, type):
        namespace = dict(vars(sys.modules.get(value.__module__, builtins)))
        functions = _methods_of(value)
    else:
        namespace, functions = {}, [inspect.unwrap(value)]
    for function in functions:
        namespace = {**namespace, **function.__globals__}
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        for name, cell in cells:
            # A cell is empty until its variable is assigned.
            with contextlib.suppress(ValueError):
                if name != "__class__":
                    namespace[name] = cell.cell_contents
    return namespace


def _methods_of(cls: type) -> list[types.FunctionType]:
    found = []
    for member in vars(cls).values():
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        function = inspect.unwrap(function) if callable(function) else function
        if isinstance(function, types.FunctionType) and function.__module__ == cls.__module__:
            found.append(function)
    return found


def _file_source(value: types.FunctionType) -> str:
    text = "".join(linecache.getlines(value.__code__.co_filename))
    if not text:
        raise NoSourceError(t("the source code of %1 is unavailable", value.__name__))
    return text


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise NoSourceError(t("its cell is not plain Python")) from error


def _definition_of(value: Any, name: str) -> str:
    """Return the statement that defines a function or class, with its decorators."""
    for filename in _candidate_files(value):
        text = "".join(linecache.getlines(filename))
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        found = [
            (_first_line(node), node.end_lineno or node.lineno)
            for node, qualname in _walk_definitions(tree)
            if node.name == name
            and qualname == value.__qualname__
            and isinstance(node, ast.ClassDef) == isinstance(value, type)
        ]
        # Several may have this name, and a file may have changed since it was loaded.
        exact = [
            (first, last) for first, last in found if _is_defined_at(value, filename, first, last)
        ]
        for first, last in [*exact, *reversed(found)]:
            return textwrap.dedent("\n".join(text.splitlines()[first - 1 : last]))
    raise NoSourceError(t("the source code of %1 is unavailable", name))


_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _walk_definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[_Definition, str]]:
    """Yield all functions and classes with their qualified names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _Definition):
            yield node, prefix + node.name
            inside = "." if isinstance(node, ast.ClassDef) else ".<locals>."
            yield from _walk_definitions(node, prefix + node.name + inside)
        elif isinstance(node, ast.Lambda):
            yield from _walk_definitions(node, prefix + "<lambda>.<locals>.")
        else:
            yield from _walk_definitions(node, prefix)


def _first_line(node: _Definition) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _is_defined_at(value: Any, filename: str, first: int, last: int) -> bool:
    """Whether these lines define the function, or the class, judged by its methods."""
    if isinstance(value, types.FunctionType):
        return bool(inspect.unwrap(value).__code__.co_firstlineno == first)
    lines = [
        function.__code__.co_firstlineno
        for function in _methods_of(value)
        if function.__code__.co_filename == filename
    ]
    return bool(lines) and all(first <= line <= last for line in lines)


def _candidate_files(value: Any) -> Iterator[str]:
    """Yield the files that may define it. Only the methods of a class refer to its cell."""
    if isinstance(value, types.FunctionType):
        yield inspect.unwrap(value).__code__.co_filename
        return
    for function in _methods_of(value):
        yield function.__code__.co_filename
    try:
        found = inspect.getsourcefile(value)
    except (TypeError, OSError):
        found = None
    if found:
        yield found


def _global_names(text: str) -> list[str]:
    """Return the names that ``text`` reads and does not define, in order, without built-ins."""
    names: dict[str, None] = {}

    def visit(table: symtable.SymbolTable) -> None:
        for symbol in table.get_symbols():
            outermost = table.get_type() == "module"
            if symbol.is_referenced() and (
                not (symbol.is_assigned() or symbol.is_imported())
                if outermost
                else symbol.is_global()
            ):
                names[symbol.get_name()] = None
        for child in table.get_children():
            visit(child)

    visit(symtable.symtable(text, "<source>", "exec"))
    return [name for name in names if not hasattr(builtins, name)]


def _comparable_lambda(node: ast.Lambda) -> object:
    try:
        code = compile(ast.Expression(node), "<lambda>", "eval")
    except (SyntaxError, ValueError):
        return None
    inner = next((c for c in code.co_consts if isinstance(c, types.CodeType)), None)
    return _comparable_code(inner) if inner else None


def _is_compiled_from(node: ast.Lambda, code: types.CodeType) -> bool:
    """Whether the code was compiled from the body of this lambda."""
    body = node.body
    first = (body.lineno, body.col_offset)
    last = (body.end_lineno or body.lineno, body.end_col_offset or body.col_offset)
    places = [
        ((line, column), (end_line, end_column))
        for line, end_line, column, end_column in code.co_positions()
        # Instructions without a position in the text begin and end at the same column.
        if line and end_line and column is not None and end_column and end_column != column
    ]
    return bool(places) and all(first <= begin and end <= last for begin, end in places)


def _comparable_code(code: types.CodeType) -> object:
    """Return what is equal for equal lambdas: operations, names and constants."""
    inner = tuple(
        _comparable_code(item)
        if isinstance(item, types.CodeType)
        else (type(item).__name__, repr(item))
        for item in code.co_consts
    )
    names = {*code.co_names, *code.co_freevars}
    return (inner, sorted(names), code.co_varnames, _operations(code))


def _operations(code: types.CodeType) -> list[str]:
    # Variables of enclosing functions and globals are loaded by different instructions.
    return [
        # In a script, a method of an imported module is loaded like any attribute.
        step.opname.replace("LOAD_METHOD", "LOAD_ATTR")
        for step in dis.get_instructions(code)
        if not step.opname.startswith(
            ("LOAD_GLOBAL", "LOAD_DEREF", "COPY_FREE_VARS", "RESUME", "PUSH_NULL")
        )
    ]
