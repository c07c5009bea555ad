"""Show a live view for every ``fit`` of this process, in place of Keras's text progress bar.

Keras makes one ``CallbackList`` for each call of ``fit``, ``evaluate`` and ``predict``, on every
backend, and passes it ``add_progbar``. Its constructor is wrapped to add our callback.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import wrapt

from kwidgets import keras2

logger = logging.getLogger("kwidgets")

PACKAGES = ("keras", keras2.PACKAGE)


class AutoView:
    """Adds a live view to every fit, while it is on. One per kernel."""

    def __init__(self) -> None:
        self.on = False
        #: Arguments of ``LivePlot`` for every fit: ``task`` and ``class_names``.
        self.options: dict[str, Any] = {}
        self._is_hooked = False
        # The constructors of Keras's own, by the class that has ours now.
        self._originals: dict[Any, Callable[..., None]] = {}
        # The threads all of whose fits are watched.
        self._watched_threads: set[int] = set()

    def start(self) -> None:
        """Add a live view to every ``fit`` from now on, also if Keras is imported later."""
        self.on = True
        if not self._is_hooked:
            self._is_hooked = True
            # Keras may be imported only when the user has chosen a backend.
            for package in PACKAGES:
                wrapt.register_post_import_hook(self._patch, package)
        for package in PACKAGES:
            if package in sys.modules:
                self._patch(sys.modules[package])

    def stop(self) -> None:
        """Restore Keras's own progress bar."""
        self.on = False
        for callback_list, original in self._originals.items():
            callback_list.__init__ = original
        self._originals.clear()

    @contextlib.contextmanager
    def watch_all_fits(self) -> Iterator[None]:
        """Watch every fit of this thread meanwhile, also with ``verbose=0``."""
        thread, was_on = threading.get_ident(), self.on
        if not was_on:
            self.start()
        self._watched_threads.add(thread)
        try:
            yield
        finally:
            self._watched_threads.discard(thread)
            if not was_on:
                self.stop()

    def _patch(self, package: Any) -> None:
        callback_list = package.callbacks.CallbackList
        if not self.on or callback_list in self._originals:
            return
        original = callback_list.__init__
        signature = inspect.signature(original)

        @functools.wraps(original)
        def make(*args: Any, **kwargs: Any) -> None:
            try:
                args, kwargs = self._with_view(signature.bind(*args, **kwargs))
            except Exception:
                logger.warning("no live view for this fit; it continues without one", exc_info=True)
            original(*args, **kwargs)

        self._originals[callback_list] = original
        callback_list.__init__ = make

    def _with_view(self, call: inspect.BoundArguments) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of ``CallbackList`` with our callback in place of the text bar."""
        arguments = call.arguments
        is_fit = bool(arguments.get("add_history"))
        shows_bar = bool(arguments.get("add_progbar"))
        always = is_fit and threading.get_ident() in self._watched_threads
        wanted = (shows_bar or always) and arguments.get("model") is not None
        if wanted and self.on and (is_fit or _shows_calls(arguments["model"])):
            callbacks = _flat(arguments.get("callbacks"))
            if always and not shows_bar:
                ours, keeps_bar = _silent_callback(callbacks), False
            else:
                ours, keeps_bar = _fit_callback(callbacks) if is_fit else _call_callback(callbacks)
            callbacks += ours
            if not keeps_bar and not any(_is_progress_bar(callback) for callback in callbacks):
                arguments["add_progbar"] = False
            arguments["callbacks"] = callbacks
        return call.args, call.kwargs


auto_view = AutoView()


def watch(on: bool = True, *, task: Any = None, class_names: Sequence[str] | None = None) -> None:
    """Show every ``fit`` in this kernel in a live view, in place of Keras's progress bar.

    ``%load_ext kwidgets`` does the same in notebooks with magics; in marimo, call this function.

    Args:
        on: False restores Keras's own progress bar.
        task: what the outputs of the models are for, such as "regression", if it is not
            recognized; as in ``LivePlot``.
        class_names: the names of the classes, by number, if they are not found; as in ``LivePlot``.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: there is no such task.
    """
    from kwidgets.page_connection import connect

    options = {"task": task, "class_names": class_names}
    if any(value is not None for value in options.values()):
        # Imports NumPy, which %load_ext does without.
        from kwidgets.live.fit_options import check_prediction_options

        check_prediction_options(**options)
    auto_view.options = options
    if on:
        connect()
        auto_view.start()
    else:
        auto_view.stop()


def _fit_callback(present: list[Any]) -> tuple[list[Any], bool]:
    """Return what is to be added to a fit, and whether Keras's bar stays."""
    from kwidgets.kernel.running_kernel import has_page
    from kwidgets.live.callback import LivePlot
    from kwidgets.live.terminal_live_plot import TerminalLivePlot, stdout_is_terminal

    if any(isinstance(callback, LivePlot) for callback in present):
        return [], not has_page()
    if has_page():
        return [LivePlot(**auto_view.options)], False
    return [TerminalLivePlot(**auto_view.options)], stdout_is_terminal()


def _silent_callback(present: list[Any]) -> list[Any]:
    """Return what is to be added to a fit with ``verbose=0`` that is watched all the same."""
    from kwidgets.live.callback import LivePlot

    known = any(isinstance(callback, LivePlot) for callback in present)
    return [] if known else [LivePlot(**auto_view.options)]


def _shows_calls(model: Any) -> bool:
    """Return whether ours is better than Keras's bar for ``evaluate`` and ``predict``.

    Jupyter can replace lines in place. A file can replace nothing, and gets the results.
    """
    from kwidgets.kernel.running_kernel import has_page, running_kernel
    from kwidgets.live.terminal_live_plot import stdout_is_terminal

    if keras2.is_keras2(model):
        return False
    return running_kernel() is not None or not (has_page() or stdout_is_terminal())


def _call_callback(present: list[Any]) -> tuple[list[Any], bool]:
    """Return what is to be added to ``evaluate`` or ``predict``, and whether Keras's bar stays."""
    from kwidgets.live.evaluate_predict import CallProgress

    known = any(isinstance(callback, CallProgress) for callback in present)
    return [] if known else [CallProgress()], False


def _flat(callbacks: Any) -> list[Any]:
    import keras

    return [] if callbacks is None else list(keras.tree.flatten(callbacks))


def _is_progress_bar(callback: Any) -> bool:
    # By name: Keras 2 has a class of its own.
    return any(cls.__name__ == "ProgbarLogger" for cls in type(callback).__mro__)
