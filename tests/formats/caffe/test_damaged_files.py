"""A damaged file is refused with a sentence: no crash, no endless work, no memory for a header."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kwidgets.formats.caffe.read import read
from kwidgets.formats.caffe.stored_array import read_array
from kwidgets.formats.caffe.text_format import parse
from kwidgets.formats.errors import FormatError
from tests.formats.caffe.detector import DETECTOR
from tests.formats.caffe.mutations import mutated
from tests.formats.caffe.nets import Case, layer

# All kinds of parameters in a net that takes milliseconds.
SMALL = Case(
    layer("Convolution", "convolution_param { num_output: 2 kernel_size: 3 pad: 1 }", name="c")
    + layer("BatchNorm", bottom="c", name="b")
    + layer("Scale", "scale_param { bias_term: true }", bottom="b", name="s", top="b")
    + layer("Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 2 }", "b", "p")
    + layer("InnerProduct", "inner_product_param { num_output: 2 }", "p", "out"),
    {
        "c": ((2, 1, 3, 3), (2,)),
        "b": ((2,), (2,), (1,)),
        "s": ((2,), (2,)),
        "out": ((2, 8), (2,)),
    },
    (1, 1, 4, 4),
)
# Of processor time: another process on the machine does not count.
SECONDS = 10
# What Keras, TensorFlow and Python need besides the arrays.
MEGABYTES = 100


@contextmanager
def limits() -> Iterator[None]:
    """Fail if the block takes too long, or needs more memory than the files."""

    def give_up(*_: object) -> None:
        pytest.fail(f"The import took longer than {SECONDS} s.")

    before = signal.signal(signal.SIGVTALRM, give_up)
    # Sets the mark of the largest memory back to that of now; Linux only.
    Path("/proc/self/clear_refs").write_text("5")
    start = largest_memory()
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    assert largest_memory() - start < MEGABYTES * 2**20


def largest_memory() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


def outcome_of(folder: Path, prototxt: bytes, weights: bytes) -> str:
    """Import damaged files, and return what came of it."""
    (folder / "net.prototxt").write_bytes(prototxt)
    (folder / "net.caffemodel").write_bytes(weights)
    try:
        with limits():
            read(folder / "net.prototxt", folder / "net.caffemodel")
    except FormatError as error:
        said = str(error)
    else:
        return "read"
    assert 10 < len(said) < 3000
    return "refused"


linux = pytest.mark.skipif(not os.path.exists("/proc/self/clear_refs"), reason="reads /proc")


@linux
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(source=st.randoms(use_true_random=False), damage_text=st.booleans())
def test_damaged_files_are_read_or_refused(
    source: random.Random, damage_text: bool, tmp_path: Path
) -> None:
    prototxt, weights = SMALL.write(tmp_path)
    assert weights is not None
    texts = prototxt.read_bytes(), weights.read_bytes()
    if damage_text:
        outcome_of(tmp_path, mutated(texts[0], source), texts[1])
    else:
        outcome_of(tmp_path, texts[0], mutated(texts[1], source))


@given(st.text(alphabet="ab:{}<>[]\"'#\n ,;-.0e1x\\", max_size=80))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse(text)
    except FormatError:
        return


@given(st.binary(max_size=60))
def test_any_bytes_are_an_array_or_refused(data: bytes) -> None:
    try:
        array = read_array(memoryview(data))
    except FormatError:
        return
    assert array.to_numpy().size * 2 <= len(data)


# So many as issue by the variable, to look for rare ones.
COUNT = int(os.environ.get("KWIDGETS_MUTATIONS", "10000"))


@linux
@pytest.mark.slow("a few random ones are in test_damaged_files_are_read_or_refused")
@pytest.mark.timeout(7200)
def test_ten_thousand_damaged_files(tmp_path: Path) -> None:
    outcomes: Counter[tuple[str, str]] = Counter()
    # One in ten is of a net with the parameters of detectors.
    cases = [SMALL] * 9 + [DETECTOR]
    for seed in range(COUNT):
        source = random.Random(seed)
        prototxt, weights = cases[seed % 10].write(tmp_path)
        assert weights is not None
        text, stored = prototxt.read_bytes(), weights.read_bytes()
        kind = "prototxt" if seed // 10 % 2 else "caffemodel"
        if kind == "prototxt":
            text = mutated(text, source)
        else:
            stored = mutated(stored, source)
        try:
            outcomes[kind, outcome_of(tmp_path, text, stored)] += 1
        except BaseException as error:
            error.add_note(f"seed {seed}, {kind}")
            raise
        if seed % 200 == 0:
            keras.utils.clear_session()
            print(seed, dict(outcomes), flush=True)
    print(dict(outcomes))
    assert min(outcomes.values()) > COUNT // 100
