"""Spec → Python source that makes the same model in a process that knows nothing of kwidgets."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import json
import keyword
import re
import sys
import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras

from kwidgets.builder import catalog, convert
from kwidgets.builder.code.object_source import NoSourceError, Sources
from kwidgets.builder.convert import frozen_layers
from kwidgets.builder.convert.layer_names import with_needed_names
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

WIDTH = 88

# What `import keras` alone makes long, and every guide shortens.
_LAYERS = "keras.layers."


# Objects that a single number says all about: L2(0.01), MaxNorm(3).
_ABOUT_ONE_THING = (
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
)

# Arguments of compile that everyone writes as lists.
_LISTS = ("metrics", "weighted_metrics")
# Arguments of compile that everyone writes by name where the defaults will do: "adam".
_BY_NAME = {"optimizer": "optimizers", "loss": "losses"}


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
    imports, data = _split_imports(data or _data_comment(spec.fit))
    writer = _Writer(taken=_bound_in(data))
    parts = _model_and_compile(writer, spec, variable, "keras.Sequential")
    if spec.fit.get("x") is None:
        return _program(writer, parts)
    parts.append(_render(writer.fit(variable, spec.fit), 0, 0))
    writer.imports |= imports
    return _program(writer, parts, data)


def restoring_code(spec: ModelSpec, variable: str = "builder") -> str:
    """Return the source of a builder that holds such a model, compiled alike, and shows it."""
    writer = _Writer()
    writer.imports.add("import kwidgets as kw")
    parts = _model_and_compile(writer, spec, variable, "kw.SequentialBuilder")
    return _program(writer, [*parts, variable]).text.rstrip()


def _model_and_compile(
    writer: _Writer, spec: ModelSpec, variable: str, constructor: str
) -> list[str]:
    spec = with_needed_names(frozen_layers.freeze_each_layer(spec))
    if not spec.trainable:
        # One line after the model says it of all layers.
        spec = dataclasses.replace(spec, layers=tuple(map(frozen_layers.unfreeze, spec.layers)))
    model = _render(writer.sequential(spec, constructor), 0, len(variable) + 3)
    parts = [f"{variable} = {model}"]
    if not spec.trainable:
        parts[0] += f"\n{variable}.trainable = False"
    if spec.compile is not None:
        arguments = {name: _as_spoken(name, value) for name, value in spec.compile.items()}
        compile_call = writer.call(f"{variable}.compile", (), arguments)
        parts.append(_render(compile_call, 0, 0))
    return parts


def _program(writer: _Writer, parts: Sequence[str], data: str = "") -> Source:
    """Put what the parts need before them."""
    sources = writer.sources
    definitions = [*_grouped(text for text in sources.definitions.values() if text)]
    constants, rest = writer.constants, "\n\n".join(parts)
    blocks = ["\n".join(_sorted_imports(sources.imports | writer.imports))]
    if writer.taken & set(sources.definitions):
        # The data's cells give other values to names that the model's functions use: these last.
        blocks += [data, *definitions, *constants, rest]
    else:
        blocks += [*definitions, *constants, f"{data}\n\n{rest}" if data else rest]
    text = blocks[0]
    for before, block in itertools.pairwise(blocks):
        # As PEP 8 has it: two empty lines around functions and classes.
        apart = "\n\n\n" if _is_definition(before) or _is_definition(block) else "\n\n"
        text += apart + block
    return Source(text + "\n", tuple(dict.fromkeys(sources.notes)))


class _Writer:
    """Turns specs into expressions, and collects what these need."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        # Names that the data's statements give values to.
        self.taken = taken
        self.sources = Sources()
        self.imports: set[str] = set()
        # Statements that stand before the model.
        self.constants: list[str] = []
        self._lives: dict[int, str] = {}

    def sequential(self, spec: ModelSpec, constructor: str) -> _Expression:
        items: list[tuple[str, _Expression]] = []
        if spec.input is not None and ("shape" in spec.input or "batch_shape" in spec.input):
            items.append(("", self.call("keras.Input", (), spec.input)))
        items += [("", self.layer(entry)) for entry in spec.layers if entry.enabled]
        arguments = {} if spec.name is None else {"name": spec.name}
        return self._stack(items, arguments, constructor)

    def _stack(
        self,
        items: Sequence[tuple[str, _Expression]],
        arguments: Mapping[str, Value],
        constructor: str = "keras.Sequential",
    ) -> _Expression:
        keywords = [(name, self.value(value)) for name, value in arguments.items()]
        if not items:
            return _Call(f"{constructor}(", tuple(keywords), ")")
        stack = _Call("[", tuple(items), "]", always_broken=True)
        return _Call(f"{constructor}(", (("", stack), *keywords), ")")

    def layer(self, entry: LayerSpec) -> _Expression:
        if entry.children is None:
            if entry.class_name == INPUT_LAYER:
                return self.call("keras.Input", (), entry.arguments)
            return self.object(entry.object)
        items = [("", self.layer(child)) for child in entry.children if child.enabled]
        return self._stack(items, entry.arguments)

    def object(self, spec: ObjectSpec) -> _Expression:
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
            return _Call(f"{name}.from_config(", (("", self._mapping(spec.arguments)),), ")")
        parameters = inspect.signature(cls).parameters
        positional = []
        for parameter in parameters.values():
            if parameter.default is not parameter.empty or parameter.name not in spec.arguments:
                break
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.POSITIONAL_ONLY):
                break
            positional.append(parameter.name)
        if not positional and len(spec.arguments) == 1 and issubclass(cls, _ABOUT_ONE_THING):
            positional = [name for name in list(parameters)[:1] if name in spec.arguments]
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
        callbacks = rest.get("callbacks") or ()
        told = [one for one in callbacks if not isinstance(one, Reference)]
        self.sources.notes.extend(
            t("The callback %1 is left out: its arguments cannot be told.", one.text)
            for one in callbacks
            if isinstance(one, Reference)
        )
        if callbacks:
            rest["callbacks"] = told
        if not told:
            rest.pop("callbacks", None)
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
                    t(
                        "%1 cannot be written down (%2): put it in by hand in place of "
                        "NotImplemented.",
                        reference.text,
                        error,
                    )
                )
                return "NotImplemented"

    def _live(self, live: Reference) -> _Expression:
        """A layer that is not made of arguments: a functional model, say."""
        if id(live.value) in self._lives:
            return self._lives[id(live.value)]
        name = _variable(str(getattr(live.value, "name", "layer")))
        while name in {*self._lives.values(), *self.sources.definitions, "model", "keras"}:
            name += "_"
        self._lives[id(live.value)] = name
        try:
            written = self._serialized(live.value)
        except Exception as error:
            self.constants.append(f"{name} = NotImplemented")
            self.sources.notes.append(
                t(
                    "%1 cannot be written down (%2): make it by hand, or load it, and let "
                    "%3 be it in place of NotImplemented.",
                    live.text,
                    error,
                    name,
                )
            )
            return name
        self.constants.append(f"{name} = " + _render(written, 0, len(name) + 3))
        self.sources.notes.append(
            t(
                "%1 is written down as its config: the layers in it, not how they were made.",
                live.text,
            )
        )
        return name

    def _serialized(self, thing: Any) -> _Expression:
        if isinstance(thing, types.FunctionType) and thing.__name__ != "<lambda>":
            # Keras would write down no more than its name.
            raise NoSourceError(t("the source of %1 cannot be found", thing.__name__))
        with weightless(on_meta=False):
            packed = keras.saving.serialize_keras_object(thing)
        text = json.dumps(packed)
        self.imports.add("import json")
        inside = thing._flatten_layers() if isinstance(thing, keras.Layer) else [thing]
        inside = [one for one in inside if not isinstance(one, types.FunctionType)]
        own = {cls.__name__: cls for cls in map(type, inside) if not _is_keras(cls)}
        custom = {name: self.sources.expression(cls) for name, cls in sorted(own.items())}
        items: list[tuple[str, _Expression]] = [
            ("", _Call("json.loads(", (("", repr(text)),), ")"))
        ]
        if custom:
            names = tuple((f"{_text(name)}: ", known) for name, known in custom.items())
            items.append(("custom_objects", _Call("{", names, "}")))
        if '"__lambda__"' in text:
            items.append(("safe_mode", "False"))
        return _Call("keras.saving.deserialize_keras_object(", tuple(items), ")")

    def _class(self, spec: ObjectSpec, cls: type) -> str:
        if spec.class_name.startswith(_LAYERS) and "layers" not in self.taken:
            self.imports.add("from keras import layers")
            return spec.class_name.removeprefix("keras.")
        if spec.class_name.startswith("keras."):
            return spec.class_name
        return self.sources.expression(cls)


