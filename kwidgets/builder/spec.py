"""A stack of layers with its compile and fit settings, as immutable plain data.

It does not depend on Keras, Jupyter or a browser. An edit returns a new :class:`ModelSpec`, so undo
only has to keep the old one.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from kwidgets.language import t

# None, bool, int, float, str, ObjectSpec, Reference, and tuples, lists and dicts of them.
Value = Any
Arguments = Mapping[str, Value]

SEQUENTIAL = "keras.Sequential"
INPUT_LAYER = "keras.layers.InputLayer"

_counter = itertools.count(1)


class AutomaticName(str):
    """A name that Keras chose for an object of the user's.

    The model has it, as in Keras, but no program needs to write it.
    """

    __slots__ = ()


class EditError(ValueError):
    """An edit that is refused; the text is for the user."""


def new_uid() -> str:
    """Return an identifier that no other layer of this process has."""
    return f"layer-{next(_counter)}"


@dataclasses.dataclass(frozen=True)
class Reference:
    """A Python object that has no plain form: a function, an array, a tokenizer.

    Args:
        value: the object itself; compared by identity.
        text: how it is shown.
    """

    value: Any
    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


@dataclasses.dataclass(frozen=True)
class Variable:
    """A variable of the user's namespace that provides data for fit.

    Or an expression of variables, as it was written in a call of fit: ``images / 255``.
    """

    name: str


@dataclasses.dataclass(frozen=True)
class ObjectSpec:
    """An object to create: its class and the arguments that differ from their defaults.

    Args:
        class_name: the public name (``"keras.layers.Dense"``), or the registered name of a
            user's own class.
        arguments: explicit arguments only.
        from_config: whether ``arguments`` come from ``get_config`` and need ``from_config``: the
            constructor would not recreate the object.
        live: the object itself, where not even its config would recreate it.
    """

    class_name: str
    arguments: Arguments = dataclasses.field(default_factory=dict)
    from_config: bool = False
    live: Reference | None = None

    @property
    def title(self) -> str:
        """The class's own name: ``"Dense"``."""
        return self.class_name.rpartition(".")[2].rpartition(">")[2]

    def with_argument(self, name: str, value: Value) -> ObjectSpec:
        return dataclasses.replace(self, arguments={**self.arguments, name: value})

    def without_argument(self, name: str) -> ObjectSpec:
        return dataclasses.replace(
            self, arguments={key: value for key, value in self.arguments.items() if key != name}
        )


@dataclasses.dataclass(frozen=True)
class LayerSpec:
    """One layer of the stack, or a block of layers.

    Args:
        uid: identifies the layer through all its edits, within this process.
        object: its class and arguments.
        enabled: whether the model contains it; a disabled layer is kept for later.
        children: the layers of a nested Sequential; None for any other layer.
    """

    uid: str
    object: ObjectSpec
    enabled: bool = True
    children: tuple[LayerSpec, ...] | None = None

    @property
    def title(self) -> str:
        return self.object.title

    @property
    def class_name(self) -> str:
        return self.object.class_name

    @property
    def arguments(self) -> Arguments:
        return self.object.arguments

    def walk(self) -> Iterator[LayerSpec]:
        """Yield this layer and all layers in it, in order."""
        yield self
        for child in self.children or ():
            yield from child.walk()

    def copy(self) -> LayerSpec:
        """Return a copy with new uids, and without names, which must be unique in a model."""
        return dataclasses.replace(
            self,
            uid=new_uid(),
            object=self.object.without_argument("name"),
            children=None
            if self.children is None
            else tuple(child.copy() for child in self.children),
        )


def new_layer(object: ObjectSpec) -> LayerSpec:
    """Return a new layer of the stack; a Sequential becomes an empty block."""
    children: tuple[LayerSpec, ...] | None = () if object.class_name == SEQUENTIAL else None
    return LayerSpec(new_uid(), object, children=children)


