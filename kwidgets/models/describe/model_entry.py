"""What the list of all models tells of each one: cheap enough to ask of every model after every
cell."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from kwidgets.models.describe.attributes import own_dict, read
from kwidgets.models.describe.display_names import name_of
from kwidgets.models.describe.layer_tree import children_of
from kwidgets.models.describe.training_state import compiled, trained
from kwidgets.models.describe.weights import count, memory_bytes, optimizer_variables, weights_of
from kwidgets.models.summary_data import Compiled, ModelEntry, Trained


@dataclasses.dataclass(frozen=True)
class Brief:
    """What the model alone gives of a :class:`~kwidgets.models.summary_data.ModelEntry`."""

    name: str
    class_name: str
    built: bool
    parameters: int | None
    weight_bytes: int | None
    num_layers: int
    compiled: Compiled | None
    trained: Trained | None
    revision: str

    def entry(self, key: str, names: tuple[str, ...]) -> ModelEntry:
        """Return it as an entry of the list."""
        return ModelEntry(key=key, names=names, **vars(self))


def describe_briefly(model: Any) -> Brief:
    """Describe ``model`` in a line. Like :func:`~kwidgets.models.describe.model_summary.describe`
    it builds, calls and changes nothing."""
    built = bool(read(model, "built", False))
    variables = weights_of(model).variables if built else ()
    how_compiled = compiled(model)
    return Brief(
        name=name_of(model),
        class_name=type(model).__name__,
        built=built,
        parameters=count(variables) if built else None,
        weight_bytes=memory_bytes(variables) if built else None,
        num_layers=len(children_of(model)),
        compiled=how_compiled,
        trained=trained(model),
        revision=_revision(model, how_compiled),
    )


def _revision(model: Any, how_compiled: Compiled | None) -> str:
    """Return what changes with anything that a summary shows, except how long it was trained.

    Objects count by their identity: it holds for as long as the model does.
    """
    digest = hashlib.blake2b(digest_size=8)
    digest.update(repr((how_compiled, len(optimizer_variables(model) or ()))).encode())
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
    own = own_dict(layer)
    weights = (*own.get("_trainable_variables", ()), *own.get("_non_trainable_variables", ()))
    return (
        id(layer),
        own.get("name"),
        own.get("built"),
        own.get("_trainable"),
        id(own.get("_dtype_policy")),
        id(read(layer, "activation")),
        id(read(layer, "_functional")),
        [(id(weight), weight.trainable) for weight in weights],
    )
