"""Keep the Keras layers made for each entry of a spec, so that edits do not lose their weights.

A layer is made when it is first needed and reused, with its weights, until its arguments or its
input shape change. Automatic names are those of a fresh process, so that the source of a model
needs none.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import keras
import numpy as np
from keras.src.utils.naming import auto_name

from kwidgets.builder import catalog, convert
from kwidgets.builder.analysis import Analysis, LayerFacts
from kwidgets.builder.convert.frozen_layers import assign_trainable_of_object
from kwidgets.builder.model.layer_changes import LayerChanges
from kwidgets.builder.spec import INPUT_LAYER, SEQUENTIAL, LayerSpec, ModelSpec, ObjectSpec, freeze
from kwidgets.dry_run import fresh_names, weightless
from kwidgets.lazy_tensorflow import config_of

# About this many values of each weight are compared to notice a change.
_VALUES_PER_WEIGHT = 64
# This many earlier layers of an entry are kept, whether trained or not.
_KEPT_LAYERS = 3


@dataclasses.dataclass
class _CachedLayer:
    identity: Hashable
    layer: keras.Layer
    trained: bool = False
    # The user passed in this layer object; Keras would use it unchanged.
    is_users_own: bool = False
    # The layers within a block.
    children: tuple[keras.Layer, ...] = ()
    # The value set here last; where the layer has another one, the user has set that.
    trainable: bool = True
    # According to the spec: ``trainable`` of the layer and of each layer that it wraps.
    trainable_in_spec: tuple[bool, ...] = ()
    # Some of the initial values of the weights.
    initial_sample: Hashable = None
    # None for layers that are not described by a class and arguments: blocks and whole models.
    changes: LayerChanges | None = None

    def __post_init__(self) -> None:
        self.trainable = self.layer._trainable
        self.trainable_in_spec = _trainable_within(self.layer)
        if not isinstance(self.layer, keras.Model):
            self.changes = LayerChanges(self.layer)


class LayerCache:
    """Make Sequential models from specs and reuse layers. Call from one thread at a time."""

    def __init__(self) -> None:
        # Trained layers of earlier specs stay, or an undo would lose their weights.
        self._cached: dict[str, list[_CachedLayer]] = {}

    def adopt(self, entry: LayerSpec, layer: keras.Layer, keep_names: bool = False) -> LayerSpec:
        """Use ``layer`` in the models made from ``entry``; return the entry to put into the spec.

        A name that Keras chose is marked as such, unless the layer has weights already.

        Args:
            entry: describes the layer.
            layer: the layer itself.
            keep_names: mark no name, because a model contains the layer.
        """
        if entry.children is not None:
            inside = [
                self.adopt(child, within, keep_names)
                for child, within in zip(entry.children, layer._layers, strict=True)
            ]
            entry = dataclasses.replace(entry, children=tuple(inside))
            children = tuple(layer._layers)
        else:
            children = ()
        if not keep_names and not (layer.built and layer.weights):
            marked = convert.mark_automatic_names(entry.object)
            if "name" in entry.arguments and not convert.has_automatic_name(layer):
                marked = marked.with_argument("name", entry.arguments["name"])
            entry = dataclasses.replace(entry, object=marked)
        trained = bool(layer.built and layer.weights)
        self._cached[entry.uid] = [
            _CachedLayer(_identity(entry.object), layer, trained, True, children)
        ]
        return entry

    def adapted_layer(self, entry: LayerSpec) -> keras.Layer | None:
        """Return the layer of ``entry`` if ``adapt`` gave it a state beyond its arguments."""
        for cached in reversed(self._cached.get(entry.uid, [])):
            if _is_adapted(cached.layer) and cached.identity == _identity(entry.object):
                return cached.layer
        return None

    def forget_weights(self) -> None:
        """Drop all layers except adapted ones, whose state comes from the data."""
        for uid, known in self._cached.items():
            self._cached[uid] = [cached for cached in known if _is_adapted(cached.layer)]

    def layer(self, uid: str) -> keras.Layer | None:
        """Return the layer made last for ``uid``, or None."""
        cached = self._cached.get(uid)
        return cached[-1].layer if cached else None

    def has_layers_of(self, entries: Iterable[LayerSpec]) -> bool:
        """Return whether there is a layer for each of the enabled entries."""
        return all(
            entry.object.live is not None
            or entry.uid in self._cached
            or (entry.children is not None and self.has_layers_of(entry.children))
            for entry in entries
            if entry.enabled
        )

    def model(
        self,
        spec: ModelSpec,
        analysis: Analysis,
        input_layer: keras.layers.InputLayer | None = None,
    ) -> keras.Sequential:
        """Make the model of a spec without problems.

        Args:
            spec: the model.
            analysis: its analysis.
            input_layer: the layer of the input; by default one is made from the spec.

        Raises:
            Exception: any error of Keras.
        """
        with fresh_names():
            stack: list[keras.Layer] = [] if input_layer is None else [input_layer]
            if not stack and spec.input is not None and spec.input_shape is not None:
                stack.append(convert.make_input(spec.input))
            stack += self._stack(spec.layers, analysis)
            name = spec.name or auto_name("sequential")
        # Outside, as the input that Keras may add is named like the user's own.
        model = keras.Sequential(stack, trainable=spec.trainable, name=str(name))
        for cached in self._newest_layers():
            if cached.initial_sample is None and cached.layer.built:
                cached.initial_sample = _sample_weights(cached.layer)
        return model

    def mark_changed(self, stepped: bool = False) -> None:
        """Mark the layers whose weights differ from their initial values as trained.

        Args:
            stepped: whether an optimizer has made a step; if not, some values are compared.
        """
        for cached in self._newest_layers():
            if not cached.trained and cached.initial_sample is not None:
                cached.trained = stepped or cached.initial_sample != _sample_weights(cached.layer)

    def _newest_layers(self) -> Iterable[_CachedLayer]:
        return [known[-1] for known in self._cached.values() if known]

    def with_user_changes(self, spec: ModelSpec) -> ModelSpec:
        """Return the spec with what the user has changed on a layer itself."""
        for entry in spec.walk():
            known = self._cached.get(entry.uid)
            # Keras freezes the input of a block too, but has no argument for it.
            if not known or entry.class_name == INPUT_LAYER:
                continue
            if known[-1].changes is not None and known[-1].identity == _identity(entry.object):
                changed = known[-1].changes.spec_after_change(entry.object)
                if changed is not entry.object:
                    known[-1].identity = _identity(changed)
                    spec = spec.update(entry.uid, _always(changed))
            if known[-1].layer._trainable == known[-1].trainable:
                continue
            known[-1].trainable = trainable = known[-1].layer._trainable
            if trainable:
                spec = spec.update(entry.uid, lambda one: one.without_argument("trainable"))
            else:
                spec = spec.update(entry.uid, lambda one: one.with_argument("trainable", False))
        return spec

    def assign_trainable(self, spec: ModelSpec, trainable: bool) -> None:
        """Assign ``trainable`` to the layers themselves, whose inner layers a spec may not have."""
        for entry in spec.walk():
            for cached in self._cached.get(entry.uid, [])[-1:]:
                cached.layer.trainable = cached.trainable = trainable
                cached.trainable_in_spec = _trainable_within(cached.layer)

    def make_layer(self, spec: ModelSpec, entry: LayerSpec, analysis: Analysis) -> keras.Layer:
        """Make one layer without a model, since other layers of the spec may have problems."""
        with fresh_names():
            return self._layer(spec.find(entry.uid), analysis)

    def mark_trained(self, entries: Iterable[LayerSpec]) -> None:
        """Mark these layers as trained, so that their weights are kept."""
        for entry in entries:
            for within in entry.walk():
                if self._cached.get(within.uid):
                    self._cached[within.uid][-1].trained = True

    def is_adapted(self, uid: str) -> bool:
        """Return whether ``adapt`` gave the layer a state beyond its arguments."""
        return _is_adapted(self.layer(uid))

    def is_trained(self, entry: LayerSpec, facts: LayerFacts) -> bool:
        """Return whether a model made now would have trained or loaded weights for ``entry``."""
        if entry.children is not None:
            return False
        cached = self._find_reusable(entry, facts)
        return cached is not None and cached.trained and bool(cached.layer.weights)

    def _stack(self, entries: Iterable[LayerSpec], analysis: Analysis) -> list[keras.Layer]:
        return [self._layer(e, analysis) for e in entries if e.enabled]

    def _layer(self, entry: LayerSpec, analysis: Analysis) -> keras.Layer:
        if entry.children is not None:
            return self._block(entry, analysis)
        if entry.object.live is not None:
            layer = entry.object.live.value
            trainable = entry.arguments.get("trainable") is not False
            if layer._trainable != trainable:
                layer.trainable = trainable
            self._remember(entry, _CachedLayer(_identity(entry.object), layer))
            return layer
        facts = analysis.layers.get(entry.uid, LayerFacts("unknown"))
        kept = self._find_reusable(entry, facts)
        if kept is not None and (
            kept.is_users_own or _is_adapted(kept.layer) or _built_for(kept.layer, facts)
        ):
            with weightless():
                shadow = convert.make_layer(entry)
            _copy_name_and_trainable(kept, shadow)
            self._remember(entry, kept)
            return kept.layer
        layer = convert.make_layer(entry)
        cached = _CachedLayer(_identity(entry.object), layer)
        if kept is not None and kept.layer.built and facts.input_shape is not None:
            # Built for another input shape, such as another image size, with the same weights.
            layer.build(facts.input_shape)
            if len(layer.weights) == len(kept.layer.weights):
                layer.set_weights(kept.layer.get_weights())
                cached.trained = kept.trained
        self._remember(entry, cached)
        return layer

    def _block(self, entry: LayerSpec, analysis: Analysis) -> keras.Sequential:
        layers = self._stack(entry.children or (), analysis)
        shadow = convert.make_layer(dataclasses.replace(entry, children=()))
        known = self._cached.get(entry.uid)
        cached = known[-1] if known else None
        if cached is not None and [id(x) for x in cached.children] == [id(x) for x in layers]:
            cached.layer.name = shadow.name
            cached.trainable = cached.layer._trainable = shadow.trainable
            return cached.layer
        block = keras.Sequential(layers, trainable=shadow.trainable, name=shadow.name)
        self._remember(entry, _CachedLayer(_identity(entry.object), block, children=tuple(layers)))
        return block

    def _find_reusable(self, entry: LayerSpec, facts: LayerFacts) -> _CachedLayer | None:
        """Return the newest layer with the same arguments and weights of the right shapes."""
        identity = _identity(entry.object)
        for cached in reversed(self._cached.get(entry.uid, [])):
            if cached.identity != identity:
                continue
            if (
                _built_for(cached.layer, facts)
                or _has_weight_shapes(cached, facts)
                or _is_adapted(cached.layer)
            ):
                return cached
        return None

    def _remember(self, entry: LayerSpec, cached: _CachedLayer) -> None:
        cached.trainable = cached.layer._trainable
        known = [other for other in self._cached.get(entry.uid, []) if other is not cached]
        # Weights may have been set by other means than fit: keep the last few layers too.
        others = [other for other in known if other.trained or other in known[-_KEPT_LAYERS:]]
        self._cached[entry.uid] = [*others, cached]


def _always(spec: ObjectSpec) -> Callable[[ObjectSpec], ObjectSpec]:
    return lambda _: spec


def _identity(spec: ObjectSpec) -> Hashable:
    # A change of the two does not affect the weights, also within a wrapper.
    spec = assign_trainable_of_object(spec, True).without_argument("name")
    cls: object = None
    if spec.class_name != SEQUENTIAL and spec.live is None:
        cls = catalog.class_of(spec.class_name)
    return (cls, freeze(spec))


def _copy_name_and_trainable(cached: _CachedLayer, like: keras.Layer) -> None:
    """Copy the name and ``trainable`` from ``like``, which has otherwise the same arguments.

    Wrapped layers, each with a name and a ``trainable`` of its own, are updated too. A
    ``trainable`` that the spec did not change is kept, as the user may have set it on the layer.
    """
    layers, others = cached.layer._flatten_layers(), like._flatten_layers()
    if [type(layer) for layer in layers] != [type(other) for other in others]:
        layers, others = [cached.layer], [like]
    before = cached.trainable_in_spec[: len(layers)]
    for layer, other, trainable_before in itertools.zip_longest(layers, others, before):
        layer.name = other.name
        if other._trainable != trainable_before and layer._trainable != other._trainable:
            layer._trainable = other._trainable
            for variable in layer._trainable_variables:
                variable.trainable = layer._trainable
    cached.trainable_in_spec = _trainable_within(like)


def _trainable_within(layer: keras.Layer) -> tuple[bool, ...]:
    return tuple(inner._trainable for inner in layer._flatten_layers())


def _sample_weights(layer: keras.Layer) -> Hashable:
    """Return a few values of each weight: cheap, and enough to notice a training."""
    flat = (keras.ops.reshape(weight, (-1,)) for weight in layer.weights)
    values = (weight[:: max(1, weight.shape[0] // _VALUES_PER_WEIGHT)] for weight in flat)
    return tuple(keras.ops.convert_to_numpy(value).tobytes() for value in values)


def _is_adapted(layer: Any) -> bool:
    """Return whether ``adapt`` gave the layer a state beyond its arguments."""
    if getattr(layer, "adapt", None) is None:
        return False
    config = config_of(layer)
    if hasattr(layer, "vocabulary_size"):
        return config.get("vocabulary") is None and int(layer.vocabulary_size()) > 2
    if isinstance(layer, keras.layers.Discretization):
        return config.get("bin_boundaries") is None and bool(layer.bin_boundaries)
    mean = getattr(layer, "adapt_mean", None)
    return mean is not None and config.get("mean") is None and bool(np.any(np.asarray(mean)))


def _built_for(layer: keras.Layer, facts: LayerFacts) -> bool:
    if not layer.built or facts.input_shape is None:
        return True
    shapes = layer.get_build_config() or {}
    built = shapes.get("input_shape")
    # The batch size, which adapt may have recorded, does not matter to a layer.
    return built is None or tuple(built)[1:] == facts.input_shape[1:]


def _has_weight_shapes(cached: _CachedLayer, facts: LayerFacts) -> bool:
    shapes = tuple(tuple(weight.shape) for weight in cached.layer.weights)
    return facts.weight_shapes == shapes
