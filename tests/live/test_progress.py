"""Test the counts, the speed and the remaining time in every kind of fit."""

import time

from kwidgets.live.numbers.progress import Clock, FitProgress
from kwidgets.live.training_thread.pace import Pace


class FakeTime:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def run_epoch(progress, epoch, batches, time, seconds_a_batch=0.5, validation_seconds=0.0):
    unknown = progress.batches is None
    progress.begin_epoch(epoch)
    for batch in range(batches):
        progress.begin_batch(batch)
        progress.measure_speed()
        time.now += seconds_a_batch
    if unknown:  # Keras begins one more, and only then finds that the data has run out
        progress.begin_batch(batches)
    if validation_seconds:
        progress.begin_validation()
        time.now += validation_seconds
        progress.end_validation()
    progress.end_epoch()


def test_known_length():
    time = FakeTime()
    progress = FitProgress(epochs=3, batches=4, clock=Clock(time))
    assert (progress.phase, progress.total_steps, progress.remaining_seconds) == (
        "starting",
        12,
        None,
    )
    run_epoch(progress, 0, 4, time, validation_seconds=1.0)
    assert (progress.step, progress.fractional_epoch) == (4, 1.0)
    assert progress.steps_per_second == 2.0
    assert progress.remaining_seconds == 2 * (4 * 0.5 + 1.0)
    progress.begin_epoch(1)
    progress.begin_batch(2)
    assert (progress.step, progress.fractional_epoch, progress.phase) == (6, 1.5, "training")


def test_unknown_length_is_learnt_from_the_first_epoch():
    time = FakeTime()
    progress = FitProgress(epochs=2, batches=None, clock=Clock(time))
    assert progress.total_steps is None
    run_epoch(progress, 0, 7, time)
    assert (progress.step, progress.batches, progress.total_steps) == (7, 7, 14)


def test_a_first_epoch_that_fit_cut_short_counts_what_ran():
    for batches in (100, None):
        progress = FitProgress(epochs=5, batches=batches)
        progress.begin_epoch(0)
        progress.begin_batch(41)
        progress.end_epoch(cut_short=True)
        assert progress.step == 42
        assert progress.batches == batches, "a cut epoch tells nothing of the length"


def test_steps_per_execution():
    progress = FitProgress(epochs=1, batches=10, steps_per_execution=4)
    progress.begin_epoch(0)
    progress.begin_batch(8)
    progress.end_epoch()
    assert progress.step == 10


def test_initial_epoch_and_zero_epochs():
    assert FitProgress(epochs=5, batches=10, initial_epoch=3).total_steps == 20
    assert FitProgress(epochs=0, batches=10).total_steps == 0
    assert FitProgress(epochs=2, batches=10, initial_epoch=4).total_steps == 0


def test_the_clock_leaves_pauses_out():
    time = FakeTime()
    clock = Clock(time)
    time.now += 2
    clock.pause()
    time.now += 3600
    assert clock.seconds() == 2
    clock.resume()
    time.now += 1
    clock.stop()
    time.now += 50
    assert clock.seconds() == 3


def test_validation_does_not_slow_the_training_speed():
    time = FakeTime()
    progress = FitProgress(epochs=3, batches=2, clock=Clock(time))
    for epoch in range(3):
        run_epoch(progress, epoch, 2, time, validation_seconds=30.0)
    assert progress.steps_per_second == 2.0


def test_what_is_large_comes_less_often():
    pace = Pace(0.2)
    started = time.perf_counter()
    pace.done(started)
    assert pace.due_at - started < 1
    pace.done(started, rest_seconds=3.0)
    assert pace.due_at - started >= 3
