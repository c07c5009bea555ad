"""Takes the README's pictures from the real thing: JupyterLab, a kernel, a training.

``make screenshots``. Pictures go to docs/images.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.browser.conftest import CHROMIUM_FLAGS  # noqa: E402
from tests.browser.notebook import Notebook  # noqa: E402
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


def wait_for_epoch(region: Locator, epoch: int) -> None:
    expect(
        region.get_by_role("table", name="Metrics").get_by_role("row").nth(epoch)
    ).to_be_attached(timeout=120_000)


def take(page: Page, server: LabServer, images: Path, every: bool) -> None:
    notebook = Notebook.create(
        page, server, "digits.ipynb", [SETUP, FIT.format(options="", epochs=60)]
    )
    notebook.run_and_wait(0, 120)
    # The file browser is not what the picture is about.
    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=REPOSITORY / "docs" / "images")
    parser.add_argument("--every", action="store_true", help="every state, light and dark")
    parser.add_argument("--width", type=int, default=1100)
    arguments = parser.parse_args()
    arguments.images.mkdir(parents=True, exist_ok=True)
    chromium = subprocess.run(
        ["sh", REPOSITORY / "tools" / "chromium.sh"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer.start(Path(folder) / "server") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(
            viewport={"width": arguments.width, "height": 1000}, device_scale_factor=2
        )
        take(page, server, arguments.images, arguments.every)
        browser.close()


if __name__ == "__main__":
    main()
