"""Predictions are read from all devices of a distributed validation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.slow("on one device by the tests of the tap")
@pytest.mark.once
@pytest.mark.timeout(600)
@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_the_fit_is_the_same_on_two_devices(backend: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.insight.tap.two_devices"],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert f"the same on two devices {backend}" in done.stdout, done.stdout + done.stderr[-3000:]
