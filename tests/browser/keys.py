"""Keys with the focus on a control of ours: its own stay with it, all others are the page's."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.notebook import Notebook

# In the notebook's command mode they cut, delete, insert, convert, extend, undo and run.
KEYS_OF_COMMAND_MODE = ("x", "d", "d", "a", "b", "m", "y", "Shift+M", "z", "c", "v", "j", "Shift+J")


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
