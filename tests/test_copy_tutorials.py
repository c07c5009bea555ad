"""``make lab`` opens copies of the tutorials: git sees no change, and the user's work is kept."""

from __future__ import annotations

import pathlib
import re

import pytest

from kwidgets.tutorials.tutorial import STEP_MODULES
from tools.copy_tutorials import RECORD_NAME, update_copies

REPOSITORY = pathlib.Path(__file__).parents[1]


@pytest.fixture
def originals(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "examples"
    folder.mkdir()
    for name in ("01", "02"):
        (folder / f"{name}.ipynb").write_text("version 1")
    return folder


@pytest.fixture
def copies(originals: pathlib.Path) -> pathlib.Path:
    folder = originals.parent / "my folder"
    update_copies(originals, folder)
    return folder


def test_all_tutorials_are_copied(tmp_path: pathlib.Path) -> None:
    (line,) = update_copies(REPOSITORY / "examples", tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("*.ipynb")) == list(STEP_MODULES)
    assert line.startswith("Copied into ") and "01_first_model, 02_" in line


def test_a_second_start_changes_and_says_nothing(
    originals: pathlib.Path, copies: pathlib.Path
) -> None:
    (copies / "01.ipynb").write_text("mine")
    assert update_copies(originals, copies) == []
    assert (copies / "01.ipynb").read_text() == "mine"


def test_of_new_versions_only_unchanged_copies_are_replaced(
    originals: pathlib.Path, copies: pathlib.Path
) -> None:
    (copies / "01.ipynb").write_text("mine")
    for original in originals.iterdir():
        original.write_text("version 2")
    updated, kept = update_copies(originals, copies)
    assert updated.startswith("Updated in ") and ": 02." in updated
    assert kept.startswith("Kept in ") and ": 01." in kept and "rename or delete" in kept
    assert (copies / "01.ipynb").read_text() == "mine"
    assert (copies / "02.ipynb").read_text() == "version 2"
    # The user's copy stays theirs at the next start too, whatever the versions.
    assert update_copies(originals, copies) == [kept]
    (copies / "01.ipynb").unlink()
    (copied,) = update_copies(originals, copies)
    assert copied.startswith("Copied ") and (copies / "01.ipynb").read_text() == "version 2"


@pytest.mark.parametrize("record", [None, "", "[]", '{"01.ipynb"'])
def test_without_a_record_every_changed_copy_is_the_users(
    originals: pathlib.Path, copies: pathlib.Path, record: str | None
) -> None:
    (copies / RECORD_NAME).unlink()
    if record is not None:
        (copies / RECORD_NAME).write_text(record)
    (originals / "01.ipynb").write_text("version 2")
    update_copies(originals, copies)
    assert (copies / "01.ipynb").read_text() == "version 1"
    # The other one is still its original, so it is updated from now on.
    (originals / "02.ipynb").write_text("version 2")
    update_copies(originals, copies)
    assert (copies / "02.ipynb").read_text() == "version 2"


def test_make_lab_opens_a_copy_in_a_folder_that_git_ignores() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    opened = re.search(r"default_url=/lab/tree/(\w+)/(\w+)\.ipynb", makefile)
    assert opened and opened[2] == next(iter(STEP_MODULES))
    assert f"tools/copy_tutorials.py examples {opened[1]}\n" in makefile
    assert f"/{opened[1]}/" in (REPOSITORY / ".gitignore").read_text().splitlines()
    clean = makefile.partition("\nclean:")[2].partition("\n# ---")[0]
    assert f" {opened[1]}" not in clean.partition("\n")[2]
