"""Where the kernels of the tests come from."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.preloaded_kernels import preloaded_kernels

#: What tools/make_kernels.py makes: environments, and the kernelspecs of those with a kernel.
OTHER_ENVIRONMENTS = Path(__file__).parents[1] / ".build" / "kernels"
OTHER_KERNELS = OTHER_ENVIRONMENTS / "share" / "jupyter"


@contextlib.contextmanager
def quick_python3(folder: Path) -> Iterator[dict[str, str]]:
    """Make ``python3`` a kernel of this environment that starts in a fraction of the time.

    Args:
        folder: an empty one, for the kernelspec and for what JAX has compiled.

    Yields:
        What a Jupyter server needs in its environment; this process has it meanwhile.
    """
    variables = {
        "JUPYTER_PATH": os.pathsep.join(map(str, (folder, OTHER_KERNELS))),
        # Most kernels train the same small models, and would compile them for two seconds each.
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        # JAX reads them where it is imported: in the process from which the kernels are forked.
        for name, value in variables.items():
            patch.setenv(name, value)
        with preloaded_kernels(folder):
            yield variables
