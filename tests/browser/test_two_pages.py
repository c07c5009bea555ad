"""Two pages of one notebook: one view of each run for both, in a real jupyter-collaboration; and
two tabs with the same file."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kwidgets.builder.protocol import MIME_TYPE as BUILDER_MIME_TYPE
from kwidgets.live.protocol import MIME_TYPE
from tests.browser.conftest import REPOSITORY, OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP, View
from tests.browser.notebook import Notebook
from tests.browser.server import LabServer

BUILDER = "builder = kw.SequentialBuilder(input_shape=(8, 8))\nbuilder"
SETUP_CELL, BUILDER_CELL, FIT_CELL = range(3)
WATCH_SECONDS = 180
# Pages write the state of a fit into a shared document once a minute.
WRITE_SECONDS = 120

pytestmark = [
    pytest.mark.slow("liveRenderer.test.ts has several pages of one Yjs document"),
    pytest.mark.timeout(900),
]


@pytest.fixture(params=["collaboration", "collaboration-nbmodel"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LabServer]:
    name = request.param
    subprocess.run([sys.executable, REPOSITORY / "tools" / "make_front_ends.py", name], check=True)
    python = REPOSITORY / ".build" / "front-ends" / name / "bin" / "python"
    with LabServer.start(tmp_path / name, python=str(python)) as server:
        yield server


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    contexts = []

    def open_page() -> Page:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()


def saved_data(notebook: Notebook, cell: int, mime_type: str) -> list[dict[str, Any]]:
    """Return the data of the cell's outputs of this type, as the server has saved them."""
    while True:
        # The server may be writing the file.
        with contextlib.suppress(nbformat.reader.NotJSONError):
            outputs = [output.get("data", {}) for output in notebook.saved().cells[cell].outputs]
            return [data for data in outputs if mime_type in data]


def wait_until(page: Page, condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)


def test_two_pages_have_one_view_that_both_steer(server: LabServer, open_page) -> None:
    cells = (SETUP, BUILDER, FIT.format(epochs=LONG) + "print('after')")
    first = Notebook.create(open_page(), server, "shared.ipynb", cells, kernel="kwidgets")
    second = Notebook(open_page(), server, "shared.ipynb")
    second.open()
    # JupyterLab draws widgets only where they are trusted, and asks each page's user.
    second.trust()
    pages = (first, second)
    first.run_and_wait(SETUP_CELL, FIRST_SECONDS)

    first.run_and_wait(BUILDER_CELL)
    for notebook in pages:
        builder = notebook.outputs(BUILDER_CELL).get_by_role("region", name="Sequential builder")
        add = builder.get_by_role("combobox", name="Add layer")
        add.fill("dense 7 relu")
        add.press("Enter")
    for notebook in pages:
        builder = notebook.outputs(BUILDER_CELL).get_by_role("region", name="Sequential builder")
        expect(builder.get_by_role("list", name="Layers")).to_contain_text("56 params")

    def builder_is_saved() -> bool:
        saved = saved_data(first, BUILDER_CELL, BUILDER_MIME_TYPE)
        return [len(data[BUILDER_MIME_TYPE]["rows"]) >= 2 for data in saved] == [True]

    wait_until(first.page, builder_is_saved, 30)

    first.run(FIT_CELL)
    views = [View(notebook.outputs(FIT_CELL)) for notebook in pages]
    for view in views:
        view.expect_status("running")
    views[1].button("Pause").click()
    views[0].expect_status("paused")
    views[0].button("Resume").click()
    views[1].expect_status("running")

    end = time.monotonic() + WATCH_SECONDS
    while time.monotonic() < end:
        for view in views:
            expect(view.region).to_have_count(1)
        assert len(saved_data(first, FIT_CELL, MIME_TYPE)) <= 1
        first.page.wait_for_timeout(1000)

    # The page that has started the fit leaves; the other one goes on writing.
    def saved_step() -> int:
        (data,) = saved_data(first, FIT_CELL, MIME_TYPE)
        return int(data[MIME_TYPE]["payload"]["progress"]["step"])

    first.page.close()
    step = views[1].step()
    wait_until(second.page, lambda: saved_step() > step, WRITE_SECONDS)

    again = Notebook(open_page(), server, "shared.ipynb")
    again.open(kernel_is_busy=True)
    view = View(again.outputs(FIT_CELL))
    view.expect_status("running")
    view.expect_step_above(again.page, step)
    view.button("Stop").click()
    for one in (view, views[1]):
        one.expect_status("stopped")

    def has_picture() -> bool:
        data = saved_data(second, FIT_CELL, MIME_TYPE)
        return [set(one) for one in data] == [{MIME_TYPE, "text/html", "text/plain"}]

    wait_until(second.page, has_picture, 60)
    for one in (view, views[1]):
        expect(one.region).to_have_count(1)
    assert len(saved_data(second, BUILDER_CELL, BUILDER_MIME_TYPE)) == 1


def test_of_two_tabs_with_the_same_file_one_changes_it(
    open_notebook: OpenNotebook, page: Page, browser_context: BrowserContext
) -> None:
    first = open_notebook(SETUP, FIT.format(epochs=LONG))
    first.run_and_wait(0, FIRST_SECONDS)
    first.run(1)
    View(first.outputs(1)).expect_status("running")
    first.save()
    second = Notebook(browser_context.new_page(), first.server, first.name)
    second.open(kernel_is_busy=True)
    views = [View(tab.outputs(1)) for tab in (first, second)]
    views[1].expect_status("running")
    views[1].button("Pause").click()
    views[0].expect_status("paused")
    views[0].button("Resume").click()
    views[1].expect_status("running")
    for _ in range(2):
        first.save()
        wait_until(page, first.is_dirty, 60)
    # Else JupyterLab would save it too, and ask which of the two to keep.
    assert not second.is_dirty()

    views[1].button("Stop").click()
    for view in views:
        view.expect_status("stopped")
    kept = {MIME_TYPE, "text/html", "text/plain"}
    first.save_until(lambda saved: [set(one.data) for one in saved.cells[1].outputs] == [kept])
    assert not second.is_dirty()
    second.page.close()
