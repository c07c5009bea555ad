"""Show a live view in the output of a marimo cell, and a picture there when the fit has ended."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.kernel import marimo_kernel
from kwidgets.live.page.cell_output import ShownView
from kwidgets.live.page.widget import find_widget


class MarimoOutput:
    """The output of a marimo cell: the widget, and a picture when the run has ended."""

    def __init__(self) -> None:
        self._element: marimo_kernel.CellElement | None = None

    def show(self, view: ShownView) -> None:
        # Else a cell that ends with the call of fit shows "<History object at 0x...>" instead.
        marimo_kernel.show_as_output_so_far(keras.callbacks.History)
        element = marimo_kernel.widget_element(find_widget(view.model_id))
        self._element = marimo_kernel.CellElement(element)

    def refresh(self, at_once: bool = False) -> None:
        """Do nothing: the widget gets all updates."""

    def show_saved(self, bundle: dict[str, Any]) -> None:
        if self._element is not None:
            self._element.replace(marimo_kernel.html_element(bundle["text/html"]))
