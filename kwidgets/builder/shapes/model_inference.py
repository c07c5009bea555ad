"""Infers shapes, weights and problems of every layer of a model, without allocating weights.

Keras creates each layer and calls it on a symbolic tensor. The results are cached by layer and
input, so that an edit or an undo costs only what it changes.
"""

from __future__ import annotations

import collections
import dataclasses
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import keras

from kwidgets import language
from kwidgets.builder import catalog, convert
from kwidgets.builder.analysis import Analysis, LayerFacts, Problem, Shape
from kwidgets.builder.shapes import explain_keras_error
from kwidgets.builder.shapes.layer_inference import (
    InferredLayer,
    Tensor,
    infer_layer,
    infer_live_layer,
    is_trusted,
    missing_argument,
    output_bytes,
)
from kwidgets.builder.spec import INPUT_LAYER, LayerSpec, ModelSpec, Value, freeze
from kwidgets.dry_run import dry_scope
from kwidgets.language import t

T = TypeVar("T")
_MAX_CACHED = 5000


class Inference:
    """Analyzes specs with a cache. One per builder; safe to call from any thread."""

    def __init__(self) -> None:
        # Returns the existing layer of an entry with state that no argument shows, or None.
        self.adapted: Callable[[LayerSpec], keras.Layer | None] = lambda entry: None
        self._cache: collections.OrderedDict[Hashable, InferredLayer] = collections.OrderedDict()
        # Layers that can infer their output for inputs of other sizes, with what they inferred.
        self._resizable: collections.OrderedDict[Hashable, tuple[keras.Layer, InferredLayer]] = (
            collections.OrderedDict()
        )
        self._classes: dict[str, object] = {}
        self._settings: Hashable = None
        self._lock = threading.RLock()

    def analyze(self, spec: ModelSpec, input_shape: Shape | None = None) -> Analysis:
        """Return the facts about each layer.

        Args:
            spec: the model.
            input_shape: with the batch dimension; used if the spec has no input shape, as when the
                data of a fit shows it.
        """
        with self._lock:
            return self._analyze(spec, input_shape)

    def _analyze(self, spec: ModelSpec, input_shape: Shape | None) -> Analysis:
        self._classes, self._settings = {}, _policies()
        tensor, problem = _input_of(spec, input_shape)
        if tensor is None and problem is None:
            tensor = _input_of_first_layer(spec.layers)
        facts: dict[str, LayerFacts] = {}
        start: Tensor | str = tensor or ("blocked" if problem else "unknown")
        end = self._infer_stack(spec.layers, start, facts)
        output = end if isinstance(end, Tensor) else None
        return Analysis(
            input_shape=tensor.shape if tensor else None,
            input_problem=problem,
            layers=facts,
            output_shape=output.shape if output else None,
            output_dtype=output.dtype if output else None,
            complete=output is not None and any(entry.enabled for entry in spec.layers),
            top_level=tuple(entry.uid for entry in spec.layers),
        )

    def _infer_stack(
        self, entries: Sequence[LayerSpec], tensor: Tensor | str, facts: dict[str, LayerFacts]
    ) -> Tensor | str:
        """Infer layers in order; return the output, or the status of the layers after it."""
        names: set[Value] = set()
        for entry in entries:
            name = entry.arguments.get("name")
            if entry.enabled and name is not None and name in names:
                facts.update(dict.fromkeys((w.uid for w in entry.walk()), LayerFacts("off")))
                facts[entry.uid] = LayerFacts("error", problem=_same_name(entry))
                tensor = "blocked"
                continue
            names.add(name)
            if not entry.enabled:
                for within in entry.walk():
                    facts[within.uid] = LayerFacts("off")
            elif entry.class_name == INPUT_LAYER:
                tensor = _infer_input_of_block(entry, tensor, facts)
            elif entry.children is not None:
                tensor = self._infer_block(entry, tensor, facts)
            elif isinstance(tensor, Tensor):
                found = self._infer_layer(entry, tensor)
                facts[entry.uid] = found.facts
                if found.output is not None:
                    tensor = found.output
                else:
                    tensor = "unknown" if found.facts.status == "unknown" else "blocked"
            else:
                problem = self._problem_without_input(entry)
                if problem:
                    facts[entry.uid] = LayerFacts("error", problem=problem)
                    tensor = "blocked"
                else:
                    facts[entry.uid] = LayerFacts("blocked" if tensor == "blocked" else "unknown")
        return tensor

    def _infer_block(
        self, entry: LayerSpec, tensor: Tensor | str, facts: dict[str, LayerFacts]
    ) -> Tensor | str:
        if entry.children and not any(child.enabled for child in entry.children):
            children: tuple[LayerSpec, ...] = ()
        else:
            children = entry.children or ()
        before = tensor
        for child in entry.walk():
            facts[child.uid] = LayerFacts("off")
        if not any(child.enabled for child in children):
            facts[entry.uid] = LayerFacts(
                "error",
                problem=Problem(
                    t("This block is empty. Add a layer, or disable or delete the block."),
                    "A Sequential without layers cannot be built.",
                ),
            )
            return "blocked"
        after = self._infer_stack(children, tensor, facts)
        inside = [facts[child.uid] for child in children if child.enabled]
        bad = next((fact for fact in inside if fact.status == "error"), None)
        facts[entry.uid] = LayerFacts(
            status="error" if bad else (after if isinstance(after, str) else "ok"),  # type: ignore[arg-type]
            input_shape=before.shape if isinstance(before, Tensor) else None,
            output_shape=after.shape if isinstance(after, Tensor) else None,
            output_dtype=after.dtype if isinstance(after, Tensor) else None,
            parameters=_sum(inside, "parameters"),
            trainable=_sum(inside, "trainable"),
            weight_bytes=_sum(inside, "weight_bytes"),
            output_bytes=inside[-1].output_bytes if isinstance(after, Tensor) else None,
            weight_shapes=tuple(s for fact in inside for s in fact.weight_shapes or ())
            if isinstance(after, Tensor)
            else None,
            problem=Problem(
                t("A layer in this block has a problem."), bad.problem.detail if bad.problem else ""
            )
            if bad
            else None,
        )
        return after

    def _infer_layer(self, entry: LayerSpec, tensor: Tensor) -> InferredLayer:
        adapted = self.adapted(entry)
        if adapted is not None:
            return infer_live_layer(adapted, entry, tensor)
        key = self._key(entry, tensor)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        found = self._from_other_input_size(entry, tensor) or self._infer_with_keras(entry, tensor)
        _store(self._cache, key, found)
        return found

    def _infer_with_keras(self, entry: LayerSpec, tensor: Tensor) -> InferredLayer:
        found, layer = infer_layer(entry, tensor)
        if layer is not None and found.output is not None and _is_resizable(entry):
            _store(self._resizable, self._resizable_key(entry, tensor), (layer, found))
        return found

    def _from_other_input_size(self, entry: LayerSpec, tensor: Tensor) -> InferredLayer | None:
        """Return what was inferred for input of another size, changed to this size, or None.

        With this, a new size of the input costs little, however many layers follow.
        """
        known = (
            self._resizable.get(self._resizable_key(entry, tensor))
            if _is_resizable(entry)
            else None
        )
        if known is None:
            return None
        layer, found = known
        try:
            with dry_scope():
                output = layer.compute_output_shape(tensor.shape)
        except Exception:
            return None
        shape = tuple(None if size is None else int(size) for size in output)
        dtype = found.facts.output_dtype or ""
        facts = dataclasses.replace(
            found.facts,
            input_shape=tensor.shape,
            output_shape=shape,
            output_bytes=output_bytes(shape, dtype),
        )
        return InferredLayer(facts, Tensor(shape, dtype))

    def _resizable_key(self, entry: LayerSpec, tensor: Tensor) -> Hashable:
        any_size = Tensor((len(tensor.shape), tensor.shape[-1]), tensor.dtype)
        return self._key(entry, any_size)

    def _key(self, entry: LayerSpec, tensor: Tensor) -> Hashable:
        name = entry.class_name
        if name not in self._classes:
            try:
                self._classes[name] = catalog.class_of(name)
            except KeyError:
                self._classes[name] = None
        frozen = freeze(entry.object.without_argument("name"))
        return (self._classes[name], frozen, tensor, self._settings)

    def _problem_without_input(self, entry: LayerSpec) -> Problem | None:
        """Return the problem that a layer has with any input."""
        lacking = missing_argument(entry.object)
        if lacking:
            return lacking
        if entry.object.live is not None or not is_trusted(entry.object):
            return None
        key = ("alone", self._key(entry, Tensor((), "")))
        if key not in self._cache:
            problem = None
            try:
                with dry_scope():
                    convert.make_object(entry.object)
            except Exception as error:
                problem = explain_keras_error.explain(error, entry, None)
            self._cache[key] = InferredLayer(LayerFacts("unknown", problem=problem), None)
        return self._cache[key].facts.problem