def layer(class_name: str, **arguments: Value) -> LayerSpec:
    """Return a new layer by its public name: ``layer("keras.layers.Dense", units=10)``."""
    return new_layer(ObjectSpec(class_name, arguments))


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """A Sequential model with its compile and fit settings.

    Args:
        name: Keras's name of the model, or None for an automatic one.
        input: arguments of ``keras.Input`` (``shape``, ``dtype``, ``batch_size``, ``name`` …), or
            None while the input is unknown.
        layers: the stack, without the input.
        compile: arguments of ``compile``, or None if never set.
        fit: ``x``, ``y``, ``validation_x``, ``validation_y`` as :class:`Variable`; ``epochs``,
            ``batch_size``, ``validation_split``, ``shuffle``; ``callbacks``, a tuple of ObjectSpec.
        trainable: Keras's attribute of the model itself; each layer has its own.
    """

    name: str | None = None
    input: Arguments | None = None
    layers: tuple[LayerSpec, ...] = ()
    compile: Arguments | None = None
    fit: Arguments = dataclasses.field(default_factory=dict)
    trainable: bool = True

    @property
    def input_shape(self) -> tuple[int | None, ...] | None:
        """The shape of one sample, or None while unknown."""
        if self.input is None:
            return None
        shape = self.input.get("shape")
        if shape is None and self.input.get("batch_shape") is not None:
            shape = self.input["batch_shape"][1:]
        return None if shape is None else tuple(shape)

    def walk(self) -> Iterator[LayerSpec]:
        """Yield all layers, each block before its own layers."""
        for entry in self.layers:
            yield from entry.walk()

    def find(self, uid: str) -> LayerSpec:
        """Return the layer with this uid.

        Raises:
            KeyError: there is no such layer.
        """
        for entry in self.walk():
            if entry.uid == uid:
                return entry
        raise KeyError(t("No layer %1 in this model. It may have been deleted.", repr(uid)))

    def locate(self, uid: str) -> tuple[str | None, int]:
        """Return the uid of a layer's block (None for the stack itself) and its index there.

        Raises:
            KeyError: there is no such layer.
        """
        for parent, children in self._stacks():
            for index, child in enumerate(children):
                if child.uid == uid:
                    return parent, index
        raise KeyError(t("No layer %1 in this model. It may have been deleted.", repr(uid)))

    def children(self, parent: str | None) -> tuple[LayerSpec, ...]:
        """Return the layers of a block, or of the stack itself.

        Raises:
            KeyError: there is no such block.
        """
        if parent is None:
            return self.layers
        children = self.find(parent).children
        if children is None:
            raise KeyError(t("layer %1 is not a block and cannot contain layers", repr(parent)))
        return children

    # Edits; each returns a new spec.

    def insert(
        self, entry: LayerSpec, parent: str | None = None, index: int | None = None
    ) -> ModelSpec:
        children = self.children(parent)
        at = len(children) if index is None else max(0, min(index, len(children)))
        return self._with_children(parent, (*children[:at], entry, *children[at:]))

    def remove(self, uid: str) -> ModelSpec:
        parent, index = self.locate(uid)
        children = self.children(parent)
        return self._with_children(parent, children[:index] + children[index + 1 :])

    def replace(self, uid: str, entry: LayerSpec) -> ModelSpec:
        return self._map(uid, lambda _: entry)

    def move(self, uid: str, parent: str | None, index: int) -> ModelSpec:
        """Move a layer; ``index`` counts without it.

        Raises:
            ValueError: a block cannot go into itself.
        """
        entry = self.find(uid)
        if parent is not None and any(within.uid == parent for within in entry.walk()):
            raise ValueError(t("Cannot move %1 into itself", entry.title))
        return self.remove(uid).insert(entry, parent, index)

    def update(self, uid: str, change: Callable[[ObjectSpec], ObjectSpec]) -> ModelSpec:
        """Change the class or arguments of one layer."""
        return self._map(uid, lambda entry: dataclasses.replace(entry, object=change(entry.object)))

    def enable(self, uid: str, enabled: bool) -> ModelSpec:
        return self._map(uid, lambda entry: dataclasses.replace(entry, enabled=enabled))

    def with_input(self, **arguments: Value) -> ModelSpec:
        """Replace the arguments of ``keras.Input``; without any, the input is unknown again."""
        return dataclasses.replace(self, input=arguments or None)

    def _stacks(self) -> Iterator[tuple[str | None, tuple[LayerSpec, ...]]]:
        yield None, self.layers
        for entry in self.walk():
            if entry.children is not None:
                yield entry.uid, entry.children

    def _with_children(self, parent: str | None, children: tuple[LayerSpec, ...]) -> ModelSpec:
        if parent is None:
            return dataclasses.replace(self, layers=children)
        return self._map(parent, lambda entry: dataclasses.replace(entry, children=children))

    def _map(self, uid: str, change: Callable[[LayerSpec], LayerSpec]) -> ModelSpec:
        self.find(uid)

        def visit(entry: LayerSpec) -> LayerSpec:
            if entry.uid == uid:
                return change(entry)
            if entry.children is None:
                return entry
            return dataclasses.replace(entry, children=tuple(visit(c) for c in entry.children))

        return dataclasses.replace(self, layers=tuple(visit(entry) for entry in self.layers))


def freeze(value: Value) -> Hashable:
    """Return a hashable form that is equal for equal values; 1 and True differ."""
    if isinstance(value, ObjectSpec):
        return (value.class_name, value.from_config, value.live, freeze(value.arguments))
    if isinstance(value, Mapping):
        return tuple(sorted((key, freeze(item)) for key, item in value.items()))
    if isinstance(value, (tuple, list)):
        return tuple(freeze(item) for item in value)
    if isinstance(value, Reference):
        return value
    return (type(value).__name__, repr(value))


def structure(spec: ModelSpec) -> Any:
    """Return a hashable form of what makes up a model: equal for specs of the same model."""

    def visit(entry: LayerSpec) -> Any:
        inside = None
        if entry.children is not None:
            inside = tuple(visit(child) for child in entry.children if child.enabled)
        return (entry.uid, freeze(entry.object), inside)

    layers = tuple(visit(entry) for entry in spec.layers if entry.enabled)
    return (spec.name, freeze(spec.input or {}), spec.input is None, layers, spec.trainable)
