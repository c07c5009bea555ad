"""Show a live view for every ``fit`` of this kernel, in place of Keras's text progress bar.

Keras makes one ``CallbackList`` for each call of ``fit``, ``evaluate`` and ``predict``, on every
backend, and passes it ``add_progbar``. Its constructor is wrapped to add our callback.
"""

from __future__ import annotations

import functools
import inspect
import logging
import sys
from collections.abc import Callable
from typing import Any

import wrapt

logger = logging.getLogger("kwidgets")


class AutoView:
    """Adds a live view to every fit, while it is on. One per kernel."""

    def __init__(self) -> None:
        self.on = False
        self._is_hooked = False
        self._original: Callable[..., None] | None = None

    def start(self) -> None:
        """Add a live view to every ``fit`` from now on, also if Keras is imported later."""
        self.on = True
        if not self._is_hooked:
            self._is_hooked = True
            # Keras may be imported only when the user has chosen a backend.
            wrapt.register_post_import_hook(lambda keras: self._patch(), "keras")
        elif "keras" in sys.modules:
            self._patch()

    def stop(self) -> None:
        """Restore Keras's own progress bar."""
        self.on = False
        if self._original is not None:
            import keras

            keras.callbacks.CallbackList.__init__ = self._original
            self._original = None

    def _patch(self) -> None:
        import keras

        callback_list = keras.callbacks.CallbackList
        if not self.on or self._original is not None:
            return
        original = callback_list.__init__
        signature = inspect.signature(original)

        @functools.wraps(original)
        def make(*args: Any, **kwargs: Any) -> None:
            try:
                args, kwargs = self._with_view(signature.bind(*args, **kwargs))
            except Exception:
                logger.warning("no live view for this fit; it goes on without", exc_info=True)
            original(*args, **kwargs)

        self._original = original
        callback_list.__init__ = make

    def _with_view(self, call: inspect.BoundArguments) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of ``CallbackList`` with our callback in place of the text bar."""
        from kwidgets.kernel.running_kernel import has_page, running_kernel

        arguments = call.arguments
        wanted = arguments.get("add_progbar") and arguments.get("model") is not None
        is_fit = bool(arguments.get("add_history"))
        # Lines of evaluate and predict are updated in place, which only Jupyter can.
        if wanted and self.on and (has_page() if is_fit else running_kernel() is not None):
            ours = self._callback(is_fit)
            callbacks = _flat(arguments.get("callbacks"))
            if not any(isinstance(callback, type(ours)) for callback in callbacks):
                callbacks.append(ours)
            if not any(_is_progress_bar(callback) for callback in callbacks):
                arguments["add_progbar"] = False
            arguments["callbacks"] = callbacks
        return call.args, call.kwargs

    def _callback(self, is_fit: bool) -> Any:
        if is_fit:
            from kwidgets.live.callback import LivePlot

            return LivePlot()
        from kwidgets.live.evaluate_predict import CallProgress

        return CallProgress()


auto_view = AutoView()


def watch(on: bool = True) -> None:
    """Show each ``fit`` of this kernel live, in place of Keras's progress bar.

    ``%load_ext kwidgets`` does the same, where there are magics; a marimo notebook calls this.

    Args:
        on: False restores Keras's own progress bar.
    """
    from kwidgets.page_connection import connect

    if on:
        connect()
        auto_view.start()
    else:
        auto_view.stop()


def _flat(callbacks: Any) -> list[Any]:
    import keras

    return [] if callbacks is None else list(keras.tree.flatten(callbacks))


def _is_progress_bar(callback: Any) -> bool:
    import keras

    return isinstance(callback, keras.callbacks.ProgbarLogger)
