"""Derives the form of a class from its signature and its docstring.

Keras annotates no arguments, so the kind of a field comes from the argument's name, its default and
the ``Args:`` section. For the classes of Keras, ``entries.py`` corrects this guess with a table; a
user's own class, or one that is newer than the table, gets the guess as it is.
"""

from __future__ import annotations

import enum
import inspect
import math
import re
from typing import Any, Final

import keras

from kwidgets.builder.protocol import Entry, FieldKind, Parameter

HELP_LENGTH: Final = 500
SUMMARY_LENGTH: Final = 200

DTYPES: Final = [
    "float32",
    "float16",
    "bfloat16",
    "float64",
    "mixed_float16",
    "mixed_bfloat16",
    "int32",
    "int64",
    "uint8",
    "bool",
    "string",
]

# Arguments that every layer accepts through **kwargs.
BASE_ARGUMENTS: Final = ("name", "trainable", "dtype")

_SECTION_ENDINGS: Final = {
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
}
_OBJECT_NAMES: Final[dict[str, tuple[FieldKind, str]]] = {
    "backward_layer": ("object", "layers"),
    "callbacks": ("objects", "callbacks"),
    "cell": ("object", "cells"),
    "cells": ("objects", "cells"),
    "inner_optimizer": ("object", "optimizers"),
    "layer": ("object", "layers"),
    "layers": ("objects", "layers"),
    "loss": ("object", "losses"),
    "metrics": ("objects", "metrics"),
    "optimizer": ("object", "optimizers"),
}
_KINDS_BY_NAME: Final[dict[str, FieldKind]] = {
    "activation": "activation",
    "batch_shape": "shape",
    "dilation_rate": "ints",
    "dims": "shape",
    "dtype": "dtype",
    "kernel_size": "ints",
    "name": "text",
    "noise_shape": "shape",
    "output_padding": "ints",
    "output_shape": "shape",
    "output_size": "ints",
    "pool_size": "ints",
    "seed": "int",
    "shape": "shape",
    "strides": "ints",
    "target_shape": "shape",
    "trainable": "bool",
    "value_range": "numbers",
}
_AT_LEAST_ONE: Final = {
    "dilation_rate",
    "filters",
    "groups",
    "input_dim",
    "kernel_size",
    "n",
    "num_heads",
    "output_dim",
    "output_size",
    "pool_size",
    "size",
    "strides",
    "units",
}
_AT_LEAST_ZERO: Final = {"dropout", "learning_rate", "rate", "recurrent_dropout", "stddev"}
_BASIC: Final = {
    "activation",
    "factor",
    "filters",
    "input_dim",
    "kernel_size",
    "layer",
    "learning_rate",
    "output_dim",
    "padding",
    "pool_size",
    "rate",
    "return_sequences",
    "strides",
    "target_shape",
    "units",
}
_FIXED_CHOICES: Final[dict[str, list[Any]]] = {
    "data_format": ["channels_last", "channels_first"],
    "padding": ["valid", "same"],
}
# Help for arguments that Keras's docstrings do not document.
_COMMON_HELP: Final = {
    "data_format": (
        'Order of the dimensions: `"channels_last"` for `(height, width, channels)`, '
        '`"channels_first"` for `(channels, height, width)`. If empty, Keras\'s setting is used.'
    ),
    "dtype": (
        "The number type for computation, or a dtype policy such as `mixed_float16`. If empty, "
        "Keras's setting is used, usually `float32`."
    ),
    "name": "A name to identify it. If empty, Keras generates one.",
    "seed": "An integer that makes random choices reproducible.",
    "trainable": "Whether training changes the weights.",
}

# How a docstring begins the entry of an argument, and the kind of field that this means.
_DOCUMENTED_KINDS: Final[tuple[tuple[str, FieldKind], ...]] = (
    (r"(bool|boolean|whether)\b", "bool"),
    (r"(int|integer|a positive int)\w*,? or (a )?(tuple|list)", "ints"),
    (r"(float|a float)\w*,? or (a )?(tuple|list)|.{0,60}float.{0,40}or a (tuple|list)", "numbers"),
    (r"(tuple|list|sequence)\w*(/list)? of (\w+ )?int", "ints"),
    (r"(a )?(tuple|list|sequence|python list)\w*(/list)? of (\w+ )?(float|number)", "numbers"),
    (r"((an?|the|single|positive|non-negative|strictly|unsigned|python) )*int(eger)?\b", "int"),
    (r"((the|total|maximum|possible) )*(number|size) of\b", "int"),
    (r"((an?|the|positive|non-negative|python) )*(float|scalar|number)", "float"),
    (r"((an?|the|name of) )*(str\b|string|path)", "text"),
    (r"(an? )?(function|callable)", "reference"),
)

