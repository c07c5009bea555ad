"""Dismissed findings are kept beside the notebook, or where one may write."""

from __future__ import annotations

import json

import pytest

from kwidgets.insight.data import dismissed


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path):
    beside, data_dir = tmp_path / "notebooks", tmp_path / "data"
    beside.mkdir()
    monkeypatch.chdir(beside)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(data_dir))
    monkeypatch.setattr(dismissed, "notebook_path", lambda: None)
    return beside, data_dir


def test_a_finding_is_dismissed_until_it_is_restored(folders):
    assert dismissed.dismissed_ids() == frozenset()
    dismissed.dismiss("one")
    dismissed.dismiss(["two", "three"])
    path = folders[0] / ".kwidgets" / "dismissed-findings.json"
    assert json.loads(path.read_text()) == ["one", "three", "two"]
    dismissed.restore("two")
    assert dismissed.dismissed_ids() == {"one", "three"}
    dismissed.restore()
    assert dismissed.dismissed_ids() == frozenset()


def test_a_damaged_file_is_no_error(folders, caplog):
    path = folders[0] / ".kwidgets" / "dismissed-findings.json"
    path.parent.mkdir()
    path.write_text("{")
    assert dismissed.dismissed_ids() == frozenset()
    dismissed.dismiss("one")
    assert dismissed.dismissed_ids() == {"one"}


def test_where_the_folder_is_read_only_the_data_directory_is_used(folders, monkeypatch):
    monkeypatch.setattr(dismissed, "_beside_notebook", lambda: folders[0] / "file" / "x.json")
    (folders[0] / "file").write_text("in the way")
    dismissed.dismiss("one")
    assert (folders[1] / "kwidgets" / "dismissed-findings.json").exists()
    assert dismissed.dismissed_ids() == {"one"}


def test_an_id_must_be_a_text():
    with pytest.raises(TypeError, match="id of a finding"):
        dismissed.dismiss([3])
