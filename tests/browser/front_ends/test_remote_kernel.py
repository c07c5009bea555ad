"""JupyterLab here, the kernel behind a gateway: another server, another folder, another machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.front_ends.conftest import Serve
from tests.browser.front_ends.gateway_server import PROGRAMS, Gateway, gateway
from tests.browser.front_ends.story import BUILDER
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP, View
from tests.browser.notebook import Notebook
from tests.browser.panel import Panel

pytestmark = pytest.mark.slow("messages without bytes: tests/kernel, tests/live")


@pytest.fixture(params=PROGRAMS)
def remote(
    request: pytest.FixtureRequest, tmp_path: Path, quick_kernels: dict[str, str]
) -> Iterator[Gateway]:
    """A gateway, which ends after the JupyterLab that uses it."""
    with gateway(request.param, tmp_path / "remote", quick_kernels) as running:
        yield running


def test_all_views_of_a_kernel_on_another_machine(
    remote: Gateway, serve: Serve, page: Page
) -> None:
    server = serve("jupyterlab-4.6", arguments=remote.lab_arguments)
    cells = ("%load_ext kwidgets\n" + SETUP, FIT.format(epochs=LONG), "kw.runs()", BUILDER)
    notebook = Notebook.create(page, server, "fit.ipynb", cells, is_remote=True)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    view.expect_status("running")
    panel = Panel(page)
    panel.open()
    panel.expect_item("model")
    view.button("Pause").click()
    view.expect_status("paused")
    view.learning_rate.fill("0.0625")
    view.learning_rate.press("Enter")
    view.button("Resume").click()
    view.expect_status("running")
    step = view.step()

    notebook.reload()
    view.expect_status("running")
    view.expect_step_above(page, step)
    expect(view.learning_rate).to_have_value("0.0625")
    panel.open()
    expect(panel.live.status).to_have_text("running")
    view.button("Stop").click()
    view.expect_status("stopped")

    notebook.wait_for_kernel()
    notebook.run_and_wait(2)
    runs = notebook.outputs(2).get_by_role("region", name="Keras runs")
    expect(runs.get_by_role("table", name="Runs")).to_contain_text("stopped")
    assert len(list(remote.folder.glob(".kwidgets/runs/*.sqlite"))) == 1
    assert not (server.root / ".kwidgets").exists()

    notebook.run_and_wait(3)
    builder = notebook.outputs(3).get_by_role("region", name="Sequential builder")
    add = builder.get_by_role("combobox", name="Add layer")
    add.fill("dense 3 relu")
    add.press("Enter")
    expect(builder.get_by_role("list", name="Layers", exact=True)).to_contain_text("Dense")
    page.goto("about:blank")
