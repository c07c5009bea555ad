"""A view in the output of a cell, drawn by our extension or by a widget, readable without both."""

from __future__ import annotations

import contextvars
import html
import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from kwidgets import protocol as wire
from kwidgets.kernel.front_end import note_widget, shows_widgets
from kwidgets.kernel.page_wait import wait_for_page
from kwidgets.kernel.running_kernel import running_kernel
from kwidgets.page_connection import connect


class CellView(ABC):
    """Shows itself in a cell; until a page has said that it can draw it, as HTML and text."""

    def __init__(self) -> None:
        # The outputs that the widget is to replace, each with its context.
        self._outputs: list[tuple[str, contextvars.Context]] = []
        self._lock = threading.Lock()
        self._widget: Any = None

    @abstractmethod
    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """Return what the notebook saves."""

    @abstractmethod
    def _make_widget(self, bundle: dict[str, Any], on_created: Callable[[], None]) -> Any:
        """Return the widget that shows what ``bundle`` has."""

    @abstractmethod
    def _advice(self) -> str:
        """Return what to do where no front end draws it."""

    def _ipython_display_(self) -> None:
        if running_kernel() is None:
            print(self)
            return
        from IPython.display import publish_display_data

        from kwidgets.kernel.channel import channel

        connect()
        bundle = wire.encodable(self._repr_mimebundle_())
        # With our extension no widget is needed, and none is missing in the saved notebook.
        if wait_for_page(lambda: shows_widgets() or channel.has_listening_page) and (
            channel.has_listening_page
        ):
            publish_display_data(data=bundle)
            return
        display_id = uuid.uuid4().hex
        with self._lock:
            if self._widget is None:
                self._widget = self._make_widget(bundle, self._replace_outputs)
            if not shows_widgets():
                self._outputs.append((display_id, contextvars.copy_context()))
                advice = channel.refusal or self._advice()
                bundle["text/html"] += f"<div><small>{html.escape(advice)}</small></div>"
            else:
                bundle = {**wire.widget_view(self._widget.model_id), **bundle}
            publish_display_data(data=bundle, transient={"display_id": display_id})

    def _replace_outputs(self) -> None:
        """Show the widget in place of HTML: a page can draw it."""
        from IPython.display import publish_display_data

        with self._lock:
            note_widget()
            outputs, self._outputs = self._outputs, []
            view = wire.widget_view(self._widget.model_id)
            for display_id, context in outputs:
                context.run(
                    publish_display_data,
                    data={**view, **wire.encodable(self._repr_mimebundle_())},
                    transient={"display_id": display_id},
                    update=True,
                )
