"""Know the machine's memory, so that no model is made that it cannot hold."""

from __future__ import annotations

import os

from kwidgets.language import t

# A model with more weights than this is made when it is needed, and not when its layers are added.
EARLY_BYTES = 1_000_000_000


def check_memory(weight_bytes: int) -> None:
    """Raise if the machine cannot hold weights of this size.

    Raises:
        MemoryError: the weights are larger than the machine's memory.
    """
    memory = machine_bytes()
    if memory and weight_bytes > memory:
        raise MemoryError(
            t(
                "the weights of this model require %1 GB, but this machine has %2 GB of memory.",
                f"{weight_bytes / 1e9:,.0f}",
                f"{memory / 1e9:,.0f}",
            )
        )


def machine_bytes() -> int | None:
    """Return the size of this machine's memory in bytes, or None if it is unknown."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
