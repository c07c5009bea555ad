"""A Voilà that serves one notebook, in an environment of its own, with our kernel."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat

from tests.browser.server import clean_environment, free_port, wait_until_it_answers
from tests.kernels import OTHER_KERNELS

STOP_TIMEOUT_SECONDS = 20
REPOSITORY = Path(__file__).parents[2]
PYTHON = REPOSITORY / ".build" / "front-ends" / "voila" / "bin" / "python"
# tools/make_front_ends.py makes it.
KERNEL = "kwidgets"


@contextlib.contextmanager
def voila(folder: Path, cells: Sequence[str]) -> Iterator[str]:
    """Serve a notebook of these cells; yield the address of its page."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    notebook.metadata["kernelspec"] = {
        "display_name": KERNEL,
        "language": "python",
        "name": KERNEL,
    }
    path = folder / "dashboard.ipynb"
    nbformat.write(notebook, path)
    url = f"http://127.0.0.1:{free_port()}/"
    # A copy, since Voilà serves no links.
    jupyter = folder / "jupyter"
    extension = jupyter / "labextensions" / "kwidgets"
    shutil.copytree(REPOSITORY / "kwidgets" / "labextension", extension)
    environment = clean_environment(folder / "home") | {"KERAS_BACKEND": "jax"}
    environment["JUPYTER_PATH"] = os.pathsep.join(map(str, (jupyter, OTHER_KERNELS)))
    command = [PYTHON, "-m", "voila", path, "--no-browser", "--Voila.ip=127.0.0.1"]
    command.append(f"--port={url.rstrip('/').rpartition(':')[2]}")
    log = folder / "voila.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_it_answers(lambda: _ask(url), process, log)
        yield url
    finally:
        # It ends its kernels, and then itself.
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ask(url: str) -> None:
    # A file, for the page itself starts a kernel. Any answer will do.
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"{url}voila/static/voila.js", timeout=5).close()