def _as_spoken(name: str, value: Value) -> Value:
    """Return an argument of compile as everyone writes it."""
    if name in _LISTS and isinstance(value, tuple):
        return list(value)
    if not isinstance(value, ObjectSpec) or name not in _BY_NAME:
        return value
    if value.arguments or value.live is not None or value.from_config:
        return value
    return catalog.identifier_of(value.class_name, _BY_NAME[name]) or value


# --- text ----------------------------------------------------------------------------------------


def _render(expression: _Expression, indent: int, column: int, after: int = 0) -> str:
    """Write an expression that begins at ``column``, as Black would write it.

    Args:
        expression: what to write.
        indent: of the line that it is in.
        column: where in that line it begins.
        after: how many characters must still fit behind it.
    """
    if isinstance(expression, str):
        return expression
    line = _one_line(expression)
    if line is not None and column + len(line) + after <= WIDTH:
        return line
    items = expression.items
    if not items:
        return expression.opening + expression.closing
    inside = indent + 4
    closing = f"{' ' * indent}{expression.closing.lstrip(',')}"
    is_call = expression.opening.endswith("(") and expression.opening != "("
    body = line[len(expression.opening) : -len(expression.closing)] if line else ""
    if is_call and body and inside + len(body) <= WIDTH:
        return "\n".join([expression.opening, " " * inside + body, closing])
    comma = "" if is_call and len(items) == 1 else ","
    lines = []
    for name, item in items:
        head = _keyword(name)
        text = _render(item, inside, inside + len(head), len(comma))
        lines.append(f"{' ' * inside}{head}{text}{comma}")
    return "\n".join([expression.opening, *lines, closing])


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


