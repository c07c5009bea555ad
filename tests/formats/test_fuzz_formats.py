"""Damaged and hostile files are format errors: no crash, no hang, no memory beyond a few files."""

from __future__ import annotations

import contextlib
import io
import random
import resource
import shutil
import time
import tracemalloc
import zipfile
from pathlib import Path

import keras
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import kwidgets as kw
from kwidgets.formats.errors import FormatError
from tests.formats.small_graphs import frozen_graph, onnx_model

NETS = Path(__file__).parent / "tf_keras" / "nets.zip"
# Layers of Keras and messages of protobuf take some, however small the file is.
SPARE_BYTES = 40_000_000
# Of a processor, so that other programs on the machine do not count.
MAX_SECONDS = 10


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small file of each kind."""
    folder = tmp_path_factory.mktemp("seeds")
    with zipfile.ZipFile(NETS) as archive:
        archive.extractall(
            folder,
            [name for name in archive.namelist() if name.startswith(("dense", "functional.keras"))],
        )
    (folder / "graph.pb").write_bytes(frozen_graph())
    with contextlib.suppress(ImportError):
        (folder / "net.onnx").write_bytes(onnx_model().SerializeToString())
    return folder


def mutated(data: bytes, source: random.Random) -> bytes:
    """Return data with some bytes changed, cut, doubled or replaced by extreme numbers."""
    changed = bytearray(data)
    for _ in range(source.choice((1, 1, 2, 5, 20))):
        if not changed:
            break
        place = source.randrange(len(changed))
        kind = source.randrange(6)
        if kind == 0:
            changed[place] = source.randrange(256)
        elif kind == 1:
            changed[place] ^= 1 << source.randrange(8)
        elif kind == 2:
            del changed[place : place + source.choice((1, 4, 64))]
        elif kind == 3:
            changed[place:place] = changed[place : place + source.choice((1, 8, 200))]
        elif kind == 4:
            changed[place : place + 5] = b"\xff\xff\xff\xff\x0f"
        elif source.random() < 0.3:
            del changed[place:]
    return bytes(changed)


def damaged_zip(path: Path, target: Path, source: random.Random) -> None:
    """Write the archive with a damaged member, or itself damaged."""
    if source.random() < 0.3:
        target.write_bytes(mutated(path.read_bytes(), source))
        return
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    name = source.choice(sorted(members))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        for each, data in members.items():
            new.writestr(each, mutated(data, source) if each == name else data)
    target.write_bytes(buffer.getvalue())


def damaged(kind: str, seeds: Path, folder: Path, source: random.Random) -> Path:
    """Write a damaged file of a kind, and return its path."""
    target = folder / "any"
    if kind == "saved_model":
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(seeds / "dense", target)
        names = ["saved_model.pb", "keras_metadata.pb", "variables/variables.index"]
        victim = target / source.choice([*names, "variables/variables.data-00000-of-00001"])
        victim.write_bytes(mutated(victim.read_bytes(), source))
        return target
    target = folder / "any_file"
    if kind.endswith(".keras"):
        damaged_zip(seeds / kind, target, source)
    else:
        target.write_bytes(mutated((seeds / kind).read_bytes(), source))
    return target


def size_of(path: Path) -> int:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files)


def processor_seconds() -> float:
    """Return the processor time of this process and of those that it has waited for."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def check(path: Path) -> bool:
    """Import a file; return whether it is a model. Anything but a format error fails."""
    begin = processor_seconds()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    try:
        kw.import_model(path)
        is_model = True
    except FormatError:
        is_model = False
    _, peak = tracemalloc.get_traced_memory()
    assert peak - before <= 4 * size_of(path) + SPARE_BYTES
    assert processor_seconds() - begin < MAX_SECONDS
    return is_model


KINDS = ["dense.keras", "functional.keras", "saved_model", "graph.pb", "net.onnx"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_a_model_or_a_format_error(
    kind: str, seeds: Path, tmp_path: Path
) -> None:
    if not (seeds / kind).exists() and kind == "net.onnx":
        pytest.skip("onnx is not installed")
    tracemalloc.start()
    try:

        @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @example(number=0)
        @given(number=st.integers(0, 2**32))
        def try_one(number: int) -> None:
            check(damaged(kind, seeds, tmp_path, random.Random(number)))

        try_one()
    finally:
        tracemalloc.stop()
        keras.utils.clear_session()


@pytest.mark.slow("a dozen damaged files of each kind are tried")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_two_thousand_damaged_files_of_each_kind(kind: str, seeds: Path, tmp_path: Path) -> None:
    if not (seeds / kind).exists() and kind == "net.onnx":
        pytest.skip("onnx is not installed")
    tracemalloc.start()
    try:
        for number in range(2000):
            check(damaged(kind, seeds, tmp_path, random.Random(number)))
            if number % 200 == 0:
                keras.utils.clear_session()
    finally:
        tracemalloc.stop()
