"""Which Keras models a user's namespace holds. Knows no Jupyter, and imports no Keras."""

from __future__ import annotations

import itertools
import re
import sys
import threading
import uuid
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from kwidgets.models.namespace.scan import Looker

# What one scan looks at, at most, of the insides of lists, dicts and objects: so many entries in
# all, and so many of each. The names themselves are all looked at.
MAX_INSIDE = 5_000
MAX_OF_ONE = 1_000
# What it costs to open one, in entries.
_OPENING = 5
_TRIES = 5
_OUTPUT = re.compile(r"_(\d+)")


class Found:
    """A model in the namespace, held weakly.

    Attributes:
        key: names the object for as long as it lives; no other has it ever.
        names: how the namespace reaches it, the plainest first: "model", "nets[0]", "trainer.net".
    """

    def __init__(self, key: str, names: tuple[str, ...], model: weakref.ref[Any]) -> None:
        self.key = key
        self.names = names
        self._model = model

    @property
    def model(self) -> Any | None:
        """The model, or None when it is gone."""
        return self._model()


class Watcher:
    """Finds every ``keras.Model`` that a name reaches: itself, or in a list, tuple, set, dict or
    attribute one level down.

    Nothing of the user's objects is run (see :mod:`kwidgets.models.namespace.scan`), and no model
    is kept alive. A scan has a budget: of a container with more than ``MAX_OF_ONE`` entries only
    the two ends are looked at, and what of all containers is beyond ``MAX_INSIDE`` is looked at in
    the next scans, newest names first. A model once found stays found while its name reaches it.

    Args:
        namespace: gives the names.
        hidden: gives those that are not the user's.
    """

    def __init__(
        self,
        namespace: Callable[[], Mapping[str, Any]],
        hidden: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._namespace = namespace
        self._hidden = hidden
        self._looker = Looker()
        self._keys: dict[int, tuple[weakref.ref[Any], str]] = {}
        # A saved notebook may ask the next kernel for a key of this one's.
        self._session = uuid.uuid4().hex[:8]
        self._numbers = itertools.count(1)
        self._found: dict[str, Found] = {}
        # Names of the containers whose turn has not come yet.
        self._waiting: set[str] = set()
        self._lock = threading.Lock()

    def scan(self) -> tuple[Found, ...]:
        """Look, and return what is there, in the order of the names. From any thread."""
        with self._lock:
            keras = sys.modules.get("keras")
            model = getattr(keras, "Model", None)  # None too while another thread imports it
            self._looker.use(model)
            if model is None:
                self._found = {}
                return ()
            for _ in range(_TRIES):
                try:
                    found = self._look()
                    break
                except RuntimeError:  # changed size during iteration
                    continue
            else:
                return tuple(self._found.values())
            self._found = {entry.key: entry for entry in found}
            return tuple(found)

    def get(self, key: str) -> Found | None:
        """Return what the last scan found under ``key``, if it still lives."""
        found = self._found.get(key)
        return None if found is None or found.model is None else found

    def key_of(self, model: object | None) -> str | None:
        """Return the key of a model, also of one that no name reaches; None for None."""
        if model is None:
            return None
        known = self._keys.get(id(model))
        if known is not None and known[0]() is model:
            return known[1]
        key = f"{self._session}-{next(self._numbers)}"
        address = id(model)

        def forget(reference: weakref.ref[Any]) -> None:
            if self._keys.get(address, (None,))[0] is reference:
                del self._keys[address]

        self._keys[address] = (weakref.ref(model, forget), key)
        return key

    def _look(self) -> list[Found]:
        hidden = self._hidden()
        # A copy is one call into C, during which no other thread changes it; and little is made
        # here, or Python would stop to collect garbage.
        namespace = dict(self._namespace())
        models: dict[int, Any] = {}
        names: dict[int, list[str]] = {}
        outputs: dict[int, str] = {}
        containers: list[str] = []
        looker, leaves = self._looker, self._looker.leaves
        for name, value in namespace.items():
            if id(type(value)) in leaves or type(name) is not str:
                continue
            kind = looker.kind(value)
            if kind == "leaf" or name in hidden:
                continue
            output = _OUTPUT.fullmatch(name) if name[0] == "_" else None
            if kind == "model":
                models[id(value)] = value
                if output:
                    outputs.setdefault(id(value), f"Out[{output[1]}]")
                else:
                    names.setdefault(id(value), []).append(name)
            elif not output:
                containers.append(name)
        for path, model in self._inside(namespace, containers):
            models[id(model)] = model
            names.setdefault(id(model), []).append(path)
        found = []
        for address, model in models.items():
            reaching = sorted(names.get(address, ()), key=_plainness) or [outputs[address]]
            # That a callback holds the model it was given, say, is worth no word.
            reaching = [name for name in reaching if not _is_private(name)] or reaching
            key = self.key_of(model)
            assert key is not None
            found.append(Found(key, tuple(reaching), weakref.ref(model)))
        return found

    def _inside(
        self, namespace: dict[str, Any], containers: list[str]
    ) -> Iterator[tuple[str, object]]:
        """Return the models in containers, as far as the budget goes."""
        budget = MAX_INSIDE
        looker, leaves = self._looker, self._looker.leaves
        turns = iter(self._in_turn(containers))
        for name in turns:
            value = namespace[name]
            held = _built_by(value)
            if held is not None:
                yield f"{name}.model", held
                continue
            items, path_of = looker.inside(value, looker.kind(value), MAX_OF_ONE)
            i = -1
            for i, item in enumerate(items):
                if id(type(item)) not in leaves and looker.kind(item) == "model":
                    yield name + path_of(i), item
            budget -= i + _OPENING
            if budget <= 0:
                break
        self._waiting = set(turns)

    def _in_turn(self, containers: list[str]) -> list[str]:
        """Those that held a model the last time, then those whose turn it is, then the newest."""
        known = {_root(name) for entry in self._found.values() for name in entry.names}
        waiting = self._waiting - known
        return [
            *(name for name in containers if name in known),
            *(name for name in containers if name in waiting),
            *(name for name in reversed(containers) if name not in waiting and name not in known),
        ]


def _built_by(value: Any) -> Any | None:
    """The model of a SequentialBuilder, when it has made one; it says ``builder.model`` itself."""
    sequential = sys.modules.get("kwidgets.builder.sequential")
    # A thread may look while another one imports the module.
    kind = getattr(sequential, "SequentialBuilder", None)
    if kind is None or type(value) is not kind:
        return None
    return value._latest_model


def _root(name: str) -> str:
    return re.split(r"[.\[{]", name, maxsplit=1)[0]


def _plainness(name: str) -> tuple[bool, bool, int, str]:
    """Sorts "model" before "models[0]", public before private, short before long."""
    return (_root(name) != name, _is_private(name), len(name), name)


def _is_private(name: str) -> bool:
    return name.startswith("_") or "._" in name
