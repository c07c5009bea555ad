"""Write a functional or Sequential model as a program that creates it with Keras alone."""

from __future__ import annotations

import builtins
import itertools
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
from keras.src.models.functional import Functional
from keras.src.utils.naming import to_snake_case

from kwidgets.builder import convert
from kwidgets.builder.code.expression_writer import ExpressionWriter
from kwidgets.builder.code.formatting import Call, Expression, format_expression, format_literal
from kwidgets.builder.code.imports import sorted_imports
from kwidgets.builder.code.writer import usual_form
from kwidgets.formats.code.operation_call import CallWriter
from kwidgets.formats.code.vocabularies import Vocabularies
from kwidgets.language import t

_MODEL = "model"


def functional_program(
    model: keras.Model,
    code_of: Mapping[str, str],
    weights: str | None,
    comments: Sequence[str] = (),
    words: Vocabularies | None = None,
) -> str:
    """Return a program that creates the model.

    Args:
        model: a Sequential, or a functional model, with several inputs and outputs, shared layers,
            nested models and calls of ``keras.ops``.
        code_of: expressions to write for layers, by their names.
        weights: the file from which the program loads the weights; None to leave them random.
        comments: lines that the program begins with.
        words: vocabularies of layers, which their configurations do not have, or None.

    Raises:
        ValueError: the name of the file of the weights does not end in ``.weights.h5``.
    """
    if weights is not None and not weights.endswith(".weights.h5"):
        raise ValueError(
            t(
                "The file of the weights must end in .weights.h5, as net.weights.h5; got “%1”.",
                weights,
            )
        )
    return _Program(code_of, words or Vocabularies()).text(model, weights, comments)


