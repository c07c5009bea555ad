"""Create environments in addition to that of the checkout, quickly and only once.

For make_kernels.py and make_front_ends.py; not a command itself.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence

ROOT = pathlib.Path(__file__).parents[1]
KERNELS = ROOT / ".build" / "kernels"
FRONT_ENDS = ROOT / ".build" / "front-ends"
# One such folder a line of JUPYTER_PATH.
KERNELSPECS = KERNELS / "share" / "jupyter"


def make(
    folder: pathlib.Path,
    requirements: Sequence[str],
    *,
    on_top: bool,
    constraint: pathlib.Path | None = None,
) -> pathlib.Path:
    """Return the Python of an environment in ``folder``, which is made unless it is there.

    Args:
        folder: where to make it.
        requirements: what to install, as for pip.
        on_top: whether all packages of this environment, and kwidgets, are behind those.
        constraint: a file with versions that other packages must have, as for pip.
    """
    python = folder / "bin" / "python"
    done = folder / ".ready"
    behind = f"{sysconfig.get_path('purelib')}\n{ROOT}\n" if on_top else ""
    chosen = [*requirements, *(["--constraint", str(constraint)] if constraint else [])]
    versions = constraint.read_text() if constraint else ""
    stamp = "\n".join([sys.version, *requirements, behind, versions])
    if done.exists() and done.read_text() == stamp:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    print("Making", folder.relative_to(ROOT), "...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    # As the Makefile does: uv, or pip where there is no uv.
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    if subprocess.run([*uv, *chosen]).returncode:
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
        subprocess.run([*pip, *chosen], check=True)
    if on_top:
        (packages,) = folder.glob("lib/python*/site-packages")
        (packages / "behind.pth").write_text(behind)
    done.write_text(stamp)
    return python


def write_kernelspec(name: str, python: pathlib.Path | str) -> None:
    """Make the kernel of an environment known, to those who look in ``KERNELSPECS``."""
    spec = KERNELSPECS / "kernels" / name
    spec.mkdir(parents=True, exist_ok=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": name, "language": "python"})
    )
