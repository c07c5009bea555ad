"""Keys with the focus on a control of ours: its own stay with it, all others are the page's."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP, View
from tests.browser.notebook import Notebook
from tests.browser.panel import Panel

# In the notebook's command mode they cut, delete, insert, convert, extend, undo and run.
KEYS_OF_COMMAND_MODE = ("x", "d", "d", "a", "b", "m", "y", "Shift+M", "z", "c", "v", "j", "Shift+J")
BUILDER = """
builder = kw.SequentialBuilder(input_shape=(8, 8))
builder.add("flatten")
builder.add("dense 10")
builder
"""


def expect_keys_are_its_own(notebook: Notebook, control: Locator) -> None:
    """Press keys on a control: the notebook stays as it is, and Ctrl+S saves it."""
    keyboard = notebook.page.keyboard
    control.focus()
    before = notebook.cells_and_selection()
    for key in KEYS_OF_COMMAND_MODE:
        keyboard.press(key)
    expect(control).to_be_focused()
    # By then a command of a key before would have run.
    notebook.expect_save(lambda: keyboard.press("Control+s"))
    expect(control).to_be_focused()
    assert notebook.cells_and_selection() == before


def expect_palette(notebook: Notebook, control: Locator) -> None:
    control.focus()
    notebook.page.keyboard.press("Control+Shift+C")
    palette = notebook.page.locator(".jp-ModalCommandPalette input")
    expect(palette).to_be_focused()
    notebook.page.keyboard.press("Escape")
    expect(palette).to_be_hidden()


def expect_slider_moves(slider: Locator, page: Page) -> None:
    before = float(slider.input_value())
    slider.focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    assert float(slider.input_value()) == pytest.approx(before + 0.02)
    expect(slider).to_be_focused()


def test_keys_of_a_control_are_its_own_and_ctrl_s_is_the_notebooks(
    open_notebook: OpenNotebook, page: Page
) -> None:
    notebook = open_notebook(SETUP, FIT.format(epochs=LONG), "print('next')")
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    view.expect_status("running")
    expect_keys_are_its_own(notebook, view.button("Pause"))
    slider = view.region.get_by_role("slider", name="Smoothing")
    expect_keys_are_its_own(notebook, slider)
    expect_slider_moves(slider, page)
    expect_palette(notebook, slider)
    view.button("Stop").click()
    view.expect_status("stopped")


@pytest.mark.slow("the unit tests of keys.ts have each kind of control")
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
