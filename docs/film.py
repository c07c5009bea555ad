"""Films the README's moving picture from the real thing: a fit that is steered while it runs.

``python docs/film.py`` writes docs/images/steering.webp.
"""

from __future__ import annotations

import io
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect
from screenshots import REPOSITORY, SETUP, LabServer, Notebook, hide_file_browser, jupyterlab

FILM = REPOSITORY / "docs" / "images" / "steering.webp"
# Deep, and trained too fast at first: what a smaller learning rate does is then plain to see.
MODEL = """
model = keras.Sequential([keras.layers.Flatten()]
    + [keras.layers.Dense(64, activation="relu") for _ in range(6)]
    + [keras.layers.Dense(10, activation="softmax")], name="digits")
model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
"""
FIT = """%load_ext kwidgets
model.fit(x_train, y_train, epochs=1000, validation_data=(x_test, y_test));"""
EVALUATE = "model.evaluate(x_test, y_test, return_dict=True)"

FRAME_SECONDS = 0.25
LAST_SECONDS = 3
# A picture has no mouse pointer: this shows where a hand is.
HAND = """element => {
    const { left, top, width, height } = element.getBoundingClientRect();
    const hand = document.createElement("div");
    hand.style.cssText = `position: fixed; left: ${left + width / 2 - 22}px;
        top: ${top + height / 2 - 22}px; width: 40px; height: 40px; border-radius: 50%;
        border: 2px solid #d9480f; background: #d9480f33; z-index: 99999; pointer-events: none`;
    document.body.append(hand);
    setTimeout(() => hand.remove(), 900);
}"""


class Film:
    """Frames of a page, each as long on the film as in life."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []
        self._milliseconds: list[int] = []

    def run(self, seconds: float) -> None:
        """Film what happens."""
        end = time.monotonic() + seconds
        while (begin := time.monotonic()) < end:
            self._frames.append(Image.open(io.BytesIO(self._page.screenshot())).convert("RGB"))
            time.sleep(max(0.0, begin + FRAME_SECONDS - time.monotonic()))
            self._milliseconds.append(round(1000 * (time.monotonic() - begin)))

    def point(self, target: Locator) -> None:
        """Show a hand on what is about to be used."""
        target.evaluate(HAND)
        self.run(0.6)

    def save(self, path: Path) -> None:
        """Write an endless WebP; the last frame stands for a while."""
        self._milliseconds[-1] = 1000 * LAST_SECONDS
        first, *others = self._frames
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=self._milliseconds,
            loop=0,
            quality=70,
            method=6,
        )


def shoot(page: Page, server: LabServer) -> Film:
    cells = [SETUP + MODEL, FIT, EVALUATE]
    notebook = Notebook.create(page, server, "digits.ipynb", cells)
    notebook.run_and_wait(0, 120)
    hide_file_browser(page)
    notebook.cell(1).evaluate("element => element.scrollIntoView()")
    film = Film(page)
    film.run(1)
    notebook.run(1)
    region = notebook.outputs(1).get_by_role("region", name="Live training")
    status = region.get_by_role("status")
    rate = region.get_by_role("spinbutton", name="Learning rate")
    expect(status).to_have_text("running", timeout=120_000)
    expect(region.locator(".js-line").first).to_be_attached(timeout=120_000)
    film.run(5)
    film.point(rate)
    rate.fill("0.001")
    film.run(0.5)
    rate.press("Enter")
    film.run(5)
    for button, state in (("Pause", "paused"), ("Resume", "running"), ("Stop", "stopped")):
        target = region.get_by_role("button", name=button)
        film.point(target)
        target.click()
        expect(status).to_have_text(state)
        film.run(1.5)
    notebook.wait(1)
    notebook.run(2)
    notebook.wait(2)
    notebook.cell(2).evaluate("element => element.scrollIntoView({ block: 'end' })")
    film.run(1)
    return film


def main() -> None:
    with jupyterlab(viewport={"width": 960, "height": 720}) as (page, server):
        shoot(page, server).save(FILM)
    print(f"{FILM.relative_to(REPOSITORY)}: {FILM.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
