"""The real layers behind a spec: made when first needed, kept with their weights while they fit.

Names are Keras's own, as in a process in which nothing was made before, so that the source of a
model needs none.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Hashable, Iterable
from typing import Any

import keras
import numpy as np

from kwidgets.builder import catalog, convert
from kwidgets.builder.analysis import Analysis, LayerFacts
from kwidgets.builder.convert import frozen_layers
from kwidgets.builder.spec import SEQUENTIAL, LayerSpec, ModelSpec, ObjectSpec, freeze
from kwidgets.dry_run import fresh_names, weightless

# Changing these leaves the weights what they are.
_KEEP_WEIGHTS = ("name", "trainable")
# Of each weight about so many values are looked at, to notice a change.
_SAMPLED = 64
# Layers of earlier states that are kept by number, whether trained or not.
_KEPT = 3


@dataclasses.dataclass
class _Made:
    object: Hashable
    layer: keras.Layer
    trained: bool = False
    # The user's own layer, which Keras would use as it is.
    given: bool = False
    # Of a block: the layers that are in it.
    children: tuple[keras.Layer, ...] = ()
    # As it was set here; when it is not so any more, the user has set it.
    trainable: bool = True
    # The same of the layer and all that it wraps, as the spec says it.
    said: tuple[bool, ...] = ()
    # Some values of the weights as they began.
    began: Hashable = None

    def __post_init__(self) -> None:
        self.trainable = self.layer._trainable
        self.said = _trainable_within(self.layer)


class Materializer:
    """Makes Sequential models of specs. Call from one thread at a time."""

    def __init__(self) -> None:
        # Trained layers of earlier states stay, or an undo would lose what was learned.
        self._made: dict[str, list[_Made]] = {}

    def adopt(self, entry: LayerSpec, layer: keras.Layer, keep_names: bool = False) -> LayerSpec:
        """Let ``layer``, which ``entry`` describes, be the one that models are made with.

        Args:
            entry: its description.
            layer: the layer itself.
            keep_names: whether a model has the layer, in which its name must not change.

        Returns the entry to use: without a name, where Keras made that up for a layer without
        weights.
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
            bare = convert.without_automatic_names(entry.object)
            if "name" in entry.arguments and not convert.is_made_up(layer):
                bare = bare.with_argument("name", entry.arguments["name"])
            entry = dataclasses.replace(entry, object=bare)
        trained = bool(layer.built and layer.weights)
        self._made[entry.uid] = [_Made(_identity(entry.object), layer, trained, True, children)]
        return entry

    def adapted(self, entry: LayerSpec) -> keras.Layer | None:
        """The layer behind ``entry``, if it has learned by ``adapt`` what no argument says."""
        for made in reversed(self._made.get(entry.uid, [])):
            if is_adapted(made.layer) and made.object == _identity(entry.object):
                return made.layer
        return None

    def forget(self) -> None:
        """Forget all weights, but what was learned by ``adapt``, which is of the data."""
        for uid, known in self._made.items():
            self._made[uid] = [made for made in known if is_adapted(made.layer)]

    def layer(self, uid: str) -> keras.Layer | None:
        """The layer last made for ``uid``, or None."""
        made = self._made.get(uid)
        return made[-1].layer if made else None

    def model(self, spec: ModelSpec, analysis: Analysis) -> keras.Sequential:
        """Make the model of a spec that has no problems.

        Raises:
            Exception: whatever Keras says.
        """
        spec = frozen_layers.frozen(spec)
        with fresh_names():
            stack: list[keras.Layer] = []
            if spec.input is not None and spec.input_shape is not None:
                stack.append(convert.make_input(spec.input))
            stack += self._stack(spec.layers, analysis)
            model = keras.Sequential(stack, trainable=spec.trainable, name=spec.name)
        for made in self._newest():
            if made.began is None and made.layer.built:
                made.began = _some_values(made.layer)
        return model

    def note_changes(self, stepped: bool = False) -> None:
        """Mark the layers whose weights are not those that they began with, whoever set them.

        Args:
            stepped: whether an optimizer has changed them; else some of their values are compared.
        """
        for made in self._newest():
            if not made.trained and made.began is not None:
                made.trained = stepped or made.began != _some_values(made.layer)

    def _newest(self) -> Iterable[_Made]:
        return [known[-1] for known in self._made.values() if known]

    def frozen_by_hand(self, spec: ModelSpec) -> ModelSpec:
        """Return the spec with what the user has set since: ``builder.layers[0].trainable``."""
        for entry in spec.walk():
            known = self._made.get(entry.uid)
            if not known or known[-1].layer._trainable == known[-1].trainable:
                continue
            known[-1].trainable = trainable = known[-1].layer._trainable
            if trainable:
                spec = spec.update(entry.uid, lambda one: one.without_argument("trainable"))
            else:
                spec = spec.update(entry.uid, lambda one: one.with_argument("trainable", False))
        return spec

    def alone(self, spec: ModelSpec, entry: LayerSpec, analysis: Analysis) -> keras.Layer:
        """Make one layer of a spec in which others may have problems, without a model."""
        with fresh_names():
            return self._layer(frozen_layers.frozen(spec).find(entry.uid), analysis)

    def mark_trained(self, entries: Iterable[LayerSpec]) -> None:
        """Note that the weights of these layers, as they stand, are worth keeping."""
        for entry in entries:
            for within in entry.walk():
                if self._made.get(within.uid):
                    self._made[within.uid][-1].trained = True

    def is_trained(self, entry: LayerSpec, facts: LayerFacts) -> bool:
        """Whether a model made now would have weights for ``entry`` that were trained or loaded."""
        if entry.children is not None:
            return False
        made = self._find(entry, facts)
        return made is not None and made.trained and bool(made.layer.weights)

    # Inside.

    def _stack(self, entries: Iterable[LayerSpec], analysis: Analysis) -> list[keras.Layer]:
        return [self._layer(e, analysis) for e in entries if e.enabled]

    def _layer(self, entry: LayerSpec, analysis: Analysis) -> keras.Layer:
        if entry.children is not None:
            return self._block(entry, analysis)
        if entry.object.live is not None:
            layer = entry.object.live.value
            if entry.arguments.get("trainable") is False:
                layer.trainable = False
            self._keep(entry, _Made(_identity(entry.object), layer))
            return layer
        facts = analysis.layers.get(entry.uid, LayerFacts("unknown"))
        kept = self._find(entry, facts)
        if kept is not None and (
            kept.given or is_adapted(kept.layer) or _built_for(kept.layer, facts)
        ):
            with weightless():
                shadow = convert.make_layer(entry)
            _become(kept, shadow)
            self._keep(entry, kept)
            return kept.layer
        layer = convert.make_layer(entry)
        made = _Made(_identity(entry.object), layer)
        if kept is not None and kept.layer.built and facts.input_shape is not None:
            # Built for another size of image, say, but with the same weights.
            layer.build(facts.input_shape)
            if len(layer.weights) == len(kept.layer.weights):
                layer.set_weights(kept.layer.get_weights())
                made.trained = kept.trained
        self._keep(entry, made)
        return layer

    def _block(self, entry: LayerSpec, analysis: Analysis) -> keras.Sequential:
        layers = self._stack(entry.children or (), analysis)
        shadow = convert.make_layer(dataclasses.replace(entry, children=()))
        known = self._made.get(entry.uid)
        made = known[-1] if known else None
        if made is not None and [id(x) for x in made.children] == [id(x) for x in layers]:
            made.layer.name = shadow.name
            made.trainable = made.layer._trainable = shadow.trainable
            return made.layer
        block = keras.Sequential(layers, trainable=shadow.trainable, name=shadow.name)
        self._keep(entry, _Made(_identity(entry.object), block, children=tuple(layers)))
        return block

    def _find(self, entry: LayerSpec, facts: LayerFacts) -> _Made | None:
        """The newest layer that was made for just this and whose weights would fit."""
        identity = _identity(entry.object)
        for made in reversed(self._made.get(entry.uid, [])):
            if made.object != identity:
                continue
            if _built_for(made.layer, facts) or _fits(made, facts) or is_adapted(made.layer):
                return made
        return None

    def _keep(self, entry: LayerSpec, made: _Made) -> None:
        made.trainable = made.layer._trainable
        known = [other for other in self._made.get(entry.uid, []) if other is not made]
        # Weights may have been set by other means than a fit that we saw: keep the last few too.
        others = [other for other in known if other.trained or other in known[-_KEPT:]]
        self._made[entry.uid] = [*others, made]


