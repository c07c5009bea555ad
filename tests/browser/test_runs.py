"""Recorded runs in a real JupyterLab: trained, drawn over each other, compared, run again."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS

SETUP = """
import os, tempfile
os.environ["KERAS_BACKEND"] = "jax"
os.environ["KWIDGETS_RUNS"] = tempfile.mkdtemp(prefix="kwidgets-runs-")
%load_ext kwidgets
import keras, numpy as np, kwidgets as kw
x, y = np.random.rand(256, 8), np.random.rand(256, 1)
def train(units, epochs):
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(units)], name=f"units_{units}")
    model.compile("sgd", "mse")
    model.fit(x, np.repeat(y, units, 1), epochs=epochs, validation_split=0.25)
"""
SLOW = """
class Wait(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        time.sleep(0.05)
import time
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3)], name="units_3")
model.compile("sgd", "mse")
model.fit(x, np.repeat(y, 3, 1), epochs=100_000, callbacks=[Wait()]);
"""


def test_runs_are_drawn_and_compared_while_another_one_trains(
    open_notebook: OpenNotebook, page: Page
) -> None:
    notebook = open_notebook(SETUP, "train(4, epochs=3)", "train(16, epochs=4)", "kw.runs()", SLOW)
    notebook.run_and_wait(0, FIRST_SECONDS)
    for cell in (1, 2, 3):
        notebook.run_and_wait(cell)
    view = notebook.outputs(3).get_by_role("region", name="Keras runs")
    table = view.get_by_role("table", name="Runs")
    expect(table.get_by_role("row")).to_have_count(3)

    notebook.run(4)
    running = table.get_by_role("row").filter(has_text="running")
    expect(running).to_be_visible()
    # The kernel is busy from here on.
    for name in ("units_4", "units_16"):
        view.get_by_role("checkbox", name=f"Draw {name}").check()
    loss = view.get_by_role("figure", name="loss")
    expect(loss.locator(".js-line").nth(3)).to_be_attached()
    view.get_by_role("button", name="Compare").click()
    differences = view.get_by_role("region", name="Differences of units_4 and units_16")
    expect(differences).to_contain_text("units: 4 → 16")
    expect(differences).to_contain_text("36 → 144 parameters")
    expect(differences).to_contain_text("+train(16, epochs=4)")

    table.get_by_role("button", name="units_16", exact=True).click()
    recorded = view.get_by_role("region", name="Details of units_16")
    recorded.get_by_role("tab", name="Predictions").click()
    expect(recorded.get_by_text("Validation after epoch 4 of 4")).to_be_visible()
    recorded.get_by_role("slider", name="Epoch shown").fill("0")
    expect(recorded.get_by_text("Validation after epoch 1 of 4")).to_be_visible()
    recorded.get_by_role("tab", name="Curves").click()
    expect(recorded.get_by_role("figure", name="loss").locator(".js-line").first).to_be_attached()
    recorded.get_by_role("tab", name="Overview").click()

    running.get_by_role("button", name="units_3", exact=True).click()
    details = view.get_by_role("region", name="Details of units_3")
    details.get_by_role("button", name="Name of units_3").click()
    details.get_by_role("textbox", name="Name of units_3").fill("<b>slow</b>")
    page.keyboard.press("Enter")
    expect(running.get_by_role("button", name="<b>slow</b>", exact=True)).to_be_visible()
    view.get_by_role("button", name="Insert the code").click()
    expect(notebook.cell(4)).to_contain_text("units_3")
    expect(notebook.cell(4).locator(".jp-InputPrompt")).to_have_text("[ ]:")
    notebook.interrupt()

    page.get_by_role("menuitem", name="View", exact=True).click()
    page.get_by_role("menuitem", name="Show Keras Runs").click()
    tab = page.locator("#kwidgets-runs")
    interrupted = tab.get_by_role("row").filter(has_text="interrupted")
    expect(interrupted).to_contain_text("<b>slow</b>")
    interrupted.get_by_role("checkbox").check()
    tab.get_by_role("button", name="Delete…").click()
    tab.get_by_role("button", name="Delete", exact=True).click()
    expect(tab.get_by_role("table", name="Runs").get_by_role("row")).to_have_count(3)