def _text(value: Value) -> str:
    if isinstance(value, str):
        quoted = '"' in value and "'" not in value
        if quoted or not (value.isascii() or value.isprintable()):
            return repr(value)
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value != value:
        return 'float("nan")'
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    if isinstance(value, float):
        return _fraction(value) or repr(value)
    if isinstance(value, tuple):
        inner = ", ".join(_text(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value)


def _fraction(value: float) -> str:
    """A factor as people write it: 1 / 255 for 0.00392156862745098."""
    if len(repr(value)) < 15 or not 1e-4 < abs(value) < 1:
        return ""
    below = round(2 / value) / 2
    if 1 / below != value or abs(below) > 1000:
        return ""
    return f"1 / {int(below) if below.is_integer() else below}"


def _variable(name: str) -> str:
    text = re.sub(r"\W", "_", name)
    return text if text.isidentifier() and not keyword.iskeyword(text) else f"layer_{text}"


def _is_keras(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "keras"


def _is_definition(text: str) -> bool:
    return text.startswith(("def ", "class ", "async def ", "@"))


def _grouped(definitions: Iterable[str]) -> list[str]:
    """Put variables that follow each other into one paragraph."""
    groups: list[str] = []
    for text in definitions:
        if groups and not _is_definition(text) and not _is_definition(groups[-1]):
            groups[-1] += "\n" + text
        else:
            groups.append(text)
    return groups


def _is_plain(value: tuple[Value, ...]) -> bool:
    return all(item is None or isinstance(item, (bool, int, float, str)) for item in value)


def _sorted_imports(imports: set[str]) -> list[str]:
    """Sort imports as isort does, and join those from one module."""
    plain = sorted(line for line in imports if line.startswith("import "))
    members: dict[str, set[str]] = {}
    for line in imports - set(plain):
        _, module, _, name = line.split(" ", 3)
        members.setdefault(module, set()).add(name)
    joined = [f"from {module} import {', '.join(sorted(members[module]))}" for module in members]

    def is_standard(line: str) -> bool:
        return line.split()[1].partition(".")[0] in sys.stdlib_module_names

    sections = []
    for standard in (True, False):
        lines = [line for line in plain if is_standard(line) == standard]
        lines += sorted(line for line in joined if is_standard(line) == standard)
        if lines:
            sections.append("\n".join(lines))
    return "\n\n".join(sections).split("\n")


def _split_imports(source: str) -> tuple[set[str], str]:
    """Split off the imports that a source begins with, one line for each name."""
    imports: set[str] = set()
    taken: set[int] = set()
    statements = ast.parse(source).body
    for node, after in itertools.zip_longest(statements, statements[1:]):
        shares_line = after is not None and after.lineno == node.end_lineno
        if not isinstance(node, (ast.Import, ast.ImportFrom)) or shares_line:
            break
        for alias in node.names:
            alone = type(node)(**{**dict(ast.iter_fields(node)), "names": [alias]})
            imports.add(ast.unparse(alone))
        taken.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(source.splitlines(), 1)
    return imports, "\n".join(line for number, line in lines if number not in taken).strip()


def _bound_in(source: str) -> frozenset[str]:
    """The names that the statements of a source give values to."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(names | {n.name for n in nodes if isinstance(n, defined)})


def _data_comment(arguments: Mapping[str, Value]) -> str:
    names = [value.name for value in arguments.values() if isinstance(value, Variable)]
    return f"# {', '.join(dict.fromkeys(names))}: your data, loaded before."
