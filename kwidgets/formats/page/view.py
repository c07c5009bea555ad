"""``kw.export(model)``: the panel in the output of a cell, where formats and data are chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from kwidgets.cell_view import CellView
from kwidgets.formats import protocol
from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.exports import Exports
from kwidgets.formats.export.job import ExportJob
from kwidgets.formats.export.jobs import jobs
from kwidgets.formats.page.saved import saved_bundle
from kwidgets.language import t
from kwidgets.model_keys import model_keys


class ExportPanel(CellView, Exports):
    """The panel that exports a model; as a value, the rows of what it has exported last.

    Before the first export, its rows, folder and code raise FormatError.
    """

    def __init__(self, model: keras.Model) -> None:
        CellView.__init__(self)
        # What a cell shows works for as long as it is there.
        self._model = model
        self._key = model_keys.key_of(model)

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

    def _make_widget(self, bundle: dict[str, Any], on_created: Callable[[], None]) -> Any:
        from kwidgets.formats.page.widget import ExportWidget

        return ExportWidget(bundle[protocol.MIME_TYPE], on_created)

    def _advice(self) -> str:
        return t(
            "To choose formats here, run pip install kwidgets in the environment of "
            "JupyterLab or Notebook, then reload the page; or pass targets=[…]."
        )
