"""A tutorial from JupyterLab's launcher: a new copy, exercises that are checked, hints."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import REPOSITORY, OpenNotebook
from tests.browser.live_view import FIRST_SECONDS
from tests.browser.notebook import Notebook
from tests.browser.server import LabServer

TITLE = "Your first model, live"
NUMBERS = range(1, 1 + len(list((REPOSITORY / "examples").glob("*.ipynb"))))
CARD = f"1. {TITLE}"


def cell_of(notebook: Notebook, beginning: str) -> int:
    """The number of the cell that begins so."""
    sources = [cell.source for cell in notebook.saved().cells]
    return next(i for i, source in enumerate(sources) if source.startswith(beginning))


def open_launcher(page: Page) -> None:
    # The command's result, a widget, cannot be passed to Python.
    page.evaluate("void window.jupyterapp.commands.execute('launcher:create', { cwd: '' })")
    page.get_by_role("tab", name="Launcher").click()


def open_from_launcher(page: Page) -> None:
    open_launcher(page)
    page.get_by_role("button", name=CARD).click()


def test_a_card_opens_a_fresh_copy_and_its_steps_check_themselves(
    page: Page, lab_server: LabServer, open_notebook: OpenNotebook
) -> None:
    open_notebook("1 + 1")  # a page to start from, cleaned up by its fixture
    open_launcher(page)
    cards = page.get_by_role("button", name=re.compile(r"^\d\. "))
    expect(cards).to_have_text([re.compile(rf"^{number}\. ") for number in NUMBERS])
    page.keyboard.press("Control+Shift+C")
    items = page.locator(".lm-CommandPalette-itemLabel", has_text="Open Tutorial")
    expect(items).to_have_text([re.compile(f"^Open Tutorial {number}: ") for number in NUMBERS])
    page.keyboard.press("Escape")
    page.get_by_role("button", name=CARD).click()
    first = Notebook(page, lab_server, "01_first_model.ipynb")
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    first.wait_for_kernel()
    # Again: the first copy, with what was written in it, stays as it is.
    open_from_launcher(page)
    expect(page.get_by_role("tab", name="01_first_model-1.ipynb")).to_be_visible()

    first.activate()
    load = cell_of(first, "%load_ext")
    first.run_and_wait(load, FIRST_SECONDS)
    expect(first.outputs(load)).to_contain_text("this notebook has 6 exercises")

    evaluate = cell_of(first, "test_loss")
    first.run_and_wait(evaluate)
    expect(first.outputs(evaluate)).to_contain_text("Run the cell under “The model”")

    first.run_and_wait(cell_of(first, "USE_MNIST"))
    exercise, check = cell_of(first, "image_shape"), cell_of(first, "%kwidgets check look")
    first.run_and_wait(exercise)
    first.run_and_wait(check)
    report = first.outputs(check)
    expect(report).to_contain_text("Not yet – step 1 of 6")
    hint = report.get_by_text("Arrays have a")
    expect(hint).to_be_hidden()
    report.get_by_text("Hint", exact=True).click()
    expect(hint).to_be_visible()
