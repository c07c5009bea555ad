"""Values of Python go into JSON and arrays and come back as they were."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwidgets.record.checkpoints.plain_values import UnsupportedValueError, decode, encode
from kwidgets.record.checkpoints.random_state import read_random_state, set_random_state

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=8)
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


def round_trip(value: object) -> object:
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(encode(value, arrays, "x"), allow_nan=False)
    return decode(json.loads(text), arrays)


@given(values)
def test_values_come_back_as_they_were(value: object) -> None:
    assert round_trip(value) == value


def test_nan_and_numpy_values_keep_their_type_and_bits() -> None:
    assert math.isnan(round_trip(math.nan))  # type: ignore[arg-type]
    scalar = round_trip(np.float32(0.1))
    assert type(scalar) is np.float32 and scalar == np.float32(0.1)
    array = round_trip({"a": np.arange(3, dtype="int8")})
    assert array["a"].dtype == np.int8 and array["a"].tolist() == [0, 1, 2]  # type: ignore[index]


def test_an_object_is_refused_by_its_name() -> None:
    with pytest.raises(UnsupportedValueError, match="Random"):
        encode([random.Random()], {}, "x")


def test_random_states_come_back_as_they_were() -> None:
    random.gauss(0, 1), np.random.normal()  # each keeps a second number for later
    state = round_trip(read_random_state())
    expected = [random.gauss(0, 1), random.random(), *np.random.normal(size=3)]
    set_random_state(state)  # type: ignore[arg-type]
    assert [random.gauss(0, 1), random.random(), *np.random.normal(size=3)] == expected
