"""Copies a model for a dry run: calling the copy changes nothing in the original."""

from __future__ import annotations

import collections
import contextlib
import types
from collections.abc import Callable
from typing import Any

import keras
from keras.src.ops.node import KerasHistory, Node
from keras.src.ops.symbolic_arguments import SymbolicArguments
from keras.src.utils.tracking import Tracker

# Called with the copy of a layer, its arguments and its outputs, after each call.
Recorder = Callable[[Any, Any, Any], None]


def copy_for_dry_run(model: Any, record: Recorder) -> Any:
    """Return a copy of ``model`` whose layers call ``record`` after each of their calls.

    Layers, lists and dicts are copied by their attributes and items, without running code of
    theirs; weights and all other objects are shared. A dry scope never writes to a weight.
    """
    copier = _Copier(record)
    copy = copier.copy(model)
    copier.fill()
    return copy


class _Copier:
    """Copies the objects of one model, each once."""

    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._copies: dict[int, Any] = {}
        # Keeps the originals alive, so that their ids stay unique.
        self._originals: list[Any] = []
        self._classes: dict[type, type] = {}
        # Copies are created empty and filled later: recursion would exceed Python's stack.
        self._to_fill: list[Callable[[], None]] = []

    def fill(self) -> None:
        """Fill all copies with copies of the contents of their originals."""
        while self._to_fill:
            self._to_fill.pop()()

    def copy(self, value: Any) -> Any:
        known = self._copies.get(id(value))
        if known is not None:
            return known
        if isinstance(value, (keras.Metric, keras.Loss, keras.Optimizer, keras.Variable)):
            return value
        if isinstance(value, keras.Layer):
            return self._copy_object(value, self._recording_class(type(value)))
        if isinstance(value, types.MethodType):
            owner = self.copy(value.__self__)
            return value if owner is value.__self__ else types.MethodType(value.__func__, owner)
        if isinstance(value, types.FunctionType):
            return self._copy_function(value)
        if _is_graph_class(type(value)):
            return self._copy_object(value, type(value))
        if type(value).__module__.startswith("tensorflow.") and hasattr(value, "__wrapped__"):
            # TensorFlow puts a proxy around dicts and tuples that are assigned to a layer.
            return self.copy(value.__wrapped__)
        bases = type(value).__mro__
        if list in bases:
            return self._copy_list(value)
        if dict in bases:
            return self._copy_dict(value)
        if set in bases:
            return self._copy_set(value)
        if type(value) is tuple or type(value) is KerasHistory:
            items = [self.copy(item) for item in value]
            same = all(a is b for a, b in zip(items, value, strict=True))
            return value if same else tuple.__new__(type(value), items)
        return value

    def _register(self, value: Any, copy: Any) -> None:
        self._copies[id(value)] = copy
        self._originals.append(value)

    def _copy_object(self, value: Any, cls: type) -> Any:
        copy: Any = object.__new__(cls)
        self._register(value, copy)
        self._copy_attributes(value, copy)
        return copy

    def _copy_function(self, value: types.FunctionType) -> types.FunctionType:
        """Copy a function and its closure: Keras wraps ``build`` in a closure over the layer."""
        if not value.__closure__:
            return value
        cells = tuple(types.CellType() for _ in value.__closure__)
        copy = types.FunctionType(
            value.__code__, value.__globals__, value.__name__, value.__defaults__, cells
        )
        copy.__kwdefaults__ = value.__kwdefaults__
        self._register(value, copy)
        original_cells = value.__closure__

        def fill() -> None:
            for own, cell in zip(cells, original_cells, strict=True):
                # An empty cell is a variable without a value.
                with contextlib.suppress(ValueError):
                    own.cell_contents = self.copy(cell.cell_contents)

        self._to_fill.append(fill)
        self._copy_attributes(value, copy)
        return copy

    def _copy_list(self, value: list[Any]) -> Any:
        copy: Any = type(value).__new__(type(value))
        self._register(value, copy)
        # By list's own methods: those of Keras's lists notify their layer of new items.
        self._to_fill.append(
            lambda: list.extend(copy, [self.copy(item) for item in list.__iter__(value)])
        )
        self._copy_attributes(value, copy)
        return copy

    def _copy_dict(self, value: dict[Any, Any]) -> Any:
        if isinstance(value, collections.defaultdict):
            copy: Any = type(value)(value.default_factory)
        else:
            copy = type(value).__new__(type(value))
        self._register(value, copy)
        self._to_fill.append(
            lambda: dict.update(copy, {key: self.copy(item) for key, item in dict.items(value)})
        )
        self._copy_attributes(value, copy)
        return copy

    def _copy_set(self, value: set[Any]) -> Any:
        copy: Any = type(value).__new__(type(value))
        self._register(value, copy)
        self._to_fill.append(
            lambda: set.update(copy, [self.copy(item) for item in set.__iter__(value)])
        )
        self._copy_attributes(value, copy)
        return copy

    def _copy_attributes(self, value: Any, copy: Any) -> None:
        attributes = _attributes_of(value)
        if attributes is not None:
            own = _attributes_of(copy)
            assert own is not None
            self._to_fill.append(
                lambda: own.update({name: self.copy(item) for name, item in attributes.items()})
            )

    def _recording_class(self, cls: type) -> type:
        """Return a subclass of ``cls`` that records its calls."""
        known = self._classes.get(cls)
        if known is not None:
            return known
        copier = self

        def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
            outputs = cls.__call__(self, *args, **kwargs)
            copier._record(self, (args, kwargs), outputs)
            return outputs

        recording_class = type(
            cls.__name__, (cls,), {"__call__": __call__, "__module__": cls.__module__}
        )
        self._classes[cls] = recording_class
        return recording_class


def _attributes_of(value: Any) -> dict[str, Any] | None:
    try:
        return object.__getattribute__(value, "__dict__")  # type: ignore[no-any-return]
    except AttributeError:
        return None


def _is_graph_class(cls: type) -> bool:
    """Return whether Keras uses this class to connect layers: nodes, tensors, layer trackers."""
    return cls in (Node, SymbolicArguments, keras.KerasTensor, Tracker)
