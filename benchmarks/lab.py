"""Opens a page in a real JupyterLab, for the benchmarks that need one."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS, REPOSITORY
from tests.browser.server import LabServer


@contextlib.contextmanager
def open_page() -> Iterator[tuple[Page, LabServer]]:
    """A server whose kernels find the benchmarks, and an empty page."""
    chromium = subprocess.run(
        ["sh", REPOSITORY / "tools" / "chromium.sh"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer.start(
            Path(folder) / "server", environment={"PYTHONPATH": str(REPOSITORY)}
        ) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser.new_page(viewport={"width": 1280, "height": 900}), server
        browser.close()
