"""Know the attributes of a keras.Sequential, and what Keras serializes in place of a builder."""

from __future__ import annotations

import functools
from typing import TypeVar

import keras
from keras.src.api_export import REGISTERED_OBJS_TO_NAMES

from kwidgets.dry_run import no_trace

T = TypeVar("T")

# Attributes that a model has after compile or fit.
_LATER_ATTRIBUTES = {"optimizer", "history", "stop_training"}


def is_model_attribute(name: str) -> bool:
    """Return whether a model has a public attribute of this name."""
    return not name.startswith("_") and name in model_attributes()


@functools.cache
def model_attributes() -> frozenset[str]:
    """Return the names of all attributes of a model, also those that its class does not have."""
    with no_trace():
        return frozenset(dir(keras.Sequential())) | _LATER_ATTRIBUTES


def serialize_as_sequential(cls: type[T]) -> type[T]:
    """Let ``keras.saving.serialize_keras_object`` write an instance of ``cls`` as a Sequential.

    It would name a class that Keras cannot find; the config of a builder is that of its model.
    """
    REGISTERED_OBJS_TO_NAMES[cls] = "keras.Sequential"
    return cls
