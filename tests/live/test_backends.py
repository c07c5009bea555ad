"""Watching, steering and interrupting a fit on Keras's other backends."""

from __future__ import annotations

import pathlib

import pytest

from tests.backends import BACKENDS, check_under

HERE = pathlib.Path(__file__).parent
MODULES = [
    HERE / "test_callback.py",
    HERE / "test_learning_rate.py",
    HERE / "test_shapes.py",
    HERE.parent / "kernel" / "test_interrupt.py",
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fit_is_watched_and_steered_the_same_on(backend: str) -> None:
    check_under(backend, MODULES)
