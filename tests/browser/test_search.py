"""A hyperparameter search in a real JupyterLab: watched, steered, continued, and saved."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS

SETUP = """
import os, tempfile
os.environ["KERAS_BACKEND"] = "jax"
os.environ["KWIDGETS_RUNS"] = tempfile.mkdtemp(prefix="kwidgets-runs-")
%load_ext kwidgets
import keras, numpy as np, kwidgets as kw
x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = x.sum(1, keepdims=True)
def objective(rate, units):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)], name="line")
    model.compile(keras.optimizers.SGD(rate), "mse")
    epochs = 100_000 if os.path.exists(FLAG) else 3
    return model.fit(x, y, batch_size=32, epochs=epochs, validation_split=0.25, verbose=0)
FLAG = os.path.join(os.environ["KWIDGETS_RUNS"], "endless")
open(FLAG, "w").close()
"""
SEARCH = """
space = {"rate": (1e-3, 1e-1, "log"), "units": [1, 2]}
result = kw.search(objective, space, trials=4, seed=1)
"""
RESULT = "print(result.best_params, result.best_model().name)"


def test_a_search_is_watched_steered_and_continued(open_notebook: OpenNotebook, page: Page) -> None:
    notebook = open_notebook(SETUP, SEARCH, "os.remove(FLAG)", RESULT)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = notebook.outputs(1).get_by_role("region", name="Hyperparameter search")
    status = view.get_by_role("status").first
    expect(status).to_contain_text("0 of 4 trials · running", timeout=FIRST_SECONDS * 1000)
    table = view.get_by_role("table", name="Trials")
    expect(table.get_by_role("row")).to_have_count(2)
    # Two epochs make a line.
    curve = view.locator(".kw-search-curve .kw-search-line").first
    expect(curve).to_have_attribute("d", re.compile("L"))

    # The live view of the trial, which is an ordinary one.
    view.get_by_text("Running trial: 0").click()
    live = view.get_by_role("region", name="Live training")
    expect(live.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    live.get_by_role("button", name="Stop", exact=True).click()
    first = table.get_by_role("row").filter(has=page.get_by_role("button", name="Show trial 0"))
    expect(first).to_contain_text("pruned")
    expect(live.get_by_role("button", name="Stop", exact=True)).to_be_enabled()

    view.get_by_role("button", name="Pause search").click()
    expect(status).to_contain_text("paused")
    view.get_by_role("button", name="Resume search").click()
    expect(status).to_contain_text("running")
    view.get_by_role("button", name="Stop trial").click()
    expect(status).to_contain_text("2 of 4 trials")
    view.get_by_role("button", name="Stop search").click()
    notebook.wait(1)
    expect(status).to_contain_text("3 of 4 trials · stopped")

    # Run again, it goes on with the trial that is missing.
    notebook.run_and_wait(2)
    notebook.run_and_wait(1, FIRST_SECONDS)
    expect(status).to_contain_text("4 of 4 trials · finished")
    expect(view).to_contain_text("This search continues with trial 3.")
    expect(table.get_by_role("row").filter(has_text="complete")).to_have_count(1)
    notebook.run_and_wait(3)
    expect(notebook.outputs(3)).to_contain_text("line")

    table.get_by_role("button", name="Show trial 3").click()
    expect(view.get_by_role("region", name="Trial 3")).to_contain_text("Recorded as")
    table.get_by_role("button", name="State").click()
    expect(table.get_by_role("row").nth(1)).to_contain_text("complete")
