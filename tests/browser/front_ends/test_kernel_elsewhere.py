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

CELLS = (
    "%load_ext kwidgets\n" + SETUP + FIT.format(epochs=LONG),
    "print(live.status, model.evaluate(x, y, verbose=0)[1])",
)
pytestmark = pytest.mark.slow("the kernel's messages, which JupyterLab only shows: tests/kernel")
# What JupyterLab and ipywidgets write to the console when a kernel opens a widget that they cannot
# draw. The kernel cannot ask before.
WIDGET_UNKNOWN = re.compile("No version of module anywidget is registered|opening new comm")


@pytest.mark.parametrize("name", ["jupyterlab-ipywidgets", "jupyterlab-alone"])
def test_a_jupyterlab_without_kwidgets_shows_text_and_at_the_end_the_picture(
    name: str, page: Page, page_errors: list[str], serve: Serve
) -> None:
    notebook = Notebook.create(page, serve(name), "fit.ipynb", CELLS)
    notebook.run(0)
    output = notebook.outputs(0)
    expect(output).to_contain_text("running", timeout=FIRST_SECONDS * 1000)
    expect(output).to_contain_text(re.compile(r"epoch \d", re.IGNORECASE))
    expect(output).to_contain_text(re.compile(r"loss\W+\d"), timeout=FIRST_SECONDS * 1000)
    expect(output).to_contain_text("pip install kwidgets")
    # What JupyterLab shows of an output, and ipywidgets of a widget, that it cannot draw.
    expect(output).not_to_contain_text("Javascript Error")
    expect(output).not_to_contain_text("Error displaying widget")
    shown = output.inner_text()
    expect(output).not_to_have_text(shown)  # it goes on, in place

    notebook.interrupt()
    notebook.wait(0)
    expect(output.get_by_role("img", name=re.compile("^Training interrupted"))).to_be_visible()
    expect(output).not_to_contain_text("pip install kwidgets")
    # The interrupt waited for the end of a step: the model is whole.
    notebook.run_and_wait(1)
    expect(notebook.outputs(1)).to_contain_text("interrupted 0.")
    saved = notebook.save_until(lambda saved: "image/svg+xml" in str(saved.cells[0].outputs))
    # Beside it is what TensorFlow writes to stderr.
    (shown_at_the_end,) = (o for o in saved.cells[0].outputs if o.output_type == "display_data")
    assert MIME_TYPE in shown_at_the_end.data, "a JupyterLab with kwidgets draws the charts"
    page.goto("about:blank")
    page_errors[:] = [error for error in page_errors if not WIDGET_UNKNOWN.search(error)]


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
    page.goto("about:blank")
