"""The live view, the builder and the summary in a real marimo, edited and run as an app."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.front_ends.marimo_server import Mode, marimo_server
from tests.browser.live_view import FIRST_SECONDS, View

pytestmark = pytest.mark.slow("an environment with marimo; the queues: tests/kernel/test_marimo.py")

IMPORTS = """
import os
os.environ["KERAS_BACKEND"] = "jax"
import keras, numpy as np, time, kwidgets as kw
kw.watch()
x, y = np.ones((64, 4)), np.ones((64, 1))
# Steps of a larger model: at full speed the fit takes the processor from the page that shows it.
slow = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: time.sleep(0.02))
"""
MODEL = """
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
"""
FIT = f"{MODEL}\nmodel.fit(x, y, batch_size=8, epochs=100_000, callbacks=[slow])"
BUILDER = "builder = kw.SequentialBuilder(input_shape=(4,))\nbuilder"

Open = Callable[..., None]


@pytest.fixture
def open_marimo(page: Page, tmp_path: Path) -> Iterator[Open]:
    """``open_marimo("edit", "1 + 1")``: a page with a notebook of these cells, which it runs."""
    with ExitStack() as stack:

        def open_marimo(mode: Mode, *cells: str) -> None:
            page.goto(stack.enter_context(marimo_server(tmp_path / "marimo", mode, *cells)))

        yield open_marimo
        page.goto("about:blank")


def expect_picture(page: Page, text: str) -> None:
    """Wait for the picture of a fit that has ended, without a view."""
    expect(page.get_by_role("img", name=text)).to_be_visible()
    expect(page.get_by_role("region", name="Live training")).to_have_count(0)


@pytest.mark.parametrize("mode", ["edit", "run"])
def test_a_watched_fit_is_shown_and_steered_while_its_cell_runs(
    open_marimo: Open, page: Page, mode: Mode
) -> None:
    result = "kw.latest().status, float(model.optimizer.learning_rate)"
    # marimo shows a line of Markdown in both modes, printed text only where one edits.
    open_marimo(mode, IMPORTS, FIT, f"import marimo as mo\nmo.md(str(('result', {result})))")
    view = View(page.locator("body"))
    view.expect_status("running")
    view.expect_step_above(page, 0)
    expect(view.chart("loss")).to_be_visible()
    expect(view.region).not_to_contain_text("when the cell ends")

    view.button("Pause").click()
    view.expect_status("paused")
    paused_at = view.step()
    view.learning_rate.fill("0.125")
    view.learning_rate.press("Enter")
    view.button("Resume").click()
    view.expect_step_above(page, paused_at)
    view.button("Stop").click()

    expect(page.get_by_text("('result', 'stopped', 0.125)")).to_be_visible()
    # The value of the cell, a History, has not taken the place of the picture.
    expect_picture(page, "Training stopped")


@pytest.mark.parametrize("mode", ["edit", "run"])
def test_the_builder_is_live_and_trains(open_marimo: Open, page: Page, mode: Mode) -> None:
    open_marimo(mode, IMPORTS, BUILDER, "builder.add('dense 1')\nbuilder.compile('sgd', 'mse')")
    builder = page.get_by_role("region", name="Sequential builder")
    layers = builder.get_by_role("list", name="Layers")
    expect(layers).to_contain_text("5 params", timeout=FIRST_SECONDS * 1000)
    add = builder.get_by_role("combobox", name="Add layer")
    add.fill("dense 3")
    add.press("Enter")
    expect(layers).to_contain_text("6 params")
    builder.get_by_role("button", name="Undo").click()
    expect(layers).not_to_contain_text("6 params")

    builder.get_by_role("tab", name="Fit").click()
    for name in ("x", "y"):
        field = builder.get_by_role("combobox", name=name, exact=True)
        option = field.get_by_role("option").filter(has_text=re.compile(rf"^{name}\b"))
        field.select_option(value=option.get_attribute("value"))
    builder.get_by_label("epochs", exact=True).fill("100000")
    builder.get_by_role("button", name="Train", exact=True).click()
    view = View(builder)
    view.expect_status("running")
    view.expect_step_above(page, 0)
    view.button("Stop").click()
    view.expect_status("stopped")


def test_a_summary_is_shown_once(open_marimo: Open, page: Page) -> None:
    open_marimo("run", IMPORTS, MODEL, "kw.summary(model)", "kw.summary(model)\nseen = 1")
    shown = page.get_by_text("Sequential 'sequential'")
    expect(shown).to_have_count(2, timeout=FIRST_SECONDS * 1000)


def test_an_interrupt_ends_the_fit_between_two_steps(open_marimo: Open, page: Page) -> None:
    open_marimo(
        "edit",
        IMPORTS,
        MODEL,
        """
try:
    model.fit(x, y, batch_size=8, epochs=100_000, callbacks=[slow])
except KeyboardInterrupt:
    print(kw.latest().status, np.isfinite(model.predict(x, verbose=0)).all())
done = True
""",
        "done\nkw.latest()",
    )
    view = View(page.locator("body"))
    view.expect_status("running")
    view.expect_step_above(page, 0)
    page.get_by_test_id("interrupt-button").click()
    expect(page.get_by_text("interrupted True")).to_be_visible()
    expect_picture(page, "Training interrupted")
    # The interrupt has cancelled the cells that waited; this one shows the picture too.
    page.get_by_text(re.compile(r"^kw\.latest\(\)$")).click()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("img", name="Training interrupted")).to_have_count(2)


def test_a_page_loaded_again_shows_the_whole_fit(open_marimo: Open, page: Page) -> None:
    open_marimo("edit", IMPORTS, FIT)
    view = View(page.locator("body"))
    view.expect_status("running")
    view.expect_step_above(page, 0)
    page.reload()
    view.expect_status("running")
    view.expect_step_above(page, view.step())
    expect(view.chart("loss")).to_be_visible()
    view.button("Stop").click()
    expect_picture(page, "Training stopped")


def test_a_cell_that_runs_again_has_a_view_again(open_marimo: Open, page: Page) -> None:
    open_marimo("edit", IMPORTS, FIT)
    view = View(page.locator("body"))
    for _ in range(2):
        view.expect_status("running")
        view.expect_step_above(page, 0)
        view.button("Stop").click()
        expect_picture(page, "Training stopped")
        page.get_by_text("model.compile").click()
        page.keyboard.press("Control+Enter")


def test_each_reader_of_an_app_steers_a_fit_of_their_own(open_marimo: Open, page: Page) -> None:
    open_marimo("run", IMPORTS, FIT)
    other = page.context.new_page()
    try:
        other.goto(page.url)
        views = [View(each.locator("body")) for each in (page, other)]
        for each, view in zip((page, other), views, strict=True):
            view.expect_status("running")
            view.expect_step_above(each, 0)
        views[0].button("Stop").click()
        expect_picture(page, "Training stopped")
        views[1].expect_step_above(other, views[1].step())
        views[1].expect_status("running")
        views[1].button("Stop").click()
        expect_picture(other, "Training stopped")
    finally:
        other.close()


def test_where_no_click_can_be_heard_the_view_says_so(open_marimo: Open, page: Page) -> None:
    deaf = "from kwidgets.kernel import marimo_kernel\nmarimo_kernel._find_requests = lambda: None"
    open_marimo("edit", f"{IMPORTS}\n{deaf}", FIT.replace("100_000", "60"))
    view = View(page.locator("body"))
    view.expect_status("running")
    expect(view.region).to_contain_text(re.compile("when the cell ends.*interrupt"))
    expect_picture(page, "Training finished")
