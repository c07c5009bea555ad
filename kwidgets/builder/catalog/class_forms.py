"""Describes the form of one class of Keras, from its signature and the table of its version."""

from __future__ import annotations

import functools

import keras

from kwidgets.builder.catalog import signatures
from kwidgets.builder.catalog.form_corrections import read_table
from kwidgets.builder.catalog.keras_classes import short_name
from kwidgets.builder.protocol import Entry
from kwidgets.builder.spec import INPUT_LAYER, SEQUENTIAL


@functools.cache
def keras_entry(key: str, cls: type, section: str) -> Entry:
    """Return the entry that the signature of a class gives, corrected by the table."""
    found = signatures.entry(cls, key, f"Other {section}")
    row = read_table()["entries"].get(key)
    found["name"] = short_name(key)
    if key == INPUT_LAYER:
        _add_input_help(found)
    if row is None:
        return found
    found["group"] = row["group"]
    found["unusable"] = row["unusable"]
    for parameter in found["parameters"]:
        known = row["parameters"].get(parameter["name"])
        if known is None:
            # An argument of a Keras that is newer than the table.
            continue
        parameter["field"] = known["field"]
        parameter["nullable"] = known.get("nullable", False)
        parameter["basic"] = known.get("basic", False)
        for optional in ("choices", "section", "minimum"):
            parameter.pop(optional, None)  # type: ignore[misc]
            if optional in known:
                parameter[optional] = known[optional]
        if known["field"] == "dtype" and "choices" not in known:
            parameter["choices"] = list(signatures.DTYPES)
    return found


def _add_input_help(entry: Entry) -> None:
    """Add the help of ``keras.Input``, because InputLayer's docstring has none."""
    entry["summary"] = "The shape and dtype of one input sample."
    documented = signatures.documentation_of(keras.Input)
    for parameter in entry["parameters"]:
        parameter["help"] = parameter["help"] or signatures.shorten(
            documented.get(parameter["name"], ""), signatures.HELP_LENGTH
        )


def sequential_entry() -> Entry:
    """Return the entry of a block of layers; the layers are no argument of its form."""
    return Entry(
        key=SEQUENTIAL,
        name="Sequential",
        group="Core",
        summary="A block: several layers used as one.",
        parameters=[
            signatures.parameter("name", None, "", required=False),
            signatures.parameter("trainable", True, "", required=False),
        ],
        unusable="",
    )
