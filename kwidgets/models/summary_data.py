"""What is told of a model, as plain data: no Keras, no Jupyter, no drawing. Field for field what
goes over the wire, by :func:`to_wire`."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

Shape = tuple[int | None, ...]

#: What stands there.
#: input: gives the model's input and has no weights; operation: a keras.ops function in a
#: functional model's graph, which is no layer.
Kind = Literal["input", "layer", "model", "operation"]


@dataclasses.dataclass(frozen=True)
class LayerSummary:
    """One layer, or nested model, with all in it. The model itself is one too, with path "".

    Args:
        path: where it stands: the indices of ``children`` from the model down, "3.0.1".
        name: Keras's.
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
        activation: its name where the layer has one that does something, else None.
        trainable: Keras's attribute, as set on this very layer.
        inbound: names of what goes into it, in the order of its arguments, in a graph of layers
            (functional, Sequential); each call's one after the other, without repeats; empty when
            unknown.
        calls: how often it is called in this model's graph; 1 when unknown.
        shared_with: path of the first place where the same object stands, when this is a later
            one; its weights count there. None otherwise.
        problem: why something could not be told, in a sentence; None when all is told.
        children: what is in it.
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
    """What ``compile`` was told: class names or the user's own words."""

    optimizer: str
    loss: str
    metrics: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Trained:
    """For how long a model has been trained, as far as is known.

    Args:
        steps: updates of the weights, as the optimizer counts them.
        epochs: of the fits that kwidgets or Keras's own History tells of; None when unknown.
        seconds: of the fits that kwidgets watched; None when it watched none.
    """

    steps: int
    epochs: int | None = None
    seconds: float | None = None


@dataclasses.dataclass(frozen=True)
class InputGuess:
    """An input shape that something in the namespace suggests, the batch left out.

    Args:
        shapes: as the user would type it: "(28, 28)", or "[(28, 28), (10,)]" for several inputs.
        source: what suggests it: "x_train, float32".
    """

    shapes: str
    source: str


@dataclasses.dataclass(frozen=True)
class ModelSummary:
    """A model in full.

    Args:
        root: the model as a layer, with all in it.
        parameters, trainable_parameters, weight_bytes: of the whole model, as ``count_params``
            counts; None when it is not built.
        optimizer_parameters, optimizer_bytes: the optimizer's own variables; None when there is
            no optimizer, 0 when it has none yet.
        compiled: None when it is not compiled.
        trained: None when never.
        inferred_from: the input shapes from which shapes and weights were worked out, as typed;
            None when all is the model's own.
        guesses: input shapes to offer when shapes are unknown.
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
        key: names the object for as long as it lives.
        names: how the namespace reaches it, the plainest first: "model", "models[0]",
            "trainer.net".
        name, class_name: Keras's.
        built, parameters, weight_bytes, compiled, trained: as in :class:`ModelSummary`.
        num_layers: direct children.
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
    """How values are spread, NaN and infinities left out: ``counts[i]`` of them lie between
    ``edges[i]`` and ``edges[i + 1]``."""

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
        nan, infinite, zero: how many of the values looked at are so.
        looked_at: how many values were looked at; below ``parameters`` in very large weights.
        minimum, maximum, mean, standard_deviation: of the finite values; None without any.
        histogram: None where there is nothing to show.
        units, dead_units: of the last axis of a kernel: how many units, and how many of them have
            nothing but zeros coming in; None where that makes no sense.
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
    """What is told of one layer on demand.

    Args:
        path, name, class_name: as in :class:`LayerSummary`.
        module: where the class comes from: "keras.layers", "__main__".
        config: ``get_config()`` as JSON text, indented; None where the layer has none.
        config_problem: why not, in a sentence; or None.
        weights: of the layer and all in it, Keras's order.
        trainable: Keras's attribute.
        trainable_code: the line that sets ``trainable`` to the other value, for the user to copy.
        when: "now", or "step 1,234 of the running fit".
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
    """Return ``value`` (one of the above) as JSON can hold it: tuples as lists, dataclasses as
    objects with the same field names."""
    if dataclasses.is_dataclass(value):
        return {name: to_wire(part) for name, part in vars(value).items()}
    if isinstance(value, (tuple, list)):
        return [to_wire(part) for part in value]
    return value
