"""Random programs give the same with SequentialBuilder as with keras.Sequential."""

from __future__ import annotations

from typing import Any

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import given, note, settings

from kwidgets.builder.sequential import SequentialBuilder
from tests.builder.sequential_programs.programs import Step, programs, run_program

# Each runs twice, and may train; `make test-all` chooses the large profile.
IS_LARGE = settings.default.max_examples > 100
PROGRAMS = 300 if IS_LARGE else 6

pytestmark = [
    pytest.mark.timeout(3600 if IS_LARGE else 120),
    pytest.mark.filterwarnings("ignore"),
]


def differences(found: Any, expected: Any, path: str = "") -> list[str]:
    """Return where two observations differ; numbers may differ by rounding."""
    if isinstance(expected, dict) and isinstance(found, dict):
        names = sorted({*found, *expected})
        parts = [differences(found.get(n), expected.get(n), f"{path}.{n}") for n in names]
        return [line for part in parts for line in part]
    if isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)):
        if len(found) != len(expected):
            return [f"{path}: {found!r:.300} instead of {expected!r:.300}"]
        pairs = enumerate(zip(found, expected, strict=True))
        parts = [differences(one, other, f"{path}[{i}]") for i, (one, other) in pairs]
        return [line for part in parts for line in part]
    if isinstance(expected, float) and isinstance(found, float):
        is_close = np.isclose(found, expected, rtol=1e-3, atol=1e-4, equal_nan=True)
    else:
        is_close = found == expected
    return [] if is_close else [f"{path}: {found!r:.300} instead of {expected!r:.300}"]


@settings(
    max_examples=PROGRAMS,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    # The phase that explains a failure traces each line of Keras, which takes minutes.
    phases=[phase for phase in hypothesis.Phase if phase is not hypothesis.Phase.explain],
)
@given(programs())
def test_programs_give_the_same_as_with_keras(program: list[Step]) -> None:
    theirs = list(run_program(keras.Sequential, program))
    ours = list(run_program(SequentialBuilder, program))
    for (step, expected), (our_step, found) in zip(theirs, ours, strict=False):
        note(f"{step} {program}")
        if isinstance(expected, Exception) or isinstance(found, Exception):
            if not (isinstance(expected, Exception) and isinstance(found, Exception)):
                raise AssertionError(f"{our_step}: {found!r:.500}\nKeras {step}: {expected!r:.500}")
            assert isinstance(found, type(expected)), f"{found!r:.500}\nKeras: {expected!r:.500}"
        else:
            assert not differences(found, expected), "\n".join(differences(found, expected)[:9])
    assert len(theirs) == len(ours)
