"""Numbers and lists as people type them."""

from __future__ import annotations

import decimal
import math
import re
from typing import Final

# More digits than any size of a layer; it also keeps "1e999999999" from filling the memory.
LARGEST_INT: Final = 10**18


def whole_of(text: str) -> int | None:
    """Return the whole number a text means: "128", "1_000", "1e3"; None where it means none."""
    try:
        number = decimal.Decimal(text.replace("_", ""))
        if not number.is_finite() or abs(number) > LARGEST_INT or number != int(number):
            return None
    except ArithmeticError:
        return None
    return int(number)


def split_outside_brackets(text: str) -> list[str]:
    """Split at the commas that stand in no brackets and no quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def parts_of(text: str) -> tuple[list[str], bool]:
    """Split "3, 3", "(3, 3)", "3 3" or "3x3"; say whether it is a single one, as in "3"."""
    inner = text.strip()
    bracketed = inner[0] in "([" and inner[-1] in ")]"
    if bracketed:
        inner = inner[1:-1]
    inner = re.sub(r"(?<=[\d?e])\s*[x×*]\s*(?=[-\dN?])", ",", inner)
    parts = [part for part in re.split(r"[,;\s]+", inner) if part]
    single = len(parts) == 1 and not bracketed and "," not in inner
    return parts, single


def number_of(text: str) -> int | float | None:
    """Return the number a text means: "1e-3", "1/255", "20%"; whole ones as int."""
    try:
        if text.endswith("%"):
            return float(text[:-1]) / 100
        if "/" in text:
            above, below = text.split("/")
            return float(above) / float(below)
        if re.fullmatch(r"[+-]?[\d_]+", text):
            whole = int(text)
            return whole if abs(whole) <= LARGEST_INT else None
        number = float(text)
    except (ValueError, ZeroDivisionError):
        return None
    return None if math.isnan(number) else number


def unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
