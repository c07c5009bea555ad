"""Test the device monitor's thread: its start, its samples and its end."""

import contextvars
import logging
import threading

import pytest

from kwidgets.live.devices.monitor import DeviceMonitor
from kwidgets.live.devices.usage import DeviceUse

SECONDS = 30
AGES = 3600.0


class Counting:
    """A sampler that counts its calls, and waits while ``gate`` is clear."""

    def __init__(self, fails_at=None):
        self.count = 0
        self.fails_at = fails_at
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self.threads = []
        self.place = []

    def sample(self):
        self.threads.append(threading.current_thread())
        self.place.append(PLACE.get())
        self.entered.release()
        assert self.gate.wait(SECONDS)
        self.count += 1
        if self.count == self.fails_at:
            raise OSError("the driver is gone")
        return [DeviceUse("cpu", "CPU", self.count / 1e6)]


PLACE = contextvars.ContextVar("place", default="nowhere")


@pytest.fixture
def watch():
    """Return a function that makes monitors; they are stopped at the end."""
    monitors = []

    def make(sampler, interval_seconds=AGES):
        monitors.append(DeviceMonitor(sampler, interval_seconds))
        return monitors[-1]

    yield make
    for monitor in monitors:
        monitor.stop()


def wait_until(condition):
    tick = threading.Event()
    for _ in range(SECONDS * 100):
        if condition():
            return
        tick.wait(0.01)
    raise AssertionError("the condition did not come true")


def test_the_first_sample_comes_at_once_in_a_daemon_thread(watch):
    sampler = Counting()
    monitor = watch(sampler)
    assert monitor.latest == []
    monitor.start()
    wait_until(lambda: monitor.latest)
    assert monitor.latest == [DeviceUse("cpu", "CPU", 1e-6)]
    assert sampler.threads[0].daemon and sampler.threads[0] is not threading.current_thread()


def test_it_runs_in_the_context_of_its_start(watch):
    sampler = Counting()
    monitor = watch(sampler)
    token = PLACE.set("this cell")
    monitor.start()
    PLACE.reset(token)
    wait_until(lambda: monitor.latest)
    assert sampler.place == ["this cell"]


def test_samples_follow_each_other_and_the_latest_is_told(watch):
    sampler = Counting()
    monitor = watch(sampler, interval_seconds=0.001)
    monitor.start()
    wait_until(lambda: sampler.count >= 5 and monitor.latest[0].use >= 5e-6)


def test_starting_twice_is_starting_once(watch):
    before = set(threading.enumerate())
    sampler = Counting()
    sampler.gate.clear()
    monitor = watch(sampler)
    monitor.start()
    assert sampler.entered.acquire(timeout=SECONDS)
    monitor.start()
    assert len(set(threading.enumerate()) - before) == 1
    sampler.gate.set()


def test_stop_ends_the_thread_and_does_not_wait_for_a_sample(watch):
    sampler = Counting()
    sampler.gate.clear()
    monitor = watch(sampler)
    monitor.start()
    assert sampler.entered.acquire(timeout=SECONDS)
    monitor.stop()  # returns while the sample hangs: it could not be opened below otherwise
    assert sampler.threads[0].is_alive()
    sampler.gate.set()
    sampler.threads[0].join(SECONDS)
    assert not sampler.threads[0].is_alive()
    assert sampler.count == 1 and monitor.latest == [], "a sample under way is dropped"


def test_stop_wakes_a_thread_that_waits_for_its_next_sample(watch):
    sampler = Counting()
    monitor = watch(sampler, interval_seconds=AGES)
    monitor.start()
    wait_until(lambda: monitor.latest)
    monitor.stop()
    sampler.threads[0].join(SECONDS)
    assert not sampler.threads[0].is_alive()
    monitor.stop()  # a second time has no effect


def test_it_can_go_on_after_a_stop(watch):
    monitor = watch(Counting())
    monitor.start()
    wait_until(lambda: monitor.latest)
    monitor.stop()
    monitor.start()
    wait_until(lambda: monitor.latest[0].use == 2e-6)


def test_a_sampler_that_fails_ends_it_with_one_warning(watch, caplog):
    sampler = Counting(fails_at=3)
    monitor = watch(sampler, interval_seconds=0.001)
    with caplog.at_level(logging.WARNING, logger="kwidgets"):
        monitor.start()
        wait_until(lambda: sampler.threads and not sampler.threads[0].is_alive())
    assert sampler.count == 3
    (record,) = caplog.records
    assert "training continues" in record.getMessage() and "driver is gone" in caplog.text
    assert monitor.latest == [], "old numbers would pass for new ones"


def test_what_a_monitor_hands_out_is_the_caller_s_own(watch):
    monitor = watch(Counting())
    monitor.start()
    wait_until(lambda: monitor.latest)
    monitor.latest.clear()
    assert len(monitor.latest) == 1
