"""The live view and the builder without JupyterLab, as in VS Code and Colab."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from playwright.sync_api import Page

from tests.browser.front_ends.html_manager import HtmlManagerPage
from tests.browser.live_view import View
from tests.kernels import OTHER_KERNELS

pytestmark = pytest.mark.slow("the same messages, without a browser: tests/kernel")

SETUP = """
import keras, numpy as np, time, kwidgets as kw
x, y = np.ones((64, 4)), np.ones((64, 1))
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
# Steps of a larger model: at full speed the fit takes the processor from the page that shows it.
slow = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: time.sleep(0.02))
"""
FIT = """
%load_ext kwidgets
model.fit(x, y, batch_size=8, epochs=100_000, callbacks=[slow])
print("fit returned", kw.latest().status, float(model.optimizer.learning_rate))
"""
BUILDER = """
builder = kw.SequentialBuilder(input_shape=(4,))
builder
"""


# What is cut off, or reaches beyond the page, where nothing scrolls.
OVERFLOWING = """() => {
  const scrolls = (e) => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) ||
    scrolls(e.parentElement));
  return [...document.querySelectorAll(".kw-root :is(button, h3, h4, p, th, td, input, svg, img)")]
    .filter((e) => e.getClientRects().length && !scrolls(e.parentElement))
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .map((e) => `${innerWidth} px: ${e.outerHTML.slice(0, 150)}`);
}"""
RUNS = """
import os, tempfile
os.environ["KWIDGETS_RUNS"] = tempfile.mkdtemp(prefix="kwidgets-runs-")
from sklearn.datasets import load_digits
images, labels = load_digits(return_X_y=True)
images[3, 5] = np.nan
digits = keras.Sequential(
    [keras.Input((64,)), keras.layers.Rescaling(1 / 16), keras.layers.Dense(10, "softmax")],
    name="digits",
)
digits.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
kw.watch()
digits.fit(images[4:], labels[4:], epochs=3, validation_data=(images[:300], labels[:300]))
"""


@pytest.fixture(params=["python3", "ipykernel-6.31.0"])
def shown(page: Page, request: pytest.FixtureRequest) -> Iterator[HtmlManagerPage]:
    """A page with html-manager and a kernel of its own."""
    specs = KernelSpecManager()
    specs.kernel_dirs = [str(OTHER_KERNELS / "kernels"), *specs.kernel_dirs]
    manager = KernelManager(kernel_name=request.param, kernel_spec_manager=specs)
    manager.start_kernel(env={**os.environ, "KERAS_BACKEND": "jax"})
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield HtmlManagerPage(page, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_the_view_is_drawn_and_its_buttons_work_while_the_cell_runs(
    shown: HtmlManagerPage,
) -> None:
    shown.run(SETUP + FIT)
    view = View(shown.page.locator("body"))
    shown.wait_for(lambda: view.status.all_text_contents() == ["running"] and view.step() > 0)
    shown.wait_for(view.chart("loss").is_visible)

    # Its code comes while the cell runs, when the tab is opened.
    view.region.get_by_role("tab", name="Predictions").click()
    shown.wait_for(view.region.get_by_text("This fit has no validation data").is_visible)
    view.region.get_by_role("tab", name="Curves").click()

    view.button("Pause").click()
    shown.wait_for(lambda: view.status.all_text_contents() == ["paused"])
    paused_at = view.step()
    view.learning_rate.fill("0.125")
    view.learning_rate.press("Enter")
    view.button("Resume").click()
    shown.wait_for(lambda: view.step() > paused_at)
    view.button("Stop").click()

    shown.wait_for(lambda: "fit returned stopped 0.125" in shown.printed)
    picture = shown.page.get_by_role("img", name="Training stopped")
    shown.wait_for(picture.is_visible)
    assert view.region.count() == 0, "the picture has taken the place of the view"


def test_the_builder_edits_and_trains(shown: HtmlManagerPage) -> None:
    shown.run(SETUP + BUILDER)
    builder = shown.page.get_by_role("region", name="Sequential builder")
    add = builder.get_by_role("combobox", name="Add layer")
    shown.wait_for(add.is_visible)
    add.fill("dense 3")
    add.press("Enter")
    layer = builder.get_by_role("listitem", name="Dense")
    shown.wait_for(lambda: "15 params" in " ".join(layer.all_text_contents()))
    shown.run("builder.compile('sgd', 'mse'); run = builder.train(x, x[:, :3], epochs=100_000)")
    builder.get_by_role("tab", name="Fit").click()
    view = View(builder)
    shown.wait_for(lambda: view.status.all_text_contents() == ["running"] and view.step() > 0)
    view.button("Stop").click()
    shown.wait_for(lambda: view.status.all_text_contents() == ["stopped"])


def test_the_tabs_of_a_recorded_run_are_drawn_in_a_narrow_output(shown: HtmlManagerPage) -> None:
    shown.run(SETUP + RUNS)
    shown.run("kw.runs()")
    view = shown.page.get_by_role("region", name="Keras runs")
    opener = view.get_by_role("button", name="digits", exact=True)
    shown.wait_for(opener.is_visible)
    opener.click()
    details = view.get_by_role("region", name="Details of digits")
    shown.wait_for(details.is_visible)
    expected = {
        "Predictions": details.get_by_role("grid", name="Confusion matrix"),
        "Layers": details.get_by_role("table", name="Layers"),
        "Data": details.get_by_text("contains NaN").first,
    }
    for name, content in expected.items():
        details.get_by_role("tab", name=name).click()
        shown.wait_for(content.is_visible)
        for width in (1_000, 300, 250):
            shown.page.set_viewport_size({"width": width, "height": 900})
            assert shown.page.evaluate(OVERFLOWING) == []
        shown.page.set_viewport_size({"width": 1_000, "height": 900})
    details.get_by_role("tab", name="Predictions").click()
    mistakes = details.get_by_role("list", name=re.compile("^Worst mistakes"))
    mistakes.get_by_role("button").first.click()
    shown.wait_for(view.get_by_role("dialog").is_visible)