def _identity(spec: ObjectSpec) -> Hashable:
    for name in _KEEP_WEIGHTS:
        spec = spec.without_argument(name)
    cls: object = None
    if spec.class_name != SEQUENTIAL and spec.live is None:
        cls = catalog.class_of(spec.class_name)
    return (cls, freeze(spec))


def _become(made: _Made, like: keras.Layer) -> None:
    """Take over from ``like``, made the same way, what does not touch the weights.

    Of the layers that are wrapped too: each has a name, and is frozen or not, by itself. What the
    spec says no other than before may have been set by hand, and stays.
    """
    inside, others = made.layer._flatten_layers(), like._flatten_layers()
    if [type(one) for one in inside] != [type(one) for one in others]:
        inside, others = [made.layer], [like]
    before = made.said[: len(inside)]
    for one, other, said in itertools.zip_longest(inside, others, before):
        one.name = other.name
        if other._trainable != said and one._trainable != other._trainable:
            one._trainable = other._trainable
            for variable in one._trainable_variables:
                variable.trainable = one._trainable
    made.said = _trainable_within(like)


def _trainable_within(layer: keras.Layer) -> tuple[bool, ...]:
    return tuple(one._trainable for one in layer._flatten_layers())


def _some_values(layer: keras.Layer) -> Hashable:
    """A few numbers out of each weight: enough to notice a training, and cheap."""
    flat = (keras.ops.reshape(weight, (-1,)) for weight in layer.weights)
    values = (weight[:: max(1, weight.shape[0] // _SAMPLED)] for weight in flat)
    return tuple(keras.ops.convert_to_numpy(value).tobytes() for value in values)


def is_adapted(layer: Any) -> bool:
    """Whether a layer has learned by ``adapt`` what its arguments do not say; None has not."""
    if getattr(layer, "adapt", None) is None:
        return False
    config = layer.get_config()
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
    # What it was adapted to may have had a batch size, which changes nothing in a layer.
    return built is None or tuple(built)[1:] == facts.input_shape[1:]


def _fits(made: _Made, facts: LayerFacts) -> bool:
    shapes = tuple(tuple(weight.shape) for weight in made.layer.weights)
    return facts.weight_shapes == shapes
