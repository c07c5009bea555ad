"""What a user is promised of the side panel, in a real JupyterLab and Notebook 7, found by role and
name."""

from __future__ import annotations

import json
import re
import signal

import nbformat
import psutil
import pytest
from playwright.sync_api import Page, expect

from kwidgets.live.protocol import MIME_TYPE
from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP, View
from tests.browser.notebook import Notebook
from tests.browser.panel import Panel
from tests.browser.server import LabServer

NESTED = """
class Block(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = keras.layers.Dense(3, "gelu", name="inner")
    def call(self, x):
        return self.inner(x)
class Classifier(keras.Model):
    def __init__(self):
        super().__init__(name="<i>classifier")
        self.flatten, self.block = keras.layers.Flatten(), Block()
    def call(self, x):
        return self.block(self.flatten(x))
nested = Classifier()
"""

NOT_INSTALLED = """
import sys
class NotInstalled:
    def find_spec(name, path=None, target=None):
        if name == "kwidgets":
            raise ModuleNotFoundError("No module named 'kwidgets'", name=name)
sys.meta_path.insert(0, NotInstalled)
"""


def train(notebook: Notebook, cell: int, panel: Panel) -> View:
    """Start a fit; return its view in the cell, once it runs there and in the panel."""
    notebook.run(cell)
    view = View(notebook.outputs(cell))
    view.expect_status("running")
    panel.live.expect_status("running")
    view.expect_step_above(notebook.page, 20)
    return view


def test_models_their_layers_and_what_is_in_them(open_notebook: OpenNotebook, page: Page) -> None:
    notebook = open_notebook("%load_ext kwidgets", SETUP + NESTED)
    panel = Panel(page)
    panel.open()
    expect(panel.region).to_contain_text("kwidgets is not loaded in this kernel")
    notebook.run(0)
    expect(panel.region).to_contain_text("No Keras models yet", timeout=FIRST_SECONDS * 1000)
    notebook.run_and_wait(1, FIRST_SECONDS)
    model = panel.expect_item("model")
    expect(model).to_contain_text("2,410 parameters")
    expect(model).to_contain_text("Adam, sparse_categorical_crossentropy, accuracy")

    # The keys of a tree.
    panel.unfold("model")
    panel.expect_item("flatten")
    panel.tree.press("Home")
    for name in ("flatten", "dense", "dense_1", "nested"):
        panel.tree.press("ArrowDown")
        expect(panel.item(name)).to_have_attribute("aria-selected", "true")
    panel.tree.press("Home")
    panel.tree.press("d")
    expect(panel.item("dense")).to_have_attribute("aria-selected", "true")
    panel.tree.press("ArrowLeft")
    panel.tree.press("ArrowLeft")
    expect(panel.item("dense")).to_have_count(0)
    panel.tree.press("ArrowRight")
    expect(panel.item("dense")).to_contain_text("86.3 %")

    # Search and order.
    panel.region.get_by_role("searchbox", name="Search layers").fill("softmax")
    expect(panel.item("dense_1")).to_be_visible()
    expect(panel.item("flatten")).to_have_count(0)
    expect(panel.region.get_by_role("status").filter(has_text="1 of")).to_be_visible()
    panel.region.get_by_role("searchbox", name="Search layers").fill("")

    # Details: weights read on demand, and a layer frozen.
    details = panel.details("dense")
    weights = details.get_by_role("list", name="Weights")
    expect(weights).to_contain_text("kernel (64, 32) float32")
    expect(weights.get_by_role("img", name=re.compile("^kernel from"))).to_be_visible()
    expect(details).to_contain_text('model.get_layer("dense").trainable = False')
    details.get_by_role("button", name="Freeze", exact=True).click()
    expect(details).to_contain_text("Compile the model again")
    expect(panel.item("dense")).to_contain_text("frozen")

    # A model that is not built, with a name that holds HTML.
    details = panel.details("nested")
    expect(details).to_contain_text("<i>classifier")
    expect(details).to_contain_text("(8, 8) from x")
    details.get_by_role("textbox", name="Input shape").fill("nonsense")
    details.get_by_role("button", name="Compute shapes").click()
    expect(details.get_by_role("alert").filter(has_text="not a shape")).to_be_visible()
    details.get_by_role("textbox", name="Input shape").fill("(8, 8)")
    details.get_by_role("button", name="Compute shapes").click()
    expect(details).to_contain_text("Computed for (8, 8)")
    panel.unfold("nested")
    panel.unfold("block")
    expect(panel.item("inner")).to_contain_text("(None, 3)")
    expect(panel.item("nested")).to_contain_text("not built")


IN_LAB = pytest.mark.slow("test_reload.py reloads JupyterLab in mid-fit")


