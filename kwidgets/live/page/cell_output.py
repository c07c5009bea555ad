"""Show a live view in the output of a cell, and replace it there when the fit has ended."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any, Literal, Protocol

from kwidgets import protocol as wire
from kwidgets.kernel.page_wait import wait_for_page
from kwidgets.kernel.replaceable_output import ReplaceableOutput
from kwidgets.kernel.running_kernel import is_run_by_program
from kwidgets.language import t
from kwidgets.live import protocol
from kwidgets.live.training_thread.pace import Pace

# Where no page draws the view, its progress and charts are published so often. The first time
# comes later: a page that can draw says so within moments.
FALLBACK_SECONDS = 1.0
PICTURE_SECONDS = 5.0
# A callback that clears the output at each epoch would redraw the view each time.
SHOW_AGAIN_SECONDS = 1.0

# What draws a view: our JupyterLab extension, or the widget.
Drawer = Literal["extension", "widget"]


@dataclasses.dataclass(frozen=True)
class ShownView:
    """A live view to be shown somewhere.

    Args:
        model_id: that of its widget.
        snapshot: returns an envelope of kind snapshot, as JSON.
        fallback: returns a bundle of HTML and text with this picture, for pages that draw neither.
        picture: returns the picture of the charts so far, which costs more than the rest.
        drawn_by: returns what is known to be able to draw it; None while nothing is.
    """

    model_id: str
    snapshot: Callable[[], wire.Envelope]
    fallback: Callable[[str], dict[str, Any]]
    picture: Callable[[], str]
    drawn_by: Callable[[], Drawer | None]


class ViewTarget(Protocol):
    """A place on the page that shows a live view."""

    def show(self, view: ShownView) -> None:
        """Show ``view``."""

    def refresh(self, at_once: bool = False) -> None:
        """Bring what is shown up to date, as far as the view does not do that itself.

        The view calls this from several threads, one at a time.

        Args:
            at_once: also what is not due yet.
        """

    def show_saved(self, bundle: dict[str, Any]) -> None:
        """Show ``bundle`` instead, which needs no kernel: the run has ended."""


class CellOutput:
    """The output of a cell, which shows the view, and a picture when the run has ended.

    Our JupyterLab extension draws the snapshot and gets updates from the channel; other front ends
    draw the widget. Until one of them is known to be there, the output is HTML that is replaced as
    the fit continues.
    """

    def __init__(self) -> None:
        self._view: ShownView | None = None
        self._output: ReplaceableOutput | None = None
        # Whether it can be replaced while the fit runs.
        self._is_live = False
        self._shown_at = 0.0
        # Those who can draw what is shown now.
        self._shown_to: set[Drawer] = set()
        self._fallback = Pace(FALLBACK_SECONDS)
        self._picture = ""
        self._picture_due_at = 0.0

    def show(self, view: ShownView) -> None:
        self._view = view
        self._output = ReplaceableOutput()
        # Logs of programs have what is shown first, and no updates.
        self._is_live = not self._output.is_captured and not is_run_by_program()
        if self._is_live and self._output.place.widgets:
            # These ignore what would replace their outputs later.
            self._is_live = wait_for_page(lambda: view.drawn_by() is not None)
        if self._is_live:
            self._show(update=False)

    def refresh(self, at_once: bool = False) -> None:
        if self._view is None or self._output is None or not self._is_live:
            return
        now = time.perf_counter()
        drawer = self._view.drawn_by()
        if self._output.is_cleared:
            if at_once or now >= self._shown_at + SHOW_AGAIN_SECONDS:
                self._show(update=False)
        elif drawer is not None:
            if drawer not in self._shown_to:
                self._show(update=True)
        elif at_once or now >= max(self._fallback.due_at, self._shown_at + 2 * FALLBACK_SECONDS):
            self._shown_to = set()
            if now >= self._picture_due_at:
                self._picture = self._view.picture()
                self._picture_due_at = time.perf_counter() + PICTURE_SECONDS
            self._output.publish(self._view.fallback(self._picture), update=True)
            self._fallback.done(now)

    def show_saved(self, bundle: dict[str, Any]) -> None:
        self._is_live = False
        # A cell that clears the output after the end of the fit does not want to see it: there is
        # nothing to update then. A library that clears it is not informed.
        assert self._output is not None
        self._output.publish(bundle, update=not self._output.is_cleared_by_library)

    def _show(self, update: bool) -> None:
        assert self._view is not None and self._output is not None
        bundle: dict[str, Any] = {protocol.MIME_TYPE: self._view.snapshot()}
        self._shown_to = {"extension"}
        drawer = self._view.drawn_by()
        if drawer == "widget":
            self._shown_to.add("widget")
            bundle |= wire.widget_view(self._view.model_id)
        if drawer is None:
            bundle |= self._view.fallback(self._picture)
        else:
            bundle["text/plain"] = t(
                "Live view of a training that was running when the notebook was saved."
            )
        self._output.publish(bundle, update)
        self._shown_at = time.perf_counter()
        # Not at once: at first there is nothing to draw.
        self._picture_due_at = max(self._picture_due_at, self._shown_at + PICTURE_SECONDS / 2)
