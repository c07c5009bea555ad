"""The fixtures themselves: cells run in a real JupyterLab, and what was saved comes back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenNotebook
from tests.browser.server import LabServer

pytestmark = pytest.mark.slow("every browser test of a promise uses these fixtures")


def test_a_cell_shows_its_value(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("1 + 1")
    notebook.run_and_wait(0)
    expect(notebook.outputs(0)).to_have_text("[1]:2")


def test_what_was_saved_is_there_after_a_reload(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("print('first')", "print('second')")
    notebook.run_all()
    notebook.wait(1)
    notebook.save()
    assert [cell.outputs[0].text for cell in notebook.saved().cells] == ["first\n", "second\n"]
    notebook.reload()
    expect(notebook.outputs(0)).to_have_text("first")
    expect(notebook.outputs(1)).to_have_text("second")


def test_an_interrupt_ends_a_cell_and_the_next_one_runs(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("import time\nprint('on its way')\ntime.sleep(600)", "2 + 2")
    notebook.run(0)
    expect(notebook.outputs(0)).to_contain_text("on its way")
    assert notebook.is_running(0)
    notebook.interrupt()
    notebook.wait(0)
    expect(notebook.outputs(0)).to_contain_text("KeyboardInterrupt")
    notebook.run_and_wait(1)
    expect(notebook.outputs(1)).to_contain_text("4")


def test_the_theme_changes(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("1 + 1")
    notebook.set_theme("dark")
    notebook.set_theme("light")


def test_each_test_has_a_kernel_of_its_own(
    open_notebook: OpenNotebook, lab_server: LabServer
) -> None:
    open_notebook("1 + 1")
    assert len(lab_server.kernels()) == 1
