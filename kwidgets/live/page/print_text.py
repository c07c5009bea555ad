"""Print text whatever the encoding of the output is."""

from __future__ import annotations

import sys


def print_text(text: str) -> None:
    """Print ``text``; characters that the output cannot encode become question marks."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), flush=True)