def analyze(spec: ModelSpec, input_shape: Shape | None = None) -> Analysis:
    """Return the facts about each layer of a spec, uncached. See :meth:`Inference.analyze`."""
    return Inference().analyze(spec, input_shape)


def _policies() -> Hashable:
    """Return the global settings on which shapes, dtypes and the texts of problems depend."""
    return (
        language.current(),
        keras.config.dtype_policy().name,
        keras.config.image_data_format(),
        keras.config.floatx(),
    )


def _input_of(spec: ModelSpec, default_shape: Shape | None) -> tuple[Tensor | None, Problem | None]:
    if spec.input is None or (spec.input_shape is None and "batch_shape" not in spec.input):
        return (
            Tensor(tuple(default_shape), keras.config.floatx()) if default_shape else None
        ), None
    try:
        with dry_scope():
            layer = convert.make_input(spec.input)
        shape = layer.batch_shape
        return Tensor(tuple(shape), layer.dtype), None
    except Exception as error:
        return None, explain_keras_error.explain_input(error, spec.input)


def _input_of_first_layer(entries: Sequence[LayerSpec]) -> Tensor | None:
    """Return the input of a block or model that comes first; Keras takes it for the whole model."""
    first = next((entry for entry in entries if entry.enabled), None)
    if first is None:
        return None
    if first.class_name == INPUT_LAYER:
        return _input_of(ModelSpec(input=first.arguments), None)[0]
    if first.children is not None:
        return _input_of_first_layer(first.children)
    layer = first.object.live.value if first.object.live is not None else None
    if not isinstance(layer, keras.Model):
        return None
    shape = getattr(layer, "input_shape", None)
    if not isinstance(shape, tuple) or any(isinstance(size, (tuple, list)) for size in shape):
        return None  # not built, or several inputs
    return Tensor(shape, keras.backend.standardize_dtype(layer.input_dtype))


