"""The builder on Keras's other backends."""

from __future__ import annotations

import pathlib

import pytest

from tests.backends import BACKENDS, check_under

HERE = pathlib.Path(__file__).parent
# Those in which Keras itself does something; texts, catalogs and data are the same everywhere.
MODULES = ["test_sequential.py", "test_layer_cache.py", "test_convert.py", "test_code_writer.py"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_same_promises_are_kept_on(backend: str) -> None:
    check_under(backend, [HERE / name for name in MODULES])
