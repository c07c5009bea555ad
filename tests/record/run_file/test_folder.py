"""Test where runs are recorded."""

from pathlib import Path

import pytest

from kwidgets.record.run_file import folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(folder.VARIABLE, raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def test_runs_are_beside_the_notebook(here, monkeypatch):
    (here / "deep").mkdir()
    monkeypatch.setenv("JPY_SESSION_NAME", str(here / "deep" / "my notebook.ipynb"))
    assert folder.runs_folder() == here / "deep" / ".kwidgets" / "runs"


@pytest.mark.parametrize("name", ["", "console-1", "/nowhere/at/all.ipynb"])
def test_runs_are_in_the_current_folder_without_a_notebook(here, monkeypatch, name):
    monkeypatch.setenv("JPY_SESSION_NAME", name)
    assert folder.runs_folder() == here / ".kwidgets" / "runs"


def test_the_variable_names_the_folder(here, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, "some/runs")
    assert folder.runs_folder() == here / "some" / "runs"
    assert not folder.is_switched_off()
    monkeypatch.setenv(folder.VARIABLE, " Off ")
    assert folder.is_switched_off()


def test_a_folder_that_cannot_be_written_leaves_jupyters(here):
    # A file in the place of the folder, which root cannot write into either.
    (here / ".kwidgets").touch()
    assert folder.runs_folder() == here / "data" / "kwidgets" / "runs"


def test_git_ignores_the_runs(here):
    assert folder.make_folder(Path("a/runs"))
    assert not folder.make_folder(Path("a/runs"))
    assert Path("a/runs/.gitignore").read_text() == "*\n"
