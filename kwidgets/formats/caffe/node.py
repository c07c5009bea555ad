"""A message of a prototxt: its fields, read with the types that are expected of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn, TypeAlias

from kwidgets.formats.errors import FormatError
from kwidgets.language import t


class Word(str):
    """A value without quotes: ``true``, or a name of an enumeration, such as ``MAX``."""


_TRUE, _FALSE = ("true", "True", "t"), ("false", "False", "f")


class Node:
    """A message: lists of values by the name of their field, in the order of the file."""

    def __init__(self, fields: Mapping[str, Sequence[Value]] | None = None) -> None:
        self._fields: dict[str, list[Value]] = {
            name: list(values) for name, values in (fields or {}).items()
        }

    def add(self, name: str, value: Value) -> None:
        """Append a value to a field."""
        self._fields.setdefault(name, []).append(value)

    def has(self, name: str) -> bool:
        """Return whether the file has this field."""
        return bool(self._fields.get(name))

    def values(self, name: str) -> list[Value]:
        """Return all values of a field."""
        return list(self._fields.get(name, ()))

    def items(self) -> Iterator[tuple[str, list[Value]]]:
        """Return names of fields and their values."""
        return iter(self._fields.items())

    def nodes(self, name: str) -> list[Node]:
        """Return the messages in a field.

        Raises:
            FormatError: it has another value.
        """
        found = []
        for value in self.values(name):
            if not isinstance(value, Node):
                _refuse(name, value, t("a message in braces"))
            found.append(value)
        return found

    def node(self, name: str) -> Node:
        """Return the message in a field, or one without fields; several are joined into one."""
        nodes = self.nodes(name)
        if len(nodes) == 1:
            return nodes[0]
        joined = Node()
        for node in nodes:
            for key, values in node.items():
                for value in values:
                    joined.add(key, value)
        return joined

    def text(self, name: str, default: str = "") -> str:
        """Return a text, the last one of the field."""
        texts = self.texts(name)
        return texts[-1] if texts else default

    def texts(self, name: str) -> list[str]:
        """Return the texts of a field; names without quotes are texts too."""
        found = []
        for value in self.values(name):
            if not isinstance(value, str):
                _refuse(name, value, t("a text in quotes"))
            found.append(str(value))
        return found

    def integer(self, name: str, default: int = 0) -> int:
        """Return a whole number."""
        integers = self.integers(name)
        return integers[-1] if integers else default

    def integers(self, name: str) -> list[int]:
        """Return whole numbers."""
        found = []
        for value in self.values(name):
            if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
                value = int(value)
            if not isinstance(value, int) or abs(value) >= 2**63:
                _refuse(name, value, t("a whole number"))
            found.append(value)
        return found

    def number(self, name: str, default: float = 0.0) -> float:
        """Return a number."""
        numbers = self.numbers(name)
        return numbers[-1] if numbers else default

    def numbers(self, name: str) -> list[float]:
        """Return numbers; none of them is NaN or infinite."""
        found = []
        for value in self.values(name):
            if not isinstance(value, int | float) or not math.isfinite(value):
                _refuse(name, value, t("a finite number"))
            found.append(float(value))
        return found

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a value of true or false."""
        if not self.has(name):
            return default
        value = self.values(name)[-1]
        if value in _TRUE or value == 1:
            return True
        if value in _FALSE or value == 0:
            return False
        _refuse(name, value, "true, false")

    def choice(self, name: str, names: Sequence[str], default: str) -> str:
        """Return a name of an enumeration, given by name or by number: the place in ``names``."""
        if not self.has(name):
            return default
        value = self.values(name)[-1]
        if isinstance(value, int) and 0 <= value < len(names) and names[value]:
            return names[value]
        if isinstance(value, str) and value.upper() in names:
            return value.upper()
        _refuse(name, value, ", ".join(filter(None, names)))


Value: TypeAlias = str | int | float | Node


def _refuse(name: str, value: Value, expected: str) -> NoReturn:
    found = "{…}" if isinstance(value, Node) else str(value)[:100]
    raise FormatError(t("The field “%1” is “%2”. Valid: %3.", name, found, expected))
