"""Descriptions of models as plain data, without Keras and Jupyter.

:func:`to_wire` makes JSON of them, field for field.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

Shape = tuple[int | None, ...]

#: The kind of an entry in the tree of layers.
#: input: an InputLayer, without weights; operation: a keras.ops function in a functional model's
#: graph, which is not a layer.
Kind = Literal["input", "layer", "model", "operation"]


@dataclasses.dataclass(frozen=True)
class LayerSummary:
    """A layer, a nested model or the model itself (path ""), with all layers in it.

    Args:
        path: its position: the indices of ``children`` from the model down, "3.0.1".
        name: Keras's name.
        class_name: without the module.
        kind: see :data:`Kind`.
        built: whether its weights exist.
        input_shapes, output_shapes: one shape for each tensor of its call (of the first call in
            this model where there are several), the batch first; None when unknown.
        parameters: in its weights and those of all in it, a shared weight counted once; None when
            it is not built (or when something in it is not, so that the number is not known).
        trainable_parameters: those of them that training changes.
        weight_bytes: memory of those weights; None as with ``parameters``.
        dtype: the dtype policy's name: "float32", "mixed_float16".
        activation: its name; None where the layer has none or a linear one.
        trainable: Keras's attribute, as set on this layer.
        inbound: names of the layers whose outputs go into it, in the order of its arguments, in a
            graph of layers (functional, Sequential); of all calls, without repeats; empty when
            unknown.
        calls: how often it is called in this model's graph; 1 when unknown.
        shared_with: the first path of the same object, when this is a later one; its weights count
            there. None otherwise.
        problem: why its description is incomplete, in a sentence; or None.
        children: its direct layers and operations.
    """

    path: str
    name: str
    class_name: str
    kind: Kind = "layer"
    built: bool = True
    input_shapes: tuple[Shape, ...] | None = None
    output_shapes: tuple[Shape, ...] | None = None
    parameters: int | None = 0
    trainable_parameters: int | None = 0
    weight_bytes: int | None = 0
    dtype: str = ""
    activation: str | None = None
    trainable: bool = True
    inbound: tuple[str, ...] = ()
    calls: int = 1
    shared_with: str | None = None
    problem: str | None = None
    children: tuple[LayerSummary, ...] = ()


@dataclasses.dataclass(frozen=True)
class Compiled:
    """The arguments of ``compile``, as names of classes and functions or as the user's strings."""

    optimizer: str
    loss: str
    metrics: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Trained:
    """For how long a model has been trained, as far as is known.

    Args:
        steps: updates of the weights, as the optimizer counts them.
        epochs: of the fits that kwidgets or Keras's own History recorded; None when unknown.
        seconds: of the fits that kwidgets watched; None when it watched none.
    """

    steps: int
    epochs: int | None = None
    seconds: float | None = None


@dataclasses.dataclass(frozen=True)
class InputGuess:
    """A suggested input shape, without the batch.

    Args:
        shapes: as the user would type it: "(28, 28)", or "[(28, 28), (10,)]" for several inputs.
        source: where it is from: "x_train, float32".
    """

    shapes: str
    source: str


@dataclasses.dataclass(frozen=True)
class ModelSummary:
    """A model in full.

    Args:
        root: the model as a layer, with all layers in it.
        parameters, trainable_parameters, weight_bytes: of the whole model, as ``count_params``
            counts; None when it is not built.
        optimizer_parameters, optimizer_bytes: the optimizer's own variables; None when there is
            no optimizer, 0 when it has none yet.
        compiled: None when it is not compiled.
        trained: None when never.
        inferred_from: the input shapes, as typed, for which shapes and weights were computed; None
            when they are the model's own.
        guesses: suggested input shapes when shapes are unknown.
        notes: sentences on what is unusual about it.
    """

    root: LayerSummary
    parameters: int | None
    trainable_parameters: int | None
    weight_bytes: int | None
    optimizer_parameters: int | None = None
    optimizer_bytes: int | None = None
    compiled: Compiled | None = None
    trained: Trained | None = None
    inferred_from: str | None = None
    guesses: tuple[InputGuess, ...] = ()
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class ModelEntry:
    """A model in the list of all models.

    Args:
        key: identifies the object for as long as it exists.
        names: expressions that give it, the simplest first: "model", "models[0]", "trainer.net".
        name, class_name: Keras's name, and the class without the module.
        built, parameters, weight_bytes, compiled, trained: as in :class:`ModelSummary`.
        num_layers: number of direct children.
        run_id: of the fit that trains it now, or None.
        revision: changes whenever its summary may have changed.
        error: why it cannot be described, in a sentence; the rest is then empty. Or None.
    """

    key: str
    names: tuple[str, ...]
    name: str
    class_name: str
    built: bool = False
    parameters: int | None = None
    weight_bytes: int | None = None
    num_layers: int = 0
    compiled: Compiled | None = None
    trained: Trained | None = None
    run_id: str | None = None
    revision: str = ""
    error: str | None = None


@dataclasses.dataclass(frozen=True)
class Histogram:
    """The distribution of finite values: ``counts[i]`` of them are between ``edges[i]`` and
    ``edges[i + 1]``."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class WeightDetail:
    """One weight of a layer.

    Args:
        name: Keras's path from the layer down: "kernel", "forward_lstm/kernel".
        shape, dtype: of the weight.
        parameters: how many numbers.
        trainable: whether training changes it.
        nan, infinite, zero: how many of the values used are NaN, infinite, 0.
        looked_at: how many values were used; below ``parameters`` in very large weights.
        minimum, maximum, mean, standard_deviation: of the finite values; None without any.
        histogram: None where all values are equal or none is finite.
        units, dead_units: how many units a kernel has, and how many of them have only zero weights;
            None for other weights.
        problem: why values could not be read, in a sentence; or None.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    parameters: int
    trainable: bool
    nan: int = 0
    infinite: int = 0
    zero: int = 0
    looked_at: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    standard_deviation: float | None = None
    histogram: Histogram | None = None
    units: int | None = None
    dead_units: int | None = None
    problem: str | None = None


@dataclasses.dataclass(frozen=True)
class LayerDetail:
    """Details of one layer, computed on request.

    Args:
        path, name, class_name: as in :class:`LayerSummary`.
        module: the module to import the class from: "keras.layers", "__main__".
        config: ``get_config()`` as JSON text, indented; None where the layer has none.
        config_problem: why there is none, in a sentence; or None.
        weights: of the layer and all layers in it, in Keras's order.
        trainable: Keras's attribute.
        trainable_code: the line that sets ``trainable`` to the other value, for the user to copy.
        when: the time of the copy: "now", or "between two steps of the running fit".
    """

    path: str
    name: str
    class_name: str
    module: str
    config: str | None
    config_problem: str | None
    weights: tuple[WeightDetail, ...]
    trainable: bool
    trainable_code: str
    when: str


def to_wire(value: Any) -> Any:
    """Return ``value`` as JSON: tuples as lists, dataclasses as objects of the same field names."""
    if dataclasses.is_dataclass(value):
        return {name: to_wire(part) for name, part in vars(value).items()}
    if isinstance(value, (tuple, list)):
        return [to_wire(part) for part in value]
    return value
