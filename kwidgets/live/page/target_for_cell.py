"""Choose how the output of the running cell shows a live view."""

from __future__ import annotations

from kwidgets.kernel import marimo_kernel
from kwidgets.kernel.front_end import shows_text_only
from kwidgets.live.page.cell_output import CellOutput, ViewTarget
from kwidgets.live.page.text_output import TextOutput


def target_for_cell() -> ViewTarget:
    """Return what shows a view in the output of the cell that runs now."""
    if marimo_kernel.is_running():
        from kwidgets.live.page.marimo_output import MarimoOutput

        return MarimoOutput()
    return TextOutput() if shows_text_only() else CellOutput()
