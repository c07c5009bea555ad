"""Takes the README's pictures from the real thing: JupyterLab, a kernel, a training.

``make screenshots``. Pictures go to docs/images.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect, sync_playwright

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.browser.conftest import CHROMIUM_FLAGS  # noqa: E402
from tests.browser.notebook import Notebook  # noqa: E402
from tests.browser.panel import Panel  # noqa: E402
from tests.browser.server import LabServer  # noqa: E402

SETUP = """
import keras
import kwidgets as kw
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

images, labels = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(
    images.reshape(-1, 8, 8) / 16, labels, test_size=0.2, random_state=0)
keras.utils.set_random_seed(0)
model = keras.Sequential([
    keras.Input((8, 8)),
    keras.layers.Flatten(),
    keras.layers.Dense(128, activation="relu"),
    keras.layers.Dropout(0.2),
    keras.layers.Dense(10, activation="softmax"),
], name="digits")
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
"""
FIT = """live = kw.LivePlot({options})
model.fit(x_train, y_train, epochs={epochs}, validation_data=(x_test, y_test),
          callbacks=[live], verbose=0);"""


def hide_file_browser(page: Page) -> None:
    """It is not what a picture is about."""
    page.evaluate(
        """() => window.jupyterapp.shell.leftCollapsed
            || window.jupyterapp.commands.execute('application:toggle-left-area')"""
    )


def wait_for_epoch(region: Locator, epoch: int) -> None:
    expect(
        region.get_by_role("table", name="Metrics").get_by_role("row").nth(epoch)
    ).to_be_attached(timeout=120_000)


def take(page: Page, server: LabServer, images: Path, every: bool) -> None:
    notebook = Notebook.create(
        page, server, "digits.ipynb", [SETUP, FIT.format(options="", epochs=60)]
    )
    notebook.run_and_wait(0, 120)
    hide_file_browser(page)
    notebook.run(1)
    region = notebook.outputs(1).get_by_role("region", name="Live training")
    status = region.get_by_role("status")
    pause = region.get_by_role("button", name="Pause")
    expect(status).to_have_text("running", timeout=120_000)
    notebook.cell(1).evaluate("element => element.scrollIntoView()")
    expect(region.locator(".js-line").first).to_be_attached(timeout=120_000)
    page.wait_for_function(
        "element => Number(element.getAttribute('aria-valuenow')) > 500",
        arg=region.get_by_role("progressbar").element_handle(),
        timeout=120_000,
    )

    def picture(name: str) -> None:
        # A change of theme shows JupyterLab's splash screen for a moment.
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        notebook.cell(1).screenshot(path=images / f"{name}.png")

    picture("running-light")
    if every:
        pause.click()
        expect(status).to_have_text("paused")
        for theme in ("dark", "light"):
            notebook.set_theme(theme)  # type: ignore[arg-type]
            picture(f"paused-{theme}")
        region.get_by_role("button", name="Resume").click()
        notebook.set_theme("dark")
        picture("running-dark")
        region.get_by_role("button", name="Stop").click()
        notebook.wait(1)
        expect(status).to_have_text("stopped")
        picture("stopped-dark")
        notebook.set_theme("light")
        picture("stopped-light")
        notebook.run(1)
    else:
        notebook.set_theme("dark")
        picture("running-dark")
    expect(status).to_have_text("running", timeout=60_000)
    expect(status).to_have_text("finished", timeout=180_000)
    notebook.wait(1)
    notebook.set_theme("light")
    picture("finished-light")
    if every:
        notebook.set_theme("dark")
        picture("finished-dark")


MANY = """inputs = keras.Input((8, 8))
features = keras.layers.Dense(64, activation="relu")(keras.layers.Flatten()(inputs))
names = ["digit", "parity", "size", "above_four", "is_prime"]
outputs = [keras.layers.Dense(1, name=name)(features) for name in names]
model = keras.Model(inputs, outputs, name="five_heads")
model.compile("adam", ["mse"] * 5, metrics=[["mae", "mape", "msle"]] * 5)
targets = [y_train, y_train % 2, y_train / 9, y_train > 4, (y_train % 4) / 3]
plateau = keras.callbacks.ReduceLROnPlateau("loss", patience=3, min_delta=0.5)
model.fit(x_train, targets, epochs=40, validation_split=0.2, callbacks=[plateau]);"""
LOOP = """for fold in range(4):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, "softmax")],
                             name=f"fold_{fold}")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=20, validation_split=0.2)
    model.evaluate(x_test, y_test)"""


def take_many(page: Page, server: LabServer, images: Path, every: bool) -> None:
    """Twenty metrics, a loop of fits, a narrow cell, and what nbconvert shows of it."""
    from nbconvert import HTMLExporter

    page.set_viewport_size({"width": 1280, "height": 1200})
    notebook = Notebook.create(
        page, server, "many.ipynb", ["%load_ext kwidgets" + SETUP, MANY, LOOP]
    )
    notebook.run_and_wait(0, 120)
    # TensorFlow's words are not what the picture is about.
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    hide_file_browser(page)

    def picture(cell: int, name: str) -> None:
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        notebook.cell(cell).evaluate("element => element.scrollIntoView()")
        region = notebook.outputs(cell).get_by_role("region", name="Live training")
        expect(region.locator(".js-line").first).to_be_visible(timeout=30_000)
        notebook.cell(cell).screenshot(path=images / f"{name}.png")

    notebook.run(1)
    region = notebook.outputs(1).get_by_role("region", name="Live training")
    expect(region.get_by_role("status")).to_have_text("running", timeout=60_000)
    expect(region.get_by_role("list", name="Marks")).to_be_visible(timeout=60_000)
    picture(1, "many-light")
    notebook.set_theme("dark")
    picture(1, "many-dark")
    notebook.wait(1, 180)
    notebook.run_and_wait(2, 180)
    region = notebook.outputs(2).get_by_role("region", name="Live training")
    region.get_by_role("checkbox", name="Draw all fits").click()
    picture(2, "loop-dark")
    notebook.set_theme("light")
    picture(2, "loop-light")
    page.set_viewport_size({"width": 520, "height": 1500})
    picture(2, "narrow-light")
    page.set_viewport_size({"width": 1100, "height": 1500})
    notebook.save()
    html, _ = HTMLExporter().from_notebook_node(notebook.saved())
    page.set_content(html)
    page.locator("img[alt*='Training']").first.scroll_into_view_if_needed()
    page.screenshot(path=images / "nbconvert.png")


BUILDER = """builder = kw.SequentialBuilder(input_shape=(8, 8), name="digits")
builder"""
CNN = [
    "reshape 8 8 1",
    "conv2d 16 3 relu",
    "conv2d 32 3 relu",
    "maxpool 2d 2",
    "flatten",
    "dropout 0.3",
    "dense 10 softmax",
]


def take_builder(page: Page, server: LabServer, images: Path, every: bool) -> None:
    notebook = Notebook.create(page, server, "builder.ipynb", [SETUP, BUILDER])
    notebook.run_and_wait(0, 120)
    # TensorFlow's words are not what the picture is about.
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    hide_file_browser(page)
    notebook.run_and_wait(1)
    region = notebook.outputs(1).get_by_role("region", name="Sequential builder")
    add = region.get_by_role("combobox", name="Add layer")
    cards = region.get_by_role("list", name="Layers", exact=True).get_by_role("listitem")

    def picture(name: str) -> None:
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        notebook.cell(1).evaluate("element => element.scrollIntoView()")
        notebook.cell(1).screenshot(path=images / f"{name}.png")

    def type_layer(text: str) -> None:
        add.fill(text)
        add.press("Enter")
        expect(add).to_have_value("")

    def tab(name: str) -> None:
        region.get_by_role("tab", name=re.compile(f"^{name}")).click()

    def choose(name: str, start: str) -> None:
        field = region.get_by_label(name, exact=True)
        option = field.locator("option").filter(has_text=re.compile(rf"^{start}\b")).first
        field.select_option(value=option.get_attribute("value"))

    if every:
        picture("builder-empty-light")
    for number, text in enumerate(CNN, 1):
        type_layer(text)
        expect(cards).to_have_count(number)
    add.press("Escape")
    cards.nth(1).click()
    picture("builder-light")
    notebook.set_theme("dark")
    picture("builder-dark")
    notebook.set_theme("light")
    region.get_by_label("kernel_size", exact=True).fill("12")
    region.get_by_label("kernel_size", exact=True).press("Enter")
    expect(cards.nth(1)).to_contain_text("larger")
    picture("builder-error")
    region.get_by_role("button", name="Undo", exact=True).click()
    expect(cards.nth(1)).not_to_contain_text("larger")
    cards.last.click()
    region.get_by_label("units", exact=True).fill("5")
    region.get_by_label("units", exact=True).press("Enter")
    tab("Compile")
    choose("optimizer", "Adam")
    choose("loss", "SparseCategoricalCrossentropy")
    choose("metrics", "accuracy")
    if every:
        picture("builder-compile")
    tab("Fit")
    choose("x", "x_train")
    choose("y", "y_train")
    tab("Layers")
    expect(region.get_by_role("list", name="Advice")).to_be_visible()
    picture("builder-advice")
    region.get_by_role("button", name="Set units to 10").click()
    tab("Fit")
    choose("validation_x", "x_test")
    choose("validation_y", "y_test")
    region.get_by_label("epochs", exact=True).fill("100")
    region.get_by_label("epochs", exact=True).press("Enter")
    region.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function(
        "element => Number(element.getAttribute('aria-valuenow')) > 400",
        arg=region.get_by_role("progressbar").element_handle(timeout=60_000),
        timeout=120_000,
    )
    page.set_viewport_size({"width": 1100, "height": 1300})
    picture("builder-fit")
    if every:
        notebook.set_theme("dark")
        picture("builder-fit-dark")
        notebook.set_theme("light")
    region.get_by_role("button", name="Stop", exact=True).click()
    tab("Code")
    picture("builder-code")
    tab("Layers")
    page.set_viewport_size({"width": 520, "height": 1000})
    picture("builder-narrow")


NESTED = """
class Block(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.dense = keras.layers.Dense(units, activation="gelu")
        self.norm = keras.layers.LayerNormalization()

    def call(self, inputs):
        return self.norm(self.dense(inputs))


class Classifier(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten = keras.layers.Flatten()
        self.blocks = [Block(32), Block(16)]
        self.head = keras.layers.Dense(10)

    def call(self, inputs):
        outputs = self.flatten(inputs)
        for block in self.blocks:
            outputs = block(outputs)
        return self.head(outputs)


classifier = Classifier()
"""


def take_panel(page: Page, server: LabServer, images: Path, every: bool) -> None:
    page.set_viewport_size({"width": 1240, "height": 900})
    panel = Panel(page)

    def picture(name: str, whole: bool = False) -> None:
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        (page if whole else panel.region).screenshot(path=images / f"{name}.png")

    def both(name: str) -> None:
        for theme in ("dark", "light"):
            notebook.set_theme(theme)  # type: ignore[arg-type]
            picture(f"{name}-{theme}")

    page.goto(f"{server.url}/lab/workspaces/empty?token={server.token}")
    page.wait_for_function("window.jupyterapp && window.jupyterapp.restored.then(() => true)")
    panel.open()
    expect(panel.region).to_contain_text("No notebook is open")
    if every:
        picture("panel-no-notebook-light")
    notebook = Notebook.create(
        page,
        server,
        "panel.ipynb",
        [
            "%load_ext kwidgets" + SETUP,
            FIT.format(options="", epochs=100_000),
            "net = keras.applications.EfficientNetV2L(weights=None)",
            NESTED.strip(),
        ],
    )
    panel.open()
    hide_file_browser(page)
    # As wide as somebody draws it who looks at models.
    page.add_style_tag(content="#jp-right-stack { min-width: 340px !important; }")
    page.evaluate("window.dispatchEvent(new Event('resize'))")
    expect(panel.region).to_contain_text("kwidgets is not loaded")
    if every:
        both("panel-not-loaded")
        panel.load()
        both("panel-no-models")
    notebook.run_and_wait(0, 120)
    # TensorFlow's words are not what the picture is about.
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    panel.unfold("model")
    panel.details("dense")
    if every:
        both("panel-small-model")
    notebook.run(1)
    panel.live.expect_status("running")
    panel.live.expect_step_above(page, 1500)
    panel.region.get_by_role("button", name="Close details").click()
    notebook.cell(1).evaluate("element => element.scrollIntoView()")
    picture("panel-light", whole=True)
    if every:
        both("panel-mid-fit")
    panel.live.button("Stop").click()
    notebook.wait(1)
    if not every:
        return
    panel.item("model").click()
    panel.region.get_by_role("button", name="Close details").click()
    panel.tree.press("ArrowLeft")
    notebook.run_and_wait(2, 120)
    panel.unfold("net")
    panel.unfold("block1a")
    both("panel-efficientnet")
    panel.region.get_by_role("combobox", name="Order").select_option("class")
    both("panel-by-class")
    panel.region.get_by_role("combobox", name="Order").select_option("blocks")
    panel.item("net").click()
    panel.region.get_by_role("button", name="Close details").click()
    panel.tree.press("ArrowLeft")
    notebook.run_and_wait(3, 120)
    panel.details("classifier").get_by_role("button", name="Compute shapes").click()
    panel.unfold("classifier")
    both("panel-nested")
    notebook.shut_down_kernel()
    expect(panel.region).to_contain_text("has no kernel")
    both("panel-no-kernel")


@contextlib.contextmanager
def jupyterlab(**settings: Any) -> Iterator[tuple[Page, LabServer]]:
    """A page of a browser, with Playwright's settings, and a JupyterLab to open in it."""
    chromium = subprocess.run(
        ["sh", REPOSITORY / "tools" / "chromium.sh"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer.start(Path(folder) / "server") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser.new_page(**settings), server
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=REPOSITORY / "docs" / "images")
    parser.add_argument("--only", choices=["live", "many", "builder", "panel"])
    parser.add_argument("--every", action="store_true", help="every state, light and dark")
    parser.add_argument("--width", type=int, default=1100)
    arguments = parser.parse_args()
    arguments.images.mkdir(parents=True, exist_ok=True)
    window = {"width": arguments.width, "height": 1000}
    with jupyterlab(viewport=window, device_scale_factor=2) as (page, server):
        if arguments.only in (None, "live"):
            take(page, server, arguments.images, arguments.every)
        if arguments.only in (None, "many"):
            take_many(page, server, arguments.images, arguments.every)
        if arguments.only in (None, "builder"):
            take_builder(page, server, arguments.images, arguments.every)
        if arguments.only in (None, "panel"):
            take_panel(page, server, arguments.images, arguments.every)


if __name__ == "__main__":
    main()
