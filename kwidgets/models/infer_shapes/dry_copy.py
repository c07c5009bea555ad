"""A twin of a model: the same layers with the same weights, to be called without a trace on the
original."""

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

# Called with a layer of the original, what went into its twin and what came out.
Recorder = Callable[[Any, Any, Any], None]


def make_twin(model: Any, record: Recorder) -> Any:
    """Return a twin of ``model`` whose layers tell ``record`` of each of their calls.

    Layers are copied, by what they hold and not by their own code; weights and all that is no
    layer, list or dict are shared. In a dry scope nothing is ever written to a weight.
    """
    copier = _Copier(record)
    twin = copier.copy(model)
    copier.fill()
    return twin


class _Copier:
    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._done: dict[int, Any] = {}
        # Ids are those of living things only.
        self._alive: list[Any] = []
        self._classes: dict[type, type] = {}
        # Twins are made empty and filled later: a graph is deeper than Python's stack.
        self._to_fill: list[Callable[[], None]] = []

    def fill(self) -> None:
        """Fill all twins with twins of what their originals hold."""
        while self._to_fill:
            self._to_fill.pop()()

    def copy(self, value: Any) -> Any:
        known = self._done.get(id(value))
        if known is not None:
            return known
        if isinstance(value, (keras.Metric, keras.Loss, keras.Optimizer, keras.Variable)):
            return value
        if isinstance(value, keras.Layer):
            return self._object(value, self._recording(type(value)))
        if isinstance(value, types.MethodType):
            owner = self.copy(value.__self__)
            return value if owner is value.__self__ else types.MethodType(value.__func__, owner)
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if _is_of_graph(type(value)):
            return self._object(value, type(value))
        if type(value).__module__.startswith("tensorflow.") and hasattr(value, "__wrapped__"):
            # TensorFlow puts a proxy around dicts and tuples that are assigned to a layer.
            return self.copy(value.__wrapped__)
        bases = type(value).__mro__
        if list in bases:
            return self._list(value)
        if dict in bases:
            return self._dict(value)
        if set in bases:
            return self._set(value)
        if type(value) is tuple or type(value) is KerasHistory:
            items = [self.copy(item) for item in value]
            same = all(a is b for a, b in zip(items, value, strict=True))
            return value if same else tuple.__new__(type(value), items)
        return value

    def _note(self, value: Any, twin: Any) -> None:
        self._done[id(value)] = twin
        self._alive.append(value)

    def _object(self, value: Any, cls: type) -> Any:
        twin: Any = object.__new__(cls)
        self._note(value, twin)
        self._attributes(value, twin)
        return twin

    def _function(self, value: types.FunctionType) -> types.FunctionType:
        """A function that closes over a layer: Keras wraps each layer's ``build`` in such a one."""
        if not value.__closure__:
            return value
        cells = tuple(types.CellType() for _ in value.__closure__)
        twin = types.FunctionType(
            value.__code__, value.__globals__, value.__name__, value.__defaults__, cells
        )
        twin.__kwdefaults__ = value.__kwdefaults__
        self._note(value, twin)
        theirs = value.__closure__

        def fill() -> None:
            for ours, cell in zip(cells, theirs, strict=True):
                # An empty cell is a name that is not set yet.
                with contextlib.suppress(ValueError):
                    ours.cell_contents = self.copy(cell.cell_contents)

        self._to_fill.append(fill)
        self._attributes(value, twin)
        return twin

    def _list(self, value: list[Any]) -> Any:
        twin: Any = type(value).__new__(type(value))
        self._note(value, twin)
        # By list's own methods: Keras's lists tell their layer of what is added.
        self._to_fill.append(
            lambda: list.extend(twin, [self.copy(item) for item in list.__iter__(value)])
        )
        self._attributes(value, twin)
        return twin

    def _dict(self, value: dict[Any, Any]) -> Any:
        if isinstance(value, collections.defaultdict):
            twin: Any = type(value)(value.default_factory)
        else:
            twin = type(value).__new__(type(value))
        self._note(value, twin)
        self._to_fill.append(
            lambda: dict.update(twin, {key: self.copy(item) for key, item in dict.items(value)})
        )
        self._attributes(value, twin)
        return twin

    def _set(self, value: set[Any]) -> Any:
        twin: Any = type(value).__new__(type(value))
        self._note(value, twin)
        self._to_fill.append(
            lambda: set.update(twin, [self.copy(item) for item in set.__iter__(value)])
        )
        self._attributes(value, twin)
        return twin

    def _attributes(self, value: Any, twin: Any) -> None:
        held = _attributes_of(value)
        if held is not None:
            ours = _attributes_of(twin)
            assert ours is not None
            self._to_fill.append(
                lambda: ours.update({name: self.copy(item) for name, item in held.items()})
            )

    def _recording(self, cls: type) -> type:
        """A class like ``cls`` that tells of its calls."""
        known = self._classes.get(cls)
        if known is not None:
            return known
        copier = self

        def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
            outputs = cls.__call__(self, *args, **kwargs)
            copier._record(self, (args, kwargs), outputs)
            return outputs

        made = type(cls.__name__, (cls,), {"__call__": __call__, "__module__": cls.__module__})
        self._classes[cls] = made
        return made


def _attributes_of(value: Any) -> dict[str, Any] | None:
    try:
        return object.__getattribute__(value, "__dict__")  # type: ignore[no-any-return]
    except AttributeError:
        return None


def _is_of_graph(cls: type) -> bool:
    """Keras's own objects that lead from a layer to others: nodes, tensors, and what puts layers
    that are assigned into lists."""
    return cls in (Node, SymbolicArguments, keras.KerasTensor, Tracker)
