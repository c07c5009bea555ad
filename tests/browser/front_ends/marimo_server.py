"""A real marimo server for one notebook, to edit it or to run it as an app."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tests.browser.server import DROPPED_VARIABLES, free_port, wait_until_it_answers

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".build" / "front-ends" / "marimo" / "bin" / "python"

Mode = Literal["edit", "run"]


def notebook_of(*cells: str) -> str:
    """Return the file of a notebook; marimo works out itself which names cells share."""
    parts = ["import marimo\n\napp = marimo.App()\n"]
    for cell in cells:
        lines = "\n".join(f"    {line}".rstrip() for line in cell.strip().splitlines())
        parts.append(f"\n\n@app.cell\ndef _():\n{lines}\n    return\n")
    return "".join(parts)


@contextlib.contextmanager
def marimo_server(folder: Path, mode: Mode, *cells: str) -> Iterator[str]:
    """Serve a notebook of these cells, which runs when a page opens it; yield its address."""
    subprocess.run([sys.executable, ROOT / "tools" / "make_front_ends.py", "marimo"], check=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "notebook.py").write_text(notebook_of(*cells))
    (folder / "pyproject.toml").write_text("[tool.marimo.runtime]\nauto_instantiate = true\n")
    port = free_port()
    options = ["--headless", "--no-token", "--host", "127.0.0.1", "--port", str(port)]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(DROPPED_VARIABLES)}
    homes = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "KERAS_HOME")
    with (folder / "marimo.log").open("wb") as log:
        process = subprocess.Popen(
            [PYTHON, "-m", "marimo", "--quiet", mode, *options, "notebook.py"],
            cwd=folder,
            env=kept | {name: str(folder / "home") for name in homes},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_it_answers(
            lambda: urllib.request.urlopen(f"{url}/health", timeout=10).close(),
            process,
            folder / "marimo.log",
        )
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
