"""What a user is promised of the live view, in a real JupyterLab, found by role and name."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from kwidgets.live.protocol import FINAL_STATUSES, MIME_TYPE
from tests.browser.conftest import OpenNotebook
from tests.browser.keys import expect_keys_are_its_own, expect_palette, expect_slider_moves
from tests.browser.live_view import (
    FIRST_SECONDS,
    FIT,
    LONG,
    OWN_LOOP,
    SETUP,
    TENSORFLOW_SETUP,
    View,
    expect_picture_elsewhere,
)
from tests.browser.notebook import Notebook

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"


def start(open_notebook: OpenNotebook, *cells: str, setup: str = SETUP, **how) -> tuple:
    """A notebook whose second cell trains, until the test ends it, and its view."""
    notebook = open_notebook(setup, FIT.format(epochs=LONG), *cells, **how)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    view.expect_status("running")
    view.show()
    return notebook, view


def drawn_points(chart: Locator) -> str:
    """The path of the line that the chart has drawn, as SVG."""
    return chart.locator(".scatterlayer .js-line").first.get_attribute("d") or ""


def chart_top(view: View) -> float:
    """Return where the first chart begins in the view, in pixels."""
    chart, region = view.chart("loss").bounding_box(), view.region.bounding_box()
    assert chart and region
    return round(chart["y"] - region["y"])


def test_a_fit_is_watched_paused_steered_and_stopped(open_notebook, page: Page):
    """The whole story, on TensorFlow, the default."""
    notebook, view = start(
        open_notebook,
        "print('next', len(history.history), 'rate', float(model.optimizer.learning_rate))",
        setup=TENSORFLOW_SETUP,
    )
    for metric in ("loss", "accuracy"):
        expect(view.chart(metric)).to_be_visible(timeout=FIRST_SECONDS * 1000)
    line = view.chart("loss").locator(".scatterlayer .js-line").first
    expect(line).to_have_attribute("d", re.compile("L"), timeout=FIRST_SECONDS * 1000)
    before = drawn_points(view.chart("loss"))
    expect(line).not_to_have_attribute("d", before)
    expect(view.region).to_contain_text(re.compile(r"epoch \d", re.IGNORECASE))
    expect(view.region).to_contain_text("steps/s")
    devices = view.region.get_by_role("list", name="Devices")
    expect(devices).to_contain_text("CPU")
    expect(devices.get_by_role("meter").first).to_be_attached()

    view.expect_step_above(page, 50)
    top = chart_top(view)
    view.button("Pause").click()
    view.expect_status("paused")
    paused_at = view.step()
    # Nothing to wait for but time: half a second is some hundred steps of this model.
    page.wait_for_timeout(500)
    assert view.step() == paused_at
    view.button("Resume").click()
    view.expect_status("running")
    view.expect_step_above(page, paused_at)

    view.learning_rate.fill("0.0125")
    view.learning_rate.press("Enter")
    expect(view.learning_rate).to_have_attribute("aria-valuenow", "0.0125")
    marks = view.region.get_by_role("list", name="Marks")
    expect(marks).to_contain_text("Paused for")
    expect(marks).to_contain_text("→ 0.0125")
    view.expect_step_above(page, view.step() + 20)
    view.button("Log scale").click()
    view.button("Stop").click()
    notebook.wait(1)
    view.expect_status("stopped")
    expect(view.button("Stop")).to_have_count(0)
    # The saved run has taken the live one's place, and is shown as the user chose to see it.
    expect(view.button("Log scale")).to_have_attribute("aria-pressed", "true")
    notebook.run_and_wait(2)
    assert "next 4 rate 0.0125" in notebook.text(2)
    # Neither the marks nor the end of the run have moved the charts.
    assert chart_top(view) == top


def test_all_by_keyboard_bad_input_zoom_and_table(open_notebook, page: Page):
    notebook, view = start(open_notebook, OWN_LOOP)
    expect(view.learning_rate).to_have_attribute("aria-valuenow", re.compile(r"^0?\.?0*1"))
    for bad in ("0", "-1", "NaN", "fast", ""):
        view.learning_rate.fill(bad)
        view.learning_rate.press("Enter")
        expect(view.learning_rate).to_have_attribute("aria-invalid", "true")
    expect(view.region).to_contain_text("Enter a number above 0")
    view.learning_rate.press("Escape")
    expect(view.learning_rate).not_to_have_attribute("aria-invalid", "true")
    view.expect_status("running")

    # Those of the notebook's command mode stay with the control, and Ctrl+S saves the notebook.
    expect_keys_are_its_own(notebook, view.button("Pause"))
    slider = view.region.get_by_role("slider", name="Smoothing")
    expect_keys_are_its_own(notebook, slider)
    expect_slider_moves(slider, page)
    expect_palette(notebook, slider)

    view.button("Table").focus()
    page.keyboard.press("Enter")
    table = view.region.get_by_role("table", name="Metrics")
    expect(table.get_by_role("row").nth(2)).to_be_visible()
    expect(table).to_contain_text("loss")

    chart = view.chart("loss")
    view.expect_step_above(page, 100)
    box = chart.locator(".nsewdrag").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=5)
    page.mouse.up()
    ticks = chart.locator(".xaxislayer-above text")
    zoomed = set(ticks.all_text_contents())
    view.expect_step_above(page, view.step() + 20)
    assert set(ticks.all_text_contents()) == zoomed, "a zoom holds while it runs"
    chart.focus()
    page.keyboard.press("ArrowRight")
    place = view.region.get_by_text(re.compile(r"^step [\d,]+$")).first
    expect(place).to_be_visible()
    page.keyboard.press("Escape")
    expect(place).to_have_count(0)
    page.keyboard.press("0")
    expect(ticks.filter(has_text=re.compile("^0$"))).to_have_count(1)

    view.button("Pause").focus()
    page.keyboard.press("Enter")
    view.expect_status("paused")
    expect(view.button("Resume")).to_be_focused()
    page.keyboard.press("Enter")
    view.expect_status("running")
    view.button("Stop").focus()
    page.keyboard.press("Enter")
    view.expect_status("stopped")

    # A training loop of one's own has the same view.
    notebook.run(2)
    loop = View(notebook.outputs(2))
    loop.expect_status("running")
    loop.show()
    expect(loop.chart("loss")).to_be_visible()
    loop.learning_rate.fill("0.0125")
    loop.learning_rate.press("Enter")
    expect(loop.region.get_by_role("list", name="Marks")).to_contain_text("→ 0.0125")
    loop.button("Stop").click()
    notebook.wait(2)
    loop.expect_status("stopped")
    assert "loop ended stopped" in notebook.text(2)


@pytest.mark.slow("a view that is opened during the fit, as after a reload")
def test_a_second_view_of_the_output_has_the_whole_curve(open_notebook, page: Page):
    notebook, view = start(open_notebook)
    view.expect_step_above(page, 100)
    notebook.cell(1).click()
    page.evaluate("window.jupyterapp.commands.execute('notebook:create-output-view')")
    regions = page.get_by_role("region", name="Live training")
    expect(regions).to_have_count(2)
    second = View(page.locator(".jp-LinkedOutputView, .jp-OutputArea").last)
    second.expect_status("running")


LOOP = """
for fold in range(3):
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(),
                              keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=2 if fold < 2 else {long}, callbacks=[slow])
    model.evaluate(x, y)
