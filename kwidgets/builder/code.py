"""Spec → Python source that makes the same model in a process that knows nothing of kwidgets."""

from __future__ import annotations

import dataclasses
import inspect
import json
import keyword
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from kwidgets.builder import convert
from kwidgets.builder.dry import weightless
from kwidgets.builder.names import named
from kwidgets.builder.sources import NoSourceError, Sources
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

WIDTH = 88

# What `import keras` alone makes long, and every guide shortens.
_LAYERS = "keras.layers."


# Arguments of compile that everyone writes as lists.
_LISTS = ("metrics", "weighted_metrics")


@dataclasses.dataclass(frozen=True)
class Source:
    """A program.

    Args:
        text: the program.
        notes: what it cannot say, each a sentence.
    """

    text: str
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class _Call:
    """A call or a list, to be written on one line or several."""

    opening: str
    items: tuple[tuple[str, Any], ...]  # (keyword or "", expression)
    closing: str
    always_broken: bool = False


_Expression = str | _Call


def to_code(spec: ModelSpec, data: str | None = None, variable: str = "model") -> Source:
    """Return the source of a model, with compile and fit when they are set.

    Args:
        spec: the model; layers that are switched off are left out.
        data: source of the variables that fit takes; None where nobody knows it.
        variable: what the program calls the model.
    """
    writer = _Writer()
    spec = named(spec)
    model = f"{variable} = " + _render(writer.sequential(spec), 0, len(variable) + 3)
    parts = [model]
    if not spec.trainable:
        parts[0] += f"\n{variable}.trainable = False"
    if spec.compile is not None:
        arguments = {
            name: list(value) if name in _LISTS and isinstance(value, tuple) else value
            for name, value in spec.compile.items()
        }
        compile_call = writer.call(f"{variable}.compile", (), arguments)
        parts.append(_render(compile_call, 0, 0))
    if spec.fit.get("x") is not None:
        parts.append(_render(writer.fit(variable, spec.fit), 0, 0))
    sources = writer.sources
    head = "\n".join(_sorted_imports(sources.imports | writer.imports))
    definitions = [text for text in sources.definitions.values() if text]
    blocks = [head, *definitions]
    if spec.fit.get("x") is not None:
        blocks.append(data.strip() if data else _data_comment(spec.fit))
    text = "\n\n".join([*blocks, *parts]) + "\n"
    return Source(text, tuple(dict.fromkeys(sources.notes)))


class _Writer:
    """Turns specs into expressions, and collects what these need."""

    def __init__(self) -> None:
        self.sources = Sources()
        self.imports: set[str] = set()

    def sequential(self, spec: ModelSpec) -> _Expression:
        items: list[tuple[str, _Expression]] = []
        if spec.input is not None and ("shape" in spec.input or "batch_shape" in spec.input):
            items.append(("", self.call("keras.Input", (), spec.input)))
        items += [("", self.layer(entry)) for entry in spec.layers if entry.enabled]
        arguments = {} if spec.name is None else {"name": spec.name}
        return self._stack(items, arguments)

    def _stack(
        self, items: Sequence[tuple[str, _Expression]], arguments: Mapping[str, Value]
    ) -> _Expression:
        keywords = [(name, self.value(value)) for name, value in arguments.items()]
        if not items:
            return _Call("keras.Sequential(", tuple(keywords), ")")
        stack = _Call("[", tuple(items), "]", always_broken=True)
        return _Call("keras.Sequential(", (("", stack), *keywords), ")")

    def layer(self, entry: LayerSpec) -> _Expression:
        if entry.children is None:
            if entry.class_name == INPUT_LAYER:
                return self.call("keras.Input", (), entry.arguments)
            return self.object(entry.object)
        items = [("", self.layer(child)) for child in entry.children if child.enabled]
        arguments = dict(entry.arguments)
        if arguments.pop("trainable", True) is False:
            self.sources.notes.append(
                f"The block {entry.arguments.get('name', '')} is frozen; set its trainable to False "
                "after making the model."
            )
        return self._stack(items, arguments)

    def object(self, spec: ObjectSpec) -> _Expression:
        if spec.live is not None:
            return self._live(spec.live)
        cls = convert.class_of(spec.class_name)
        name = self._class(spec, cls)
        if spec.from_config:
            return _Call(
                f"{name}.from_config(", (("", self._mapping(spec.arguments)),), ")"
            )
        parameters = inspect.signature(cls).parameters
        positional = []
        for parameter in parameters.values():
            if parameter.default is not parameter.empty or parameter.name not in spec.arguments:
                break
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.POSITIONAL_ONLY):
                break
            positional.append(parameter.name)
        # In the order in which the class's documentation has them.
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
    ) -> _Call:
        items = [("", self.value(value)) for value in positional]
        items += [(name, self.value(value)) for name, value in keywords.items()]
        return _Call(f"{function}(", tuple(items), ")")

    def fit(self, variable: str, arguments: Mapping[str, Value]) -> _Call:
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
        return self.call(f"{variable}.fit", positional, rest)

    def value(self, value: Value) -> _Expression:
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
                return _text(value)
            items = tuple(("", self.value(item)) for item in value)
            return _Call("(", items, ",)" if len(items) == 1 else ")")
        if isinstance(value, list):
            return _Call("[", tuple(("", self.value(item)) for item in value), "]")
        if isinstance(value, Mapping):
            return self._mapping(value)
        return _text(value)

    def _mapping(self, value: Mapping[str, Value]) -> _Call:
        items = tuple((f"{_text(key)}: ", self.value(item)) for key, item in value.items())
        return _Call("{", items, "}")

    def _reference(self, reference: Reference) -> _Expression:
        try:
            return self.sources.expression(reference.value)
        except NoSourceError as error:
            try:
                return self._serialized(reference.value)
            except Exception:
                self.sources.notes.append(
                    f"{reference.text} cannot be written down ({error}): put it in by hand in place "
                    "of NotImplemented."
                )
                return "NotImplemented"

    def _live(self, live: Reference) -> _Expression:
        """A layer that is not made of arguments: a functional model, say."""
        text = self._serialized(live.value)
        self.sources.notes.append(
            f"{live.text} is written down as its config: the layers in it, not how they were made."
        )
        return text

    def _serialized(self, thing: Any) -> _Expression:
        with weightless():
            packed = keras.saving.serialize_keras_object(thing)
        text = json.dumps(packed)
        self.imports.add("import json")
        cls = type(thing)
        if not cls.__module__.startswith("keras."):
            self.sources.expression(cls)
        unsafe = ", safe_mode=False" if '"__lambda__"' in text else ""
        return f"keras.saving.deserialize_keras_object(json.loads({text!r}){unsafe})"

    def _class(self, spec: ObjectSpec, cls: type) -> str:
        if spec.class_name.startswith(_LAYERS):
            self.imports.add("from keras import layers")
            return spec.class_name.removeprefix("keras.")
        if spec.class_name.startswith("keras."):
            return spec.class_name
        return self.sources.expression(cls)


