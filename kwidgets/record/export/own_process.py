"""Run an exporter in a process of its own, for libraries that keep state in theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from kwidgets.language import t
from kwidgets.record.export.exported import ExportError


def run_module(name: str, *arguments: object, **environment: str) -> str:
    """Run a module as a program and return the last line that it prints.

    Args:
        name: of the module.
        arguments: of the program.
        environment: variables that differ from those of this process.

    Raises:
        ExportError: it has failed.
    """
    variables: Mapping[str, str] = {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
    done = subprocess.run(
        [sys.executable, "-m", name, *map(str, arguments)],
        env=variables,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        last = (done.stderr.strip() or str(done.returncode)).splitlines()[-1]
        raise ExportError(t("Cannot export the run: %1", last))
    return done.stdout.strip().splitlines()[-1]
