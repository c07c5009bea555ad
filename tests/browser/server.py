"""A real JupyterLab server that knows nothing of this machine's user, and leaves nothing behind.

Also for scripts that show the real thing: ``with LabServer.start(folder) as server: ...``
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.kernels import OTHER_KERNELS

START_TIMEOUT_SECONDS = 90
STOP_TIMEOUT_SECONDS = 10

# What a test run or a developer's shell sets and a user's JupyterLab does not see.
# (With PYTEST_CURRENT_TEST, ipykernel leaves the output of C libraries out of the cell.)
DROPPED_VARIABLES = ("PYTEST_", "JUPYTER", "JPY_", "IPYTHON", "MPLBACKEND", "KERAS_", "COV_")


@dataclass
class LabServer:
    """A running JupyterLab. Notebooks go into ``root``."""

    url: str
    token: str
    root: Path
    home: Path
    process: subprocess.Popen[bytes]

    @classmethod
    @contextlib.contextmanager
    def start(
        cls,
        folder: Path,
        *,
        environment: dict[str, str] | None = None,
        settings: dict[str, Any] | None = None,
        python: str | Path = sys.executable,
        base_url: str = "/",
        arguments: Sequence[str] = (),
    ) -> Iterator[LabServer]:
        """Run JupyterLab with all its files below ``folder``; end it and its kernels on leaving.

        ``environment`` adds variables, which its kernels see too; ``settings`` are JupyterLab's,
        by plugin; ``python`` is that of the environment in which JupyterLab is installed;
        ``base_url`` is the path that the server's addresses begin with; ``arguments`` are further
        ones of ``jupyter lab``.
        """
        root, home = folder / "notebooks", folder / "home"
        root.mkdir(parents=True)
        home.mkdir(parents=True)
        labconfig = home / "config" / "labconfig"
        labconfig.mkdir(parents=True)
        # Or a notification asks about news, over what a picture is to show.
        overrides = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
        overrides |= settings or {}
        (labconfig / "default_setting_overrides.json").write_text(json.dumps(overrides))
        port, token = free_port(), secrets.token_hex(16)
        command = [
            str(python),
            "-m",
            "jupyterlab",
            "--no-browser",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={root}",
            f"--ServerApp.base_url={base_url}",
            f"--IdentityProvider.token={token}",
            # window.jupyterapp, through which the tests give commands.
            "--LabApp.expose_app_in_browser=True",
            # The same server has Notebook 7.
            "--JupyterNotebookApp.expose_app_in_browser=True",
            # No pop-up that asks about news, no look-up of newer versions.
            "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            *arguments,
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")
        with (folder / "jupyterlab.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=root,
                env=clean_environment(home) | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        url = f"http://127.0.0.1:{port}{base_url}".rstrip("/")
        server = cls(url, token, root, home, process)
        try:
            wait_until_it_answers(
                lambda: server.api("GET", "status"), process, folder / "jupyterlab.log"
            )
            yield server
        finally:
            server._stop()

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Call the server's REST interface; ``path`` is what follows ``/api/``."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = response.read()
        return json.loads(answer) if answer else None

    def kernels(self) -> list[dict[str, Any]]:
        """Return the kernels there are, as the server describes them."""
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while True:
            try:
                return list(self.api("GET", "kernels"))
            except urllib.error.HTTPError as error:
                # The server's answer when a kernel goes while it lists them.
                if error.code != 500 or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def shut_down_kernels(self) -> None:
        """End every kernel, so that the next test starts from nothing."""
        for kernel in self.kernels():
            with contextlib.suppress(urllib.error.HTTPError):
                self.api("DELETE", f"kernels/{kernel['id']}")

    @property
    def _user_settings(self) -> Path:
        return self.home / "config" / "lab" / "user-settings"

    def change_settings(self, package: str, plugin: str, settings: dict[str, Any]) -> None:
        """Change JupyterLab's settings as its user does, for pages that are loaded from now on."""
        file = self._user_settings / package / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))

    def reset_settings(self) -> bool:
        """Forget what a test changed in JupyterLab's settings, such as the theme.

        Returns:
            Whether it has changed any.
        """
        files = list(self._user_settings.glob("**/*.jupyterlab-settings"))
        for file in files:
            file.unlink()
        return bool(files)

    def _stop(self) -> None:
        # Kernels lead sessions of their own: a signal to the server's group misses them.
        kernels = []
        with contextlib.suppress(psutil.NoSuchProcess):
            kernels = psutil.Process(self.process.pid).children(recursive=True)
        with contextlib.suppress(OSError):
            self.shut_down_kernels()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for kernel in kernels:
            with contextlib.suppress(psutil.NoSuchProcess):
                kernel.kill()


def wait_until_it_answers(
    ask: Callable[[], object], process: subprocess.Popen[bytes], log: Path
) -> None:
    """Call ``ask`` until it raises no OSError; raise with the log when the server has ended."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            ask()
            return
        except OSError:  # No one listens yet.
            time.sleep(0.1)
    raise RuntimeError(f"it did not start; its log:\n{log.read_text(errors='replace')}")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def clean_environment(home: Path) -> dict[str, str]:
    """This process's variables, with the Jupyter, IPython and Keras folders below ``home``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(DROPPED_VARIABLES)}
    return kept | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        # Kernels of other versions: tools/make_kernels.py.
        "JUPYTER_PATH": str(OTHER_KERNELS),
        "IPYTHONDIR": str(home / "ipython"),
        "KERAS_HOME": str(home / "keras"),
    }
