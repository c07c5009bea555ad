"""Show a live view in the output of a cell, and replace it there when the fit has ended."""

from __future__ import annotations

import uuid
from typing import Any, Protocol

from kwidgets import protocol as wire
from kwidgets.kernel import marimo_kernel
from kwidgets.language import t
from kwidgets.live import protocol


class ViewTarget(Protocol):
    """A place on the page that shows a live view."""

    def show(self, model_id: str, snapshot: wire.Envelope) -> None:
        """Show the view of the widget with this id, or of the run in ``snapshot``."""

    def show_saved(self, bundle: dict[str, Any]) -> None:
        """Show ``bundle`` instead, which needs no kernel: the run has ended."""


def output_of_cell() -> ViewTarget:
    """Return the output of the running cell."""
    if marimo_kernel.is_running():
        from kwidgets.live.page.marimo_output import MarimoOutput

        return MarimoOutput()
    return CellOutput()


class CellOutput:
    """The output of a cell, which shows the view, and a picture when the run has ended.

    Our JupyterLab extension draws the snapshot and gets updates from the channel; other front ends
    draw the widget.
    """

    def __init__(self) -> None:
        self._display_id = uuid.uuid4().hex

    def show(self, model_id: str, snapshot: wire.Envelope) -> None:
        view = {"version_major": 2, "version_minor": 0, "model_id": model_id}
        self._publish(
            {
                protocol.MIME_TYPE: snapshot,
                "application/vnd.jupyter.widget-view+json": view,
                "text/plain": t("Live training view: needs a notebook with widgets"),
            }
        )

    def show_saved(self, bundle: dict[str, Any]) -> None:
        self._publish(bundle, update=True)

    def _publish(self, bundle: dict[str, Any], update: bool = False) -> None:
        from IPython.display import publish_display_data

        publish_display_data(data=bundle, transient={"display_id": self._display_id}, update=update)
