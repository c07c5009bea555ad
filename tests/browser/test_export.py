"""The export panel in a real JupyterLab: files are written, compared, and found again."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS

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
    notebook.run_and_wait(1)
    view = panel_in(notebook.outputs(1))
    expect(view).to_contain_text("Nothing has been exported yet")
    expect(view.get_by_label("Samples to compare")).to_have_value("x_test")
    expect(view.get_by_label("Validation targets")).to_have_value("y_test")
    view.get_by_role("checkbox", name="ONNX").uncheck()
    view.get_by_role("checkbox", name="StableHLO").check()
    view.get_by_role("button", name="Export 2 formats").click()
    expect(view.get_by_role("progressbar", name="Export progress")).to_be_visible()
    expect(view.get_by_role("button", name="Stop")).to_be_visible()

    # The page is loaded again in the middle of it; the kernel goes on, and stays usable.
    notebook.save()
    page.reload()
    notebook.open()
    view = panel_in(notebook.outputs(1))
    table = view.get_by_role("table", name="Exports")
    keras = table.get_by_role("row").filter(has_text="tiny.keras")
    expect(keras).to_contain_text("Identical")
    expect(view.get_by_role("button", name="Export", exact=True)).to_be_visible()
    expect(table.get_by_role("row").filter(has_text="tiny.stablehlo")).to_contain_text("✓")
    notebook.run_and_wait(2)
    expect(notebook.outputs(2)).to_contain_text("tiny.keras")
