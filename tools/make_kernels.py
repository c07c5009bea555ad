"""Makes environments with other versions of ipykernel, or another backend, on top of this one.

``python tools/make_kernels.py ipykernel==6.31.0 ...`` makes ``.build/kernels/<requirement>`` for
each requirement: an environment with it and, behind it, all packages of this one; and a kernelspec
of the same name in ``.build/kernels/share/jupyter``. Environments that exist already are kept.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig

ROOT = pathlib.Path(__file__).parents[1]
KERNELS = ROOT / ".build" / "kernels"


def name_of(requirement: str) -> str:
    """Return the name of the environment and the kernelspec, such as ``ipykernel-6.31.0``."""
    return re.sub(r"[=<>~!]+", "-", requirement)


def make(requirement: str) -> pathlib.Path:
    """Return the Python of the environment, which is made if it does not exist."""
    folder = KERNELS / name_of(requirement)
    python = folder / "bin" / "python"
    done = folder / ".ready"
    here = pathlib.Path(sysconfig.get_path("purelib"))
    behind = f"{here}\n{ROOT}\n"
    if done.exists() and done.read_text() == behind:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    # As the Makefile does: uv, or pip where there is no uv.
    wanted = [requirement, *_same(requirement)]
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    if subprocess.run([*uv, *wanted]).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "behind.pth").write_text(behind)
    spec = KERNELS / "share" / "jupyter" / "kernels" / name_of(requirement)
    spec.mkdir(parents=True, exist_ok=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": requirement, "language": "python"})
    )
    done.write_text(behind)
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
