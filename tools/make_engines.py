"""Create the environment with which the engines beside "local" are tested: Ray and submitit.

``python tools/make_engines.py`` makes ``.build/engines``, which has them and, behind them, all
packages of this environment; 0.4 GB. One that exists already is kept.
"""

from __future__ import annotations

import pathlib

import environments

FOLDER = environments.ROOT / ".build" / "engines"
REQUIREMENTS = ("ray[client]==2.60.0", "submitit==1.5.4")


def make() -> pathlib.Path:
    """Return the Python of the environment, which is made if it does not exist."""
    lock = environments.ROOT / "requirements.lock"
    return environments.make(FOLDER, REQUIREMENTS, on_top=True, constraint=lock)


if __name__ == "__main__":
    make()
