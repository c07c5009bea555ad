"""Programs of calls give the same with SequentialBuilder as with keras.Sequential."""

from __future__ import annotations

import hypothesis
import keras
import pytest
from hypothesis import given, settings

from kwidgets.builder.sequential import SequentialBuilder
from tests.builder.sequential_programs.compare import differences
from tests.builder.sequential_programs.programs import Step, parse, programs, run_program

pytestmark = pytest.mark.filterwarnings("ignore")

# `make test-all` chooses the large profile.
IS_LARGE = settings.default.max_examples > 100


def check(program: list[Step]) -> None:
    """Run a program with both classes and compare all that can be seen after each step."""
    theirs = list(run_program(keras.Sequential, program))
    ours = list(run_program(SequentialBuilder, program))
    for (step, expected), (our_step, found) in zip(theirs, ours, strict=False):
        if isinstance(expected, Exception) or isinstance(found, Exception):
            if not (isinstance(expected, Exception) and isinstance(found, Exception)):
                raise AssertionError(f"{our_step}: {found!r:.500}\nKeras {step}: {expected!r:.500}")
            assert isinstance(found, type(expected)), f"{found!r:.500}\nKeras: {expected!r:.500}"
        else:
            assert not differences(found, expected), "\n".join(differences(found, expected)[:9])
    assert len(theirs) == len(ours)


@pytest.mark.parametrize(
    "text",
    [
        "scope 0, start 24, freeze 25, add 22, freeze 0, freeze 25",
        "scope 1, start 5, fit 0, pop_and_add, add 1, train_on_batch 1, save_and_load, evaluate",
        "scope 3, start 7, call, insert 1, lora, add 3, fit 2, save_weights, traced_call",
        "scope 2, start 8, quantize 1, call, copy_of_model, add 4, change_attribute 0, call",
        "scope 0, start 9, add 10, call",
        "scope 1, start 0, add 0, train_on_batch 0",
    ],
)
def test_a_program_gives_the_same_as_with_keras(text: str) -> None:
    check(parse(text))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(
    # Each runs twice, and may train.
    max_examples=300 if IS_LARGE else 40,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    # The phase that explains a failure traces each line of Keras, which takes minutes.
    phases=[phase for phase in hypothesis.Phase if phase is not hypothesis.Phase.explain],
)
@given(programs())
def test_random_programs_give_the_same_as_with_keras(program: list[Step]) -> None:
    check(program)
