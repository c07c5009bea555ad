"""Test the command queue, and the messages about wrong learning rates."""

import threading

import numpy as np
import pytest

from kwidgets.live.training_thread.command_queue import Command, CommandQueue, check_learning_rate


@pytest.mark.parametrize("value", [0.1, 1, np.float32(0.5), 1e-12])
def test_learning_rates(value):
    assert check_learning_rate(value) == float(value)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (0, ValueError),
        (-0.1, ValueError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        ("0.1", TypeError),
        (None, TypeError),
        (True, TypeError),
        ([0.1], TypeError),
    ],
)
def test_bad_learning_rates_say_what_came_and_what_to_do(value, error):
    with pytest.raises(error, match="number above 0") as raised:
        check_learning_rate(value)
    assert repr(value) in str(raised.value)


def test_commands_of_several_threads_all_arrive_in_each_ones_order():
    queue = CommandQueue()
    threads = [
        threading.Thread(
            target=lambda i=i: [
                queue.put(Command("set_learning_rate", i + n / 1000)) for n in range(200)
            ]
        )
        for i in range(1, 5)
    ]
    for thread in threads:
        thread.start()
    taken = []
    while len(taken) < 800:
        queue.wait(10)
        taken += queue.take()
    for i in range(1, 5):
        own = [c.value for c in taken if c.value and int(c.value) == i]
        assert own == sorted(own) and len(own) == 200
    assert not queue.pending
