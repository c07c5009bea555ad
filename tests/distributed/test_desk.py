"""The desk: what workers post reaches every kernel that reads, also one that comes later."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from kwidgets.distributed.desk.desk import KEPT_ITEMS, Desk
from kwidgets.distributed.desk.socket_desk import (
    DeskAddress,
    DeskClient,
    DeskLostError,
    DeskServer,
)
from kwidgets.distributed.messages import CommandMessage, Row

STOP = CommandMessage(id="1", kind="stop", value=None, text="")


def fit_item(steps: range, complete: bool = False, fit: int = 1) -> dict[str, Any]:
    rows = [
        Row(add="batches", step=s, epoch=s / 10, seconds=s, values={"loss": float(s)}, batches=1)
        for s in steps
    ]
    return {"kind": "fit", "fit": fit, "attempt": 1, "complete": complete, "rows": rows}


def worker_item(rank: int, step: int) -> dict[str, Any]:
    return {"kind": "worker", "attempt": 1, "worker": {"rank": rank, "step": step}}


def steps_of(items: list[Any]) -> list[int]:
    return [row["step"] for item in items if item["kind"] == "fit" for row in item["rows"]]


def test_a_kernel_reads_each_item_once_and_in_order() -> None:
    desk = Desk()
    desk.post([fit_item(range(1, 3), complete=True)])
    first = desk.poll(0)
    desk.post([fit_item(range(3, 5)), worker_item(1, 4)])
    second = desk.poll(first["first"])
    assert steps_of(first["items"]) == [1, 2]
    assert steps_of(second["items"]) == [3, 4]
    assert desk.poll(second["first"])["items"] == []


def test_a_kernel_that_comes_later_gets_all_numbers_and_the_last_states() -> None:
    desk = Desk()
    desk.post([fit_item(range(1, 3), complete=True), worker_item(0, 2), worker_item(1, 2)])
    desk.post([fit_item(range(3, 5)), worker_item(1, 4)])
    items = desk.poll(0)["items"]
    (fit,) = (item for item in items if item["kind"] == "fit")
    assert fit["complete"] and steps_of(items) == [1, 2, 3, 4]
    assert [item["worker"]["step"] for item in items if item["kind"] == "worker"] == [2, 4]


def test_a_kernel_that_was_away_for_long_begins_again() -> None:
    desk = Desk()
    desk.post([fit_item(range(1, 2), complete=True)])
    place = desk.poll(0)["first"]
    for step in range(2, KEPT_ITEMS + 10):
        desk.post([fit_item(range(step, step + 1))])
    items = desk.poll(place)["items"]
    assert len(items) == 1 and steps_of(items) == [*range(1, KEPT_ITEMS + 10)]


def test_the_numbers_of_a_long_training_stay_bounded_and_keep_their_mean() -> None:
    desk = Desk()
    count = 50_000
    for begin in range(1, count, 1_000):
        desk.post([fit_item(range(begin, begin + 1_000), complete=begin == 1)])
    (fit,) = desk.poll(0)["items"]
    assert len(fit["rows"]) <= 20_000
    assert fit["rows"][-1]["step"] == count
    batches = sum(row["batches"] for row in fit["rows"])
    total = sum(row["values"]["loss"] * row["batches"] for row in fit["rows"])
    assert batches == count
    assert total == pytest.approx(count * (count + 1) / 2)


def test_commands_wait_for_rank_0_and_are_taken_once() -> None:
    desk = Desk()
    desk.send(STOP)
    assert desk.post([], takes_commands=False) == []
    assert desk.post([], takes_commands=True) == [STOP]
    assert desk.post([], takes_commands=True) == []


def test_a_socket_carries_what_the_desk_has_and_refuses_who_does_not_know_the_token() -> None:
    server = DeskServer(Desk(), secrets.token_hex(32))
    client = DeskClient(server.address)
    client.post([fit_item(range(1, 3), complete=True)])
    client.send(STOP)
    assert steps_of(client.poll(0)["items"]) == [1, 2]
    assert client.post([], True) == [STOP]
    assert server.address.host == "127.0.0.1"

    address = DeskAddress(server.address.host, server.address.port, secrets.token_hex(32))
    with pytest.raises(DeskLostError, match="digest"):
        DeskClient(address)
    assert client.poll(10**6)["items"], "the others are served all the same"
    client.close()


def test_the_token_is_in_no_representation() -> None:
    token = secrets.token_hex(32)
    assert token not in repr(DeskAddress("127.0.0.1", 1, token))
