"""Find the Keras models in a namespace, without importing Jupyter or Keras."""

from __future__ import annotations

import re
import sys
import threading
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from kwidgets.model_keys import model_keys
from kwidgets.models.namespace.object_inspector import ObjectInspector
from kwidgets.models.namespace.path_text import variable_text

# How many entries of lists, dicts and objects one scan inspects at most. The names themselves are
# all inspected.
MAX_ENTRIES_PER_SCAN = 5_000
MAX_ENTRIES_PER_CONTAINER = 1_000
# The cost of opening a container, in entries.
_CONTAINER_COST = 5
_MAX_TRIES = 5
_OUTPUT_NAME = re.compile(r"_(\d+)")
# "models" in "models[0]", and what stands for a variable whose name is no identifier.
_VARIABLE = re.compile(r"globals\(\)\[(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\]|[^.\[{]*")


class FoundModel:
    """A model in the namespace, by a weak reference.

    Attributes:
        key: identifies the object for as long as it lives; never used for another one.
        names: expressions that give it, the simplest first: "model", "nets[0]", "trainer.net".
    """

    def __init__(self, key: str, names: tuple[str, ...], model: weakref.ref[Any]) -> None:
        self.key = key
        self.names = names
        self._model = model

    @property
    def model(self) -> Any | None:
        """The model, or None when it was deleted."""
        return self._model()


