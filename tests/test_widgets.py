"""Our widgets are ipywidgets' in all that those do themselves."""

from __future__ import annotations

import types

import anywidget
import pytest

from kwidgets.builder.page.widget import BuilderWidget
from kwidgets.formats.page.widget import ExportWidget
from kwidgets.live.page.widget import LiveWidget
from kwidgets.record.page.widget import RunsWidget
from kwidgets.request_widget import RequestWidget


@pytest.mark.parametrize(
    "widget", [BuilderWidget, ExportWidget, LiveWidget, RequestWidget, RunsWidget]
)
def test_a_widget_overrides_nothing_of_ipywidgets(widget: type) -> None:
    own = {
        name
        for cls in widget.__mro__
        if cls.__module__.startswith("kwidgets.")
        for name, value in vars(cls).items()
        if isinstance(value, types.FunctionType) and not name.startswith("__")
    }
    assert own & set(dir(anywidget.AnyWidget)) == set(), (
        "ipywidgets would call ours in place of its own"
    )
