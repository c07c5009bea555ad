"""Test the command queue, and the messages about wrong learning rates."""

import threading
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from kwidgets.live.page.receive_commands import CommandReceiver
from kwidgets.live.training_thread.command_queue import Command, CommandQueue, check_learning_rate


class BadFloat:
    def __float__(self):
        raise RuntimeError("on purpose")

    def __repr__(self):
        raise RuntimeError("on purpose")


@pytest.mark.parametrize(
    "value", [0.1, 1, np.float32(0.5), 1e-12, Decimal("0.1"), Fraction(1, 3), 1e30]
)
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


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (10**400, ValueError),
        (-(10**400), ValueError),
        (10**5000, ValueError),  # which Python does not even write
        (Fraction(10**400), ValueError),
        (Decimal("1e400"), ValueError),
        (Decimal("sNaN"), TypeError),
        (1e39, ValueError),  # infinite as a float32
        (1e-60, ValueError),  # zero as a float32
        (1j, TypeError),
        (np.complex64(1), TypeError),
        (np.str_("0.1"), TypeError),
        (np.ones(3), TypeError),
        (BadFloat(), TypeError),
        ("x" * 100_000, TypeError),
    ],
    ids=lambda value: type(value).__name__,
)
def test_numbers_of_any_kind_are_refused_in_a_short_sentence(value, error):
    with pytest.raises(error, match="number above 0") as raised:
        check_learning_rate(value)
    assert len(str(raised.value)) < 200


def test_a_huge_number_from_a_page_gets_an_answer():
    sent = []
    receiver = CommandReceiver(resync=lambda: None, send=sent.append)
    receiver.submit = sent.append
    for value in (10**400, 10**5000, 1e39, {"a": 1}, None, "1"):
        receiver.receive(
            {"v": 1, "kind": "set_learning_rate", "id": "a", "payload": {"value": value}}
        )
        reply = sent.pop()
        assert reply["kind"] == "reply" and reply["payload"]["ok"] is False
    assert not sent


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