"""


IN_NOTEBOOK = pytest.mark.slow("test_panel.py reloads Notebook 7 in mid-fit")


@pytest.mark.parametrize("app", ["lab", pytest.param("notebook", marks=IN_NOTEBOOK)])
def test_a_loop_has_one_view_in_which_each_fit_can_be_selected(open_notebook, page: Page, app):
    page.emulate_media(reduced_motion="reduce")
    notebook = open_notebook(
        "%load_ext kwidgets\n" + SETUP, LOOP.format(long=LONG), "print('next')", app=app
    )
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    fits = view.region.get_by_role("table", name="Fits", exact=True)
    rows = fits.locator("tbody").get_by_role("row")
    expect(rows).to_have_count(3, timeout=FIRST_SECONDS * 1000)
    expect(view.region).to_have_count(1)
    view.expect_status("running")
    # The name of the variable, not Keras's sequential_1; the newest fit comes first.
    expect(rows.first).to_contain_text(re.compile(r"3.*model.*running"))
    view.show()
    lines = view.chart("loss").locator(".scatterlayer .js-line")
    expect(lines.first).to_be_attached(timeout=FIRST_SECONDS * 1000)
    before = lines.count()
    fits.get_by_role("checkbox", name="Draw all fits").click()
    expect(lines).not_to_have_count(before)
    # Steps go on, and axe takes long to read a table that grows meanwhile.
    view.button("Pause").click()
    view.expect_status("paused")
    view.button("Table").click()
    view.learning_rate.fill("fast")
    view.learning_rate.press("Enter")
    expect_axe_finds_nothing(notebook)
    view.learning_rate.press("Escape")
    view.button("Resume").click()
    rows.last.get_by_role("button", name="model").click()
    view.expect_status("finished")
    expect(view.button("Stop")).to_have_count(0)
    # A page that comes back finds the loop where it is.
    notebook.save()
    notebook.reload()
    expect(rows).to_have_count(3)
    view.expect_status("running")
    view.button("Stop").click()
    view.expect_status("stopped")
    expect(notebook.outputs(1)).to_contain_text("Evaluated")
    notebook.run_and_wait(2)

    def is_whole(saved: nbformat.NotebookNode) -> bool:
        text = "".join(output.data["text/plain"] for output in saved.cells[1].outputs)
        return text.count("Training finished") == 2 and text.count("Training stopped") == 1

    notebook.save_until(is_whole)


@pytest.mark.slow("test_ipykernel_versions.py has its buttons, channel.test.ts the page's messages")
def test_with_ipykernel_6_the_buttons_work_and_a_reload_finds_the_fit(open_notebook, page: Page):
    notebook = open_notebook(SETUP, FIT.format(epochs=LONG), kernel="ipykernel-6.31.0")
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    view.expect_status("running")
    view.button("Pause").click()
    view.expect_status("paused")
    view.button("Resume").click()
    view.expect_status("running")
    notebook.save()
    notebook.reload()
    view.expect_status("running")
    view.button("Stop").click()
    view.expect_status("stopped")


MANY = """
inputs = keras.Input((8, 8))
flat = keras.layers.Flatten()(inputs)
names = ["age", "height", "<b>weight</b>", "name_that_is_rather_long", "e"]
outputs = [keras.layers.Dense(1, name=f"out{i}")(flat) for i in range(5)]
many = keras.Model(inputs, outputs)
many.output_names = names
many.compile("adam", ["mse"] * 5, metrics=[["mae", "mape", "msle"]] * 5)
target = [y / (i + 1) for i in range(5)]
many.fit(x, target, epochs=100_000, validation_split=0.2, callbacks=[live, slow], verbose=0)
"""


def test_of_many_metrics_some_are_shown_and_a_picture_of_them_is_saved(open_notebook, page: Page):
    page.emulate_media(reduced_motion="reduce")
    notebook = open_notebook(SETUP, MANY)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    view.expect_status("running")
    view.show()
    charts = view.region.get_by_role("figure")
    chips = view.region.get_by_role("group", name="Metrics shown")
    expect(charts).to_have_count(6, timeout=FIRST_SECONDS * 1000)
    expect(chips.get_by_role("button", pressed=True)).to_have_count(6)
    chips.get_by_role("button", name=re.compile("rather_long")).first.click()
    expect(charts).to_have_count(7)
    expect_axe_finds_nothing(notebook)
    page.emulate_media(forced_colors="active")
    expect(view.button("Stop")).to_be_visible()
    page.emulate_media(forced_colors="none")
    view.button("Stop").click()
    view.expect_status("stopped")
    expect(charts).to_have_count(7)
    charts.last.scroll_into_view_if_needed()
    expect(charts.last.locator(".js-line").first).to_be_attached()
    with page.expect_download() as download:
        view.button("Save picture").click()
    picture = download.value.path().read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) > 20_000


def expect_axe_finds_nothing(notebook: Notebook) -> None:
    """Have axe-core read the live views in both themes."""
    for theme in ("light", "dark"):
        notebook.set_theme(theme)
        assert serious(notebook.page) == []
    notebook.set_theme("light")


def serious(page: Page) -> list[str]:
    """What axe-core holds against the live views on the page."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        """() => axe.run('[aria-label="Live training"]', { resultTypes: ['violations'] })"""
    )
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.slow("test_reload.py saves a stopped fit, test_builder.py draws a saved one")
@pytest.mark.parametrize("ending", ["finished", "stopped", "interrupted", "failed"])
def test_after_the_end_and_a_reload_the_run_is_there(open_notebook, page: Page, ending: str):
    failing = "\nboom = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: 1 // (5 - e))\n"
    fit = FIT.format(epochs=8 if ending == "finished" else LONG)
    if ending == "failed":
        fit = failing + fit.replace("slow]", "slow, boom]")
    notebook = open_notebook(SETUP, fit, "print('next cell ran')")
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    if ending in ("stopped", "interrupted"):
        view.expect_status("running")
        view.expect_step_above(page, 50)
        if ending == "stopped":
            view.button("Stop").click()
        else:
            notebook.interrupt()
    view.expect_status(ending)
    notebook.wait(1)
    notebook.run_and_wait(2)
    assert "next cell ran" in notebook.text(2)
    notebook.save()

    data = [output.data for output in notebook.saved().cells[1].outputs if "data" in output]
    assert [set(bundle) for bundle in data] == [{MIME_TYPE, "text/html", "text/plain"}]
    assert ending in data[0]["text/plain"]
    assert ending in FINAL_STATUSES
    expect_picture_elsewhere(notebook, ending)

    notebook.reload()
    view = View(notebook.outputs(1))
    view.expect_status(ending)
    view.show()
    expect(view.chart("loss").locator(".scatterlayer .js-line").first).to_be_visible()
    for name in ("Pause", "Resume", "Stop"):
        expect(view.button(name)).to_have_count(0)
