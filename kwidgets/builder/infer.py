"""Shapes, weights and problems of every layer, found by Keras itself without allocating a weight.

Layer after layer is made and called on a symbolic tensor. What came out is remembered by what the
layer is and what went in, so that an edit costs only what it changes, and so does an undo.
"""

from __future__ import annotations

import collections
import dataclasses
import inspect
import math
import threading
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

import keras

from kwidgets.builder import catalog, convert, explain, limits
from kwidgets.builder.analysis import Analysis, LayerFacts, Problem, Shape
from kwidgets.builder.dry import CutOff, dry_scope, guarded
from kwidgets.builder.spec import (
    INPUT_LAYER,
    SEQUENTIAL,
    LayerSpec,
    ModelSpec,
    ObjectSpec,
    Reference,
    Value,
)

T = TypeVar("T")

_REMEMBERED = 5000

# Keras's own that run code of the user's.
_RUNS_USERS_CODE = {"keras.layers.Lambda", "keras.layers.TorchModuleWrapper"}


@dataclasses.dataclass(frozen=True)
class Tensor:
    """What flows between two layers: shape with the batch, and dtype."""

    shape: Shape
    dtype: str


@dataclasses.dataclass(frozen=True)
class _Found:
    facts: LayerFacts
    output: Tensor | None


class Inference:
    """Analyzes specs, remembering what it found. One per builder; safe to call from any thread."""

    def __init__(self) -> None:
        self._memory: collections.OrderedDict[Hashable, _Found] = collections.OrderedDict()
        # Layers that do to each place the same, to be asked about inputs of other sizes.
        self._local: collections.OrderedDict[Hashable, tuple[keras.Layer, _Found]] = (
            collections.OrderedDict()
        )
        self._classes: dict[str, object] = {}
        self._settings: Hashable = None
        self._lock = threading.RLock()

    def analyze(self, spec: ModelSpec, input_shape: Shape | None = None) -> Analysis:
        """Find out what each layer does.

        Args:
            spec: the model.
            input_shape: with the batch dimension; stands in where the spec names none, as when a
                fit has shown what goes in.
        """
        with self._lock:
            return self._analyze(spec, input_shape)

    def _analyze(self, spec: ModelSpec, input_shape: Shape | None) -> Analysis:
        self._classes, self._settings = {}, _policies()
        tensor, problem = _input_of(spec, input_shape)
        facts: dict[str, LayerFacts] = {}
        start: Tensor | str = tensor or ("blocked" if problem else "unknown")
        end = self._stack(spec.layers, start, facts)
        output = end if isinstance(end, Tensor) else None
        return Analysis(
            input_shape=tensor.shape if tensor else None,
            input_problem=problem,
            layers=facts,
            output_shape=output.shape if output else None,
            output_dtype=output.dtype if output else None,
            complete=output is not None and any(entry.enabled for entry in spec.layers),
            top=tuple(entry.uid for entry in spec.layers),
        )

    def _stack(
        self, entries: Sequence[LayerSpec], tensor: Tensor | str, facts: dict[str, LayerFacts]
    ) -> Tensor | str:
        """Go through ``entries``; return what comes out, or why nothing does."""
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
            elif entry.children is not None:
                tensor = self._block(entry, tensor, facts)
            elif isinstance(tensor, Tensor):
                found = self._layer(entry, tensor)
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

    def _block(
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
                    "This block is empty. Add a layer to it, switch it off, or delete it.",
                    "A Sequential without layers cannot be built.",
                ),
            )
            return "blocked"
        after = self._stack(children, tensor, facts)
        inside = [facts[child.uid] for child in children if child.enabled]
        bad = next((fact for fact in inside if fact.status == "error"), None)
        facts[entry.uid] = LayerFacts(
            status="error" if bad else (after if isinstance(after, str) else "ok"),  # type: ignore[arg-type]
            input_shape=before.shape if isinstance(before, Tensor) else None,
            output_shape=after.shape if isinstance(after, Tensor) else None,
            output_dtype=after.dtype if isinstance(after, Tensor) else None,
            parameters=_sum(inside, "parameters"),
            trainable=0 if entry.arguments.get("trainable") is False else _sum(inside, "trainable"),
            weight_bytes=_sum(inside, "weight_bytes"),
            output_bytes=inside[-1].output_bytes if isinstance(after, Tensor) else None,
            weight_shapes=tuple(s for fact in inside for s in fact.weight_shapes or ())
            if isinstance(after, Tensor)
            else None,
            problem=Problem(
                "A layer in this block has a problem.", bad.problem.detail if bad.problem else ""
            )
            if bad
            else None,
        )
        return after

    def _layer(self, entry: LayerSpec, tensor: Tensor) -> _Found:
        key = self._key(entry, tensor)
        if key in self._memory:
            self._memory.move_to_end(key)
            return self._memory[key]
        found = self._elsewhere(entry, tensor) or self._infer(entry, tensor)
        _remember(self._memory, key, found)
        return found

    def _infer(self, entry: LayerSpec, tensor: Tensor) -> _Found:
        found, layer = _infer(entry, tensor)
        if layer is not None and found.output is not None and _is_local(entry):
            _remember(self._local, self._local_key(entry, tensor), (layer, found))
        return found

    def _elsewhere(self, entry: LayerSpec, tensor: Tensor) -> _Found | None:
        """What is known of the same layer for input of another size, changed to this one.

        So a change of the input's size costs little, however many layers follow.
        """
        known = self._local.get(self._local_key(entry, tensor)) if _is_local(entry) else None
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
            output_bytes=_output_bytes(shape, dtype),
        )
        return _Found(facts, Tensor(shape, dtype))

    def _local_key(self, entry: LayerSpec, tensor: Tensor) -> Hashable:
        of_one = Tensor((len(tensor.shape), tensor.shape[-1]), tensor.dtype)
        return self._key(entry, of_one)

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
        """What is wrong with a layer whatever goes into it."""
        lacking = missing(entry.object)
        if lacking:
            return lacking
        if entry.object.live is not None or not _trusted(entry.object):
            return None
        key = ("alone", self._key(entry, Tensor((), "")))
        if key not in self._memory:
            problem = None
            try:
                with dry_scope():
                    convert.make_object(entry.object)
            except Exception as error:
                problem = explain.explain(error, entry, None)
            self._memory[key] = _Found(LayerFacts("unknown", problem=problem), None)
        return self._memory[key].facts.problem


