"""Which epochs a run file keeps, and how long their short forms are."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from kwidgets.insight.page.recorded_epochs import MAX_EPOCHS, RecordedEpochs
from kwidgets.insight.samples.number_text import with_minus


def make(epoch: int, output: str) -> Any:
    part = {"epoch": epoch, "output": output}
    return {"part": "predictions", "fit": 1, "predictions": part}


def epochs_of(parts: list[Any], output: str = "a") -> list[int]:
    found = [part["predictions"] for part in parts]
    return [part["epoch"] for part in found if part["output"] == output]


@pytest.mark.parametrize("count", [5, MAX_EPOCHS, 100, 1_000])
def test_the_epochs_are_spread_over_the_whole_training(count: int) -> None:
    recorded = RecordedEpochs()
    for epoch in range(1, count + 1):
        # Of long trainings only the newest are in memory.
        parts = recorded.update(range(max(1, epoch - 3), epoch + 1), ["a"], make)
    kept = epochs_of(parts)
    assert len(kept) <= MAX_EPOCHS and len(kept) >= min(count, MAX_EPOCHS // 2)
    assert kept[0] == 1 and kept[-1] > count - 2 * count / len(kept)
    assert len({after - before for before, after in itertools.pairwise(kept)}) <= 1


def test_several_outputs_share_the_room_and_a_rewind_drops_what_came_later() -> None:
    recorded = RecordedEpochs()
    parts = recorded.update(range(1, 41), ["a", "b"], make)
    assert len(parts) <= MAX_EPOCHS and epochs_of(parts) == epochs_of(parts, "b")
    recorded.drop_after(10)
    assert max(epochs_of(recorded.update([], ["a", "b"], make))) <= 10


def test_an_epoch_whose_predictions_are_gone_is_left_out() -> None:
    recorded = RecordedEpochs()
    parts = recorded.update([1, 2, 3], ["a"], lambda e, o: None if e == 2 else make(e, o))
    assert epochs_of(parts) == [1, 3]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-1.57", "−1.57"),
        ("1.5, -2, -inf", "1.5, −2, −inf"),
        ("1e-07", "1e-07"),
        ("-1e-07", "−1e-07"),
        ("cat-2", "cat-2"),
        ("NaN", "NaN"),
    ],
)
def test_negative_numbers_have_a_minus_sign(text: str, shown: str) -> None:
    assert with_minus(text) == shown