@pytest.mark.parametrize("app", [pytest.param("lab", marks=IN_LAB), "notebook"])
def test_a_reload_in_mid_fit_brings_back_panel_and_cell(
    open_notebook: OpenNotebook, page: Page, app: str
) -> None:
    notebook = open_notebook(SETUP, FIT.format(epochs=LONG), "print('next', live.status)", app=app)
    panel = Panel(page)
    panel.open()
    notebook.run_and_wait(0, FIRST_SECONDS)
    view = train(notebook, 1, panel)
    notebook.save()
    before = view.step()

    notebook.reload()
    if app == "lab":  # Notebook 7 restores no layout.
        expect(panel.region).to_be_visible()
    panel.open()
    view = View(notebook.outputs(1))
    view.expect_step_above(page, before)
    panel.live.expect_status("running")
    panel.live.expect_step_above(page, before)
    # The whole curve: it begins before the reload, and is in the next save.

    def has_whole_curve(saved: nbformat.NotebookNode) -> bool:
        data = saved.cells[1].outputs[0].data
        payload = data[MIME_TYPE]["payload"] if MIME_TYPE in data else None
        return payload and payload["progress"]["step"] > before and payload["batch"]["rows"] > 10

    notebook.save_until(has_whole_curve)

    # While the cell trains, details come at the next step.
    panel.unfold("model")
    expect(panel.details("dense")).to_contain_text("between two steps of the running fit")
    panel.live.button("Pause").click()
    view.expect_status("paused")
    view.button("Resume").click()
    panel.live.expect_status("running")
    panel.live.learning_rate.fill("0.05")
    panel.live.learning_rate.press("Enter")
    expect(view.learning_rate).to_have_value("0.05")
    view.button("Stop").click()
    view.expect_status("stopped")
    expect(panel.region.get_by_text(re.compile("Last training: .*stopped"))).to_be_visible()
    # JupyterLab drops what the kernel sends to this cell; the end is in the notebook all the same.
    kept = {MIME_TYPE, "text/html", "text/plain"}
    notebook.save_until(lambda saved: set(saved.cells[1].outputs[0].data) == kept)
    notebook.run_and_wait(2)
    expect(notebook.outputs(2)).to_contain_text("next stopped")


def test_a_killed_kernel_leaves_the_curve_so_far(
    open_notebook: OpenNotebook, page: Page, lab_server: LabServer
) -> None:
    notebook = open_notebook(SETUP, FIT.format(epochs=LONG))
    panel = Panel(page)
    panel.open()
    notebook.run_and_wait(0, FIRST_SECONDS)
    view = train(notebook, 1, panel)
    step = view.step()
    for process in psutil.Process(lab_server.process.pid).children(recursive=True):
        # The kernel's connection file.
        if str(lab_server.home / "runtime" / "kernel-") in " ".join(process.cmdline()):
            process.send_signal(signal.SIGKILL)
    expect(view.region).to_contain_text("The kernel is gone")
    page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    expect(panel.region).to_contain_text("kwidgets is not loaded in this kernel")
    notebook.save()
    output = notebook.saved().cells[1].outputs[0].data
    assert output[MIME_TYPE]["payload"]["progress"]["step"] >= step
    assert "application/vnd.jupyter.widget-view+json" not in output

    # The kernel that took its place is as good as any.
    panel.load()
    notebook.run_and_wait(0, FIRST_SECONDS)
    panel.expect_item("model")


def test_the_panel_follows_the_notebook_in_front(open_notebook: OpenNotebook, page: Page) -> None:
    first = open_notebook(SETUP, FIT.format(epochs=LONG))
    panel = Panel(page)
    panel.open()
    first.run_and_wait(0, FIRST_SECONDS)
    train(first, 1, panel)
    status = page.get_by_role("button", name=re.compile("^Keras: running"))
    expect(status).to_be_visible()

    second = Notebook.beside(
        first, "beside.ipynb", ["%load_ext kwidgets\nimport keras\nother = keras.Sequential()"]
    )
    expect(panel.region).to_contain_text("kwidgets is not loaded in this kernel")
    expect(status).to_be_hidden()
    second.run_and_wait(0, FIRST_SECONDS)
    panel.expect_item("other")
    expect(panel.item("model")).to_have_count(0)

    first.activate()
    panel.expect_item("model")
    step = panel.live.step()
    panel.live.expect_step_above(page, step)
    panel.live.button("Stop").click()
    first.wait(1)