class ModelFinder:
    """Finds every ``keras.Model`` that is the value of a name, or one level below it in a list,
    tuple, set, dict or attribute.

    No code of the user's objects is run (see :mod:`kwidgets.models.namespace.object_inspector`),
    and no model is kept alive. A scan has a budget: of a container with more than
    ``MAX_ENTRIES_PER_CONTAINER`` entries only both ends are inspected, and the containers beyond
    ``MAX_ENTRIES_PER_SCAN`` entries in all are inspected in the next scans, newest names first. A
    model that was found once stays found while its name reaches it.

    Args:
        namespace: returns the variables.
        hidden: returns the names that are not the user's.
    """

    def __init__(
        self,
        namespace: Callable[[], Mapping[str, Any]],
        hidden: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._namespace = namespace
        self._hidden = hidden
        self._inspector = ObjectInspector()
        self._found: dict[str, FoundModel] = {}
        # Names of the containers that no scan has reached yet.
        self._not_scanned: set[str] = set()
        #: Containers of which the last scan inspected both ends only, because they are long.
        self.searched_in_part: list[str] = []
        self._lock = threading.Lock()

    def scan(self) -> tuple[FoundModel, ...]:
        """Return the models in the namespace, in the order of the names; from any thread."""
        with self._lock:
            keras = sys.modules.get("keras")
            model = getattr(keras, "Model", None)  # None too while another thread imports it
            self._inspector.set_model_class(model)
            if model is None:
                self._found = {}
                return ()
            for _ in range(_MAX_TRIES):
                try:
                    found = self._find_models()
                    break
                except RuntimeError:  # changed size during iteration
                    continue
            else:
                return tuple(self._found.values())
            self._found = {entry.key: entry for entry in found}
            return tuple(found)

    def get(self, key: str) -> FoundModel | None:
        """Return the model that the last scan found under ``key``, if it still exists."""
        found = self._found.get(key)
        return None if found is None or found.model is None else found

    def key_of(self, model: object | None) -> str | None:
        """Return the key of a model, whether or not a name reaches it; None for None."""
        return None if model is None else model_keys.key_of(model)

    def _find_models(self) -> list[FoundModel]:
        hidden = self._hidden()
        # A copy is one call into C, during which no other thread changes the namespace. Few objects
        # are created below, because many would trigger a garbage collection.
        namespace = dict(self._namespace())
        models: dict[int, Any] = {}
        names: dict[int, list[str]] = {}
        outputs: dict[int, str] = {}
        containers: list[str] = []
        inspector, leaf_class_ids = self._inspector, self._inspector.leaf_class_ids
        for name, value in namespace.items():
            if id(type(value)) in leaf_class_ids or type(name) is not str:
                continue
            kind = inspector.kind(value)
            if kind == "leaf" or name in hidden:
                continue
            output = _OUTPUT_NAME.fullmatch(name)
            if kind == "model":
                models[id(value)] = value
                if output:
                    outputs.setdefault(id(value), f"Out[{output[1]}]")
                else:
                    names.setdefault(id(value), []).append(variable_text(name))
            elif not output:
                containers.append(name)
        for path, model in self._models_in_containers(namespace, containers):
            models[id(model)] = model
            names.setdefault(id(model), []).append(path)
        found = []
        for address, model in models.items():
            reaching = sorted(names.get(address, ()), key=_name_order) or [outputs[address]]
            # Private paths, such as the model of a callback, are of no use beside public ones.
            reaching = [name for name in reaching if not _is_private(name)] or reaching
            key = self.key_of(model)
            assert key is not None
            found.append(FoundModel(key, tuple(reaching), weakref.ref(model)))
        return found

    def _models_in_containers(
        self, namespace: dict[str, Any], containers: list[str]
    ) -> Iterator[tuple[str, object]]:
        """Return the paths and models in containers, within the budget of one scan."""
        budget = MAX_ENTRIES_PER_SCAN
        self.searched_in_part = []
        inspector, leaf_class_ids = self._inspector, self._inspector.leaf_class_ids
        ordered_names = iter(self._scan_order(containers))
        for name in ordered_names:
            value = namespace[name]
            variable = variable_text(name)
            own = _model_of(value)
            if own is not None:
                yield f"{variable}.model", own
                continue
            items, path_of = inspector.items_of(
                value, inspector.kind(value), MAX_ENTRIES_PER_CONTAINER
            )
            i = -1
            holds_objects = False
            for i, item in enumerate(items):
                if id(type(item)) in leaf_class_ids:
                    continue
                kind = inspector.kind(item)
                if kind == "model":
                    yield variable + path_of(i), item
                # A long list of numbers is data, and needs no mention.
                holds_objects = holds_objects or kind != "leaf"
            if inspector.length_of(value) > MAX_ENTRIES_PER_CONTAINER and holds_objects:
                self.searched_in_part.append(variable)
            budget -= i + _CONTAINER_COST
            if budget <= 0:
                break
        self._not_scanned = set(ordered_names)

    def _scan_order(self, containers: list[str]) -> list[str]:
        """Return the containers that had a model last time, then those skipped, then the rest."""
        reached = {_variable_of(name) for entry in self._found.values() for name in entry.names}
        known = {name for name in containers if variable_text(name) in reached}
        skipped = self._not_scanned - known
        return [
            *(name for name in containers if name in known),
            *(name for name in containers if name in skipped),
            *(name for name in reversed(containers) if name not in skipped and name not in known),
        ]


# Classes of kwidgets with a public property ``model``, and the attribute that it reads.
_WITH_MODEL = (
    ("kwidgets.builder.sequential", "SequentialBuilder", "_latest_model"),
    ("kwidgets.formats.slim_model", "Slimmed", "_model"),
)


def _model_of(value: Any) -> Any | None:
    """Return the ``model`` of a SequentialBuilder or of a smaller copy; None without one."""
    for module, name, attribute in _WITH_MODEL:
        # Another thread may be importing the module.
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and type(value) is kind:
            return getattr(value, attribute)
    return None


def _variable_of(name: str) -> str:
    """Return "models" of "models[0]"."""
    found = _VARIABLE.match(name)
    assert found is not None  # it matches any text
    return found[0]


def _name_order(name: str) -> tuple[bool, bool, int, str]:
    """Return a sort key: "model" before "models[0]", public before private, short before long."""
    return (_variable_of(name) != name, _is_private(name), len(name), name)


def _is_private(name: str) -> bool:
    return name.startswith("_") or "._" in name
