"""Test how messages are taken from marimo's queues while a cell runs, without marimo.

The queues are those that marimo itself uses, and so is the order in which it reads them; the real
thing is tried in tests/browser/front_ends/test_marimo.py.
"""

import asyncio
import queue
import types
import weakref

import pytest

from kwidgets.kernel import marimo_kernel
from kwidgets.kernel.marimo_kernel import MarimoPoller


class Comm:
    """A comm of marimo's, as far as messages to it go."""

    def __init__(self, comm_id):
        self.comm_id = comm_id
        self.received = []

    def handle_msg(self, message):
        self.received.append(message)


class Command:
    """marimo's ``ModelCommand`` with a message of a widget, or another one without."""

    def __init__(self, token, model_id=None, content=None):
        self.token, self.model_id = token, model_id
        self.message = types.SimpleNamespace(**({} if content is None else {"content": content}))

    def into_comm_payload(self):
        return self.message.content


@pytest.fixture
def comm(monkeypatch):
    comm = Comm("ours")
    monkeypatch.setattr(marimo_kernel, "_comms", weakref.WeakValueDictionary({"ours": comm}))
    return comm


@pytest.fixture
def requests():
    return types.SimpleNamespace(_set_ui_element_queue=queue.Queue(), _processed_tokens=set())


def test_messages_to_our_widgets_are_handled_and_noted_the_others_stay_in_order(comm, requests):
    commands = requests._set_ui_element_queue
    poller = MarimoPoller(requests)
    for command in (
        Command("a", "theirs", "slider"),
        Command("b", "ours", "pause"),
        Command("c", "ours"),  # a change of state, which may have a cell run again
    ):
        commands.put(command)
    poller.poll()
    assert comm.received == ["pause"]
    # marimo skips the copy of a command whose token it finds here.
    assert requests._processed_tokens == {"b"}

    commands.put(Command("d", "theirs", "slider"))
    commands.put(Command("e", "ours", "stop"))
    poller.poll()
    assert comm.received == ["pause", "stop"]
    commands.put(Command("f", "theirs", "slider"))
    left = []
    while not requests._set_ui_element_queue.empty():
        left.append(requests._set_ui_element_queue.get_nowait().token)
    assert left == ["a", "c", "d", "f"]


def test_a_message_that_fails_keeps_nothing_from_the_next(comm, requests, monkeypatch, caplog):
    monkeypatch.setattr(
        comm, "handle_msg", lambda message: comm.received.append(message) or 1 / (message != "bad")
    )
    poller = MarimoPoller(requests)
    requests._set_ui_element_queue.put(Command("a", "ours", "bad"))
    requests._set_ui_element_queue.put(Command("b", "ours", "good"))
    poller.poll()
    assert comm.received == ["bad", "good"]
    assert "could not be handled" in caplog.text


def test_the_queues_are_found_in_the_control_loop_of_the_thread(requests):
    async def listen_messages():
        ui_request_mgr = requests
        found = marimo_kernel._find_requests()
        assert MarimoPoller.fits(ui_request_mgr)
        return found

    assert asyncio.run(listen_messages()) is requests


@pytest.mark.parametrize("requests", [None, object(), types.SimpleNamespace()])
def test_a_marimo_with_other_queues_is_not_polled(requests):
    assert not MarimoPoller.fits(requests)


def test_without_marimo_nothing_is_its():
    assert not marimo_kernel.is_running()
    assert not marimo_kernel.runs_cells_here()
    assert marimo_kernel.session() is None
    assert marimo_kernel.poller() is None
    assert marimo_kernel.user_namespace() == {}
    assert marimo_kernel.output_so_far() is None