def _infer_input_of_block(
    entry: LayerSpec, tensor: Tensor | str, facts: dict[str, LayerFacts]
) -> Tensor | str:
    """Compare the input that a block declares with what it gets; return what its layers get."""
    if not isinstance(tensor, Tensor):
        declared = None if tensor == "blocked" else _input_of_first_layer((entry,))
        facts[entry.uid] = LayerFacts("blocked" if tensor == "blocked" else "unknown")
        return declared or tensor
    found, _ = infer_layer(entry, tensor)
    facts[entry.uid] = found.facts
    return found.output or "blocked"


def _store(cache: collections.OrderedDict[Hashable, T], key: Hashable, found: T) -> None:
    cache[key] = found
    if len(cache) > _MAX_CACHED:
        cache.popitem(last=False)


# Layers whose weights depend on the channels alone, and that treat all positions alike.
_RESIZABLE = {
    *(f"{kind}Conv{n}D" for kind in ("", "Separable", "Depthwise") for n in (1, 2, 3)),
    *(f"{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3)),
    *(f"ZeroPadding{n}D" for n in (1, 2, 3)),
    *("BatchNormalization", "ReLU", "LeakyReLU", "ELU", "Activation", "Dropout", "Rescaling"),
    *("SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout"),
}


def _is_resizable(entry: LayerSpec) -> bool:
    head, _, name = entry.class_name.rpartition(".")
    return (
        name in _RESIZABLE
        and head == "keras.layers"
        and entry.object.live is None
        and not {"axis", "data_format", "noise_shape", "dtype"} & set(entry.arguments)
        and keras.config.image_data_format() == "channels_last"
        and is_trusted(entry.object)
    )


def _same_name(entry: LayerSpec) -> Problem:
    name = entry.arguments["name"]
    return Problem(
        t(
            "Another layer already has the name %1. Choose another name, or none.",
            repr(name),
        ),
        f"All layers added to a Sequential model should have unique names. Name {name!r} is taken.",
        "name",
    )


def _sum(facts: Sequence[LayerFacts], name: str) -> int | None:
    values = [getattr(fact, name) for fact in facts]
    return None if all(value is None for value in values) else sum(value or 0 for value in values)
