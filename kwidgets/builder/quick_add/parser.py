"""Parses the text of an object: "dense 128 relu", "conv2d 32 3x3 same", "Dense(128)".

The class comes first; then its values in any order that is clear, numbers in the order of the
class's arguments. A line of Python is parsed, never run. An argument that is not in the text keeps
its default; a missing required argument is left out, and its card shows that.
"""

from __future__ import annotations

import re

from kwidgets.builder import catalog, fields
from kwidgets.builder.catalog import labels
from kwidgets.builder.protocol import Parameter
from kwidgets.builder.quick_add.class_names import QuickError
from kwidgets.builder.quick_add.python_syntax import read_python
from kwidgets.builder.quick_add.word_syntax import read_words, tokenize
from kwidgets.builder.spec import ObjectSpec, Value
from kwidgets.language import t


def parse(text: str) -> ObjectSpec:
    """Return the layer that a text describes.

    Raises:
        QuickError: there is no such layer, a value fits no argument, or a Sequential cannot
            contain the layer.
    """
    found = read_object(text, "layers")
    if not isinstance(found, ObjectSpec):
        raise QuickError(t("%1 is not a layer. Enter one such as dense 128 relu.", repr(text)))
    entry = catalog.catalog().entries[found.class_name]
    if entry["unusable"]:
        why = labels.reason(entry["unusable"])
        raise QuickError(t("Cannot add %1: %2", entry["name"], why))
    return found


def read_object(text: str, section: str) -> Value:
    """Return the object of a section that a text describes; identifiers of metrics stay texts.

    Raises:
        QuickError: there is no such object, or a value fits no argument.
    """
    text = text.strip().rstrip(",;")
    if not text:
        raise QuickError(t("Enter one of the %1.", section))
    if re.match(r"[A-Za-z_][\w.>]*\(", text):
        return read_python(text, section)
    if section != "layers" and re.fullmatch(r"[\w.>'\"]+", text):
        return _read_name(text.strip("'\""), section)
    return read_words(tokenize(text), section, read_field)


def read_field(parameter: Parameter, text: str) -> Value:
    """Return the value of a text in a form field of any kind. See ``fields.read``.

    Raises:
        FieldError: the text does not fit the field.
    """
    return fields.read(parameter, text, _read_object_of_field)


def _read_object_of_field(parameter: Parameter, text: str) -> Value:
    try:
        return read_object(text, parameter.get("section", "layers"))
    except QuickError as error:
        raise fields.FieldError(f"{parameter['name']}: {error}") from None


def _read_name(text: str, section: str) -> Value:
    key = catalog.resolve_identifier(text, section)
    if section == "metrics" and (key is not None or text in catalog.ACCURACY_TEXTS):
        return text
    if key is not None:
        return ObjectSpec(key)
    return read_words([text], section, read_field)
