"""Values of form fields: read from typed text, checked, and put on the wire."""

from kwidgets.builder.fields.typed_text import (
    DEFAULT,
    FieldError,
    ObjectReader,
    check,
    check_arguments,
    from_wire,
    read,
    to_wire,
    unknown_argument,
)

__all__ = [
    "DEFAULT",
    "FieldError",
    "ObjectReader",
    "check",
    "check_arguments",
    "from_wire",
    "read",
    "to_wire",
    "unknown_argument",
]
