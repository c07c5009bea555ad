"""A page that is reloaded before its notebook was saved: the file never had the view."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from kwidgets.live.protocol import MIME_TYPE
from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP, View, expect_picture_elsewhere
from tests.browser.notebook import App

IN_NOTEBOOK = pytest.mark.slow("the same code in JupyterLab")


@pytest.mark.parametrize("app", ["lab", pytest.param("notebook", marks=IN_NOTEBOOK)])
def test_a_view_that_was_never_saved_is_there_after_a_reload(
    open_notebook: OpenNotebook, page: Page, app: App
) -> None:
    other = "1 + 1"
    notebook = open_notebook(SETUP, FIT.format(epochs=LONG), other, app=app)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    view.expect_status("running")
    view.expect_step_above(page, 20)

    notebook.reload()
    view.expect_status("running")
    expect(page.get_by_role("region", name="Live training")).to_have_count(1)
    view.expect_step_above(page, 50)
    view.button("Stop").click()
    view.expect_status("stopped")

    # Also when it has ended since.
    notebook.reload()
    view.expect_status("stopped")
    expect(view.button("Stop")).to_have_count(0)
    saved = notebook.save_until(
        lambda saved: (
            [set(output.data) for output in saved.cells[1].outputs]
            == [{MIME_TYPE, "text/html", "text/plain"}]
        )
    )
    assert [cell.outputs for cell in (saved.cells[0], saved.cells[2])] == [[], []]

    assert "stopped" in saved.cells[1].outputs[0].data["text/plain"]
    expect_picture_elsewhere(notebook, "stopped")

    # What the user removes stays removed.
    notebook.clear_outputs()
    notebook.save()
    notebook.reload()
    notebook.wait_for_kernel()
    notebook.run_and_wait(2)
    expect(page.get_by_role("region", name="Live training")).to_have_count(0)
