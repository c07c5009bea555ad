"""Write numbers of samples as the pages show them."""

from __future__ import annotations

import re

_NEGATIVE = re.compile(r"(?<![\w.)])-(?=\d|inf)")


def with_minus(text: str) -> str:
    """Return a text whose negative numbers have a minus sign, such as −1.57, and no hyphen."""
    return _NEGATIVE.sub("−", text)
