"""``%kwidgets tutorials`` copies notebooks, and never over a file of the user's."""

import json

import pytest
from IPython.core.error import UsageError

from kwidgets.tutorials.copies import copy_tutorials
from kwidgets.tutorials.tutorial import STEP_MODULES


def test_all_tutorials_are_copied_as_fresh_notebooks(tmp_path) -> None:
    copies = copy_tutorials(tmp_path / "new folder")
    assert [copy.stem for copy in copies] == list(STEP_MODULES)
    for copy in copies:
        cells = json.loads(copy.read_text())["cells"]
        assert not any(cell.get("outputs") for cell in cells)


def test_one_is_copied_by_the_beginning_of_its_name(tmp_path) -> None:
    assert [copy.name for copy in copy_tutorials(tmp_path, "02")] == ["02_steer_a_training.ipynb"]


def test_a_file_that_is_there_stays_as_it_is(tmp_path) -> None:
    mine = tmp_path / "01_first_model.ipynb"
    mine.write_text("mine")
    names = [copy_tutorials(tmp_path, "01")[0].name for _ in range(2)]
    assert names == ["01_first_model-1.ipynb", "01_first_model-2.ipynb"]
    assert mine.read_text() == "mine"


def test_all_are_copied_only_where_they_are_missing(shell, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    copy_tutorials(tmp_path, "03")
    shell.run_line_magic("kwidgets", "tutorials")
    assert "03_build_by_hand" not in capsys.readouterr().out
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(STEP_MODULES)
    shell.run_line_magic("kwidgets", "tutorials")
    assert "already in the current folder" in capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == len(STEP_MODULES)


def test_the_magic_copies_into_the_current_folder(shell, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    shell.run_line_magic("kwidgets", "tutorials 01")
    assert (tmp_path / "01_first_model.ipynb").exists()
    assert "01_first_model.ipynb" in capsys.readouterr().out


def test_an_unknown_name_says_which_there_are(shell) -> None:
    with pytest.raises(UsageError, match="There is no tutorial '77'"):
        shell.run_line_magic("kwidgets", "tutorials 77")
