"""Pair the outputs of a model with their targets, losses and last activations."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import keras

from kwidgets.insight.task.facts import OutputFacts, Shape

#: The most outputs of a model that are shown.
MAX_OUTPUTS: Final = 8
# Layers that keep the meaning of their input's values.
_TRANSPARENT: Final = frozenset(
    {"Reshape", "Flatten", "Dropout", "Permute", "Identity", "Cropping2D"}
)


@dataclasses.dataclass(frozen=True)
class Output:
    """One output of a model in a batch: predictions, targets (None if unknown), and its loss."""

    name: str
    y: Any
    p: Any
    loss: Any
    facts: OutputFacts


def outputs_of(model: Any, x: Any, y: Any, y_pred: Any) -> list[Output]:
    """Return the outputs in a batch, in the model's order.

    Args:
        model: a built and compiled model.
        x: the inputs of the batch.
        y: its targets.
        y_pred: its predictions.
    """
    leaves = keras.tree.flatten_with_path(y_pred)[:MAX_OUTPUTS]
    names = list(getattr(model, "output_names", None) or ())
    first_x = next((leaf for leaf in keras.tree.flatten(x) if leaf is not None), None)
    targets = keras.tree.flatten_with_path(y)
    by_path = {_path(path): leaf for path, leaf in targets}
    found = []
    for i, (raw_path, p) in enumerate(leaves):
        path = _path(raw_path)
        name = names[i] if i < len(names) == len(leaves) else "output"
        if path and (isinstance(path[-1], str) or name == "output"):
            name = str(path[-1])
        target = by_path.get(path)
        if target is None and len(targets) == len(leaves):
            target = targets[i][1]
        if target is None:
            target = by_path.get((name,))
        loss = loss_of(model, path, name)
        facts = OutputFacts(
            loss=loss_name(loss),
            activation=last_activation(model, i),
            from_logits=takes_logits(loss),
            x_shape=shape_of(first_x),
            y_shape=shape_of(target),
            p_shape=shape_of(p),
            y_dtype="" if target is None else keras.backend.standardize_dtype(target.dtype),
            keys=tuple(map(str, y)) if isinstance(y, dict) else (),
        )
        found.append(Output(name, target, p, loss, facts))
    return found


def _path(path: Any) -> tuple[Any, ...]:
    return tuple(getattr(part, "key", getattr(part, "idx", part)) for part in path)


def shape_of(value: Any) -> Shape | None:
    """Return the static shape of a tensor, with the batch first."""
    if value is None:
        return None
    sides: list[int | None] = [None if size is None else int(size) for size in value.shape]
    return (None, *sides[1:])


def loss_of(model: Any, path: tuple[Any, ...], name: str) -> Any:
    """Return the ``keras.Loss`` of the output at ``path``; None without one."""
    compiled = getattr(model, "_compile_loss", None)
    losses: Any = getattr(compiled, "_flat_losses", None) or []
    for entry in losses:
        if tuple(entry.path) == path or (path and entry.name == name):
            return entry.loss
    return losses[0].loss if len(losses) == 1 and not path else None


def loss_name(loss: Any) -> str:
    """Return the name of the class, or the function, of a loss; "" for none."""
    if loss is None:
        return ""
    if type(loss).__name__ == "LossFunctionWrapper":
        return str(getattr(loss.fn, "__name__", ""))
    return type(loss).__name__


def takes_logits(loss: Any) -> bool:
    """Return whether a loss applies the activation itself."""
    arguments = getattr(loss, "_fn_kwargs", None) or {}
    return bool(arguments.get("from_logits", getattr(loss, "from_logits", False)))


def last_activation(model: Any, output: int) -> str:
    """Return the name of the activation before an output, such as "softmax"; "" if unknown."""
    try:
        tensor = model.outputs[output]
    except (AttributeError, IndexError, TypeError):
        layers = list(getattr(model, "layers", ()) or ())
        return _activation(layers[-1], 0) if len(layers) and output == 0 else ""
    operation = tensor._keras_history.operation
    for _ in range(4):
        if type(operation).__name__ not in _TRANSPARENT:
            break
        operation = operation.input._keras_history.operation
    return _activation(operation, 0)


def _activation(operation: Any, depth: int) -> str:
    layers = getattr(operation, "layers", None)
    if layers and depth < 4:
        return _activation(layers[-1], depth + 1)
    kind = type(operation).__name__
    if kind in ("Softmax", "Sigmoid"):
        return kind.lower()
    activation = getattr(operation, "activation", None)
    return str(getattr(activation, "__name__", "")) if activation is not None else ""
