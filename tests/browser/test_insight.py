"""The tab Predictions of a fit: found while it trains, kept by a reload and by the notebook."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from kwidgets.live.protocol import MIME_TYPE
from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP, View
from tests.browser.test_live_view import expect_axe_finds_nothing

MATRIX = "Confusion matrix, rows true class, columns predicted class"
MISTAKES = re.compile(r"^Worst mistakes, \d+ of \d+$")
#: A class that is taken for another one.
ERROR = re.compile(r"^true (\d), predicted (?!\1)\d: [1-9]")


def open_predictions(view: View) -> Locator:
    """Open the tab and return its panel."""
    tabs = view.region.get_by_role("tablist", name="Views of this training")
    tabs.get_by_role("tab", name="Predictions").click(timeout=FIRST_SECONDS * 1000)
    panel = view.region.get_by_role("tabpanel", name="Predictions")
    expect(panel.get_by_role("grid", name=MATRIX).get_by_role("gridcell")).to_have_count(
        100, timeout=FIRST_SECONDS * 1000
    )
    return panel


def test_mistakes_are_found_while_it_trains_and_kept(open_notebook: OpenNotebook, page: Page):
    notebook = open_notebook(SETUP, FIT.format(epochs=LONG))
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    panel = open_predictions(view)
    # With a second epoch there is something to walk. Then numbers that stand still.
    epoch = panel.get_by_role("slider", name="Epoch shown")
    expect(epoch).to_be_visible(timeout=FIRST_SECONDS * 1000)
    view.button("Pause").click()
    view.expect_status("paused")

    mistakes = panel.get_by_role("list", name=MISTAKES)
    expect(mistakes.locator("img").first).to_be_visible()
    cell = panel.get_by_role("gridcell", name=ERROR).first
    name = cell.get_attribute("aria-label") or ""
    true, predicted = re.findall(r"\d+", name)[:2]
    cell.click()
    samples = panel.get_by_role("list", name=f"True {true}, predicted {predicted}: ")
    button = samples.get_by_role(
        "button", name=re.compile(rf"^Sample [\d,]+: predicted {predicted} with .*, true {true}, ")
    ).first
    button.press("Enter")
    dialog = view.region.get_by_role("dialog")
    expect(dialog.get_by_role("table", name="Most probable classes")).to_contain_text(predicted)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    page.keyboard.press("Escape")
    expect(mistakes).to_be_visible()
    expect_axe_finds_nothing(notebook)

    epoch.fill("0")
    expect(panel.get_by_text("Validation after epoch 1 of 100,000")).to_be_visible()

    notebook.reload()
    view.expect_status("paused")
    panel = open_predictions(view)
    expect(panel.get_by_role("list", name=MISTAKES).locator("img").first).to_be_visible()
    view.button("Stop").click()
    view.expect_status("stopped")
    saved = notebook.save_until(lambda saved: "stopped" in str(saved.cells[1].outputs))
    (output,) = saved.cells[1].outputs
    parts = [part["part"] for part in output.data[MIME_TYPE]["payload"]["insight"]]
    assert {"pictures", "predictions"} <= set(parts)

    # The kernel still knows what the notebook does not keep.
    notebook.reload()
    view.expect_status("stopped")
    panel = open_predictions(view)
    expect(panel.get_by_role("list", name=MISTAKES).locator("img").first).to_be_visible()
    epoch = panel.get_by_role("slider", name="Epoch shown")
    expect(epoch).not_to_have_attribute("max", "1")
    epoch.fill("0")
    expect(panel.get_by_text("Validation after epoch 1 of 100,000")).to_be_visible()
