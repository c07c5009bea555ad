"""Reads the kind and the contents of any object without running the user's code.

No attribute is read by ``getattr``, and no object is compared, hashed, measured or iterated by its
own methods: each of these could call the user's code, which may be slow, raise or have effects.
"""

from __future__ import annotations

import collections
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, Literal

from kwidgets.models.namespace.path_text import attribute_text, index_text

Kind = Literal["model", "list", "deque", "dict", "set", "object", "leaf"]

_MRO = type.__dict__["__mro__"]
_DICT = type.__dict__["__dict__"]
_MODULE = type.__dict__["__module__"]
_NAME = type.__dict__["__name__"]
_FLAGS = type.__dict__["__flags__"]
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE

_CONTAINERS: tuple[tuple[type, Kind], ...] = (
    (dict, "dict"),
    (list, "list"),
    (tuple, "list"),
    (collections.deque, "deque"),
    (set, "set"),
    (frozenset, "set"),
)
_CODE_TYPES = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.GeneratorType,
    types.CodeType,
    types.FrameType,
)
# Packages whose objects contain no models, but are many or large, or react to being read.
_SKIPPED_PACKAGES = frozenset(
    (
        *("builtins", "typing", "re", "datetime", "pathlib", "decimal", "functools", "weakref"),
        *("threading", "_thread", "logging", "io", "_io", "random", "comm", "zmq"),
        *("numpy", "pandas", "polars", "scipy", "sklearn", "matplotlib", "mpl_toolkits", "PIL"),
        *("tensorflow", "jax", "jaxlib", "torch", "keras", "h5py"),
        *("IPython", "ipykernel", "ipywidgets", "traitlets", "plotly"),
    )
)
# Keras's objects that lead to a model that was trained: callbacks such as History.
_KERAS_CALLBACK = ("keras", "Callback")


def mro_of(cls: type) -> tuple[type, ...]:
    """Return the ``__mro__`` of a class without asking its metaclass."""
    return _MRO.__get__(cls)  # type: ignore[no-any-return]


def class_dict(cls: type) -> Any:
    """Return the ``__dict__`` of a class without asking its metaclass."""
    return _DICT.__get__(cls)


def module_of(cls: type) -> str:
    """Return the ``__module__`` of a class without asking its metaclass; "" if it is no text."""
    module = _MODULE.__get__(cls)
    return module if type(module) is str else ""


def class_name(cls: type) -> str:
    """Return the ``__name__`` of a class without asking its metaclass."""
    return _NAME.__get__(cls)  # type: ignore[no-any-return]


