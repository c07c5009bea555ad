"""The wheel to test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def wheel_in(folder: Path) -> Path:
    """Return the wheel that ``make wheel`` made, or build one of the front ends as they are now.

    Args:
        folder: where to build it.
    """
    made = os.environ.get("KWIDGETS_WHEEL")
    if made is None:
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
            cwd=REPOSITORY,
            env=os.environ | {"HATCH_JUPYTER_BUILDER_SKIP_NPM": "1"},
            check=True,
        )
    (wheel,) = (REPOSITORY / made if made else folder).glob("*.whl")
    return wheel
