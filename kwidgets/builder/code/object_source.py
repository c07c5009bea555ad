"""The source of Python objects: how a program that knows nothing of this process gets at them."""

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

_MAX_ARRAY = 1000
# The names by which everyone knows these modules.
_SHORT_NAMES = {
    "numpy": "np",
    "tensorflow": "tf",
    "pandas": "pd",
    "jax.numpy": "jnp",
    "matplotlib.pyplot": "plt",
}


class NoSourceError(ValueError):
    """An object whose source cannot be found."""


class Sources:
    """Collects the imports and definitions that a program needs for the objects it names."""

    def __init__(self) -> None:
        self.imports: set[str] = {"import keras"}
        self.definitions: dict[str, str] = {}
        self.notes: list[str] = []
        # What each name of the program stands for.
        self._defined: dict[str, Any] = {}

    def expression(self, thing: Any) -> str:
        """Return an expression for ``thing``, having noted what it needs.

        Raises:
            NoSourceError: there is none.
        """
        if isinstance(thing, np.ndarray):
            return self._array(thing)
        if isinstance(thing, types.FunctionType) and thing.__name__ == "<lambda>":
            return self._lambda(thing)
        if isinstance(thing, (type, types.FunctionType, types.BuiltinFunctionType, np.ufunc)):
            return self._named(thing)
        if isinstance(thing, types.ModuleType):
            return self._module(thing, thing.__name__.rpartition(".")[2])
        if _is_literal(thing):
            return repr(thing)
        raise NoSourceError(t("%1 has no source", type(thing).__name__))

    def _array(self, array: np.ndarray) -> str:
        if array.size > _MAX_ARRAY:
            raise NoSourceError(
                t("an array of %1 values is too long to write down", f"{array.size:,}")
            )
        self.imports.add("import numpy as np")
        return f'np.array({array.tolist()!r}, dtype="{array.dtype}")'

    def _named(self, thing: Any) -> str:
        public = get_name_from_symbol(thing)
        if public:
            return str(public)
        if "." in thing.__qualname__.rpartition("<locals>.")[2]:
            raise NoSourceError(t("%1 belongs to a class", thing.__qualname__))
        name, module = str(thing.__name__), getattr(thing, "__module__", None)
        if module in ("builtins", None):
            return name
        if isinstance(thing, np.ufunc) or module == "numpy":
            self.imports.add("import numpy as np")
            return f"np.{name}"
        if module != "__main__" and _importable(thing, module, name):
            self.imports.add(f"from {module} import {name}")
            return name
        self._define(thing, name)
        return name

    def _define(self, thing: Any, name: str) -> None:
        known = self._defined.get(name)
        if known is thing:
            return
        if known is not None:
            raise NoSourceError(t("there are two different things that are called %1", name))
        self._defined[name] = thing
        text = _definition_of(thing, name)
        self._need(text, _space_of(thing), name)
        # At the end, so that what it needs stands above it.
        self.definitions[name] = text

    def _lambda(self, thing: types.FunctionType) -> str:
        text = _text_of_file(thing)
        alike = [
            node
            for tree in _trees_of(thing, text)
            for node in ast.walk(tree)
            if isinstance(node, ast.Lambda) and _code_of(node) == _shape_of(thing.__code__)
        ]
        if len(alike) > 1:
            # Those that do the same may have other defaults, say.
            alike = [node for node in alike if _is_at(node, thing.__code__)] or alike
        found: dict[str, str] = {}
        for node in alike:
            written = ast.get_source_segment(text, node)
            if written is None or "\n" in written:
                written = ast.unparse(node)
            found.setdefault(ast.unparse(node), written)
        if len(found) != 1:
            raise NoSourceError(t("a lambda whose source cannot be told"))
        (written,) = found.values()
        self._need(f"({written})", _space_of(thing), "")
        return written

    def _need(self, text: str, space: dict[str, Any], own_name: str) -> None:
        """Note what the globals used in ``text`` need."""
        for name in _globals_of(text):
            if name not in space or name == own_name:
                continue
            value = space[name]
            if isinstance(value, types.ModuleType):
                self._module(value, name)
            elif isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
                self._alias(name, self.expression(value))
            else:
                try:
                    written = self.expression(value)
                except NoSourceError as error:
                    raise NoSourceError(t("it uses the variable %1: %2", name, error)) from error
                if self._defined.get(name, value) is not value:
                    raise NoSourceError(
                        t("there are two different things that are called %1", name)
                    )
                self._defined[name] = value
                self.definitions.setdefault(name, f"{name} = {written}")

    def _alias(self, name: str, written: str) -> None:
        """Make what the program calls ``written`` known as ``name``."""
        if written == name:
            return
        head, _, tail = written.rpartition(".")
        if head.startswith("keras"):
            self.imports.add(f"from {head} import {tail}" + (f" as {name}" if name != tail else ""))
        else:
            self.definitions[name] = f"{name} = {written}"

    def _module(self, module: types.ModuleType, name: str) -> str:
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


def _is_literal(thing: Any) -> bool:
    try:
        return bool(ast.literal_eval(repr(thing)) == thing)
    except (ValueError, SyntaxError, TypeError):
        return False


def _importable(thing: Any, module: str, name: str) -> bool:
    try:
        return getattr(importlib.import_module(module), name, None) is thing
    except Exception:
        return False