# --- text ----------------------------------------------------------------------------------------


def _render(expression: _Expression, indent: int, column: int) -> str:
    """Write an expression that begins at ``column``, in at most WIDTH columns where that can be."""
    if isinstance(expression, str):
        return expression
    line = _one_line(expression)
    if line is not None and column + len(line) < WIDTH:
        return line
    items = expression.items
    if not items:
        return expression.opening + expression.closing
    # A call of nothing but a list: keep the two brackets together.
    if len(items) == 1 and not items[0][0] and _breaks(items[0][1]) and expression.opening != "[":
        inner = _render(items[0][1], indent, column + len(expression.opening))
        return f"{expression.opening}{inner}{expression.closing}"
    inside = indent + 4
    lines = []
    for name, item in items:
        head = _keyword(name)
        lines.append(f"{' ' * inside}{head}{_render(item, inside, inside + len(head) + 1)},")
    return "\n".join(
        [expression.opening, *lines, f"{' ' * indent}{expression.closing.lstrip(',')}"]
    )


def _one_line(expression: _Expression) -> str | None:
    if isinstance(expression, str):
        return expression
    if expression.always_broken:
        return None
    parts = []
    for name, item in expression.items:
        part = _one_line(item)
        if part is None or "\n" in part:
            return None
        parts.append(_keyword(name) + part)
    return expression.opening + ", ".join(parts) + expression.closing


def _keyword(name: str) -> str:
    if not name or name.endswith(": "):
        return name
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{name!r} is no name of an argument")
    return f"{name}="


def _breaks(expression: _Expression) -> bool:
    return isinstance(expression, _Call) and expression.always_broken


def _text(value: Value) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if value.isprintable() else repr(value)
    if isinstance(value, float) and value != value:
        return 'float("nan")'
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    if isinstance(value, tuple):
        inner = ", ".join(_text(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value)


def _is_plain(value: tuple[Value, ...]) -> bool:
    return all(item is None or isinstance(item, (bool, int, float, str)) for item in value)


def _sorted_imports(imports: set[str]) -> list[str]:
    standard = sorted(line for line in imports if line in ("import json",))
    others = sorted(
        imports - set(standard), key=lambda line: (line.split()[1], line.startswith("from"), line)
    )
    return [*standard, *([""] if standard else []), *others]


def _data_comment(arguments: Mapping[str, Value]) -> str:
    names = [
        value.name for key, value in arguments.items() if isinstance(value, Variable)
    ]
    return f"# {', '.join(dict.fromkeys(names))}: your data, loaded before."