def analyze(spec: ModelSpec, input_shape: Shape | None = None) -> Analysis:
    """Find out what each layer of a spec does, once. See :meth:`Inference.analyze`."""
    return Inference().analyze(spec, input_shape)


def freeze(value: Value) -> Hashable:
    """Return something hashable that is equal for equal values, and tells 1 from True."""
    if isinstance(value, ObjectSpec):
        return (value.class_name, value.from_config, value.live, freeze(value.arguments))
    if isinstance(value, Mapping):
        return tuple(sorted((key, freeze(item)) for key, item in value.items()))
    if isinstance(value, (tuple, list)):
        return tuple(freeze(item) for item in value)
    if isinstance(value, Reference):
        return value
    return (type(value).__name__, repr(value))


def _policies() -> Hashable:
    """The global settings on which shapes and dtypes depend."""
    return (
        keras.config.dtype_policy().name,
        keras.config.image_data_format(),
        keras.config.floatx(),
    )


def _input_of(spec: ModelSpec, stand_in: Shape | None) -> tuple[Tensor | None, Problem | None]:
    if spec.input is None or (spec.input_shape is None and "batch_shape" not in spec.input):
        return (Tensor(tuple(stand_in), keras.config.floatx()) if stand_in else None), None
    try:
        with dry_scope():
            layer = convert.make_input(spec.input)
        shape = layer.batch_shape
        return Tensor(tuple(shape), layer.dtype), None
    except Exception as error:
        return None, explain.explain_input(error, spec.input)


def _remember(memory: collections.OrderedDict[Hashable, T], key: Hashable, found: T) -> None:
    memory[key] = found
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)


