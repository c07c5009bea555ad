"""A view that opens below the fold is scrolled to, unless the user has scrolled."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP, View

# The fit begins when the test makes the file.
WHEN_TOLD = "while not os.path.exists('has-scrolled'): time.sleep(0.05)" + FIT.format(epochs=LONG)


@pytest.mark.slow("bringIntoView.test.ts has when the page scrolls")
def test_the_view_of_a_cell_comes_into_sight_unless_the_user_scrolls(
    open_notebook: OpenNotebook, page: Page
) -> None:
    higher_than_the_page = "\n" * 60
    notebook = open_notebook(SETUP, higher_than_the_page, FIT.format(epochs=LONG), WHEN_TOLD)
    notebook.run_and_wait(0, FIRST_SECONDS)

    def start(cell: int) -> None:
        editor = notebook.cell(cell).locator(".cm-content")
        # With the cell's last line at the bottom of the page.
        notebook.cell(cell).locator(".jp-Cell-inputWrapper").evaluate(
            "element => element.scrollIntoView({ block: 'end' })"
        )
        editor.click()
        page.keyboard.press("Control+Enter")

    start(2)
    view = View(notebook.outputs(2))
    view.expect_status("running")
    expect(view.status).to_be_in_viewport(ratio=1)
    expect(view.button("Stop")).to_be_in_viewport(ratio=1)
    expect(view.chart("loss")).to_be_in_viewport(ratio=1)
    # As JupyterLab leaves it: in command mode.
    expect(notebook.cell(2)).to_be_focused()
    view.button("Stop").click()
    notebook.wait(2)

    start(3)
    expect(notebook.prompt(3)).to_have_text("[*]:")
    page.mouse.wheel(0, -150)
    above = notebook.cell(3).locator(".jp-Cell-inputWrapper")
    expect(above).not_to_be_in_viewport(ratio=1)
    (notebook.server.root / "has-scrolled").touch()
    view = View(notebook.outputs(3))
    view.expect_status("running")
    expect(view.chart("loss")).to_be_attached()
    expect(view.chart("loss")).not_to_be_in_viewport()
    notebook.interrupt()
    notebook.wait(3)
