"""Kill trainings at random moments: the files stay whole, and resuming is exact."""

import os
import subprocess
import sys

import pytest


@pytest.mark.slow("tests/browser/test_resume.py kills one; tests/record/resume resumes many")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_killed_trainings_are_whole_and_resumed_to_the_bit(backend):
    done = subprocess.run(
        [sys.executable, "-m", "tests.record.killed_fits", "--times", "34"],
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