_PLAIN: Final = (bool, int, float, str)


def entry(cls: type, key: str, group: str) -> Entry:
    """Return the entry of any class, with a field for each argument. Never fails.

    Args:
        cls: a layer, a loss, an optimizer …, of Keras or of the user.
        key: the name by which specs name it.
        group: the heading under which it is listed.
    """
    found, unusable = _parameters(cls)
    return Entry(
        key=key,
        name=cls.__name__,
        group=group,
        summary=summary(cls),
        parameters=found,
        unusable=unusable,
    )


def parameter(name: str, default: Any, documented: str, *, required: bool) -> Parameter:
    """Return the field of an argument, guessed from its name, default and documentation.

    Args:
        name: of the argument.
        default: in the signature; ignored when the argument is required.
        documented: the argument's entry in the docstring, or "".
        required: whether there is no default.
    """
    plain = None if required else plain_value(default)
    kind, choices, section = _kind(name, plain, documented, required=required)
    if not required and plain is None and default is not None:
        kind, choices, section = "reference", None, None
    result = Parameter(
        name=name,
        field=kind,
        required=required,
        default=plain,
        nullable=_nullable(kind, plain, documented, required=required),
        basic=(required and kind != "reference") or name in _BASIC,
        help=shorten(documented, HELP_LENGTH) or _COMMON_HELP.get(name, ""),
    )
    if choices is not None:
        result["choices"] = choices
    if section is not None:
        result["section"] = section
    minimum = _minimum(name, kind, documented)
    if minimum is not None:
        result["minimum"] = minimum
    return result


def plain_value(value: Any) -> Any:
    """Return a value as numbers, texts and tuples of them; None if it has no such form."""
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, (list, tuple)):
        items = tuple(plain_value(item) for item in value)
        lost = any(item is None and given is not None for item, given in zip(items, value))  # noqa: B905
        return None if lost else items
    # Subclasses, such as NumPy's numbers.
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    # A function that Keras accepts by name, such as keras.activations.relu.
    name = getattr(value, "__name__", None)
    known = getattr(keras.activations, name, None) if isinstance(name, str) else None
    return name if known is value else None


def summary(cls: type) -> str:
    """Return the first sentence of a class's docstring, or ""."""
    first = _docstring(cls).strip().partition("\n\n")[0]
    text = " ".join(first.split())
    # Keras ends some with two full stops.
    text = re.sub(r"\.\.$", ".", text)
    return shorten(text, SUMMARY_LENGTH)


def documentation(cls: type) -> dict[str, str]:
    """Return the documentation of each argument of a class, each as one paragraph."""
    found = _arguments_of(_docstring(cls))
    constructor = cls.__dict__.get("__init__")
    if not found and constructor is not None:
        found = _arguments_of(inspect.getdoc(constructor) or "")
    return found


def documentation_of(method: Any) -> dict[str, str]:
    """Return the documentation of each argument of a method."""
    return _arguments_of(inspect.getdoc(method) or "")


def shorten(text: str, length: int) -> str:
    """Return a text cut at the end of a sentence, or else of a word."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    sentence = max(cut.rfind(". "), cut.rfind(".) "))
    if sentence > length // 3:
        return cut[: sentence + 1]
    return cut.rpartition(" ")[0] + "…"


def _docstring(cls: type) -> str:
    # Not the inherited docstring: it would describe other arguments.
    text = cls.__dict__.get("__doc__")
    return inspect.cleandoc(text) if isinstance(text, str) else ""


def _parameters(cls: type) -> tuple[list[Parameter], str]:
    """Return the fields of a class's form, and why it cannot be made (or "")."""
    try:
        signature = inspect.signature(cls)
    except (TypeError, ValueError):
        return [], "its signature is unavailable"
    documented = documentation(cls)
    found: list[Parameter] = []
    unusable = ""
    has_kwargs = False
    for name, argument in signature.parameters.items():
        required = argument.default is argument.empty
        if argument.kind is argument.VAR_KEYWORD:
            has_kwargs = True
        elif argument.kind is argument.POSITIONAL_ONLY:
            if required:
                unusable = f"its argument {name} cannot be passed by name"
        elif argument.kind is not argument.VAR_POSITIONAL:
            found.append(
                parameter(name, argument.default, documented.get(name, ""), required=required)
            )
    if has_kwargs and issubclass(cls, keras.layers.Layer):
        names = {known["name"] for known in found}
        found += [
            parameter(
                name,
                True if name == "trainable" else None,
                documented.get(name, ""),
                required=False,
            )
            for name in BASE_ARGUMENTS
            if name not in names
        ]
    return found, unusable


