"""Run Keras's code without a trace: no weight allocated, no name taken, no random number drawn.

Layers that are Keras's own are trusted. Others run in a thread of their own, under a limit of time
and memory, because nobody knows what they do.
"""

from __future__ import annotations

import contextlib
import contextvars
import copy
import ctypes
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import keras
from keras.src.backend.common import global_state
from keras.src.random import seed_generator

from kwidgets.language import t

T = TypeVar("T")

TIME_LIMIT_SECONDS = 5.0
MEMORY_LIMIT_BYTES = 1_000_000_000
_CHECK_SECONDS = 0.02

# Keras notes here each variable that a scope left without a value, and gives all of them one when
# any later StatelessScope ends.
_UNINITIALIZED = "uninitialized_variables"
_NAMES = "object_name_uids"
_POLICY = "dtype_policy"


class _Draws(threading.local):
    """Where Keras draws the seeds that nobody gave: Python's ``random``, or nowhere.

    Python's generator belongs to the whole process: to give it back as it was would rewind it under
    whoever else draws. So what is made on trial must not draw from it at all.
    """

    on_trial = False

    def __getattr__(self, name: str) -> Any:
        return getattr(_trial if self.on_trial else random, name)


_trial = random.Random()
_draws = _Draws()
seed_generator.python_random = _draws


@contextlib.contextmanager
def no_seed_draws() -> Iterator[None]:
    """In here Keras draws no seed from Python's ``random``, in this thread."""
    before = _draws.on_trial
    _draws.on_trial = True
    try:
        yield
    finally:
        _draws.on_trial = before


@contextlib.contextmanager
def no_trace() -> Iterator[None]:
    """In here no random number is drawn, and Keras's name counters are given back as they were."""
    with _same_names(), no_seed_draws():
        yield


@contextlib.contextmanager
def _same_names() -> Iterator[None]:
    names = global_state.get_global_attribute(_NAMES)
    names_before = copy.copy(names) if names is not None else None
    try:
        yield
    finally:
        global_state.set_global_attribute(_NAMES, names_before)


@contextlib.contextmanager
def fresh_names() -> Iterator[None]:
    """In here Keras names things as in a process that has just begun: "dense", "dense_1"."""
    with _same_names():
        global_state.set_global_attribute(_NAMES, None)
        yield


@contextlib.contextmanager
def dry_scope(on_meta: bool = True) -> Iterator[None]:
    """Layers made and called on KerasTensors in here have weights with shapes, but no values.

    Args:
        on_meta: under PyTorch, make other tensors without values too. A regularizer made so does
            not know its factor any more: False to ask layers for their config.
    """
    with no_trace(), weightless(on_meta):
        yield


@contextlib.contextmanager
def weightless(on_meta: bool = True) -> Iterator[None]:
    """As :func:`dry_scope`, but names are taken."""
    with contextlib.ExitStack() as scopes:
        scopes.enter_context(no_seed_draws())
        uninitialized = global_state.get_global_attribute(_UNINITIALIZED)
        global_state.set_global_attribute(_UNINITIALIZED, [])
        try:
            scopes.enter_context(keras.StatelessScope(initialize_variables=False))
            if on_meta and keras.backend.backend() == "torch":
                from keras.src.backend.torch.core import device_scope

                scopes.enter_context(device_scope("meta"))
            yield
        finally:
            scopes.close()
            global_state.set_global_attribute(_UNINITIALIZED, uninitialized or [])


class LimitExceeded(Exception):  # noqa: N818 - not an error of ours
    """Code that is not Keras's took too much time or memory."""


def run_limited(function: Callable[[], T]) -> T:
    """Return ``function()``, or give up on it when it takes too long or too much memory.

    It runs in another thread. Python code is stopped there; a single call into compiled code
    cannot be, and is left behind.

    Raises:
        LimitExceeded: it was given up.
    """
    outcome: dict[str, Any] = {}
    done = threading.Event()
    context = contextvars.copy_context()
    # Keras keeps this by thread.
    policy = global_state.get_global_attribute(_POLICY)

    def work() -> None:
        try:
            global_state.set_global_attribute(_POLICY, policy)
            outcome["value"] = function()
        except BaseException as error:
            outcome["error"] = error
        finally:
            done.set()

    thread = threading.Thread(target=context.run, args=(work,), name="kwidgets-infer", daemon=True)
    memory_before = _resident_bytes()
    began = time.monotonic()
    thread.start()
    reason = None
    while not done.wait(_CHECK_SECONDS):
        if time.monotonic() - began > TIME_LIMIT_SECONDS:
            reason = t("it did not answer within %1 seconds", f"{TIME_LIMIT_SECONDS:g}")
        elif _resident_bytes() - memory_before > MEMORY_LIMIT_BYTES:
            reason = t("it took more than %1 GB of memory", f"{MEMORY_LIMIT_BYTES / 1e9:g}")
        if reason:
            _stop(thread)
            raise LimitExceeded(reason)
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]  # type: ignore[no-any-return]


def _stop(thread: threading.Thread) -> None:
    """Raise SystemExit in ``thread``, at its next step of Python code."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
        )


def _resident_bytes() -> int:
    """Memory of this process in use, or 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
