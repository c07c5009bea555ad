"""What a visitor of a Voilà page can do, with the code of docs/how-to/training-dashboard.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live_view import FIRST_SECONDS, LONG, View
from tests.browser.voila_server import PYTHON, voila
from tests.markdown import REPOSITORY, blocks

PAGE = REPOSITORY / "docs" / "how-to" / "training-dashboard.md"
BUILDER = """import kwidgets as kw
kw.SequentialBuilder(input_shape=(64,))"""


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[str]:
    """The address of the page that the guide makes, with a builder below."""
    if not PYTHON.exists():
        pytest.fail("Run this first: .venv/bin/python tools/make_front_ends.py voila")
    cells = [block.code for block in blocks(PAGE) if block.language == "python"]
    with voila(tmp_path, [*cells, BUILDER]) as url:
        yield url


@pytest.mark.slow("test_builder.py draws the same views through anywidget")
def test_a_visitor_trains_watches_and_stops(dashboard: str, page: Page) -> None:
    """The fixture fails the test if the page's console has an error."""
    # Icons, which Voilà loads from another machine.
    page.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(content_type="text/css"))
    # Voilà runs the cells first.
    page.goto(dashboard, timeout=FIRST_SECONDS * 1000)
    train = page.get_by_role("button", name="Train", exact=True).first
    expect(train).to_be_visible(timeout=FIRST_SECONDS * 1000)
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill(str(LONG))
    epochs.press("Tab")
    train.click()
    view = View(page.locator("body"))
    view.expect_status("running")
    expect(view.region).to_have_count(1)
    expect(train).to_be_disabled()
    expect(view.chart("loss").locator(".js-line").first).to_be_attached(timeout=30_000)
    view.expect_step_above(page, 50)
    view.button("Pause").click()
    view.expect_status("paused")
    view.button("Resume").click()
    view.expect_status("running")
    view.button("Stop").click()
    picture = page.get_by_role("img", name=re.compile("^Training stopped"))
    expect(view.region.or_(picture).first).to_be_visible()
    expect(train).to_be_enabled()

    # The next training has a view, too.
    train.click()
    view.expect_status("running")
    view.button("Stop").click()
    expect(train).to_be_enabled()

    builder = page.get_by_role("region", name="Sequential builder")
    builder.get_by_role("combobox", name="Add layer").fill("dense 3 relu")
    builder.get_by_role("combobox", name="Add layer").press("Enter")
    expect(builder.get_by_role("list", name="Layers", exact=True)).to_contain_text("Dense")
