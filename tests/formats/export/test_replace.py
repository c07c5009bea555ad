"""An export replaces earlier exports, and nothing else; what ended processes left is deleted."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import kwidgets
from kwidgets.formats.export.replace import is_replaceable, partial_folder, replace_entry
from tests.formats.export.tiny import tiny_model


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


@pytest.mark.parametrize(
    ("target", "names", "replaceable"),
    [
        ("keras", ["inner/mine"], False),
        ("onnx", [], False),
        ("saved_model", [], True),
        ("saved_model", ["mine"], False),
        (
            "saved_model",
            ["saved_model.pb", "fingerprint.pb", "variables/variables.index", "assets/words.txt"],
            True,
        ),
        ("saved_model", ["saved_model.pb", "mine"], False),
        ("saved_model", ["saved_model.pb", "variables/mine"], False),
        ("openvino", ["tiny.xml", "tiny.bin"], True),
        ("openvino", ["tiny.xml", "tiny.bin", "mine"], False),
        ("tfjs", ["model.json", "group1-shard1of1.bin"], True),
        ("tfjs", ["package.json", "model.json"], False),
    ],
)
def test_a_folder_is_replaced_only_if_an_export_wrote_all_of_it(
    target, names, replaceable, tmp_path
):
    place = tmp_path / "entry"
    place.mkdir()
    make(place, *names)
    assert is_replaceable(target, place) is replaceable


def test_a_file_is_not_replaced_by_a_folder(tmp_path):
    make(tmp_path, "entry")
    assert not is_replaceable("saved_model", tmp_path / "entry")
    assert is_replaceable("onnx", tmp_path / "entry")


def test_an_older_folder_stays_where_the_new_one_cannot_be_put(tmp_path):
    make(tmp_path, "old/saved_model.pb")
    (tmp_path / "partial").mkdir()
    with pytest.raises(FileNotFoundError, match="missing"):
        replace_entry(tmp_path / "partial" / "missing", tmp_path / "old")
    assert (tmp_path / "old" / "saved_model.pb").exists()


def test_an_export_leaves_a_folder_of_the_user_with_its_name(tmp_path):
    model, x, _ = tiny_model()
    make(tmp_path, "tiny.keras/inner/mine", "tiny_saved_model/mine")
    exports = kwidgets.export(
        model, x, targets=["keras", "saved_model"], folder=tmp_path, latency=False, verbose=False
    )
    assert [row.status for row in exports] == ["failed", "failed"]
    assert all("not of an export" in row.problem["key"] for row in exports)
    assert (tmp_path / "tiny.keras/inner/mine").read_text() == "tiny.keras/inner/mine"
    assert (tmp_path / "tiny_saved_model/mine").exists()
    assert sorted(os.listdir(tmp_path)) == ["tiny.keras", "tiny_saved_model"]


def test_half_written_files_of_ended_processes_are_deleted_and_others_stay(tmp_path):
    running = partial_folder(tmp_path, "tiny.onnx")
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], stdout=subprocess.PIPE
    )
    stale = tmp_path / running.name.replace(f"-{os.getpid()}-", f"-{int(ended.stdout)}-")
    make(stale, "tiny.onnx")
    make(tmp_path, ".mine.partial-1")
    other = partial_folder(tmp_path, "tiny.keras")
    assert not stale.exists()
    assert running.exists() and other.exists() and (tmp_path / ".mine.partial-1").exists()
