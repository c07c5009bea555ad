"""The export panel in a real JupyterLab: files are written, compared, and found again."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS
from tests.browser.panel import Panel

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
# Converting, reading back, and measuring in new processes, each of which imports Keras.
EXPORT_MS = 120_000

SETUP = """
import os, tempfile
os.environ["KERAS_BACKEND"] = "jax"
os.chdir(tempfile.mkdtemp(prefix="kwidgets-export-test-"))
%load_ext kwidgets
import keras, numpy as np, kwidgets as kw
rng = np.random.default_rng(0)
x_test, y_test = rng.random((64, 8), "float32"), rng.integers(0, 3, 64)
model = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(3, activation="softmax")], name="tiny"
)
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_test, y_test, epochs=1);
"""


def panel_in(place: Locator | Page) -> Locator:
    return place.get_by_role("region", name="Export model")


def test_a_model_is_exported_compared_and_found_again_after_a_reload(
    open_notebook: OpenNotebook, page: Page
) -> None:
    notebook = open_notebook(SETUP, "kw.export(model)", "print(os.listdir('exports/tiny'))")
    notebook.run_and_wait(0, FIRST_SECONDS)
    expect(notebook.outputs(0).get_by_role("button", name="Export…")).to_be_visible()
    notebook.run_and_wait(1)
    view = panel_in(notebook.outputs(1))
    expect(view).to_contain_text("Nothing has been exported yet")
    expect(view.get_by_label("Samples to compare")).to_have_value("x_test")
    expect(view.get_by_label("Validation targets")).to_have_value("y_test")
    view.get_by_role("checkbox", name="ONNX").uncheck()
    view.get_by_label("Measure the latency").uncheck()
    view.get_by_role("button", name="Export", exact=True).click()
    expect(view.get_by_role("progressbar", name="Export progress")).to_be_visible()
    expect(view.get_by_role("button", name="Stop")).to_be_visible()

    # The page is loaded again in the middle of it; the kernel goes on.
    notebook.save()
    notebook.reload()
    view = panel_in(notebook.outputs(1))
    table = view.get_by_role("table", name="Exports")
    rows = table.get_by_role("row")
    expect(rows.filter(has_text="tiny.keras")).to_contain_text("✓ Identical", timeout=EXPORT_MS)
    expect(view.get_by_role("button", name="Export", exact=True)).to_be_visible()
    notebook.run_and_wait(2)
    expect(notebook.outputs(2)).to_contain_text("tiny.keras")

    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "axe.run('.kw-export').then(found => found.violations.map(each => each.id))"
    )
    assert found == []

    # The same export in a tab, which the side panel opens.
    panel = Panel(page)
    panel.open()
    panel.details("model").get_by_role("button", name="Export…").click()
    tab = panel_in(page.locator(".kw-export-tab"))
    expect(tab.get_by_role("table", name="Exports")).to_contain_text("✓ Identical")
    tab.get_by_role("button", name="Keras", exact=True).click()
    tab.get_by_text("Code without kwidgets").click()
    expect(tab.get_by_role("region", name="Writes the file")).to_contain_text("model.save(")
    tab.get_by_role("button", name="Insert below").first.click()
    expect(page.locator(".jp-Notebook-cell").filter(has_text="model.save(")).to_be_visible()
    # What the notebook keeps.
    saved = notebook.save_until(lambda node: "Identical" in str(node.cells[1].outputs))
    (output,) = saved.cells[1].outputs
    assert "Keras" in output.data["text/plain"] and "<table>" in output.data["text/html"]
