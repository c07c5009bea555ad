"""Notice what the user has changed on a layer itself: enable_lora, quantize, another activation."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import keras

from kwidgets.builder import convert
from kwidgets.builder.spec import ObjectSpec
from kwidgets.lazy_tensorflow import config_of

# Read from the layer by other means.
_NOT_COMPARED = ("name", "trainable")


class LayerChanges:
    """Compare one layer of Keras's own with what it was when its spec was written.

    Args:
        layer: a layer. Code of the user's classes is not run, so these are not compared.
    """

    def __init__(self, layer: keras.Layer) -> None:
        self._layer = layer
        self._is_keras = all(
            type(inner).__module__.startswith("keras.") for inner in layer._flatten_layers()
        )
        self._attributes = self._config = None
        if self._is_keras:
            self._attributes, self._config = _attributes_of(layer), _config_of(layer)

    def spec_after_change(self, before: ObjectSpec) -> ObjectSpec:
        """Return the spec of the layer as it is now: ``before`` if it has not changed.

        Args:
            before: the spec as it was when this was called last.
        """
        if not self._is_keras:
            return before
        attributes = _attributes_of(self._layer)
        if attributes == self._attributes:
            return before
        self._attributes = attributes
        config = _config_of(self._layer)
        if convert.same_config(config, self._config):
            return before
        self._config = config
        after = convert.spec_of_layer(self._layer).object
        for name in _NOT_COMPARED:
            after = after.without_argument(name)
            if name in before.arguments:
                after = after.with_argument(name, before.arguments[name])
        return after


def _attributes_of(layer: keras.Layer) -> Hashable:
    """Return the identities of all attributes: cheap, and different after one was set."""
    return tuple(tuple(map(id, vars(inner).values())) for inner in layer._flatten_layers())


def _config_of(layer: keras.Layer) -> Any:
    return {name: value for name, value in config_of(layer).items() if name not in _NOT_COMPARED}
