"""Describes a model in a line: cheap enough to do for every model after every cell."""

from __future__ import annotations

import hashlib
from typing import Any

from kwidgets.models.describe.attributes import instance_dict, read_attribute
from kwidgets.models.describe.display_names import layer_name
from kwidgets.models.describe.layer_tree import children_of
from kwidgets.models.describe.training_state import read_compiled, read_trained
from kwidgets.models.describe.weights import (
    count_parameters,
    memory_bytes,
    optimizer_variables,
    weights_of,
)
from kwidgets.models.namespace.object_inspector import class_name
from kwidgets.models.summary_data import Compiled, ModelEntry


def model_entry(model: Any, key: str, names: tuple[str, ...]) -> ModelEntry:
    """Describe ``model`` in a line, for the list of all models.

    Like :func:`~kwidgets.models.describe.model_summary.describe` it builds, calls and changes
    nothing.

    Args:
        model: any keras.Model.
        key, names: as in :class:`~kwidgets.models.summary_data.ModelEntry`.
    """
    built = bool(read_attribute(model, "built", False))
    variables = weights_of(model).variables if built else ()
    compiled = read_compiled(model)
    return ModelEntry(
        key=key,
        names=names,
        name=layer_name(model),
        class_name=class_name(type(model)),
        built=built,
        parameters=count_parameters(variables) if built else None,
        weight_bytes=memory_bytes(variables) if built else None,
        num_layers=len(children_of(model)),
        compiled=compiled,
        trained=read_trained(model),
        revision=_revision(model, compiled),
    )


def _revision(model: Any, compiled: Compiled | None) -> str:
    """Return a hash of all that a summary shows, except for how long the model was trained.

    Objects are hashed by their identity, which is unique while the model exists.
    """
    digest = hashlib.blake2b(digest_size=8)
    digest.update(repr((compiled, len(optimizer_variables(model) or ()))).encode())
    seen: set[int] = set()
    waiting = [model]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            digest.update(b"again %d" % id(one))
            continue
        seen.add(id(one))
        inside = children_of(one)
        digest.update(repr((_facts(one), len(inside))).encode())
        waiting.extend(reversed(inside))
    return digest.hexdigest()


def _facts(layer: Any) -> tuple[Any, ...]:
    own = instance_dict(layer)
    weights = (*own.get("_trainable_variables", ()), *own.get("_non_trainable_variables", ()))
    return (
        id(layer),
        own.get("name"),
        own.get("built"),
        own.get("_trainable"),
        id(own.get("_dtype_policy")),
        id(read_attribute(layer, "activation")),
        id(read_attribute(layer, "_functional")),
        [(id(weight), weight.trainable) for weight in weights],
    )
