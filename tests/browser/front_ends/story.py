"""What every front end that can draw is asked to do."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from kwidgets.live.protocol import MIME_TYPE
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP, View
from tests.browser.notebook import App, Notebook
from tests.browser.panel import Panel
from tests.browser.server import LabServer

BUILDER = "builder = kw.SequentialBuilder(input_shape=(8, 8))\nbuilder"
CELLS = ("%load_ext kwidgets\n" + SETUP + FIT.format(epochs=LONG), BUILDER)


def expect_views_and_buttons(page: Page, server: LabServer, app: App = "lab") -> None:
    """Watch a fit, pause it, stop it, save it; see the model in the panel; open the builder."""
    notebook = Notebook.create(page, server, "fit.ipynb", CELLS, app)
    notebook.run(0)
    view = View(notebook.outputs(0))
    view.expect_status("running")
    view.show()
    line = view.chart("loss").locator(".scatterlayer .js-line").first
    expect(line).to_have_attribute("d", re.compile("L"), timeout=FIRST_SECONDS * 1000)
    panel = Panel(page)
    panel.open()
    panel.expect_item("model")
    view.button("Pause").click()
    view.expect_status("paused")
    view.button("Resume").click()
    view.expect_status("running")
    view.button("Stop").click()
    notebook.wait(0)
    view.expect_status("stopped")

    notebook.run_and_wait(1)
    builder = notebook.outputs(1).get_by_role("region", name="Sequential builder")
    add = builder.get_by_role("combobox", name="Add layer")
    add.fill("dense 3 relu")
    add.press("Enter")
    expect(builder.get_by_role("list", name="Layers", exact=True)).to_contain_text("Dense")

    saved = notebook.save_until(lambda saved: "image/svg+xml" in str(saved.cells[0].outputs))
    (output,) = saved.cells[0].outputs
    assert output.data[MIME_TYPE]
    page.goto("about:blank")
