"""A front end without JupyterLab: html-manager in a page, a kernel, and what joins the two.

VS Code and Colab draw widgets with html-manager. Like them, this front end knows no subshells.
"""

from __future__ import annotations

import base64
import contextlib
import queue
import subprocess
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
from jupyter_client.blocking import BlockingKernelClient
from playwright.sync_api import Page, Route

FOLDER = Path(__file__).parents[3] / ".build" / "front-ends" / "html-manager"
PACKAGES = {"@jupyter-widgets/html-manager": "1.0.15", "requirejs": "2.3.8"}
ADDRESS = "http://kwidgets.test/"
PAGE = """<!doctype html><meta charset="utf-8"><title>html-manager</title>
<link rel="icon" href="data:,">
<script src="/require.js"></script><script src="/embed-amd.js"></script>
<body><script src="/html_manager.js"></script>"""
SECONDS = 90


def find_packages() -> dict[str, Path]:
    """Return the scripts that the page loads, fetched from npm if they are not there."""
    for name, version in PACKAGES.items():
        target = FOLDER / name
        if target.exists():
            continue
        FOLDER.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(
            ["npm", "pack", "--silent", f"{name}@{version}"],
            cwd=FOLDER,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.split()[-1]
        with tarfile.open(FOLDER / packed) as archive:
            archive.extractall(target, filter="data")
    manager = FOLDER / "@jupyter-widgets" / "html-manager" / "package"
    # Where `pip install anywidget` puts what a front end loads.
    prefix = Path(anywidget.__file__).parents[4]
    return {
        "require.js": FOLDER / "requirejs" / "package" / "require.js",
        "embed-amd.js": manager / "dist" / "embed-amd.js",
        "html_manager.js": Path(__file__).with_suffix(".js"),
        "anywidget.js": prefix / "share" / "jupyter" / "nbextensions" / "anywidget" / "index.js",
    }


class HtmlManagerPage:
    """Carries messages between a kernel and a page, while :meth:`wait_for` waits."""

    def __init__(self, page: Page, client: BlockingKernelClient) -> None:
        self.page = page
        self.client = client
        self.printed = ""
        scripts = find_packages()

        def answer(route: Route) -> None:
            script = scripts.get(route.request.url.removeprefix(ADDRESS))
            if script is None:
                route.fulfill(body=PAGE, content_type="text/html")
            else:
                route.fulfill(path=script, content_type="text/javascript")

        page.route(f"{ADDRESS}**", answer)
        page.expose_function("sendToKernel", self._send)
        page.goto(ADDRESS)

    def run(self, code: str) -> None:
        """Start a cell."""
        self.client.execute(code, stop_on_error=False)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Carry messages until ``condition()`` is true."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"it did not come; printed: {self.printed}"
            self._carry()

    def _carry(self) -> None:
        carried = []
        with contextlib.suppress(queue.Empty):
            while True:
                message = self.client.get_iopub_msg(timeout=0 if carried else 0.05)
                content, kind = message["content"], message["msg_type"]
                if kind == "stream":
                    self.printed += content["text"]
                elif kind == "error":
                    raise AssertionError("\n".join(content["traceback"]))
                elif kind.startswith("comm_") or "data" in content:
                    buffers = [base64.b64encode(buffer).decode() for buffer in message["buffers"]]
                    wanted = {"msg_type": kind, "content": content, "buffers": buffers}
                    carried.append({**wanted, "metadata": message["metadata"]})
        # What the page sends arrives during any call of Playwright's.
        self.page.evaluate("messages => messages.forEach(receive)", carried)

    def _send(self, comm_id: str, data: dict[str, Any]) -> None:
        message = self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        self.client.shell_channel.send(message)
