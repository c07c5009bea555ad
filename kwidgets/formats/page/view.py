"""``kw.export(model)``: the panel in the output of a cell, where formats and data are chosen."""

from __future__ import annotations

import contextvars
import html
import threading
import uuid
from typing import Any

import keras

from kwidgets import protocol as wire
from kwidgets.formats import protocol
from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.exports import Exports
from kwidgets.formats.export.job import ExportJob
from kwidgets.formats.export.jobs import jobs
from kwidgets.formats.page.saved import saved_bundle
from kwidgets.kernel.front_end import note_widget, shows_widgets
from kwidgets.kernel.page_wait import wait_for_page
from kwidgets.kernel.running_kernel import running_kernel
from kwidgets.language import t
from kwidgets.model_keys import model_keys
from kwidgets.page_connection import connect


class ExportPanel(Exports):
    """The panel that exports a model; as a value, the rows of what it has exported last.

    Before the first export, its rows, folder and code raise FormatError.
    """

    def __init__(self, model: keras.Model) -> None:
        # What a cell shows works for as long as it is there.
        self._model = model
        self._key = model_keys.key_of(model)
        # The outputs that the widget is to replace, each with its context.
        self._outputs: list[tuple[str, contextvars.Context]] = []
        self._lock = threading.Lock()
        self._widget: Any = None

    @property
    def job(self) -> ExportJob:
        """What makes the files: the latest export of the model.

        Raises:
            FormatError: there is none yet.
        """
        job = jobs.of(self._key)
        if job is None:
            raise FormatError(
                t(
                    "“%1” has not been exported yet. Click Export in the panel, or pass targets, "
                    'as in kwidgets.export(model, targets="onnx").',
                    self._model.name,
                )
            )
        return job

    def __repr__(self) -> str:
        return str(saved_bundle(self._model)["text/plain"])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return saved_bundle(self._model)

    def _ipython_display_(self) -> None:
        """Show the panel; until a page has said that it can draw it, a sentence."""
        if running_kernel() is None:
            print(self)
            return
        from IPython.display import publish_display_data

        from kwidgets.formats.page.widget import ExportWidget
        from kwidgets.kernel.channel import channel

        connect()
        bundle = saved_bundle(self._model)
        # With our extension no widget is needed, and none is missing in the saved notebook.
        if wait_for_page(lambda: shows_widgets() or channel.has_listening_page) and (
            channel.has_listening_page
        ):
            publish_display_data(data=bundle)
            return
        display_id = uuid.uuid4().hex
        with self._lock:
            if self._widget is None:
                self._widget = ExportWidget(bundle[protocol.MIME_TYPE], self._replace_outputs)
            if not shows_widgets():
                self._outputs.append((display_id, contextvars.copy_context()))
                advice = t(
                    "To choose formats here, run pip install kwidgets in the environment of "
                    "JupyterLab or Notebook, then reload the page; or pass targets=[…]."
                )
                bundle["text/html"] += f"<div><small>{html.escape(advice)}</small></div>"
            else:
                bundle = {**wire.widget_view(self._widget.model_id), **bundle}
            publish_display_data(data=bundle, transient={"display_id": display_id})

    def _replace_outputs(self) -> None:
        """Show the widget in place of sentences: a page can draw it."""
        from IPython.display import publish_display_data

        with self._lock:
            note_widget()
            outputs, self._outputs = self._outputs, []
            view = wire.widget_view(self._widget.model_id)
            for display_id, context in outputs:
                context.run(
                    publish_display_data,
                    data={**view, **saved_bundle(self._model)},
                    transient={"display_id": display_id},
                    update=True,
                )
