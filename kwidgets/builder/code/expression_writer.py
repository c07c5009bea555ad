"""Turns specs of models, layers and other objects into Python expressions."""

from __future__ import annotations

import inspect
import json
import keyword
import re
import types
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from kwidgets.builder import convert
from kwidgets.builder.code.formatting import Call, Expression, format_expression, format_literal
from kwidgets.builder.code.object_source import NoSourceError, Sources
from kwidgets.builder.spec import (
    INPUT_LAYER,
    SEQUENTIAL,
    LayerSpec,
    ModelSpec,
    ObjectSpec,
    Reference,
    Value,
    Variable,
)
from kwidgets.dry_run import weightless
from kwidgets.language import t

# Layers are written as `layers.Dense`, as in Keras's guides.
_LAYERS = "keras.layers."

# Classes whose only argument needs no keyword: L2(0.01), MaxNorm(3).
_SINGLE_ARGUMENT = (
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
)


class ExpressionWriter:
    """Turns specs into expressions, and collects the imports and definitions that these need."""

    def __init__(self, data_names: frozenset[str] = frozenset()) -> None:
        # Names that the data's statements assign.
        self.data_names = data_names
        self.sources = Sources()
        self.imports: set[str] = set()
        # Assignments before the model, of layers that it uses.
        self.constants: list[str] = []
        self._live_names: dict[int, str] = {}

    def sequential(self, spec: ModelSpec, constructor: str) -> Expression:
        items: list[tuple[str, Expression]] = []
        if spec.input is not None and ("shape" in spec.input or "batch_shape" in spec.input):
            items.append(("", self.call("keras.Input", (), spec.input)))
        items += [("", self.layer(entry)) for entry in spec.layers if entry.enabled]
        arguments: dict[str, Value] = {} if spec.name is None else {"name": spec.name}
        if not spec.trainable:
            arguments["trainable"] = False
        return self._stack(items, arguments, constructor)

    def _stack(
        self,
        items: Sequence[tuple[str, Expression]],
        arguments: Mapping[str, Value],
        constructor: str = "keras.Sequential",
    ) -> Expression:
        keywords = [(name, self.value(value)) for name, value in arguments.items()]
        if not items:
            return Call(f"{constructor}(", tuple(keywords), ")")
        stack = Call("[", tuple(items), "]", always_broken=True)
        return Call(f"{constructor}(", (("", stack), *keywords), ")")

    def layer(self, entry: LayerSpec) -> Expression:
        if entry.children is None:
            if entry.class_name == INPUT_LAYER:
                return self.call("keras.Input", (), entry.arguments)
            return self.object(entry.object)
        items = [("", self.layer(child)) for child in entry.children if child.enabled]
        return self._stack(items, entry.arguments)

    def object(self, spec: ObjectSpec) -> Expression:
        if spec.live is not None:
            return self._live(spec.live)
        if spec.class_name == SEQUENTIAL:
            keywords = {name: value for name, value in spec.arguments.items() if name != "layers"}
            items = [("", self.value(layer)) for layer in spec.arguments.get("layers") or ()]
            return self._stack(items, keywords)
        if spec.class_name == INPUT_LAYER:
            return self.call("keras.Input", (), spec.arguments)
        cls = convert.class_of(spec.class_name)
        name = self._class(spec, cls)
        if spec.from_config:
            return Call(f"{name}.from_config(", (("", self._mapping(spec.arguments)),), ")")
        parameters = inspect.signature(cls).parameters
        positional = []
        for parameter in parameters.values():
            if parameter.default is not parameter.empty or parameter.name not in spec.arguments:
                break
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.POSITIONAL_ONLY):
                break
            positional.append(parameter.name)
        if not positional and len(spec.arguments) == 1 and issubclass(cls, _SINGLE_ARGUMENT):
            positional = [name for name in list(parameters)[:1] if name in spec.arguments]
        # In the order of the signature.
        order = {parameter: index for index, parameter in enumerate(parameters)}
        rest = sorted(
            (key for key in spec.arguments if key not in positional),
            key=lambda key: order.get(key, len(order)),
        )
        return self.call(
            name,
            tuple(spec.arguments[key] for key in positional),
            {key: spec.arguments[key] for key in rest},
        )

    def call(
        self, function: str, positional: Sequence[Value], keywords: Mapping[str, Value]
    ) -> Call:
        items = [("", self.value(value)) for value in positional]
        items += [(name, self.value(value)) for name, value in keywords.items()]
        return Call(f"{function}(", tuple(items), ")")

    def fit(self, variable: str, arguments: Mapping[str, Value]) -> Call:
        rest = dict(arguments)
        positional = [rest.pop("x")]
        targets = rest.pop("y", None)
        if targets is not None:
            positional.append(targets)
        validation_x, validation_y = rest.pop("validation_x", None), rest.pop("validation_y", None)
        if validation_x is not None:
            pair = (validation_x, validation_y)
            rest["validation_data"] = validation_x if validation_y is None else pair
            rest.pop("validation_split", None)
        callbacks = rest.get("callbacks") or ()
        known = [one for one in callbacks if not isinstance(one, Reference)]
        self.sources.notes.extend(
            t("The callback %1 is omitted because its arguments are unknown.", one.text)
            for one in callbacks
            if isinstance(one, Reference)
        )
        if callbacks:
            rest["callbacks"] = known
        if not known:
            rest.pop("callbacks", None)
        return self.call(f"{variable}.fit", positional, rest)

    def value(self, value: Value) -> Expression:
        if isinstance(value, tuple) and any(isinstance(item, ObjectSpec) for item in value):
            value = list(value)
        if isinstance(value, ObjectSpec):
            return self.object(value)
        if isinstance(value, Variable):
            return value.name
        if isinstance(value, Reference):
            return self._reference(value)
        if isinstance(value, tuple):
            if _is_plain(value):
                return format_literal(value)
            items = tuple(("", self.value(item)) for item in value)
            return Call("(", items, ",)" if len(items) == 1 else ")")
        if isinstance(value, list):
            return Call("[", tuple(("", self.value(item)) for item in value), "]")
        if isinstance(value, Mapping):
            return self._mapping(value)
        return format_literal(value)

    def _mapping(self, value: Mapping[str, Value]) -> Call:
        items = tuple((f"{format_literal(key)}: ", self.value(item)) for key, item in value.items())
        return Call("{", items, "}")

    def _reference(self, reference: Reference) -> Expression:
        try:
            return self.sources.expression(reference.value)
        except NoSourceError as error:
            try:
                return self._serialized(reference.value)
            except Exception:
                self.sources.notes.append(
                    t(
                        "%1 cannot be written as code (%2). Insert it yourself in place of "
                        "NotImplemented.",
                        reference.text,
                        error,
                    )
                )
                return "NotImplemented"

    def _live(self, live: Reference) -> Expression:
        """Return a variable for a layer that has no arguments, such as a functional model."""
        if id(live.value) in self._live_names:
            return self._live_names[id(live.value)]
        name = _variable_name(str(getattr(live.value, "name", "layer")))
        while name in {*self._live_names.values(), *self.sources.definitions, "model", "keras"}:
            name += "_"
        self._live_names[id(live.value)] = name
        try:
            written = self._serialized(live.value)
        except Exception as error:
            self.constants.append(f"{name} = NotImplemented")
            self.sources.notes.append(
                t(
                    "%1 cannot be written as code (%2). Create or load it yourself, and assign "
                    "it to %3 in place of NotImplemented.",
                    live.text,
                    error,
                    name,
                )
            )
            return name
        self.constants.append(f"{name} = " + format_expression(written, 0, len(name) + 3))
        self.sources.notes.append(
            t(
                "%1 is written as its config: the code contains its layers, but not how they "
                "were created.",
                live.text,
            )
        )
        return name

    def _serialized(self, value: Any) -> Expression:
        if isinstance(value, types.FunctionType) and value.__name__ != "<lambda>":
            # Keras serializes no more than its name.
            raise NoSourceError(t("the source code of %1 is unavailable", value.__name__))
        with weightless(on_meta=False):
            packed = keras.saving.serialize_keras_object(value)
        text = json.dumps(packed)
        self.imports.add("import json")
        inside = value._flatten_layers() if isinstance(value, keras.Layer) else [value]
        inside = [one for one in inside if not isinstance(one, types.FunctionType)]
        own = {cls.__name__: cls for cls in map(type, inside) if not _is_keras(cls)}
        custom = {name: self.sources.expression(cls) for name, cls in sorted(own.items())}
        items: list[tuple[str, Expression]] = [("", Call("json.loads(", (("", repr(text)),), ")"))]
        if custom:
            names = tuple((f"{format_literal(name)}: ", known) for name, known in custom.items())
            items.append(("custom_objects", Call("{", names, "}")))
        if '"__lambda__"' in text:
            items.append(("safe_mode", "False"))
        return Call("keras.saving.deserialize_keras_object(", tuple(items), ")")

    def _class(self, spec: ObjectSpec, cls: type) -> str:
        if spec.class_name.startswith(_LAYERS) and "layers" not in self.data_names:
            self.imports.add("from keras import layers")
            return spec.class_name.removeprefix("keras.")
        if spec.class_name.startswith("keras."):
            return spec.class_name
        return self.sources.expression(cls)


def _variable_name(name: str) -> str:
    text = re.sub(r"\W", "_", name)
    return text if text.isidentifier() and not keyword.iskeyword(text) else f"layer_{text}"


def _is_keras(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "keras"


def _is_plain(value: tuple[Value, ...]) -> bool:
    return all(item is None or isinstance(item, (bool, int, float, str)) for item in value)
