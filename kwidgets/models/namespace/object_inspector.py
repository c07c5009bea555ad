"""What an object is and what it holds, told without running a line of the user's code.

No attribute is looked up the usual way, and no object is compared, hashed, measured or iterated by
its own methods: each of these could call the user's code, which may be slow, raise or do things.
"""

from __future__ import annotations

import collections
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, Literal

Kind = Literal["model", "list", "deque", "dict", "set", "object", "leaf"]

_MRO = type.__dict__["__mro__"]
_DICT = type.__dict__["__dict__"]
_FLAGS = type.__dict__["__flags__"]
_MADE_BY_PYTHON = 1 << 9  # Py_TPFLAGS_HEAPTYPE

_CONTAINERS: tuple[tuple[type, Kind], ...] = (
    (dict, "dict"),
    (list, "list"),
    (tuple, "list"),
    (collections.deque, "deque"),
    (set, "set"),
    (frozenset, "set"),
)
_CODE = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.GeneratorType,
    types.CodeType,
    types.FrameType,
)
# Packages whose objects are no home of models, and many, large or of their own mind.
_OTHERS = frozenset(
    (
        *("builtins", "typing", "re", "datetime", "pathlib", "decimal", "functools", "weakref"),
        *("threading", "_thread", "logging", "io", "_io", "random", "comm", "zmq"),
        *("numpy", "pandas", "polars", "scipy", "sklearn", "matplotlib", "mpl_toolkits", "PIL"),
        *("tensorflow", "jax", "jaxlib", "torch", "keras", "h5py"),
        *("IPython", "ipykernel", "ipywidgets", "traitlets", "plotly"),
    )
)
# Keras's own objects that a notebook has for having trained a model: callbacks such as History.
_CALLBACK = ("keras", "Callback")


def mro_of(cls: type) -> tuple[type, ...]:
    """Return the ``__mro__`` of a class, whatever its metaclass would say."""
    return _MRO.__get__(cls)  # type: ignore[no-any-return]


class Looker:
    """Tells what objects are; remembers it by class."""

    def __init__(self) -> None:
        # By id, with a weak reference that tells a new class at an old address: a dict by class
        # would ask the metaclass for hash and equality.
        self._kinds: dict[int, tuple[weakref.ref[type], Kind]] = {}
        self._model: type | None = None
        # Ids of classes that live for good and hold nothing: what most objects are.
        self.leaves: set[int] = set()

    def use(self, model: type | None) -> None:
        """Take this class for keras.Model; None while Keras is not imported."""
        if model is not self._model:
            self._model = model
            self._kinds.clear()
            self.leaves.clear()

    def kind(self, value: object) -> Kind:
        """Return what ``value`` is."""
        cls = type(value)
        known = self._kinds.get(id(cls))
        if known is not None and known[0]() is cls:
            return known[1]
        kind = self._tell(cls)
        if len(self._kinds) > 10_000:  # a program that makes classes without end
            self._kinds.clear()
        self._kinds[id(cls)] = (weakref.ref(cls), kind)
        if kind == "leaf" and not _FLAGS.__get__(cls) & _MADE_BY_PYTHON:
            self.leaves.add(id(cls))
        return kind

    def _tell(self, cls: type) -> Kind:
        mro = mro_of(cls)
        bases = {id(base) for base in mro}
        if self._model is not None and id(self._model) in bases:
            return "model"
        for base, kind in _CONTAINERS:
            if id(base) in bases:
                return kind
        if any(id(base) in bases for base in _CODE):
            return "leaf"
        if _package(cls) in _OTHERS and not any(
            (_package(base), type.__dict__["__name__"].__get__(base)) == _CALLBACK for base in mro
        ):
            return "leaf"
        return "object" if _readers(cls) else "leaf"

    def inside(
        self, value: object, kind: Kind, limit: int
    ) -> tuple[Iterable[object], Callable[[int], str]]:
        """Return what ``value`` holds, and what gives the path to the i-th of it: ``[0]``, ``.a``.

        At most about ``limit`` are returned; of a longer list the two ends.
        """
        if kind == "list":
            return _ends(value, limit)  # type: ignore[arg-type]
        if kind == "deque":
            return islice(collections.deque.__iter__(value), limit), _number  # type: ignore[arg-type]
        if kind == "set":
            base: Any = set if _is_a(value, set) else frozenset
            return islice(base.__iter__(value), limit), lambda i: "{…}"
        if kind == "dict":
            keys: list[object] = list(islice(dict.keys(value), limit))  # type: ignore[arg-type]
            return islice(dict.values(value), limit), lambda i: f"[{_show_key(keys[i])}]"  # type: ignore[arg-type]
        if kind == "object":
            held = list(islice(attributes(value), limit))
            return (item for _, item in held), lambda i: f".{held[i][0]}"
        return (), _number


def attributes(value: object) -> Iterator[tuple[str, Any]]:
    """Return the attributes that the object itself holds, in its dict and its slots."""
    for reader in _readers(type(value)):
        try:
            held = reader.__get__(value)
        except AttributeError:  # an empty slot
            continue
        if isinstance(reader, types.GetSetDescriptorType):
            for name, item in dict.items(held) if type(held) is dict else ():
                if type(name) is str:
                    yield name, item
        else:
            yield reader.__name__, held


def _readers(cls: type) -> list[Any]:
    """The descriptors of C that read an instance's dict and slots; no property is one of them."""
    readers: list[Any] = []
    for base in mro_of(cls):
        namespace = _DICT.__get__(base)
        of_dict = namespace.get("__dict__")
        if type(of_dict) is types.GetSetDescriptorType:
            readers.append(of_dict)
        readers += [
            entry for entry in namespace.values() if type(entry) is types.MemberDescriptorType
        ]
    # A subclass has but one dict, whichever class it comes from.
    dicts = [reader for reader in readers if type(reader) is types.GetSetDescriptorType]
    return dicts[:1] + [reader for reader in readers if reader not in dicts]


def _package(cls: type) -> str:
    module = _DICT.__get__(cls).get("__module__")
    return module.partition(".")[0] if type(module) is str else ""


def _ends(
    value: list[Any] | tuple[Any, ...], limit: int
) -> tuple[Iterable[object], Callable[[int], str]]:
    base: Any = list if _is_a(value, list) else tuple
    length = base.__len__(value)
    if length <= limit:
        return base.__iter__(value), _number
    # A slice is a copy that nobody changes.
    half = limit // 2
    first = base.__getitem__(value, slice(0, half))
    last = base.__getitem__(value, slice(length - half, length))
    return chain(first, last), lambda i: _number(i if i < half else length - 2 * half + i)


def _number(i: int) -> str:
    return f"[{i}]"


def _is_a(value: object, base: type) -> bool:
    return any(entry is base for entry in mro_of(type(value)))


def _show_key(key: object) -> str:
    """A dict's key as the user would type it; another object's ``repr`` is its own code."""
    if type(key) in (str, int, float, bool, bytes, type(None)):
        text = repr(key)
        return text if len(text) <= 60 else f"{text[:57]}…"
    if type(key) is tuple and len(key) < 5:
        return f"({', '.join(_show_key(part) for part in key)}{',' if len(key) == 1 else ''})"
    return "…"
