"""Descriptions on Keras's other backends."""

from __future__ import annotations

import pathlib

import pytest

from tests.backends import BACKENDS, check_under

HERE = pathlib.Path(__file__).parent
MODULES = [
    "test_describe.py",
    "test_layer_expression.py",
    "test_infer_summary.py",
    "test_layer_detail.py",
    "test_trainable.py",
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("backend", BACKENDS)
def test_models_are_described_the_same_on(backend: str) -> None:
    check_under(backend, [HERE / name for name in MODULES], "-k", "not five_thousand")