def _space_of(thing: Any) -> dict[str, Any]:
    """The variables that the code of a function or class sees."""
    if isinstance(thing, type):
        space = dict(vars(sys.modules.get(thing.__module__, builtins)))
        functions = _functions_of(thing)
    else:
        space, functions = {}, [inspect.unwrap(thing)]
    for function in functions:
        space = {**space, **function.__globals__}
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        for name, cell in cells:
            # A cell is empty until its variable has been given a value.
            with contextlib.suppress(ValueError):
                if name != "__class__":
                    space[name] = cell.cell_contents
    return space


def _functions_of(cls: type) -> list[types.FunctionType]:
    found = []
    for member in vars(cls).values():
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        function = inspect.unwrap(function) if callable(function) else function
        if isinstance(function, types.FunctionType) and function.__module__ == cls.__module__:
            found.append(function)
    return found


def _text_of_file(thing: types.FunctionType) -> str:
    text = "".join(linecache.getlines(thing.__code__.co_filename))
    if not text:
        raise NoSourceError(t("the source of %1 cannot be found", thing.__name__))
    return text


def _trees_of(thing: types.FunctionType, text: str) -> Iterator[ast.Module]:
    try:
        yield ast.parse(text)
    except SyntaxError as error:
        raise NoSourceError(t("its cell is not plain Python")) from error


def _definition_of(thing: Any, name: str) -> str:
    """Return the statement that defines a function or class, with its decorators."""
    for filename in _files_of(thing):
        text = "".join(linecache.getlines(filename))
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        found = [
            (_first_line(node), node.end_lineno or node.lineno)
            for node, qualname in _definitions_in(tree)
            if node.name == name
            and qualname == thing.__qualname__
            and isinstance(node, ast.ClassDef) == isinstance(thing, type)
        ]
        # Many may be called so, one after the other; a file may have changed since it was read.
        exact = [(first, last) for first, last in found if _is_there(thing, filename, first, last)]
        for first, last in [*exact, *reversed(found)]:
            return textwrap.dedent("\n".join(text.splitlines()[first - 1 : last]))
    raise NoSourceError(t("the source of %1 cannot be found", name))


_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _definitions_in(tree: ast.AST, prefix: str = "") -> Iterator[tuple[_Definition, str]]:
    """All functions and classes, with their names as ``__qualname__`` gives them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _Definition):
            yield node, prefix + node.name
            inside = "." if isinstance(node, ast.ClassDef) else ".<locals>."
            yield from _definitions_in(node, prefix + node.name + inside)
        elif isinstance(node, ast.Lambda):
            yield from _definitions_in(node, prefix + "<lambda>.<locals>.")
        else:
            yield from _definitions_in(node, prefix)


def _first_line(node: _Definition) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _is_there(thing: Any, filename: str, first: int, last: int) -> bool:
    """Whether a function, or a class by its methods, was made of these lines."""
    if isinstance(thing, types.FunctionType):
        return bool(inspect.unwrap(thing).__code__.co_firstlineno == first)
    lines = [
        function.__code__.co_firstlineno
        for function in _functions_of(thing)
        if function.__code__.co_filename == filename
    ]
    return bool(lines) and all(first <= line <= last for line in lines)


def _files_of(thing: Any) -> Iterator[str]:
    """Where it may be defined: a class of a notebook knows only by its methods."""
    if isinstance(thing, types.FunctionType):
        yield inspect.unwrap(thing).__code__.co_filename
        return
    for function in _functions_of(thing):
        yield function.__code__.co_filename
    try:
        found = inspect.getsourcefile(thing)
    except (TypeError, OSError):
        found = None
    if found:
        yield found


def _globals_of(text: str) -> list[str]:
    """Names that ``text`` reads and does not define, in order, and not Python's own."""
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


def _code_of(node: ast.Lambda) -> object:
    try:
        code = compile(ast.Expression(node), "<lambda>", "eval")
    except (SyntaxError, ValueError):
        return None
    inner = next((c for c in code.co_consts if isinstance(c, types.CodeType)), None)
    return _shape_of(inner) if inner else None


def _is_at(node: ast.Lambda, code: types.CodeType) -> bool:
    """Whether all of the code comes from the lambda's body."""
    body = node.body
    first = (body.lineno, body.col_offset)
    last = (body.end_lineno or body.lineno, body.end_col_offset or body.col_offset)
    places = [
        ((line, column), (end_line, end_column))
        for line, end_line, column, end_column in code.co_positions()
        # What has no place in the text begins and ends at once.
        if line and end_line and column is not None and end_column and end_column != column
    ]
    return bool(places) and all(first <= begin and end <= last for begin, end in places)


def _shape_of(code: types.CodeType) -> object:
    """What tells one lambda from another: its numbers and names too, which are not in its bytes."""
    inner = tuple(
        _shape_of(item) if isinstance(item, types.CodeType) else (type(item).__name__, repr(item))
        for item in code.co_consts
    )
    names = {*code.co_names, *code.co_freevars}
    return (inner, sorted(names), code.co_varnames, _operations(code))


def _operations(code: types.CodeType) -> list[str]:
    # A variable of a function around it is read in another way than a global one.
    return [
        # A method of what a script has imported is read as any attribute.
        step.opname.replace("LOAD_METHOD", "LOAD_ATTR")
        for step in dis.get_instructions(code)
        if not step.opname.startswith(
            ("LOAD_GLOBAL", "LOAD_DEREF", "COPY_FREE_VARS", "RESUME", "PUSH_NULL")
        )
    ]
