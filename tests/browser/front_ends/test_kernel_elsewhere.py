"""The kernel's environment and that of JupyterLab differ: only one of them has kwidgets."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from kwidgets.live.protocol import MIME_TYPE
from tests.browser.front_ends.conftest import Serve
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP
from tests.browser.notebook import Notebook
from tests.browser.panel import Panel

CELLS = ("%load_ext kwidgets\n" + SETUP + FIT.format(epochs=LONG), "live.status, live.history")
NO_WIDGET_MANAGER = pytest.mark.slow("a JupyterLab with ipywidgets' manager shows the same text")


@pytest.mark.parametrize(
    "name", ["jupyterlab-ipywidgets", pytest.param("jupyterlab-alone", marks=NO_WIDGET_MANAGER)]
)
def test_a_jupyterlab_without_kwidgets_shows_text_and_at_the_end_the_picture(
    name: str, page: Page, serve: Serve
) -> None:
    notebook = Notebook.create(page, serve(name), "fit.ipynb", CELLS)
    notebook.run(0)
    output = notebook.outputs(0)
    expect(output).to_contain_text("running", timeout=FIRST_SECONDS * 1000)
    expect(output).to_contain_text(re.compile(r"epoch \d", re.IGNORECASE))
    expect(output).to_contain_text(re.compile(r"loss\W+\d"), timeout=FIRST_SECONDS * 1000)
    expect(output).to_contain_text("pip install kwidgets")
    expect(output).not_to_contain_text("javascript error")
    expect(output).not_to_contain_text("needs a notebook with widgets")
    shown = output.inner_text()
    expect(output).not_to_have_text(shown)  # it goes on, in place
    expect(notebook.cell(0).locator(".jp-OutputArea-child")).to_have_count(1)

    notebook.interrupt()
    notebook.wait(0)
    expect(output).not_to_contain_text("KeyboardInterrupt")
    expect(output.get_by_role("img", name=re.compile("^Training stopped"))).to_be_visible()
    notebook.run_and_wait(1)
    expect(notebook.outputs(1)).to_contain_text("stopped")
    saved = notebook.save_until(lambda saved: "image/svg+xml" in str(saved.cells[0].outputs))
    (shown_at_the_end,) = saved.cells[0].outputs
    assert MIME_TYPE in shown_at_the_end.data, "a JupyterLab with kwidgets draws the charts"


@pytest.mark.slow("test_panel.py has the same with a kernel that answers that it has no kwidgets")
def test_a_kernel_without_kwidgets_is_told_by_the_panel(page: Page, serve: Serve) -> None:
    server = serve("jupyterlab-4.6", own_kernel=True)
    notebook = Notebook.create(page, server, "plain.ipynb", ("%load_ext kwidgets", "1 + 1"))
    panel = Panel(page)
    panel.open()
    expect(panel.region).to_contain_text("kwidgets is not loaded in this kernel")
    panel.region.get_by_role("button", name="Load kwidgets").click()
    expect(panel.region).to_contain_text(
        "kwidgets is not installed in this kernel", timeout=FIRST_SECONDS * 1000
    )
    expect(panel.region).to_contain_text("%pip install kwidgets")
    expect(panel.region.get_by_role("button", name="Load kwidgets")).to_be_enabled()
    notebook.run_and_wait(0)
    expect(notebook.outputs(0)).to_contain_text("No module named 'kwidgets'")
    notebook.run_and_wait(1)
    expect(notebook.outputs(1)).to_contain_text("2")
