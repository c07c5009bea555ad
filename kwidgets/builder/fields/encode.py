"""Converts the values of specs to JSON and back; ``protocol`` describes the form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from kwidgets.builder.fields.errors import FieldError
from kwidgets.builder.spec import ObjectSpec, Reference, Value, Variable
from kwidgets.language import t

_NOT_FINITE: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_PLAIN: Final = (bool, int, float, str)


def to_wire(value: Value, reference_id: Callable[[Reference], str] | None = None) -> Any:
    """Return a value as JSON; ``protocol`` describes the form.

    Args:
        value: out of a spec.
        reference_id: returns a name for a Python object, by which ``from_wire`` finds it again.

    Raises:
        TypeError: a spec cannot contain such a value.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return {"number": "NaN" if math.isnan(value) else f"{'-' * (value < 0)}Infinity"}
    if isinstance(value, (list, tuple)):
        return [to_wire(item, reference_id) for item in value]
    if isinstance(value, ObjectSpec):
        return _object_to_wire(value, reference_id)
    if isinstance(value, Variable):
        return {"variable": value.name}
    if isinstance(value, Reference) and reference_id is not None:
        return {"reference": reference_id(value), "text": value.text}
    if isinstance(value, Mapping):
        return _mapping_to_wire(value, reference_id)
    raise TypeError(
        f"{type(value).__name__} cannot be sent. Use a plain value, ObjectSpec, Variable or "
        "Reference (with a reference_id)."
    )


def from_wire(content: Any, references: Mapping[str, Reference] | None = None) -> Value:
    """Return the value that ``to_wire`` wrote; arrays become tuples.

    Args:
        content: parsed JSON.
        references: the Python objects that the content may name, by those names.

    Raises:
        FieldError: the content is not in that form, or names an unknown Python object.
    """
    if content is None or isinstance(content, _PLAIN):
        return content
    if isinstance(content, (list, tuple)):
        return tuple(from_wire(item, references) for item in content)
    if isinstance(content, dict):
        return _object_from_wire(content, references or {})
    raise FieldError(f"a message must be JSON, not {type(content).__name__}")


def _object_to_wire(
    value: ObjectSpec, reference_id: Callable[[Reference], str] | None
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "class_name": value.class_name,
        "arguments": {name: to_wire(item, reference_id) for name, item in value.arguments.items()},
    }
    # An object that no form can make survives the round trip only with these.
    if value.from_config:
        content["from_config"] = True
    if value.live is not None:
        content.update(to_wire(value.live, reference_id))
    return content


def _mapping_to_wire(
    value: Mapping[Any, Value], reference_id: Callable[[Reference], str] | None
) -> dict[str, Any]:
    if all(isinstance(key, str) for key in value):
        return {"mapping": {key: to_wire(item, reference_id) for key, item in value.items()}}
    # JSON's keys are texts: the original keys, such as class numbers, are listed beside them.
    return {
        "mapping": {repr(key): to_wire(item, reference_id) for key, item in value.items()},
        "keys": [to_wire(key, reference_id) for key in value],
    }


def _object_from_wire(content: dict[str, Any], references: Mapping[str, Reference]) -> Value:
    name, arguments = content.get("class_name"), content.get("arguments", {})
    if isinstance(name, str) and isinstance(arguments, dict):
        return ObjectSpec(
            name,
            {str(key): from_wire(item, references) for key, item in arguments.items()},
            from_config=content.get("from_config") is True,
            live=_reference(content, references) if "reference" in content else None,
        )
    if isinstance(content.get("variable"), str):
        return Variable(content["variable"])
    if "reference" in content:
        return _reference(content, references)
    if isinstance(content.get("number"), str) and content["number"] in _NOT_FINITE:
        return _NOT_FINITE[content["number"]]
    if isinstance(content.get("mapping"), dict):
        return _mapping_from_wire(content["mapping"], content.get("keys"), references)
    raise FieldError(
        "a value must be plain JSON, or an object with class_name, variable, reference, number or "
        f"mapping, not with {', '.join(map(str, content)) or 'nothing'}"
    )


def _reference(content: dict[str, Any], references: Mapping[str, Reference]) -> Reference:
    known = references.get(str(content["reference"]))
    if known is None:
        raise FieldError(
            t(
                "The Python object %1 is no longer available. Set it again in code.",
                repr(content.get("text") or content["reference"]),
            )
        )
    return known


def _mapping_from_wire(
    mapping: dict[str, Any], keys: Any, references: Mapping[str, Reference]
) -> dict[Any, Value]:
    values = [from_wire(item, references) for item in mapping.values()]
    names = list(mapping) if keys is None else from_wire(keys, references)
    try:
        return dict(zip(names, values, strict=True))
    except (TypeError, ValueError):
        raise FieldError(
            f"a mapping must have a key for each of its {len(values)} values, not {keys!r}"
        ) from None
