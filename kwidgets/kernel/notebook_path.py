"""Find the path of the notebook that this kernel runs, as far as its front end says."""

from __future__ import annotations

import os
from pathlib import Path

from kwidgets.kernel.running_kernel import user_namespace


def notebook_path() -> Path | None:
    """Return the path of the notebook, or None where the front end does not tell.

    VS Code puts it among the variables; Jupyter's server puts it into the environment when the
    kernel starts, so that a notebook that is renamed keeps its old name until the next start.
    """
    for told in (user_namespace().get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if isinstance(told, str) and told.endswith(".ipynb") and Path(told).parent.is_dir():
            return Path(told).absolute()
    return None
