"""Show ``tuner.search`` of KerasTuner in our view wherever fits are watched."""

from __future__ import annotations

import functools
import logging
import sys
from typing import Any

import wrapt

from kwidgets.live.auto import auto_view

logger = logging.getLogger("kwidgets")

PACKAGE = "keras_tuner"


class TunerWatcher:
    """Watches the searches of tuners while fits are watched. One per kernel."""

    def __init__(self) -> None:
        self._is_hooked = False

    def start(self) -> None:
        """Watch them from now on, also if KerasTuner is imported later."""
        if self._is_hooked:
            return
        self._is_hooked = True
        wrapt.register_post_import_hook(_patch, PACKAGE)
        if PACKAGE in sys.modules:
            _patch(sys.modules[PACKAGE])

    def stop(self) -> None:
        """Do nothing: without watched fits, tuners search as they do without us."""


tuner_watcher = TunerWatcher()


def _patch(package: Any) -> None:
    tuner_class = getattr(package, "Tuner", None)
    original = getattr(tuner_class, "search", None)
    if original is None or hasattr(original, "_kwidgets_original"):
        return

    @functools.wraps(original)
    def search(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not auto_view.on:
            return original(self, *args, **kwargs)
        try:
            from kwidgets.distributed.search.tuner import watch_tuner
        except Exception:
            logger.warning("no view for this search; it continues without one", exc_info=True)
            return original(self, *args, **kwargs)
        return watch_tuner(self, functools.partial(original, self), args, kwargs)

    search._kwidgets_original = original  # type: ignore[attr-defined]
    package.Tuner.search = search