class ObjectInspector:
    """Finds out what objects are, and caches it by class."""

    def __init__(self) -> None:
        # By id, with a weak reference that detects a new class at an old address: a dict by class
        # would call the metaclass for hash and equality.
        self._kinds: dict[int, tuple[weakref.ref[type], Kind]] = {}
        self._model: type | None = None
        # Ids of classes that are never deleted and whose objects contain nothing: most classes.
        self.leaf_class_ids: set[int] = set()

    def set_model_class(self, model: type | None) -> None:
        """Set which class is keras.Model; None while Keras is not imported."""
        if model is not self._model:
            self._model = model
            self._kinds.clear()
            self.leaf_class_ids.clear()

    def kind(self, value: object) -> Kind:
        """Return the kind of ``value``."""
        cls = type(value)
        known = self._kinds.get(id(cls))
        if known is not None and known[0]() is cls:
            return known[1]
        kind = self._classify(cls)
        if len(self._kinds) > 10_000:  # a program that creates classes in a loop
            self._kinds.clear()
        self._kinds[id(cls)] = (weakref.ref(cls), kind)
        if kind == "leaf" and not _FLAGS.__get__(cls) & _HEAP_TYPE:
            self.leaf_class_ids.add(id(cls))
        return kind

    def _classify(self, cls: type) -> Kind:
        mro = mro_of(cls)
        bases = {id(base) for base in mro}
        if self._model is not None and id(self._model) in bases:
            return "model"
        for base, kind in _CONTAINERS:
            if id(base) in bases:
                return kind
        if any(id(base) in bases for base in _CODE_TYPES):
            return "leaf"
        if _package(cls) in _SKIPPED_PACKAGES and not any(
            (_package(base), class_name(base)) == _KERAS_CALLBACK for base in mro
        ):
            return "leaf"
        return "object" if _descriptors(cls) else "leaf"

    def length_of(self, value: object) -> int:
        """Return the number of entries of a list, deque, dict or set; 0 of anything else."""
        mro = {id(base) for base in mro_of(type(value))}
        for base, _ in _CONTAINERS:
            if id(base) in mro:
                return base.__len__(value)  # type: ignore[attr-defined, no-any-return]
        return 0

    def items_of(
        self, value: object, kind: Kind, limit: int
    ) -> tuple[Iterable[object], Callable[[int], str]]:
        """Return the items of ``value``, and a function from an index to its path: ``[0]``, ``.a``.

        At most about ``limit`` items are returned; of a longer list the first and the last ones.
        """
        if kind == "list":
            return _first_and_last(value, limit)  # type: ignore[arg-type]
        if kind == "deque":
            return islice(collections.deque.__iter__(value), limit), _index_path  # type: ignore[arg-type]
        if kind == "set":
            base: Any = set if _is_a(value, set) else frozenset
            return islice(base.__iter__(value), limit), lambda i: "{…}"
        if kind == "dict":
            keys: list[object] = list(islice(dict.keys(value), limit))  # type: ignore[arg-type]
            return islice(dict.values(value), limit), lambda i: index_text(keys[i])  # type: ignore[arg-type]
        if kind == "object":
            attributes = list(islice(attributes_of(value), limit))
            return (item for _, item in attributes), lambda i: attribute_text(attributes[i][0])
        return (), _index_path


def attributes_of(value: object) -> Iterator[tuple[str, Any]]:
    """Return the attributes in the object's own ``__dict__`` and ``__slots__``."""
    for descriptor in _descriptors(type(value)):
        try:
            content = descriptor.__get__(value)
        except AttributeError:  # an empty slot
            continue
        if isinstance(descriptor, types.GetSetDescriptorType):
            for name, item in dict.items(content) if type(content) is dict else ():
                if type(name) is str:
                    yield name, item
        else:
            yield descriptor.__name__, content


def _descriptors(cls: type) -> list[Any]:
    """Return the C descriptors that read an instance's ``__dict__`` and slots; no properties."""
    descriptors: list[Any] = []
    for base in mro_of(cls):
        namespace = _DICT.__get__(base)
        of_dict = namespace.get("__dict__")
        if type(of_dict) is types.GetSetDescriptorType:
            descriptors.append(of_dict)
        descriptors += [
            entry for entry in namespace.values() if type(entry) is types.MemberDescriptorType
        ]
    # An instance has one dict, whichever of its classes defines it.
    dicts = [one for one in descriptors if type(one) is types.GetSetDescriptorType]
    return dicts[:1] + [one for one in descriptors if one not in dicts]


def _package(cls: type) -> str:
    return module_of(cls).partition(".")[0]


def _first_and_last(
    value: list[Any] | tuple[Any, ...], limit: int
) -> tuple[Iterable[object], Callable[[int], str]]:
    base: Any = list if _is_a(value, list) else tuple
    length = base.__len__(value)
    if length <= limit:
        return base.__iter__(value), _index_path
    # A slice is a copy: no other thread changes it.
    half = limit // 2
    first = base.__getitem__(value, slice(0, half))
    last = base.__getitem__(value, slice(length - half, length))
    return chain(first, last), lambda i: _index_path(i if i < half else length - 2 * half + i)


def _index_path(i: int) -> str:
    return f"[{i}]"


def _is_a(value: object, base: type) -> bool:
    return any(entry is base for entry in mro_of(type(value)))
