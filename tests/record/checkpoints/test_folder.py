"""A checkpoint's folder is there whole or not at all, and damage is noticed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from kwidgets.record.checkpoints.folder import (
    META,
    STATE,
    CheckpointError,
    CheckpointFolder,
    list_folders,
    temporary_folder,
    write_folder,
)

DTYPES = [
    *("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
    *("bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4"),
]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    arrays = {"model/0": np.arange(6, dtype="float32").reshape(2, 3)}
    return write_folder(temporary_folder(tmp_path), "one", arrays, {"label": "a"})


def test_arrays_of_every_type_and_layout_come_back(tmp_path: Path) -> None:
    arrays = {
        name: np.arange(6).reshape(2, 3).astype(getattr(ml_dtypes, name, name)) for name in DTYPES
    }
    arrays["transposed"] = np.arange(6.0).reshape(2, 3).T
    arrays["scalar"] = np.array(3.0, "float32")
    arrays["byte"] = np.array(3, ml_dtypes.float8_e5m2)
    arrays["empty"] = np.zeros((0, 3), ml_dtypes.float8_e5m2)
    path = write_folder(temporary_folder(tmp_path), "one", arrays, {})
    found = CheckpointFolder.open(path).read_arrays()
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes(), name


def test_checkpoints_of_one_name_get_numbers(tmp_path: Path) -> None:
    names = [write_folder(temporary_folder(tmp_path), "a", {}, {}).name for _ in range(3)]
    assert names == ["a", "a-2", "a-3"]
    assert len(list_folders(tmp_path)) == 3


@pytest.mark.parametrize("name", [STATE, META])
def test_one_changed_byte_is_noticed(checkpoint: Path, name: str) -> None:
    content = bytearray((checkpoint / name).read_bytes())
    content[len(content) // 2] ^= 1
    (checkpoint / name).write_bytes(bytes(content))
    with pytest.raises(CheckpointError, match=r"damaged|not a checkpoint"):
        CheckpointFolder.open(checkpoint).read_arrays()


@pytest.mark.parametrize("name", [STATE, META])
def test_a_missing_or_short_file_is_noticed(checkpoint: Path, name: str) -> None:
    content = (checkpoint / name).read_bytes()
    (checkpoint / name).write_bytes(content[:-4])
    with pytest.raises(CheckpointError):
        CheckpointFolder.open(checkpoint).read_arrays()
    (checkpoint / name).unlink()
    with pytest.raises(CheckpointError):
        CheckpointFolder.open(checkpoint).read_arrays()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "not a checkpoint of kwidgets"),
        ('{"format": "x"}', "not a checkpoint of kwidgets"),
        ('{"format": 99}', "newer version"),
        ("\x00", "damaged"),
    ],
)
def test_a_foreign_folder_is_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / META).write_text(content)
    with pytest.raises(CheckpointError, match=words):
        CheckpointFolder.open(tmp_path)


def test_a_path_in_the_meta_leads_nowhere_else(checkpoint: Path) -> None:
    opened = CheckpointFolder.open(checkpoint)
    files = {"../secret": {"bytes": 1, "crc32": 0}}
    with pytest.raises(CheckpointError):
        CheckpointFolder(checkpoint, {**opened.meta, "files": files}).read_arrays()


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_folder(temporary_folder(tmp_path), "one", {}, {"label": object()})
    assert list(tmp_path.iterdir()) == []


KILLED = """
import sys, numpy as np
from pathlib import Path
from kwidgets.record.checkpoints.folder import temporary_folder, write_folder
arrays = {str(i): np.random.rand(200_000) for i in range(4)}
for number in range(1000):
    write_folder(temporary_folder(Path(sys.argv[1])), f"{number}", arrays, {"created": number})
    print(number, flush=True)
"""


@pytest.mark.slow("a changed and a short file are noticed, and a folder is renamed as a whole")
def test_every_checkpoint_is_whole_after_a_kill(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for attempt in range(10):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(int(rng.integers(1, 6))):
            last = child.stdout.readline()
        for _ in range(int(rng.integers(0, 200_000))):
            pass  # a random moment, in a write or between two
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        found = list_folders(folder)
        assert len(found) >= int(last) + 1
        for checkpoint in found:
            assert len(checkpoint.read_arrays()) == 4


def test_a_checkpoint_has_no_code(checkpoint: Path) -> None:
    assert sorted(path.name for path in checkpoint.iterdir()) == [META, STATE]
    assert json.loads((checkpoint / META).read_text())["label"] == "a"
