"""Keys of each kind of control, in JupyterLab and Notebook 7, and in both of their modes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.keys import expect_keys_are_its_own, expect_palette, expect_slider_moves
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP, View
from tests.browser.panel import Panel

BUILDER = """
builder = kw.SequentialBuilder(input_shape=(8, 8))
builder.add("flatten")
builder.add("dense 10")
builder
"""


@pytest.mark.slow("test_live_view.py has a button and a slider, keys.test.ts each kind of control")
@pytest.mark.parametrize("app", ["lab", "notebook"])
@pytest.mark.parametrize("mode", ["command", "edit"])
def test_keys_of_each_kind_of_control(
    open_notebook: OpenNotebook, page: Page, app: str, mode: str
) -> None:
    load = "%load_ext kwidgets\n"
    notebook = open_notebook(load + SETUP, FIT.format(epochs=LONG), BUILDER, "1", app=app)
    panel = Panel(page)
    panel.open()
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    view.expect_status("running")
    figure = view.chart("loss")
    expect(figure).to_be_visible()
    panel.expect_item("model")

    def check(*controls: Locator) -> None:
        for control in controls:
            if mode == "edit":
                notebook.cell(3).locator(".cm-content").click()
            expect_keys_are_its_own(notebook, control)
        expect_palette(notebook, controls[0])

    region = view.region
    check(
        view.button("Stop"),
        view.learning_rate,
        region.get_by_role("slider", name="Smoothing"),
        region.get_by_role("radio").first,
        figure,
    )
    expect_slider_moves(region.get_by_role("slider", name="Smoothing"), page)
    view.learning_rate.press("Escape")
    check(
        panel.tree,
        panel.region.get_by_role("searchbox", name="Search layers"),
        panel.region.get_by_role("combobox", name="Order"),
        panel.live.button("Pause"),
    )
    view.button("Stop").click()
    view.expect_status("stopped")
    notebook.run_and_wait(2)
    builder = notebook.outputs(2).get_by_role("region", name="Sequential builder")
    card = builder.get_by_role("listitem", name=re.compile("^Dense"))
    card.click()
    check(
        card,
        builder.get_by_role("tab", name="Layers"),
        builder.get_by_role("textbox", name="units"),
        builder.get_by_role("combobox", name="activation"),
        builder.get_by_role("combobox", name="Add layer"),
    )
    # Its own chords are not the notebook's: these move the layer, and undo that.
    before = notebook.cells_and_selection()
    card.focus()
    page.keyboard.press("Alt+ArrowUp")
    cards = builder.get_by_role("list", name="Layers", exact=True).get_by_role("listitem")
    expect(cards.first).to_have_accessible_name(re.compile("^Dense"))
    page.keyboard.press("Control+z")
    expect(cards.first).to_have_accessible_name(re.compile("^Flatten"))
    assert notebook.cells_and_selection() == before
