"""Test calling functions at the end of cells."""

from __future__ import annotations

import logging

import pytest
from IPython.core.interactiveshell import InteractiveShell

from kwidgets.kernel import cell_end


@pytest.fixture
def shell(monkeypatch):
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.history_manager.enabled = False
    monkeypatch.setattr(cell_end, "_listeners", [])
    monkeypatch.setattr(cell_end, "_once", [])
    yield made
    InteractiveShell.clear_instance()


def test_listeners_are_called_in_order_each_cell_or_once(shell):
    calls = []

    def each(result):
        calls.append(("each", type(result.error_in_exec)))

    def once(result):
        calls.append(("once", type(result.error_in_exec)))

    before = list(shell.events.callbacks["post_run_cell"])
    for _ in range(2):
        assert cell_end.after_each_cell(each)
        assert cell_end.after_this_cell(once)
    shell.run_cell("1 / 0")
    shell.run_cell("1")
    assert calls == [
        ("each", ZeroDivisionError),
        ("once", ZeroDivisionError),
        ("each", type(None)),
    ]
    cell_end.remove(each)
    cell_end.remove(each)
    shell.run_cell("2")
    assert len(calls) == 3
    assert shell.events.callbacks["post_run_cell"] == before


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_listener_that_fails_is_logged_and_the_others_are_called(shell, caplog, error):
    called = []

    def fail(result):
        raise error("broken")

    cell_end.after_each_cell(fail)
    cell_end.after_each_cell(called.append)
    with caplog.at_level(logging.WARNING, logger="kwidgets"):
        shell.run_cell("1")
    assert len(called) == 1
    assert "a listener to the end of the cell failed" in caplog.text


def test_without_ipython_there_are_no_cells(monkeypatch):
    monkeypatch.setattr(cell_end, "_shell", lambda: None)
    assert not cell_end.is_in_cell()
    assert not cell_end.after_each_cell(print)
    assert not cell_end.after_this_cell(print)
    cell_end.remove(print)
