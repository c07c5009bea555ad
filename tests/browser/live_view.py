"""A training to watch, and its live view, found as a screen reader would."""

from __future__ import annotations

import re

import nbformat
from nbconvert import HTMLExporter
from playwright.sync_api import Locator, Page, expect

from tests.browser.notebook import Notebook

# JAX is imported in a third of TensorFlow's time, and has rules of its own about who may read
# weights. What the page shows does not depend on the backend.
SETUP = """
import os, time
os.environ["KERAS_BACKEND"] = "jax"
import keras, numpy as np, kwidgets as kw
from sklearn.datasets import load_digits
digits = load_digits()
x, y = digits.images[:640] / 16.0, digits.target[:640]
model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(),
                          keras.layers.Dense(32, "relu"), keras.layers.Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
live = kw.LivePlot()
# Steps of a larger model: at full speed the fit takes the processor from the page that shows it.
slow = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: time.sleep(0.02))
"""
TENSORFLOW_SETUP = SETUP.replace("jax", "tensorflow")
FIT = """
history = model.fit(x, y, epochs={epochs}, validation_split=0.2, callbacks=[live, slow],
                    verbose=0)
"""
OWN_LOOP = """
with kw.LiveLoop(model=model) as loop:
    for epoch in loop.epochs():
        for i in loop.steps(range(0, 640, 32)):
            model.reset_metrics()
            loop.log(model.train_on_batch(x[i:i + 32], y[i:i + 32], return_dict=True))
            time.sleep(0.02)
        loop.log(val_loss=model.test_on_batch(x, y)[0])
print("loop ended", loop.status)
"""
LONG = 100_000  # epochs: ends only by the test's doing

FIRST_SECONDS = 90  # TensorFlow's import and first trace on a slow machine


class View:
    """The live view in a cell's output."""

    def __init__(self, output: Locator) -> None:
        self.region = output.get_by_role("region", name="Live training")

    def show(self) -> None:
        """Scroll to the charts: those off screen are not drawn."""
        self.region.evaluate("element => element.scrollIntoView({ block: 'center' })")

    def button(self, name: str) -> Locator:
        return self.region.get_by_role("button", name=name, exact=True)

    @property
    def status(self) -> Locator:
        return self.region.get_by_role("status")

    @property
    def learning_rate(self) -> Locator:
        return self.region.get_by_role("spinbutton", name="Learning rate")

    @property
    def progress(self) -> Locator:
        return self.region.get_by_role("progressbar", name="Training progress")

    def chart(self, metric: str) -> Locator:
        return self.region.get_by_role("figure", name=re.compile(f"^{re.escape(metric)}\\b"))

    def expect_status(self, status: str, seconds: float = FIRST_SECONDS) -> None:
        expect(self.status).to_have_text(status, timeout=seconds * 1000)

    def step(self) -> float:
        return float(self.progress.get_attribute("aria-valuenow") or 0)

    def expect_step_above(self, page: Page, step: float) -> None:
        page.wait_for_function(
            "([element, step]) => Number(element.getAttribute('aria-valuenow')) > step",
            arg=[self.progress.element_handle(), step],
            timeout=FIRST_SECONDS * 1000,
        )


def expect_picture_elsewhere(notebook: Notebook, ending: str) -> None:
    """nbconvert stands for every reader without kwidgets: GitHub, an e-mail, a plain JupyterLab."""
    nbformat.validate(notebook.saved())
    html, _ = HTMLExporter().from_notebook_node(notebook.saved())
    (image,) = re.findall(rf'<img alt="Training {ending}[^>]*>', html)
    assert "data:image/svg+xml;base64," in image
    assert notebook.path.stat().st_size < 150_000
