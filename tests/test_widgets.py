"""Our widgets are ipywidgets' in all that those do themselves."""

from __future__ import annotations

import anywidget
import pytest

from kwidgets.builder.page.widget import BuilderWidget
from kwidgets.formats.page.widget import ExportWidget
from kwidgets.live.page.widget import LiveWidget
from kwidgets.record.page.widget import RunsWidget
from kwidgets.request_widget import RequestWidget

#: What anywidget asks its subclasses for, and Python's own.
MEANT = {"_esm", "_css"}


@pytest.mark.parametrize(
    "widget", [BuilderWidget, ExportWidget, LiveWidget, RequestWidget, RunsWidget]
)
def test_a_widget_overrides_nothing_of_ipywidgets(widget: type) -> None:
    own = {
        name
        for cls in widget.__mro__
        if cls.__module__.startswith("kwidgets.")
        for name in vars(cls)
        if not name.startswith("__")
    }
    known = set(dir(anywidget.AnyWidget)) - MEANT
    assert own & known == set(), "ipywidgets would call ours in place of its own"