def test_each_way_of_being_empty_says_what_to_do(
    open_notebook: OpenNotebook, page: Page, lab_server: LabServer
) -> None:
    # A kernel that calls its language R, to a page that cannot tell.
    kernel = lab_server.home / "data" / "kernels" / "other"
    kernel.mkdir(parents=True)
    spec = {
        "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Other",
        "language": "R",
    }
    (kernel / "kernel.json").write_text(json.dumps(spec))
    page.goto(f"{lab_server.url}/lab/workspaces/empty?token={lab_server.token}")
    page.wait_for_function("window.jupyterapp && window.jupyterapp.restored.then(() => true)")
    panel = Panel(page)
    panel.open()
    expect(panel.region).to_contain_text("No notebook is open")

    notebook = open_notebook(NOT_INSTALLED, "sys.meta_path.remove(NotInstalled)")
    panel.open()
    notebook.run_and_wait(0)
    panel.region.get_by_role("button", name="Load kwidgets").click()
    expect(panel.region).to_contain_text("kwidgets is not installed in this kernel")
    expect(panel.region).to_contain_text("%pip install kwidgets")
    notebook.run_and_wait(1)
    panel.load()
    # The example goes into a cell, and makes a model.
    panel.region.get_by_role("button", name="Insert into a cell").click()
    expect(notebook.cell(2)).to_contain_text("keras.Sequential")
    notebook.run(2)
    panel.expect_item("model")

    notebook.restart_kernel()
    expect(panel.region).to_contain_text("kwidgets is not loaded in this kernel")
    notebook.change_kernel("other")
    expect(panel.region).to_contain_text("Its language is R")
    notebook.shut_down_kernel()
    expect(panel.region).to_contain_text("This notebook has no kernel")


PLAIN_KERAS = """
import os, sys, time
os.environ["KERAS_BACKEND"] = "jax"
import keras, numpy as np
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
class Wait(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        while not os.path.exists("asked-to-load"):
            time.sleep(0.05)
history = model.fit(np.ones((64, 4)), np.ones((64, 1)), epochs=3, callbacks=[Wait()])
print("epochs", len(history.history["loss"]), "kwidgets" in sys.modules)
"""


@pytest.mark.slow("channel.test.ts sends nothing to a kernel without kwidgets; the test above")
def test_a_fit_in_a_kernel_without_kwidgets_is_left_alone(
    open_notebook: OpenNotebook, page: Page
) -> None:
    notebook = open_notebook(NOT_INSTALLED, PLAIN_KERAS)
    panel = Panel(page)
    panel.open()
    notebook.run_and_wait(0)
    panel.region.get_by_role("button", name="Load kwidgets").click()
    expect(panel.region).to_contain_text("kwidgets is not installed in this kernel")
    notebook.run(1)
    expect(notebook.outputs(1)).to_contain_text("Epoch 1/3", timeout=FIRST_SECONDS * 1000)
    # Nor does a request in mid-fit touch it: it waits.
    panel.region.get_by_role("button", name="Load kwidgets").click()
    expect(panel.region).to_contain_text("Loading…")
    (notebook.server.root / "asked-to-load").touch()
    notebook.wait(1)
    expect(panel.region).to_contain_text("kwidgets is not installed in this kernel")
    expect(notebook.outputs(1)).to_contain_text("Epoch 3/3")
    expect(notebook.outputs(1)).to_contain_text("epochs 3 False")
    notebook.save()
    assert {output.output_type for output in notebook.saved().cells[1].outputs} == {"stream"}


def test_a_summary_in_a_cell_and_by_the_name_under_the_cursor(
    open_notebook: OpenNotebook, page: Page
) -> None:
    notebook = open_notebook(
        SETUP + "%load_ext kwidgets",
        "shown = kw.summary(model)",
        "%kwidgets summary model",
        "model",
    )
    notebook.run_and_wait(0, FIRST_SECONDS)
    for cell in (1, 2):
        notebook.run_and_wait(cell)
        summary = notebook.outputs(cell).get_by_role("region", name="Summary of model")
        tree = summary.get_by_role("tree", name="Layers")
        expect(tree.get_by_role("treeitem", name=re.compile("^dense,"))).to_contain_text("2,080")
    tree.get_by_role("treeitem", name=re.compile("^dense,")).click()
    expect(summary.get_by_role("list", name="Weights")).to_contain_text("kernel (64, 32)")

    panel = Panel(page)
    notebook.cell(3).locator(".cm-line").click(button="right")
    page.get_by_role("menuitem", name="Show Model Summary").click()
    expect(panel.region.get_by_role("region", name="Details of model")).to_be_visible()

    # Saved, it needs no kernel.
    notebook.save()
    saved = notebook.saved().cells[1].outputs[0].data
    assert "dense_1" in saved["text/plain"] and "<pre" in saved["text/html"]
    notebook.shut_down_kernel()
    notebook.reload()
    summary = notebook.outputs(1).get_by_role("region", name="Summary of model")
    expect(summary.get_by_role("treeitem", name=re.compile("^dense,"))).to_be_visible()
