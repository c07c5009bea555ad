"""Call Keras layers without side effects on weights, automatic names and random numbers.

Custom layers can run any code. :func:`run_limited` runs them in a separate thread with a limit on
time and memory.
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

# Keras lists here each variable without a value, and initializes all of them when any later
# StatelessScope ends.
_UNINITIALIZED = "uninitialized_variables"
_NAMES = "object_name_uids"
_POLICY = "dtype_policy"


class _SeedRandom(threading.local):
    """Replaces the module ``random``, from which Keras draws seeds that are not given.

    Python's generator belongs to the whole process: restoring its state would rewind it for other
    threads. So what is made in a dry run must draw from another generator.
    """

    is_dry_run = False

    def __getattr__(self, name: str) -> Any:
        return getattr(_dry_run_random if self.is_dry_run else random, name)


_dry_run_random = random.Random()
_seed_random = _SeedRandom()
seed_generator.python_random = _seed_random


@contextlib.contextmanager
def no_seed_draws() -> Iterator[None]:
    """Prevent Keras from drawing seeds from Python's ``random``, in this thread."""
    before = _seed_random.is_dry_run
    _seed_random.is_dry_run = True
    try:
        yield
    finally:
        _seed_random.is_dry_run = before


@contextlib.contextmanager
def no_trace() -> Iterator[None]:
    """Draw no random numbers in this context, and restore Keras's name counters after it."""
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
    """Restart Keras's automatic names in this context: "dense", "dense_1"."""
    with _same_names():
        global_state.set_global_attribute(_NAMES, None)
        yield


@contextlib.contextmanager
def dry_scope(on_meta: bool = True) -> Iterator[None]:
    """Give layers called on KerasTensors weights with shapes but without values, in this context.

    Args:
        on_meta: under PyTorch, make other tensors without values too. A regularizer then loses its
            factor; use False for layers whose config is read.
    """
    with no_trace(), weightless(on_meta):
        yield


@contextlib.contextmanager
def weightless(on_meta: bool = True) -> Iterator[None]:
    """Like :func:`dry_scope`, but without restoring Keras's name counters."""
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


class LimitExceeded(Exception):  # noqa: N818 - not an error of kwidgets
    """Custom code exceeded the limit on time or memory."""


def run_limited(function: Callable[[], T], seconds: float | None = None) -> T:
    """Return ``function()``, or stop it if it takes too much time or memory.

    It runs in another thread. Python code is stopped there; a single call into compiled code
    cannot be stopped and continues.

    Args:
        function: what to run.
        seconds: how long it may take; by default ``TIME_LIMIT_SECONDS``.

    Raises:
        LimitExceeded: it was stopped.
    """
    limit = TIME_LIMIT_SECONDS if seconds is None else seconds
    outcome: dict[str, Any] = {}
    done = threading.Event()
    context = contextvars.copy_context()
    # Keras stores this for each thread.
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
        if time.monotonic() - began > limit:
            reason = t("it took longer than %1 seconds", f"{limit:g}")
        elif _resident_bytes() - memory_before > MEMORY_LIMIT_BYTES:
            reason = t("it used more than %1 GB of memory", f"{MEMORY_LIMIT_BYTES / 1e9:g}")
        if reason:
            _stop(thread)
            raise LimitExceeded(reason)
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]  # type: ignore[no-any-return]


def _stop(thread: threading.Thread) -> None:
    """Raise SystemExit in ``thread``, at its next instruction of Python code."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
        )


def _resident_bytes() -> int:
    """Return the memory that this process uses, or 0 if the system does not report it."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