# Layers whose weights depend on the channels alone, and that treat all places alike.
_LOCAL = {
    *(f"{kind}Conv{n}D" for kind in ("", "Separable", "Depthwise") for n in (1, 2, 3)),
    *(f"{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3)),
    *(f"ZeroPadding{n}D" for n in (1, 2, 3)),
    *("BatchNormalization", "ReLU", "LeakyReLU", "ELU", "Activation", "Dropout", "Rescaling"),
    *("SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout"),
}


def _is_local(entry: LayerSpec) -> bool:
    head, _, name = entry.class_name.rpartition(".")
    return (
        name in _LOCAL
        and head == "keras.layers"
        and entry.object.live is None
        and not {"axis", "data_format", "noise_shape", "dtype"} & set(entry.arguments)
        and keras.config.image_data_format() == "channels_last"
        and _trusted(entry.object)
    )


def _infer(entry: LayerSpec, tensor: Tensor) -> tuple[_Found, keras.Layer | None]:
    """Ask Keras; return also the layer that was asked, where it can be asked again."""
    try:
        unusable = _unusable(entry, tensor)
        if unusable:
            return _Found(LayerFacts("error", tensor.shape, problem=unusable), None), None
        if entry.object.live is not None:
            live = entry.object.live.value
            return guarded(lambda: _infer_live(live, tensor)), None
        if _trusted(entry.object):
            return _call(entry, tensor)
        return guarded(lambda: _call(entry, tensor))[0], None
    except CutOff as error:
        problem = Problem(
            f"The code of {entry.title} was cut off: {error}. Its call must be quick and must not "
            "allocate, because it is tried at each edit.",
            f"{entry.title}: {error}",
        )
    except Exception as error:
        problem = explain.explain(error, entry, tensor.shape)
    return _Found(LayerFacts("error", tensor.shape, problem=problem), None), None


def _call(entry: LayerSpec, tensor: Tensor) -> tuple[_Found, keras.Layer]:
    with dry_scope():
        layer = convert.make_object(entry.object)
        given = keras.KerasTensor(tensor.shape, tensor.dtype)
        output = layer(given)
        if output is given:
            return _cyclic(layer, tensor), layer
        return _found(layer, tensor, output), layer


def _cyclic(layer: keras.Layer, tensor: Tensor) -> _Found:
    """A model cannot tell apart what goes into a layer and what comes out, if both are one."""
    name = type(layer).__name__
    problem = Problem(
        f"{name} cannot be in a model as this version of Keras has it: it hands on the very tensor "
        "that it was given. Apply it to the data beforehand.",
        f"{name} returns its input, which makes a cycle of the model's graph",
    )
    return _Found(LayerFacts("error", tensor.shape, problem=problem), None)


def _infer_live(layer: keras.Layer, tensor: Tensor) -> _Found:
    """Ask a layer that cannot be made anew, without leaving a mark on it."""
    if not layer.built:
        return _Found(LayerFacts("unknown", tensor.shape), None)
    with dry_scope():
        output = layer.compute_output_spec(keras.KerasTensor(tensor.shape, tensor.dtype))
        expected = getattr(layer, "input_shape", None)
        if isinstance(expected, tuple) and len(expected) != len(tensor.shape):
            raise ValueError(
                f"{layer.name} was built for input of shape {expected}; got {tensor.shape}"
            )
        return _found(layer, tensor, output)


def _found(layer: keras.Layer, tensor: Tensor, output: Any) -> _Found:
    if not isinstance(output, keras.KerasTensor):
        several = isinstance(output, (tuple, list, dict))
        kind = "several outputs" if several else f"no tensor but {output!r}"
        parameter, hint = None, ""
        if getattr(layer, "return_state", False):
            parameter, hint = "return_state", " Set return_state to False."
        elif several and getattr(layer, "merge_mode", "") is None:
            parameter, hint = "merge_mode", ' Set merge_mode to "concat".'
        problem = Problem(
            f"{type(layer).__name__} gives {kind}; each layer of a Sequential gives one tensor."
            + hint,
            f"Layers of a Sequential model must return one tensor; {layer.name} returned {kind}.",
            parameter,
        )
        return _Found(LayerFacts("error", tensor.shape, problem=problem), None)
    shape = tuple(None if size is None else int(size) for size in output.shape)
    dtype = keras.backend.standardize_dtype(output.dtype)
    weights = layer.weights
    # A wrapper's own ``trainable`` does not reach the weights of what it wraps.
    counts = [(_size(weight.shape), weight) for weight in weights]
    return _Found(
        LayerFacts(
            status="ok",
            input_shape=tensor.shape,
            output_shape=shape,
            output_dtype=dtype,
            parameters=sum(count for count, _ in counts),
            trainable=sum(count for count, weight in counts if weight.trainable),
            weight_bytes=sum(count * _item_bytes(weight.dtype) for count, weight in counts),
            output_bytes=_output_bytes(shape, dtype),
            weight_shapes=tuple(tuple(int(s) for s in weight.shape) for weight in weights),
        ),
        Tensor(shape, dtype),
    )


def _unusable(entry: LayerSpec, tensor: Tensor) -> Problem | None:
    """What can be said without trying."""
    if entry.class_name == INPUT_LAYER:
        expected = entry.arguments.get("shape")
        if expected is not None and tuple(expected) != tensor.shape[1:]:
            return Problem(
                f"This block says that it takes {(None, *expected)}, but gets {tensor.shape}.",
                "The input shape of a nested Sequential differs from what the layer before gives.",
                "shape",
            )
    wrong = limits.problem(entry, tensor.shape, tensor.dtype)
    if wrong:
        return wrong
    known = catalog.catalog().entry(entry.class_name)
    if known and known["unusable"] and entry.class_name not in (INPUT_LAYER, SEQUENTIAL):
        return Problem(
            f"{entry.title} cannot be in a Sequential: {known['unusable']}.", known["unusable"]
        )
    return missing(entry.object)


def _same_name(entry: LayerSpec) -> Problem:
    name = entry.arguments["name"]
    return Problem(
        f"Another layer is named {name!r} already. Names must be unique: choose another one, or "
        "none.",
        f"All layers added to a Sequential model should have unique names. Name {name!r} is taken.",
        "name",
    )


def missing(spec: ObjectSpec) -> Problem | None:
    """A required argument that is not there, of the object or of one in it."""
    if spec.live is not None or spec.from_config or spec.class_name == SEQUENTIAL:
        return None
    try:
        parameters = inspect.signature(catalog.class_of(spec.class_name)).parameters
    except (KeyError, ValueError):
        return None
    for name, parameter in parameters.items():
        if (
            parameter.default is parameter.empty
            and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
            and spec.arguments.get(name) is None
        ):
            return Problem(
                f"{spec.title} needs {name}: set it.",
                f"missing a required argument: '{name}'",
                name,
            )
    for name, value in spec.arguments.items():
        for item in value if isinstance(value, (tuple, list)) else (value,):
            problem = missing(item) if isinstance(item, ObjectSpec) else None
            if problem:
                return dataclasses.replace(problem, parameter=name)
    return None


def _trusted(spec: ObjectSpec) -> bool:
    """Whether only Keras's own code runs when the object is made and called."""
    if spec.class_name in _RUNS_USERS_CODE or not spec.class_name.startswith("keras."):
        return False
    return all(_trusted_value(value) for value in spec.arguments.values())


def _trusted_value(value: Value) -> bool:
    if isinstance(value, ObjectSpec):
        return _trusted(value)
    if isinstance(value, Reference):
        return not callable(value.value)
    if isinstance(value, (tuple, list)):
        return all(_trusted_value(item) for item in value)
    if isinstance(value, Mapping):
        return all(_trusted_value(item) for item in value.values())
    return True


def _size(shape: Sequence[int | None]) -> int:
    # Python's ints: NumPy's products overflow at 10^10 weights.
    return math.prod(int(size or 0) for size in shape)


def _output_bytes(shape: Shape, dtype: str) -> int | None:
    sizes = shape[1:]
    if any(size is None for size in sizes):
        return None
    return _size(sizes) * _item_bytes(dtype)


def _item_bytes(dtype: str) -> int:
    bits = "".join(character for character in str(dtype) if character.isdigit())
    return max(1, int(bits) // 8) if bits and dtype != "string" else 1


def _sum(facts: Sequence[LayerFacts], name: str) -> int | None:
    values = [getattr(fact, name) for fact in facts]
    return None if all(value is None for value in values) else sum(value or 0 for value in values)