def _kind(
    name: str, default: Any, documented: str, *, required: bool
) -> tuple[FieldKind, list[Any] | None, str | None]:
    """Return the kind of a field, its choices and its section."""
    for ending, section in _SECTION_ENDINGS.items():
        if name == ending or name.endswith(f"_{ending}"):
            return "object", None, section
    if name.endswith("activation"):
        return "activation", None, None
    if name.startswith("on_") or name in {"fn", "function"} or name.endswith("_fn"):
        return "reference", None, None
    if name in _OBJECT_NAMES:
        kind, section = _OBJECT_NAMES[name]
        return kind, None, section
    if name in _KINDS_BY_NAME:
        return _KINDS_BY_NAME[name], list(DTYPES) if name == "dtype" else None, None
    if name == "learning_rate":
        return "float", None, "schedules"
    if name in _FIXED_CHOICES and (default is None or isinstance(default, str)):
        return "choice", list(_FIXED_CHOICES[name]), None
    return _kind_of_default(default, documented)


def _kind_of_default(
    default: Any, documented: str
) -> tuple[FieldKind, list[Any] | None, str | None]:
    text = re.sub(r"^\W*optional\W*", "", documented.replace("`", "").lower())
    stated = next((kind for how, kind in _DOCUMENTED_KINDS if re.match(how, text)), None)
    if isinstance(default, bool):
        return "bool", None, None
    if isinstance(default, int):
        return (stated if stated in {"ints", "float", "numbers"} else "int"), None, None
    if isinstance(default, float):
        return ("numbers" if stated == "numbers" else "float"), None, None
    if isinstance(default, tuple):
        return _kind_of_tuple(default), None, None
    choices = _choices(documented)
    if isinstance(default, str):
        if default in choices and len(choices) > 1:
            return "choice", choices, None
        return "text", None, None
    if stated == "text" and len(choices) > 1:
        return "choice", choices, None
    return stated or "python", None, None


def _kind_of_tuple(default: tuple[Any, ...]) -> FieldKind:
    if default and all(type(item) is int for item in default):
        return "ints"
    if default and all(type(item) in (int, float) for item in default):
        return "numbers"
    if default and all(isinstance(item, str) for item in default):
        return "texts"
    return "python"


def _choices(documented: str) -> list[Any]:
    """Return the quoted words of an argument's entry, in order, each once."""
    quoted = re.findall(r"""["'](\w[\w -]*)["']""", documented)
    return list(dict.fromkeys(quoted))


def _nullable(kind: FieldKind, default: Any, documented: str, *, required: bool) -> bool:
    if kind == "activation":
        return True
    if not required and default is None:
        return True
    return re.search(r"\bor `?None`?\b|[Ii]f (set to )?`?None`?\b", documented) is not None


def _minimum(name: str, kind: FieldKind, documented: str) -> float | None:
    if kind in {"int", "ints"} and (
        name in _AT_LEAST_ONE or re.match(r"(a )?(strictly )?positive int", documented.lower())
    ):
        return 1
    if kind == "float" and name in _AT_LEAST_ZERO:
        return 0
    return None


def _arguments_of(docstring: str) -> dict[str, str]:
    """Split the ``Args:`` section of a docstring into its entries."""
    lines = docstring.expandtabs().splitlines()
    starts = [i for i, line in enumerate(lines) if line.strip() in {"Args:", "Arguments:"}]
    if not starts:
        return {}
    start = starts[0]
    margin = _indent(lines[start])
    level = math.inf
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines[start + 1 :]:
        if not line.strip():
            continue
        indent = _indent(line)
        if indent <= margin:
            break
        level = min(level, indent)
        opening = re.match(r"\s*\*{0,2}([\w, `*]+?)(?: \([^)]*\))?:(?:\s+(.*))?$", line)
        if indent == level and opening:
            current = [opening[2] or ""]
            for name in re.split(r"[,\s]+", opening[1]):
                found[name.strip("`*")] = current
        else:
            current.append(line.strip())
    return {name: " ".join(" ".join(parts).split()) for name, parts in found.items()}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
