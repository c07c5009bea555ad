"""Find the name by which a user knows a model: their variable's, or the one they gave to Keras."""

from __future__ import annotations

import ast
import linecache
import re
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

# Longer lists and dicts hold data, not models.
MAX_ENTRIES = 1_000


def model_name(model: Any, namespace: Mapping[str, Any]) -> str:
    """Return the name to show for ``model``.

    A name that was given to Keras stays. For one that Keras made up (``sequential_1``) the
    variable's name is shown: of the notebook (``lstm``, ``models["lstm"]``), or else of the
    function that calls ``fit``. To be called by the thread that trains.

    Args:
        model: the model.
        namespace: the variables of the notebook. None of their code is run.
    """
    name = str(getattr(model, "name", type(model).__name__))
    if not _is_made_up(name, type(model).__name__):
        return name
    caller = _caller_of_keras()
    # A copy is one call into C, during which no other thread changes the namespace.
    paths = [path for path in _paths(dict(namespace), model) if not path.startswith("_")]
    if caller is not None and not paths:
        local = [name for name, value in caller.f_locals.items() if value is model]
        paths = [name for name in local if name != "self"]
    # A variable says more than a place in a container, but that of a loop names each model once.
    loop = _loop_variables(caller) if len(paths) > 1 else set()
    order = {path: (path in loop, not path.isidentifier(), len(path)) for path in paths}
    return min(paths, key=order.__getitem__, default=name)


def _is_made_up(name: str, class_name: str) -> bool:
    """Return whether Keras has made ``name`` from the name of the class."""
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    base = re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
    return re.fullmatch(rf"{re.escape(base)}(_\d+)?", name) is not None


def _paths(namespace: dict[str, Any], model: Any) -> Iterator[str]:
    """Return the expressions that give ``model``: names, and entries of plain lists and dicts."""
    for name, value in namespace.items():
        if type(name) is not str:
            continue
        if value is model:
            yield name
            continue
        # By identity: a metaclass may have an equality of its own.
        kind = type(value)
        if (kind is list or kind is tuple or kind is dict) and len(value) <= MAX_ENTRIES:
            # A list of them is made by one call into C too.
            pairs = list(value.items()) if kind is dict else list(enumerate(value))
            for key, item in pairs:
                if item is model and (type(key) is str or type(key) is int):
                    yield f"{name}[{key!r}]"
        elif _builds(value, model):
            yield name


def _builds(builder: Any, model: Any) -> bool:
    """Return whether ``builder`` is a SequentialBuilder of ours whose model this is."""
    module = sys.modules.get("kwidgets.builder.sequential")
    kind = getattr(module, "SequentialBuilder", None)
    return kind is not None and type(builder) is kind and builder._latest_model is model


def _caller_of_keras() -> FrameType | None:
    """Return the frame of the user that called Keras in this thread; None without one."""
    frame: FrameType | None = sys._getframe(1)
    in_keras = False
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        is_keras = module == "keras" or module.startswith("keras.")
        if in_keras and not is_keras:
            return frame
        in_keras = in_keras or is_keras
        frame = frame.f_back
    return None


def _loop_variables(frame: FrameType | None) -> set[str]:
    """Return the names that the loops of a cell assign."""
    if frame is None:
        return set()
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    except SyntaxError:  # a cell with magics
        return set()
    targets = [node.target for node in ast.walk(tree) if isinstance(node, ast.For)]
    return {
        name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
    }
