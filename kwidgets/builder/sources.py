"""The source of Python objects: how a program that knows nothing of this process gets at them."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import linecache
import sys
import textwrap
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
from keras.src.api_export import get_name_from_symbol

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
        raise NoSourceError(f"{type(thing).__name__} has no source")

    def _array(self, array: np.ndarray) -> str:
        if array.size > _MAX_ARRAY:
            raise NoSourceError(f"an array of {array.size:,} values is too long to write down")
        self.imports.add("import numpy as np")
        return f'np.array({array.tolist()!r}, dtype="{array.dtype}")'

    def _named(self, thing: Any) -> str:
        public = get_name_from_symbol(thing)
        if public:
            return str(public)
        name, module = thing.__name__, getattr(thing, "__module__", None)
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
        if name in self.definitions:
            return
        node, text = _definition_of(thing, name)
        self.definitions[name] = ""  # so that a function that calls itself ends here
        space = vars(sys.modules[thing.__module__]) if thing.__module__ in sys.modules else {}
        space = getattr(thing, "__globals__", space)
        self._need(node, space)
        # At the end, so that what it needs stands above it.
        del self.definitions[name]
        self.definitions[name] = text

    def _lambda(self, thing: types.FunctionType) -> str:
        if thing.__closure__:
            raise NoSourceError("a lambda that uses variables of a function around it")
        candidates = [
            node
            for node in ast.walk(_tree_of(thing))
            if isinstance(node, ast.Lambda) and _code_of(node) == thing.__code__.co_code
        ]
        texts = {ast.unparse(node) for node in candidates}
        if len(texts) != 1:
            raise NoSourceError("a lambda whose source cannot be told")
        self._need(candidates[0], thing.__globals__)
        return texts.pop()

    def _need(self, node: ast.AST, space: dict[str, Any]) -> None:
        """Note what the globals used in ``node`` need."""
        for name in _globals_of(node):
            if name not in space:
                continue
            value = space[name]
            if isinstance(value, types.ModuleType):
                self._module(value, name)
            elif isinstance(value, (type, types.FunctionType)):
                written = self.expression(value)
                if written != name:
                    self.definitions[name] = f"{name} = {written}"
            else:
                self.definitions.setdefault(name, f"{name} = {self.expression(value)}")

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


def _tree_of(thing: Any) -> ast.Module:
    try:
        lines, _ = inspect.findsource(thing)
    except (OSError, TypeError) as error:
        raise NoSourceError(f"the source of {thing!r} cannot be found") from error
    text = "".join(lines)
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise NoSourceError("its cell is not plain Python") from error


def _definition_of(thing: Any, name: str) -> tuple[ast.AST, str]:
    """Return the statement that defines a function or class, and its text with decorators."""
    for filename in _files_of(thing):
        text = "".join(linecache.getlines(filename))
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in reversed(list(ast.walk(tree))):
            if (
                isinstance(node, (ast.ClassDef, ast.FunctionDef))
                and node.name == name
                and isinstance(node, ast.ClassDef) == isinstance(thing, type)
            ):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                lines = text.splitlines()[first - 1 : node.end_lineno]
                return node, textwrap.dedent("\n".join(lines))
    raise NoSourceError(f"the source of {name} cannot be found")


def _files_of(thing: Any) -> Iterator[str]:
    """Where it may be defined: a class of a notebook knows only by its methods."""
    if isinstance(thing, types.FunctionType):
        yield thing.__code__.co_filename
        return
    for member in vars(thing).values():
        function = getattr(member, "__func__", member)
        function = getattr(function, "__wrapped__", function)
        if isinstance(function, types.FunctionType):
            yield function.__code__.co_filename
    try:
        found = inspect.getsourcefile(thing)
    except (TypeError, OSError):
        found = None
    if found:
        yield found


def _globals_of(node: ast.AST) -> list[str]:
    """Names that are read in ``node`` and not Python's own."""
    own = {arg.arg for arg in ast.walk(node) if isinstance(arg, ast.arg)}
    names: dict[str, None] = {}
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load):
            if one.id not in own and not hasattr(builtins, one.id):
                names[one.id] = None
    return list(names)


def _code_of(node: ast.Lambda) -> bytes | None:
    try:
        code = compile(ast.Expression(node), "<lambda>", "eval")
    except (SyntaxError, ValueError):
        return None
    inner = next((c for c in code.co_consts if isinstance(c, types.CodeType)), None)
    return inner.co_code if inner else None
