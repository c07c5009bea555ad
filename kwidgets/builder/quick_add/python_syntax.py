"""Parses an object written as Python, "Dense(128, activation='relu')", without running it."""

from __future__ import annotations

import ast

from kwidgets.builder import catalog
from kwidgets.builder.catalog import signatures
from kwidgets.builder.quick_add.class_names import QuickError, checked_object, unknown_class_error
from kwidgets.builder.spec import SEQUENTIAL, ObjectSpec, Value
from kwidgets.language import t


def read_python(text: str, section: str) -> ObjectSpec:
    """Return the object that a call describes.

    Raises:
        QuickError: it is no call of a class in the section, or an argument does not fit.
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise QuickError(
            t(
                "%1 is not complete Python. Check brackets and quotes, or enter words such as "
                "dense 128 relu.",
                repr(text),
            )
        ) from None
    if not isinstance(tree, ast.Call):
        raise QuickError(
            t("%1 does not create an object. Enter a call such as Dense(128).", repr(text))
        )
    if isinstance(tree.func, ast.Call):
        # Dense(10)(x), as in the functional API.
        tree = tree.func
    name = _dotted_name(tree.func)
    if name.endswith(".add") and len(tree.args) == 1 and isinstance(tree.args[0], ast.Call):
        # model.add(Dense(10))
        tree = tree.args[0]
    return _object_of_call(tree, section)


def _object_of_call(call: ast.Call, section: str) -> ObjectSpec:
    name = _dotted_name(call.func)
    key = _resolve_name(name, section)
    if key is None:
        raise unknown_class_error(catalog.short_name(name), section)
    entry = catalog.catalog().entries[key]
    parameters = entry["parameters"]
    if key == SEQUENTIAL and (call.args or any(k.arg == "layers" for k in call.keywords)):
        raise QuickError(t("A block is added without layers. Enter block, then add layers to it."))
    if len(call.args) > len(parameters):
        names = ", ".join(parameter["name"] for parameter in parameters)
        count = len(call.args)
        raise QuickError(
            t("%1 takes %2, but got %3 positional values.", entry["name"], names, count)
            if names
            else t("%1 takes no arguments, but got %2 positional values.", entry["name"], count)
        )
    given: dict[str, ast.expr] = {}
    for parameter, value in zip(parameters, call.args, strict=False):
        given[parameter["name"]] = value
    for keyword in call.keywords:
        if keyword.arg is None:
            raise QuickError(
                t(
                    "%1: cannot read %2. Enter each argument by name.",
                    entry["name"],
                    f"**{ast.unparse(keyword.value)}",
                )
            )
        if keyword.arg in given:
            raise QuickError(t("%1 gets %2 twice. Keep one of them.", entry["name"], keyword.arg))
        given[keyword.arg] = keyword.value
    return checked_object(entry, {name: _value_of(name, value) for name, value in given.items()})


def _value_of(name: str, node: ast.expr) -> Value:
    if isinstance(node, ast.Call):
        return _object_of_any_section(node)
    if isinstance(node, ast.Attribute) and node.attr in (
        *catalog.catalog().activations,
        *signatures.DTYPES,
    ):
        # keras.activations.relu, tf.float32
        return node.attr
    if isinstance(node, (ast.List, ast.Tuple)):
        return tuple(_value_of(name, item) for item in node.elts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        above, below = _value_of(name, node.left), _value_of(name, node.right)
        if isinstance(above, (int, float)) and isinstance(below, (int, float)) and below:
            return above / below
    try:
        return ast.literal_eval(node)
    except (TypeError, ValueError, MemoryError, RecursionError):
        raise QuickError(
            t(
                "%1 is not a plain value. Enter numbers, text or layers; set Python objects in "
                "code.",
                f"{name}={ast.unparse(node)}",
            )
        ) from None


def _object_of_any_section(call: ast.Call) -> ObjectSpec:
    name = _dotted_name(call.func)
    for section in (*catalog.SECTIONS, "cells"):
        if _resolve_name(name, section) is not None:
            return _object_of_call(call, section)
    raise unknown_class_error(catalog.short_name(name), "layers")


def _dotted_name(node: ast.expr) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise QuickError(
            t("%1 is not a class. Enter a call such as Dense(128).", repr(ast.unparse(node)))
        )
    return ".".join([node.id, *reversed(parts)])


def _resolve_name(name: str, section: str) -> str | None:
    """Return the key of a class by its dotted name, with or without modules."""
    known = catalog.catalog()
    key = known.aliases.get(name, name)
    if key in known.sections[section]:
        return key
    parts = name.split(".")
    if len(parts) > 2 and parts[-2] != section:
        # keras.losses.Poisson among the metrics.
        return None
    return catalog.resolve_identifier(parts[-1], section)
