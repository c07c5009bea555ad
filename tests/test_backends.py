"""The tests in which Keras itself does something, once more on Keras's other backends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends import BACKENDS, check_under

TESTS = Path(__file__).parent
# Texts, catalogs and data are the same everywhere.
MODULES = [
    "builder/test_sequential.py",
    "builder/test_layer_cache.py",
    "builder/test_convert.py",
    "builder/test_code_writer.py",
    "kernel/test_interrupt.py",
    "live/test_callback.py",
    "live/test_learning_rate.py",
    "live/test_history_equals_keras.py",
    "models/test_describe.py",
    "models/test_layer_expression.py",
    "models/test_infer_summary.py",
    "models/test_layer_detail.py",
    "models/test_trainable.py",
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("backend", BACKENDS)
def test_builder_models_and_live_view_keep_their_promises_on(
    backend: str, request: pytest.FixtureRequest
) -> None:
    check_under(backend, [TESTS / name for name in MODULES], request.config)
