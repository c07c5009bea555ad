"""Write the fix of a mistake as lines of code: the difference of the model before and after it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from kwidgets.builder import convert
from kwidgets.builder.code.expression_writer import ExpressionWriter
from kwidgets.builder.code.formatting import format_expression
from kwidgets.builder.code.writer import usual_form
from kwidgets.builder.spec import LayerSpec, ModelSpec, Value, Variable
from kwidgets.builder.spec import freeze as frozen
from kwidgets.insight.data.finding import CodeChange
from kwidgets.language import t

_LAYERS = "layers."


def changes_between(
    before: ModelSpec,
    after: ModelSpec,
    layer_names: Mapping[str, str],
    variable: str,
    is_whole: bool = True,
) -> tuple[CodeChange, ...]:
    """Return the changes that make a program of one spec a program of the other.

    Args:
        before, after: the specs.
        layer_names: the names of the layers by uid.
        variable: the name of the model in the user's program.
        is_whole: whether the settings of compile are those of the whole model; if it has several
            outputs, only the changed argument is written.
    """
    found = [*_input_changes(before, after, layer_names)]
    found += _layer_changes(before, after, layer_names)
    if frozen(before.compile or {}) != frozen(after.compile or {}):
        found.append(_compile_change(before, after, variable, is_whole))
    if frozen(_without_variables(before.fit)) != frozen(_without_variables(after.fit)):
        found.append(CodeChange("change", "fit", _fit(after, variable), _fit(before, variable)))
    if before.trainable != after.trainable:
        code = f"{variable}.trainable = {after.trainable}"
        found.append(CodeChange("insert", "compile", code))
    return tuple(found)


def _input_changes(
    before: ModelSpec, after: ModelSpec, names: Mapping[str, str]
) -> Iterator[CodeChange]:
    if before.input == after.input or after.input is None:
        return
    new = _text(ExpressionWriter(), after.input, "keras.Input")
    if before.input is not None:
        old = _text(ExpressionWriter(), before.input, "keras.Input")
        yield CodeChange("change", "input", new, old)
    elif before.layers:
        yield CodeChange("insert", names.get(before.layers[0].uid, ""), new)


def as_line(changes: tuple[CodeChange, ...]) -> str:
    """Return changes as the text that people read."""
    lines = []
    for change in changes:
        if change.kind == "remove":
            lines.append(t("Remove %1", change.before))
        elif change.kind == "insert" and change.where not in ("compile", "fit"):
            lines.append(f"{change.code},  # " + t("before layer %1", repr(change.where)))
        elif change.kind == "append":
            lines.append(f"{change.code},  # " + t("as the last layer"))
        else:
            lines.append(change.code)
    return "\n".join(lines)


def layer_code(entry: LayerSpec) -> str:
    """Return the expression that makes a layer: ``keras.layers.Dense(10)``."""
    bare = _without_names(entry)
    # Without a variable "layers", the writer would import it.
    return format_expression(ExpressionWriter(frozenset({"layers"})).layer(bare), 0, 0)


def _without_names(entry: LayerSpec) -> LayerSpec:
    children = entry.children
    return dataclasses.replace(
        entry,
        object=convert.without_automatic_names(entry.object),
        children=None if children is None else tuple(map(_without_names, children)),
    )


def _layer_changes(
    before: ModelSpec, after: ModelSpec, names: Mapping[str, str]
) -> Iterator[CodeChange]:
    old = {entry.uid: entry for entry in before.walk()}
    new = {entry.uid: entry for entry in after.walk()}
    order = list(new)
    for uid, entry in old.items():
        if uid not in new:
            yield CodeChange("remove", names.get(uid, ""), "", layer_code(entry))
    for place, (uid, entry) in enumerate(new.items()):
        if uid not in old:
            following = next((each for each in order[place + 1 :] if each in old), None)
            code = layer_code(entry)
            if following is None:
                yield CodeChange("append", "", code)
            else:
                yield CodeChange("insert", names.get(following, ""), code)
        elif _differs(entry, old[uid]):
            yield CodeChange("change", names.get(uid, ""), layer_code(entry), layer_code(old[uid]))


def _differs(entry: LayerSpec, before: LayerSpec) -> bool:
    """Return whether a layer itself has changed, and not one in it."""
    if entry.class_name != before.class_name:
        return True
    return entry.children is None and frozen(entry.arguments) != frozen(before.arguments)


def _compile_change(
    before: ModelSpec, after: ModelSpec, variable: str, is_whole: bool
) -> CodeChange:
    old, new = before.compile or {}, after.compile or {}
    if not is_whole:
        old, new = (
            {name: value for name, value in one.items() if frozen(value) != frozen(other.get(name))}
            for one, other in ((old, new), (new, old))
        )
        texts = [
            ", ".join(f"{name}={_value(value)}" for name, value in _usual(each).items())
            for each in (new, old)
        ]
        return CodeChange("change", "compile", *texts)
    call = f"{variable}.compile"
    return CodeChange(
        "change",
        "compile",
        _text(ExpressionWriter(), _usual(new), call),
        _text(ExpressionWriter(), _usual(old), call) if before.compile is not None else "",
    )


def _usual(arguments: Mapping[str, Value]) -> dict[str, Value]:
    """Return the arguments of compile as programs write them."""
    return {name: usual_form(name, value) for name, value in arguments.items()}


def _fit(spec: ModelSpec, variable: str) -> str:
    if spec.fit.get("x") is None:
        return ""
    return format_expression(ExpressionWriter().fit(variable, spec.fit), 0, 0)


def _without_variables(arguments: Mapping[str, Value]) -> dict[str, Any]:
    return {
        name: value.name if isinstance(value, Variable) else value
        for name, value in arguments.items()
    }


def _text(writer: ExpressionWriter, arguments: Mapping[str, Value], function: str) -> str:
    return format_expression(writer.call(function, (), arguments), 0, 0)


def _value(value: Value) -> str:
    return format_expression(ExpressionWriter().value(value), 0, 0)
