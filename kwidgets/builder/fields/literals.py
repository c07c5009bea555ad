"""Parses numbers, lists and quoted words as people type them."""

from __future__ import annotations

import decimal
import math
import re
from typing import Final

# Larger than any size of a layer. The limit also keeps "1e999999999" from filling the memory.
LARGEST_INT: Final = 10**18


def parse_int(text: str) -> int | None:
    """Return the whole number in a text such as "128", "1_000" or "1e3"; None if there is none."""
    try:
        number = decimal.Decimal(text.replace("_", ""))
        if not number.is_finite() or abs(number) > LARGEST_INT or number != int(number):
            return None
    except ArithmeticError:
        return None
    return int(number)


def split_at_commas(text: str) -> list[str]:
    """Split a text at the commas outside brackets and quotes."""
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


def split_numbers(text: str) -> tuple[list[str], bool]:
    """Split "3, 3", "(3, 3)", "3 3" or "3x3"; also return whether it is one item, as in "3"."""
    inner = text.strip()
    bracketed = inner[0] in "([" and inner[-1] in ")]"
    if bracketed:
        inner = inner[1:-1]
    inner = re.sub(r"(?<=[\d?e])\s*[x×*]\s*(?=[-\dN?])", ",", inner)
    parts = [part for part in re.split(r"[,;\s]+", inner) if part]
    single = len(parts) == 1 and not bracketed and "," not in inner
    return parts, single


def parse_number(text: str) -> int | float | None:
    """Return the number in a text such as "1e-3", "1/255" or "20%"; whole numbers as int."""
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


def unquote(text: str) -> str:
    """Return a text without the quotes around it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
