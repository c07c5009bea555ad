"""What a user is promised of the live view, in a real JupyterLab, found by role and name."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from kwidgets.protocol import FINAL_STATUSES, MIME_TYPE
from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP, View


@pytest.fixture
def training(open_notebook: OpenNotebook):
    """A notebook whose second cell trains, until the test ends it."""
    notebook = open_notebook(
        SETUP,
        FIT.format(epochs=LONG),
        "print('next', len(history.history), 'rate', float(model.optimizer.learning_rate))",
    )
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    view.expect_status("running")
    view.show()
    return notebook, view


def drawn_points(chart: Locator) -> str:
    """The path of the line that the chart has drawn, as SVG."""
    return chart.locator(".scatterlayer .js-line").first.get_attribute("d") or ""


def test_charts_appear_during_fit_and_their_points_advance(training, page: Page):
    _, view = training
    for metric in ("loss", "accuracy"):
        expect(view.chart(metric)).to_be_visible(timeout=FIRST_SECONDS * 1000)
    line = view.chart("loss").locator(".scatterlayer .js-line").first
    expect(line).to_have_attribute("d", re.compile("L"), timeout=FIRST_SECONDS * 1000)
    before = drawn_points(view.chart("loss"))
    expect(line).not_to_have_attribute("d", before, timeout=30_000)
    expect(view.region).to_contain_text(re.compile(r"epoch \d", re.IGNORECASE))
    expect(view.region).to_contain_text("steps/s")
    expect(view.region).to_contain_text("CPU")


def test_pause_halts_the_steps_and_resume_goes_on(training, page: Page):
    _, view = training
    view.expect_step_above(page, 50)
    view.button("Pause").click()
    view.expect_status("paused", 10)
    paused_at = view.step()
    # Nothing to wait for but time: half a second is some hundred steps of this model.
    page.wait_for_timeout(500)
    assert view.step() == paused_at
    view.button("Resume").click()
    view.expect_status("running", 10)
    view.expect_step_above(page, paused_at)


def test_a_new_learning_rate_reaches_the_optimizer_and_stop_ends_fit(training, page: Page):
    notebook, view = training
    view.learning_rate.fill("0.0125")
    view.learning_rate.press("Enter")
    expect(view.learning_rate).to_have_attribute("aria-valuenow", "0.0125", timeout=10_000)
    view.expect_step_above(page, view.step() + 20)
    view.button("Log scale").click()
    view.button("Stop").click()
    notebook.wait(1, 20)
    view.expect_status("stopped", 10)
    expect(view.button("Stop")).to_have_count(0)
    # The saved run has taken the live one's place, and is shown as the user chose to see it.
    expect(view.button("Log scale")).to_have_attribute("aria-pressed", "true")
    notebook.run_and_wait(2)
    assert "next 4 rate 0.0125" in notebook.text(2)


def test_a_bad_learning_rate_is_refused_in_place(training, page: Page):
    _, view = training
    expect(view.learning_rate).to_have_attribute("aria-valuenow", re.compile(r"^0?\.?0*1"))
    for bad in ("0", "-1", "fast", ""):
        view.learning_rate.fill(bad)
        view.learning_rate.press("Enter")
        expect(view.learning_rate).to_have_attribute("aria-invalid", "true")
    expect(view.region).to_contain_text("a number above 0 is needed")
    view.learning_rate.press("Escape")
    expect(view.learning_rate).not_to_have_attribute("aria-invalid", "true")
    view.expect_status("running", 5)


def test_the_controls_work_by_keyboard_alone(training, page: Page):
    _, view = training
    view.button("Pause").focus()
    page.keyboard.press("Enter")
    view.expect_status("paused", 10)
    expect(view.button("Resume")).to_be_focused()
    page.keyboard.press("Enter")
    view.expect_status("running", 10)
    view.button("Stop").focus()
    page.keyboard.press("Enter")
    view.expect_status("stopped", 20)


def test_zoom_holds_while_it_runs(training, page: Page):
    _, view = training
    chart = view.chart("loss")
    view.expect_step_above(page, 100)
    expect(chart.locator(".nsewdrag").first).to_be_visible(timeout=30_000)
    box = chart.locator(".nsewdrag").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=5)
    page.mouse.up()
    ticks = chart.locator(".xaxislayer-above text").all_inner_texts()
    view.expect_step_above(page, view.step() * 1.5 + 200)
    assert chart.locator(".xaxislayer-above text").all_inner_texts() == ticks


def test_the_table_holds_the_same_numbers(training, page: Page):
    _, view = training
    view.button("Table").click()
    table = view.region.get_by_role("table", name="Metrics")
    expect(table).to_be_visible()
    expect(table.get_by_role("row").nth(2)).to_be_visible(timeout=30_000)
    expect(table).to_contain_text("loss")


def test_a_second_view_of_the_output_has_the_whole_curve(training, page: Page):
    notebook, view = training
    view.expect_step_above(page, 100)
    notebook.cell(1).click()
    page.evaluate("window.jupyterapp.commands.execute('notebook:create-output-view')")
    regions = page.get_by_role("region", name="Live training")
    expect(regions).to_have_count(2, timeout=30_000)
    second = View(page.locator(".jp-LinkedOutputView, .jp-OutputArea").last)
    second.expect_status("running", 30)


@pytest.mark.parametrize("ending", ["finished", "stopped", "interrupted", "failed"])
def test_after_the_end_and_a_reload_the_run_is_there(open_notebook, page: Page, ending: str):
    failing = "\nboom = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: 1 // (5 - e))\n"
    fit = FIT.format(epochs=8 if ending == "finished" else LONG)
    if ending == "failed":
        fit = failing + fit.replace("[live]", "[live, boom]")
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

    notebook.reload()
    view = View(notebook.outputs(1))
    view.expect_status(ending)
    view.show()
    expect(view.chart("loss").locator(".scatterlayer .js-line").first).to_be_visible(timeout=30_000)
    for name in ("Pause", "Resume", "Stop"):
        expect(view.button(name)).to_have_count(0)


def test_the_saved_file_is_a_picture_elsewhere(open_notebook):
    """nbconvert stands for every reader without kwidgets: GitHub, an e-mail, a plain JupyterLab."""
    from nbconvert import HTMLExporter

    notebook = open_notebook(SETUP, FIT.format(epochs=3))
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run_and_wait(1)
    View(notebook.outputs(1)).expect_status("finished")
    notebook.save()
    html, _ = HTMLExporter().from_notebook_node(notebook.saved())
    (image,) = re.findall(r'<img alt="Training finished[^>]*>', html)
    assert "data:image/svg+xml;base64," in image
    assert notebook.path.stat().st_size < 150_000
