"""Edit the layers of a builder by index, as a list in which disabled layers do not count."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterable
from typing import Any

import keras
from keras.src.utils.naming import auto_name

from kwidgets.builder import convert, quick_add
from kwidgets.builder.model.model_cache import BuilderError
from kwidgets.builder.sequential.argument_checks import (
    check_input_shape,
    duplicate_layer_error,
    duplicate_name_error,
)
from kwidgets.builder.spec import AutomaticName, LayerSpec, ModelSpec, new_layer
from kwidgets.builder.workbench import Workbench
from kwidgets.language import t


class LayerList:
    """The enabled layers of a builder.

    Args:
        bench: the builder's workbench, which holds the spec.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def __len__(self) -> int:
        return len(self._entries())

    def __getitem__(self, index: int | slice) -> Any:
        """Return the Keras layer at ``index``, or a list of layers."""
        if isinstance(index, slice):
            return [self._bench.layer(entry) for entry in self._entries()[index]]
        return self._bench.layer(self._entry(index))

    def __delitem__(self, index: int | slice) -> None:
        with self._bench.lock:
            entries = self._entries()[index] if isinstance(index, slice) else [self._entry(index)]
            spec = self._spec
            for entry in entries:
                spec = spec.remove(entry.uid)
            what = entries[0].title if len(entries) == 1 else f"{len(entries)} layers"
            self._bench.change(t("Delete %1", what), spec)

    def insert(self, index: int, layer: Any) -> None:
        """Insert a layer or an input before the layer at ``index``.

        Raises:
            ValueError: ``layer`` is not a layer, or is an input that does not come first.
        """
        with self._bench.lock:
            self._insert(index, layer)
            self._bench.make_model_early()

    def _insert(self, index: int, layer: Any) -> None:
        spec = self._spec
        if _is_input(layer):
            self._set_input(layer, index)
            return
        shape = getattr(layer, "_input_shape_arg", None)
        entry = self._describe(layer)
        if shape is not None and not spec.layers and spec.input is None:
            name = AutomaticName(auto_name("input_layer"))
            spec = spec.with_input(shape=tuple(shape), name=name)
        place = self._stack_index(index)
        self._bench.change(t("Add %1", entry.title), spec.insert(entry, None, place))

    def extend(self, layers: Iterable[Any]) -> None:
        """Add layers and inputs at the end, without making a model yet.

        Raises:
            ValueError: one of them is not a layer, or is an input that does not come first.
        """
        with self._bench.lock:
            for layer in layers:
                self._insert(len(self), layer)

    def pop(self, index: int) -> keras.Layer | None:
        """Remove a layer and return it, or None if it cannot be made.

        Raises:
            IndexError: there is no layer at ``index``.
        """
        entry = self._entry(index)
        layer: keras.Layer | None = None
        with contextlib.suppress(BuilderError):
            layer = self._bench.layer(entry)
        self._bench.change(t("Delete %1", entry.title), self._spec.remove(entry.uid))
        self._bench.make_model_early()
        return layer

    def move(self, index: int, to: int) -> None:
        """Move a layer; ``to`` is counted without it.

        Raises:
            IndexError: there is no layer at ``index``.
        """
        with self._bench.lock:
            entry = self._entry(index)
            place = self._stack_index(to, without=entry)
            self._bench.change(t("Move %1", entry.title), self._spec.move(entry.uid, None, place))

    def replace(self, index: int, layer: Any) -> None:
        """Replace the layer at ``index``.

        Raises:
            IndexError: there is no layer at ``index``.
            ValueError: ``layer`` is not a layer.
        """
        old = self._entry(index)
        new = self._describe(layer, replaced=old)
        self._bench.change(t("Replace %1", old.title), self._spec.replace(old.uid, new))
        self._bench.make_model_early()

    def set_input_shape(self, shape: Any) -> None:
        """Set the input shape and keep the other arguments of the input.

        Raises:
            ValueError: ``shape`` is not the shape of one sample.
        """
        with self._bench.lock:
            rest = {
                name: value
                for name, value in (self._spec.input or {}).items()
                if name not in ("shape", "batch_shape")
            }
            spec = self._spec.with_input(shape=check_input_shape(shape), **rest)
            self._bench.change(t("Change input shape"), spec)

    def _set_input(self, given: Any, index: int) -> None:
        history = getattr(given, "_keras_history", None)
        layer = history[0] if history is not None else given
        if self._spec.input is not None or (self._spec.layers and index != 0):
            raise ValueError(
                f"an input must be first; this model already has input {self._spec.input_shape!r} "
                f"and {len(self._spec.layers)} layers. Change it with "
                "builder.set_input_shape((28, 28)), or in the editor."
            )
        arguments = convert.spec_of_input(layer)
        if convert.looks_automatic(arguments["name"], type(layer)):
            arguments["name"] = AutomaticName(arguments["name"])
        self._bench.change(t("Set input"), self._spec.with_input(**arguments))
        self._bench.model_cache.adopt_input(layer)

    @property
    def _spec(self) -> ModelSpec:
        return self._bench.editor.spec

    def _entries(self) -> list[LayerSpec]:
        return [entry for entry in self._spec.layers if entry.enabled]

    def _entry(self, index: int) -> LayerSpec:
        entries = self._entries()
        try:
            index = operator.index(index)
        except TypeError:
            raise TypeError(f"a layer index must be an integer, not {index!r}") from None
        if not -len(entries) <= index < len(entries):
            raise IndexError(
                f"layer index {index} is out of range; the model has {len(entries)} layers"
            )
        return entries[index]

    def _stack_index(self, index: int, without: LayerSpec | None = None) -> int:
        """Return the index in the spec's layers, which include disabled ones.

        Args:
            index: an index in this list; past its end for the end of the spec's layers.
            without: a layer that is not counted, because it is being moved.
        """
        stack = [entry for entry in self._spec.layers if entry is not without]
        places = [place for place, entry in enumerate(stack) if entry.enabled]
        index = operator.index(index)
        at = max(0, len(places) + index) if index < 0 else index
        return places[at] if at < len(places) else len(stack)

    def _describe(self, layer: Any, replaced: LayerSpec | None = None) -> LayerSpec:
        """Return the entry of a new layer, which may be a text, and cache a layer object."""
        if isinstance(layer, str):
            return new_layer(quick_add.parse(layer))
        if not isinstance(layer, keras.Layer):
            raise ValueError(
                "Only instances of keras.Layer, or strings such as 'dense 128 relu', can be added. "
                f"Received: {layer!r} (of type {type(layer).__name__})."
            )
        layer_cache = self._bench.model_cache.layer_cache
        for entry in self._spec.walk():
            if entry is not replaced and layer_cache.layer(entry.uid) is layer:
                raise duplicate_layer_error(layer)
        for entry in self._entries():
            live = entry.object.live
            name = entry.arguments.get("name") if live is None else live.value.name
            if entry is not replaced and name == layer.name:
                raise duplicate_name_error(layer)
        return layer_cache.adopt(convert.spec_of_layer(layer), layer)


def _is_input(layer: Any) -> bool:
    history = getattr(layer, "_keras_history", None)
    origin = history[0] if history is not None and isinstance(layer, keras.KerasTensor) else layer
    return isinstance(origin, keras.layers.InputLayer)
