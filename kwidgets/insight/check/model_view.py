"""Describe a model as the rules see it: as a stack of layers with the facts about each.

A Sequential, or a functional model that is a chain, is one stack. In any other functional model,
each output has a stack: the layers after its last branch, and those before the first one, with what
is between as a single layer of no known class, about which no rule says anything.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final

import keras
from keras.src.models.functional import Functional

from kwidgets.builder import convert
from kwidgets.builder.analysis import Analysis, LayerFacts
from kwidgets.builder.shapes.layer_inference import bytes_of_weights
from kwidgets.builder.shapes.model_inference import analyze
from kwidgets.builder.spec import LayerSpec, ModelSpec, ObjectSpec, new_uid
from kwidgets.insight.check.graph_chain import Link, chain_from, chain_of_stack, chain_to

# Stands for the layers between the first and the last branch.
_BRANCHES: Final = ObjectSpec("branches")


@dataclasses.dataclass(frozen=True)
class ModelView:
    """A model, or the part of it that leads to one output, as a stack.

    Args:
        spec: the stack, without settings.
        analysis: the facts about each layer.
        layers: the layers by uid; blocks too.
        input: index of the input with which the stack begins; None if it begins with branches.
        output: index of the output with which it ends; None if it ends with branches.
    """

    spec: ModelSpec
    analysis: Analysis
    layers: Mapping[str, keras.Layer]
    input: int | None
    output: int | None


def views_of(model: keras.Model, x_shape: tuple[int | None, ...] | None = None) -> list[ModelView]:
    """Return the stacks of a model; none of a model that may compute anything in its ``call``.

    The model is not changed or built.

    Args:
        model: any model.
        x_shape: with the batch; used for a Sequential that is not built.
    """
    if isinstance(model, keras.Sequential):
        return [_of_sequential(model, x_shape)]
    if isinstance(model, Functional):
        return _of_functional(model)
    return []


def _of_sequential(model: keras.Sequential, x_shape: tuple[int | None, ...] | None) -> ModelView:
    spec, layers = convert.spec_of_stack(model, model._layers)
    graph = model._functional
    if model.built and graph is not None:
        given = graph.inputs[0]
        stack = [layer for layer in model._layers if not _is_input(layer)]
        links = chain_of_stack(stack, given)
        if links is not None:
            facts: dict[str, LayerFacts] = {}
            uids = dict(layers)
            for entry, link in zip(spec.layers, links, strict=True):
                _add_facts(entry, link, facts, uids)
            output = links[-1].output if links else given
            return ModelView(spec, _analysis(spec, facts, given, output), uids, 0, 0)
    found = analyze(spec, x_shape if spec.input_shape is None else None)
    return ModelView(spec, found, layers, 0, 0)


def _of_functional(model: Functional) -> list[ModelView]:
    views = []
    used_inputs: set[int] = set()
    for index, output in enumerate(model.outputs):
        tail, given = chain_to(output)
        start = None if given is None else _place(given, model.inputs)
        head: list[Link] = []
        if start is None and len(model.inputs) == 1:
            start = 0
            taken = {id(link.layer) for link in tail}
            head = [
                link for link in chain_from(model.inputs[0], model) if id(link.layer) not in taken
            ]
        if start is not None:
            used_inputs.add(start)
        views.append(_view(model, start, index, head, tail, is_whole=given is not None))
    for index, given in enumerate(model.inputs):
        if index not in used_inputs:
            head = chain_from(given, model)
            views.append(_view(model, index, None, head, [], is_whole=False))
    return views


def _view(
    model: Functional,
    start: int | None,
    end: int | None,
    head: Sequence[Link],
    tail: Sequence[Link],
    is_whole: bool,
) -> ModelView:
    facts: dict[str, LayerFacts] = {}
    layers: dict[str, keras.Layer] = {}
    entries: list[LayerSpec] = []
    for links in (head, tail):
        for link in links:
            entry = convert.spec_of_layer(link.layer)
            layers[entry.uid] = link.layer
            _add_facts(entry, link, facts, layers)
            entries.append(entry)
    if not is_whole:
        branches = LayerSpec(new_uid(), _BRANCHES)
        inside = {id(link.layer) for link in (*head, *tail)}
        rest = [
            weight for layer in model.layers if id(layer) not in inside for weight in layer.weights
        ]
        facts[branches.uid] = LayerFacts(
            "ok",
            parameters=_count(rest),
            trainable=_count([weight for weight in rest if weight.trainable]),
            weight_bytes=bytes_of_weights(rest),
        )
        entries.insert(len(head), branches)
    spec = ModelSpec(name=model.name, layers=tuple(entries), trainable=model._trainable)
    given = None if start is None else model.inputs[start]
    if given is not None:
        operation = given._keras_history[0]
        if isinstance(operation, keras.layers.InputLayer):
            spec = spec.with_input(**convert.spec_of_input(operation))
    output = None if end is None else model.outputs[end]
    return ModelView(spec, _analysis(spec, facts, given, output), layers, start, end)


def _add_facts(
    entry: LayerSpec, link: Link, facts: dict[str, LayerFacts], layers: dict[str, keras.Layer]
) -> None:
    """Add the facts about a layer, and about the layers in it if it is a block."""
    weights = link.layer.weights
    facts[entry.uid] = LayerFacts(
        "ok",
        _shape(link.given),
        _shape(link.output),
        keras.backend.standardize_dtype(link.output.dtype),
        _count(weights),
        _count([weight for weight in weights if weight.trainable]),
        bytes_of_weights(weights),
        weight_shapes=tuple(tuple(int(size) for size in weight.shape) for weight in weights),
    )
    if entry.children is None:
        return
    stack = [layer for layer in link.layer._layers if not _is_input(layer)]
    children = [child for child in entry.children if child.class_name != "keras.layers.InputLayer"]
    inner = link.layer._functional
    links = None if inner is None else chain_of_stack(stack, inner.inputs[0])
    for child, layer in zip(children, stack, strict=True):
        layers[child.uid] = layer
    for child, below in zip(children, links or (), strict=False):
        _add_facts(child, below, facts, layers)


def _analysis(
    spec: ModelSpec,
    facts: Mapping[str, LayerFacts],
    given: keras.KerasTensor | None,
    output: keras.KerasTensor | None,
) -> Analysis:
    return Analysis(
        None if given is None else _shape(given),
        facts,
        None if output is None else _shape(output),
        None if output is None else keras.backend.standardize_dtype(output.dtype),
        complete=output is not None and bool(spec.layers),
        top_level=tuple(entry.uid for entry in spec.layers),
    )


def _is_input(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.InputLayer)


def _shape(tensor: keras.KerasTensor) -> tuple[int | None, ...]:
    return tuple(None if size is None else int(size) for size in tensor.shape)


def _count(weights: Sequence[Any]) -> int:
    total = 0
    for weight in weights:
        size = 1
        for each in weight.shape:
            size *= int(each or 0)
        total += size
    return total


def _place(tensor: keras.KerasTensor, tensors: Sequence[keras.KerasTensor]) -> int | None:
    return next((index for index, each in enumerate(tensors) if each is tensor), None)
