"""What must never harm a training: each failure is reported once, then dropped."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from kwidgets.language import t

logger = logging.getLogger("kwidgets")

P = ParamSpec("P")
R = TypeVar("R")


class Guard:
    """Calls functions and swallows their exceptions; remembers what has failed."""

    def __init__(self) -> None:
        self.failures: dict[str, str] = {}

    def __call__(
        self, what: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R | None:
        """Return ``function(...)``, or None if it raised. ``what`` names it in the one report."""
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if what not in self.failures:
                self.failures[what] = t("%1 failed: %2", what, f"{type(error).__name__}: {error}")
                logger.warning("%s failed; the training goes on without it", what, exc_info=True)
            return None