class _Program:
    """The statements of a program, and the names that it uses."""

    def __init__(self, code_of: Mapping[str, str], words: Vocabularies) -> None:
        self._code_of = code_of
        self._words = words
        self._writer = ExpressionWriter()
        self._calls = CallWriter(self._writer, lambda tensor: self._tensors[id(tensor)])
        self._layers: dict[int, Expression] = {}
        self._variables: dict[int, str] = {}
        self._tensors: dict[int, str] = {}
        self._taken: set[str] = set()
        self._lines: list[str] = []

    def text(self, model: keras.Model, weights: str | None, comments: Sequence[str]) -> str:
        self._write_layers(model)
        compiled = self._compile_call(model)
        # Variables must not hide what the expressions use.
        self._taken |= {_MODEL, "keras", *self._writer.sources.definitions}
        self._taken |= {line.partition(" = ")[0] for line in self._writer.constants}
        for line in self._writer.imports | self._writer.sources.imports:
            self._taken.add(line.split()[-1].partition(".")[0])
        if isinstance(model, Functional) and _is_keras(model):
            self._write_graph(model, _MODEL)
        else:
            self._assign(_MODEL, self._expression(model))
        if compiled is not None:
            self._lines.append(format_expression(compiled, 0, 0))
        if weights is not None and _has_state(model):
            self._lines.append(f"{_MODEL}.load_weights({format_literal(weights)})")
        return self._assembled(comments)

    def _assembled(self, comments: Sequence[str]) -> str:
        sources = self._writer.sources
        notes = [*comments, *dict.fromkeys(sources.notes)]
        head = "\n".join(f"# {line}".rstrip() for note in notes for line in note.splitlines())
        imports = "\n".join(sorted_imports(sources.imports | self._writer.imports))
        blocks = [part for part in (head, imports) if part]
        definitions = [text for text in sources.definitions.values() if text]
        body = "\n".join([*self._writer.constants, *self._lines])
        apart = "\n\n\n" if definitions else "\n\n"
        return apart.join(["\n\n".join(blocks), *definitions, body]) + "\n"

    def _write_layers(self, model: keras.Model) -> None:
        """Write the expression of each layer, so that all imports and definitions are known."""
        for operation in _operations(model):
            if isinstance(operation, keras.layers.InputLayer) or id(operation) in self._layers:
                continue
            if operation.name in self._code_of:
                self._layers[id(operation)] = self._code_of[operation.name]
            elif _is_nested(operation):
                self._write_layers(operation)
            elif isinstance(operation, keras.Layer):
                spec = convert.spec_of_layer(operation)
                self._layers[id(operation)] = self._with_words(
                    operation.name, self._writer.layer(spec)
                )
        if not _is_nested(model):
            self._layers[id(model)] = self._writer.layer(convert.spec_of_layer(model))

    def _with_words(self, name: str, layer: Expression) -> Expression:
        """Return the call that makes a layer, with its vocabulary if that stands elsewhere."""
        value: Expression
        if name in self._words.words:
            value = self._writer.value(self._words.words[name])
        elif name in self._words.files:
            self._writer.imports |= {"import json", "from pathlib import Path"}
            file = format_literal(self._words.files[name])
            value = f'json.loads(Path({file}).read_text(encoding="utf-8"))'
        else:
            return layer
        assert isinstance(layer, Call)
        items = [*layer.items]
        # In front of the name, as in the others.
        place = next((i for i, (key, _) in enumerate(items) if key == "name"), len(items))
        items.insert(place, ("vocabulary", value))
        return Call(layer.opening, tuple(items), layer.closing)

    def _compile_call(self, model: keras.Model) -> Expression | None:
        try:
            settings = convert.compile_settings(model)
            if settings is None:
                return None
            arguments = {name: usual_form(name, value) for name, value in settings.items()}
            return self._writer.call(f"{_MODEL}.compile", (), arguments)
        except Exception as error:
            note = t("compile cannot be written as code (%1). Call it yourself.", error)
            self._writer.sources.notes.append(note)
            return None

    def _expression(self, layer: Any) -> Expression:
        """Return a layer as an expression; statements that it needs are written before."""
        if id(layer) in self._variables:
            return self._variables[id(layer)]
        if id(layer) in self._layers:
            return self._layers[id(layer)]
        if isinstance(layer, keras.layers.InputLayer):
            return self._writer.call("keras.Input", (), convert.spec_of_input(layer))
        if isinstance(layer, keras.Sequential):
            children = tuple(("", self._expression(child)) for child in layer._layers)
            items: list[tuple[str, Expression]] = []
            if children:
                items.append(("", Call("[", children, "]", always_broken=True)))
            items.append(("name", format_literal(layer.name)))
            if not layer._trainable:
                items.append(("trainable", "False"))
            return Call("keras.Sequential(", tuple(items), ")")
        variable = self._variables[id(layer)] = self._new_name(layer.name)
        self._write_graph(layer, variable)
        return variable

    def _write_graph(self, model: Functional, variable: str) -> None:
        """Write the statements that create a functional model."""
        nodes = _nodes(model)
        uses = [id(node.operation) for node in nodes]
        for tensor in model.inputs:
            layer = tensor._keras_history.operation
            name = self._tensors[id(tensor)] = self._new_name(layer.name)
            self._assign(name, self._expression(layer))
        for node in nodes:
            self._write_call(node, is_shared=uses.count(id(node.operation)) > 1)
        items = [
            ("", self._calls.value(model._inputs_struct)),
            ("", self._calls.value(model._outputs_struct)),
            ("name", format_literal(model.name)),
        ]
        self._assign(variable, Call("keras.Model(", tuple(items), ")"))
        if not model._trainable:
            self._lines.append(f"{variable}.trainable = False")

    def _write_call(self, node: Any, is_shared: bool) -> None:
        operation = node.operation
        if not isinstance(operation, keras.Layer):
            expression = self._calls.operation(node)
        else:
            layer = self._expression(operation)
            arguments = self._calls.arguments(node)
            text = format_expression(arguments, 0, 0)
            if isinstance(layer, Call) and (is_shared or "\n" in text):
                variable = self._variables[id(operation)] = self._new_name(
                    operation.name if is_shared else f"{operation.name}_layer"
                )
                self._assign(variable, layer)
                layer = variable
            if isinstance(layer, Call):
                expression = Call(layer.opening, layer.items, layer.closing + text)
            else:
                called = layer if layer.isidentifier() else f"({layer})"
                expression = Call(f"{called}(", arguments.items, ")")
        names = []
        for tensor in node.output_tensors:
            # Keras numbers the names of operations through the whole process.
            wanted = (
                operation.name
                if isinstance(operation, keras.Layer)
                else to_snake_case(type(operation).__name__)
            )
            name = self._tensors[id(tensor)] = self._new_name(wanted)
            names.append(name)
        self._assign(*self._unpacked(node, names, expression))

    def _unpacked(
        self, node: Any, names: Sequence[str], expression: Expression
    ) -> tuple[str, Expression]:
        """Return the target of an assignment for one or several tensors, and its value."""
        operation = node.operation
        if isinstance(operation, Functional):
            is_plain = isinstance(operation._outputs_struct, keras.KerasTensor)
            is_flat = isinstance(operation._outputs_struct, (list, tuple)) and not any(
                keras.tree.is_nested(each) for each in operation._outputs_struct
            )
        elif isinstance(operation, keras.Layer):
            is_plain, is_flat = len(names) == 1, True
        else:
            is_plain = len(names) == 1 and not _gives_list(node)
            is_flat = True
        if is_plain:
            return names[0], expression
        target = f"({names[0]},)" if len(names) == 1 else ", ".join(names)
        if is_flat:
            return target, expression
        return target, Call("keras.tree.flatten(", (("", expression),), ")")

    def _assign(self, target: str, expression: Expression) -> None:
        text = format_expression(expression, 0, len(target) + 3)
        self._lines.append(f"{target} = {text}")

    def _new_name(self, wanted: str) -> str:
        """Return a new variable's name that resembles ``wanted``."""
        base = re.sub(r"\W", "_", wanted)
        if not base.isidentifier() or keyword.iskeyword(base) or hasattr(builtins, base):
            base = f"layer_{base}"
        names = itertools.chain([base], (f"{base}_{number}" for number in itertools.count(1)))
        name = next(each for each in names if each not in self._taken)
        self._taken.add(name)
        return name


def _has_state(model: keras.Model) -> bool:
    """Return whether a file of its weights has anything, be it a graph instead of weights."""
    usual = keras.Layer.save_own_variables
    return bool(model.weights) or any(
        type(layer).save_own_variables is not usual for layer in model._flatten_layers()
    )


def _is_keras(layer: Any) -> bool:
    return type(layer).__module__.partition(".")[0] == "keras"


def _is_nested(layer: Any) -> bool:
    """Return whether a layer is a model whose layers are written one by one."""
    return type(layer) is keras.Sequential or (isinstance(layer, Functional) and _is_keras(layer))


def _operations(model: keras.Model) -> Iterator[Any]:
    if type(model) is keras.Sequential:
        yield from model._layers
    elif _is_nested(model):
        yield from model.operations


def _nodes(model: Functional) -> list[Any]:
    """Return the calls of a functional model, each after those that it needs."""
    return [
        node
        for depth in sorted(model._nodes_by_depth, reverse=True)
        for node in model._nodes_by_depth[depth]
        if not isinstance(node.operation, keras.layers.InputLayer)
    ]


def _gives_list(node: Any) -> bool:
    """Return whether an operation with one output returns it in a list, as split may."""
    arguments = node.arguments
    try:
        made = node.operation.compute_output_spec(*arguments.args, **arguments.kwargs)
    except Exception:
        return False
    return bool(keras.tree.is_nested(made))
