"""Test which run a cell may resume."""

import pytest

from kwidgets.record.last_run import find_last_run
from tests.record.checkpoint_files import write_checkpoint
from tests.record.run_files import write_run

PLACE = {"cell_id": "c1", "script": None, "fit_in_cell": 1, "code": "fit()"}


@pytest.fixture
def notebook(tmp_path):
    """Return the path of a notebook, one of whose runs has died."""
    path = tmp_path / "digits.ipynb"
    path.touch()
    write_run(tmp_path, "20260528-202640-aaaaaa", state="stopped", notebook=str(path), **PLACE)
    write_checkpoint(tmp_path, "20260528-202640-aaaaaa")
    return path


def found(folder, notebook, **change):
    return find_last_run(folder, {**PLACE, "notebook": str(notebook), **change})


def test_a_cell_finds_its_last_run_and_no_other_cell_does(tmp_path, notebook):
    assert found(tmp_path, notebook).checkpoints[0].step == 4
    assert found(tmp_path, notebook, cell_id="c2") is None
    assert found(tmp_path, notebook, fit_in_cell=2) is None


def test_a_notebook_that_was_renamed_finds_it_and_a_copy_does_not(tmp_path, notebook):
    assert found(tmp_path, tmp_path / "copy.ipynb") is None
    renamed = notebook.rename(tmp_path / "letters.ipynb")
    assert found(tmp_path, renamed).info.notebook == str(notebook)
