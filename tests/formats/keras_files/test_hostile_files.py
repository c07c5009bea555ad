"""Damaged and hostile Keras files give a FormatError, in bounded time and memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import h5py
import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files import check_hdf5, hdf5
from tests.formats.keras_files.goldens import Goldens
from tests.formats.keras_files.test_read import edit, layers_of

KERAS1 = Goldens("keras1")
TF_KERAS = Goldens("tf_keras")


def refused(path: Path, match: str) -> None:
    with pytest.raises(FormatError, match=match):
        kw.import_model(path)


def replace_array(path: Path, **options: Any) -> Path:
    """Put another dataset in the place of the first kernel."""
    with h5py.File(path, "a") as file:
        group = file["model_weights"]
        layer = group[next(each for each in group if len(group[each].attrs["weight_names"]))]
        name = layer.attrs["weight_names"][0]
        del layer[name]
        if "link" in options:
            layer[name] = options["link"]
        elif "layout" in options:
            layer.create_virtual_dataset(name, options["layout"])
        else:
            layer.create_dataset(name, **options)
    return path


def test_an_array_that_is_declared_but_not_stored_is_refused(tmp_path: Path) -> None:
    path = KERAS1.write("cnn", tmp_path)
    refused(replace_array(path, shape=(100_000, 100_000), dtype="f4"), "bytes, but 0 are stored")


def test_a_compressed_array_that_is_far_larger_than_the_file_is_refused(tmp_path: Path) -> None:
    path = KERAS1.write("cnn", tmp_path)
    data = np.zeros((3000, 3000), "f4")
    refused(replace_array(path, data=data, compression="gzip"), "36,000,000 bytes, but")


def test_links_and_arrays_of_other_files_are_not_opened(tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = np.zeros((4, 2, 3, 3), "f4")
    path = KERAS1.write("cnn", tmp_path)
    refused(replace_array(path, link=h5py.ExternalLink(other, "x")), "to another place")
    refused(replace_array(path, link=h5py.SoftLink("/elsewhere")), "to another place")
    layout = h5py.VirtualLayout((4, 2, 3, 3), "f4")
    layout[:] = h5py.VirtualSource(other, "x", (4, 2, 3, 3))
    refused(replace_array(path, layout=layout), "in another file")
    external = [(str(tmp_path / "raw"), 0, 1000)]
    refused(
        replace_array(path, shape=(4, 2, 3, 3), dtype="f4", external=external), "in another file"
    )


def test_arrays_of_objects_are_refused(tmp_path: Path) -> None:
    path = KERAS1.write("cnn", tmp_path)
    refused(replace_array(path, data=np.array([b"abc"], dtype="S3")), "no numbers in")


def test_a_configuration_that_asks_for_more_than_the_weights_allocates_nothing(
    tmp_path: Path,
) -> None:
    def huge(config: Any) -> None:
        layers_of(config)[-1]["config"]["output_dim"] = 2_000_000_000

    refused(edit(KERAS1.write("cnn", tmp_path), huge), "a model of .* numbers, which is more")


@pytest.mark.parametrize(
    "config",
    [
        "[" * 100_000,
        '{"class_name": "Sequential", "config": ' + '[{"a":' * 300 + "1" + "}]" * 300 + "}",
        '{"class_name": "Sequential", "config": {"layers": []}}',
        '{"class_name": "Sequential", "config": [1, 2]}',
        '{"class_name": "Model", "config": {"layers": [{"class_name": "Dense", "config": {}, '
        '"name": "a", "inbound_nodes": [[["a", 0, 0]]]}], "input_layers": [], '
        '"output_layers": [["a", 0, 0]]}}',
        '{"class_name": "MyModel", "config": {"layers": []}}',
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(config: str, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(config)
    refused(tmp_path / "model.json", ".")


def test_a_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    path = KERAS1.write("cnn", tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    refused(path, "damaged HDF5 file")


@pytest.mark.slow("it takes the three seconds of processor time that reading a file may take")
def test_a_file_that_makes_hdf5_hang_is_refused(tmp_path: Path) -> None:
    path = TF_KERAS.write("functions", tmp_path)
    content = bytearray(path.read_bytes())
    # Found by the mutations below: libhdf5 1.14.6 searches a heap without end.
    for first, last in ((13_080, 13_105), (46_288, 46_306)):
        content[first:last] = bytes(last - first)
    path.write_bytes(bytes(content))
    refused(path, "reading it does not end")


def test_a_file_that_was_read_once_is_not_checked_again_unless_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = KERAS1.write("dense", tmp_path)
    check_hdf5.check(path)
    started = []
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda *_, **__: started.append(1) or subprocess.CompletedProcess([], 0),
    )
    check_hdf5.check(path)
    assert started == []
    path.write_bytes(path.read_bytes() + b"more")
    check_hdf5.check(path)
    assert started == [1]


def _anything(depth: int = 3) -> st.SearchStrategy[Any]:
    plain = st.one_of(
        st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(), st.text(max_size=8)
    )
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
        max_leaves=depth,
    )


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return each (container, key) in a JSON value."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        keys = list(each) if isinstance(each, dict) else range(len(each))
        for key in keys:
            found.append((each, key))
            if isinstance(each[key], (dict, list)):
                waiting.append(each[key])
    return found


@hypothesis.given(data=st.data())
@hypothesis.settings(
    max_examples=hypothesis.settings.default.max_examples // 4,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
def test_json_with_any_value_replaced_is_read_or_refused(
    data: st.DataObject, tmp_path: Path
) -> None:
    config = json.loads(KERAS1.write("cnn", tmp_path, "json").read_text())
    container, key = data.draw(st.sampled_from(places(config)))
    container[key] = data.draw(_anything())
    (tmp_path / "changed.json").write_text(json.dumps(config))
    try:
        kw.import_model(tmp_path / "changed.json")
    except FormatError as error:
        assert str(error).strip()  # noqa: PT017 - most files are read


@hypothesis.given(place=st.integers(0, 10**6), value=st.integers(0, 255))
@hypothesis.settings(
    max_examples=hypothesis.settings.default.max_examples // 8,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
def test_arrays_of_a_file_with_any_byte_replaced_are_read_or_refused(
    place: int, value: int, tmp_path: Path
) -> None:
    path = KERAS1.write("cnn", tmp_path)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(bytes(content))
    from kwidgets.formats.keras_files.layer_arrays import layer_arrays, weights_group

    try:
        with hdf5.WeightsFile(path) as file:
            file.json(file.root, "model_config")
            arrays = layer_arrays(file, weights_group(file))
    except FormatError as error:
        assert str(error).strip()  # noqa: PT017 - most files are read
    else:
        assert sum(each.nbytes for own in arrays.values() for each in own) <= 4e6 + 4 * len(content)


MUTATIONS = 10_000
PROCESSES = 20
# Of a processor, so that other programs on the machine do not count.
SECONDS = 10.0
# Files are smaller than 40 kB; Keras keeps names and functions of models.
MOST_KILOBYTES = 100_000


@pytest.mark.slow("ten thousand mutated files; a few of each kind are tried in the default run")
@pytest.mark.timeout(7_200)
@pytest.mark.once
def test_ten_thousand_mutated_files_are_read_or_refused_in_bounded_time_and_memory(
    tmp_path: Path,
) -> None:
    for part in range(PROCESSES):
        done = subprocess.run(
            [sys.executable, __file__, str(tmp_path), str(part), str(MUTATIONS // PROCESSES)],
            capture_output=True,
            text=True,
            timeout=3_600,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        assert done.returncode == 0, (part, done.returncode, done.stderr[-3000:])


def _mutated(random: np.random.Generator, original: bytes, is_json: bool) -> bytes:
    if is_json and random.random() < 0.5:
        config = json.loads(original)
        container, key = places(config)[random.integers(len(places(config)))]
        others = [None, -1, 0, 2**31, 1e308, "", "a", [], {}, [[None]], True, {"class_name": "x"}]
        found = places(config)
        other_container, other_key = found[random.integers(len(found))]
        others.append(other_container[other_key])
        container[key] = others[random.integers(len(others))]
        try:
            return json.dumps(config).encode()
        except ValueError:
            # A value within itself.
            return b"{}"
    content = bytearray(original)
    for _ in range(random.integers(1, 9)):
        kind = random.integers(4)
        place = int(random.integers(len(content)))
        if kind == 0:
            content[place] = random.integers(256)
        elif kind == 1:
            content[place] ^= 1 << int(random.integers(8))
        elif kind == 2:
            del content[place : place + int(random.integers(1, 64))]
        else:
            other = int(random.integers(len(content)))
            content[place : place + 32] = content[other : other + 32]
        if not content:
            return b"{"
    return bytes(content)


def processor_seconds() -> float:
    """Return the processor time of this process and of those that it has waited for."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def main(folder: Path, part: int, count: int) -> None:
    """Read mutated files; raise at the first that is neither read nor refused."""
    random = np.random.default_rng(part)
    sources = [
        *((KERAS1, net, "h5") for net in ("cnn", "recurrent", "branches", "nested", "merges")),
        *((TF_KERAS, net, "h5") for net in ("cnn", "functions", "blocks")),
        *([(KERAS1, "cnn", "json")] * 8),
    ]
    slowest, largest = 0.0, 0
    outcomes = {"read": 0, "refused": 0}
    for index in range(count):
        goldens, net, kind = sources[random.integers(len(sources))]
        path = goldens.write(net, folder, kind)
        content = _mutated(random, path.read_bytes(), kind == "json")
        path = folder / f"mutated-{part}.{kind}"
        path.write_bytes(content)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = processor_seconds()
        try:
            kw.import_model(path)
            outcomes["read"] += 1
        except FormatError as error:
            assert str(error).strip()  # noqa: PT017 - most files are read
            outcomes["refused"] += 1
        except Exception as error:
            (folder / f"failed-{part}-{index}.{kind}").write_bytes(content)
            raise AssertionError(f"{net} {part} {index}: {error!r}") from error
        seconds = processor_seconds() - began
        slowest = max(slowest, seconds)
        largest = max(largest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    print(part, outcomes, f"slowest {slowest:.1f} s, largest growth {largest / 1024:.0f} MB")
    assert slowest < SECONDS
    assert largest < MOST_KILOBYTES


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
