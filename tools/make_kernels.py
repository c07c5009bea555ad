"""Create environments with other versions of ipykernel, or another backend, on top of this one.

``python tools/make_kernels.py ipykernel==6.31.0 ...`` makes ``.build/kernels/<requirement>`` for
each requirement: an environment with it and, behind it, all packages of this one; and a kernelspec
of the same name in ``.build/kernels/share/jupyter``. Environments that exist already are kept.
"""

from __future__ import annotations

import pathlib
import re
import sys

import environments


def name_of(requirement: str) -> str:
    """Return the name of the environment and the kernelspec, such as ``ipykernel-6.31.0``."""
    return re.sub(r"[=<>~!]+", "-", requirement)


def make(requirement: str) -> pathlib.Path:
    """Return the Python of the environment, which is made if it does not exist."""
    name = name_of(requirement)
    requirements = [requirement, *_same(requirement)]
    python = environments.make(environments.KERNELS / name, requirements, on_top=True)
    environments.write_kernelspec(name, python)
    return python


def _same(requirement: str) -> list[str]:
    """Return pins of packages that must be the same in both environments."""
    if not requirement.startswith("torch"):
        return []
    import numpy

    return [f"numpy=={numpy.__version__}"]


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        make(wanted)
