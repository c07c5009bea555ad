"""The server of a remote machine that runs kernels for a JupyterLab elsewhere."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from kwidgets.record.run_file.folder import VARIABLE
from tests.browser.server import clean_environment, free_port, wait_until_it_answers
from tests.front_ends.environments import environment

STOP_TIMEOUT_SECONDS = 10
# By the name of the environment: the module, and how its settings of these names are called.
PROGRAMS = {
    "kernel-gateway": ("kernel_gateway", "KernelGatewayApp", "KG_ENV_PROCESS_WHITELIST"),
    "enterprise-gateway": ("enterprise_gateway", "EnterpriseGatewayApp", "EG_INHERITED_ENVS"),
}


@dataclass(frozen=True)
class Gateway:
    """A running gateway. Its kernels run in ``folder``."""

    url: str
    token: str
    folder: Path

    @property
    def lab_arguments(self) -> tuple[str, ...]:
        """What ``jupyter lab`` needs to run its kernels here."""
        return f"--gateway-url={self.url}", f"--GatewayClient.auth_token={self.token}"


@contextlib.contextmanager
def gateway(name: str, folder: Path, kernels: dict[str, str]) -> Iterator[Gateway]:
    """Run the gateway of an environment with all its files below ``folder``; end its kernels too.

    Args:
        name: of the environment, which tools/make_front_ends.py makes.
        folder: has the home and the working folder of the remote machine.
        kernels: variables with which Jupyter finds the kernels.
    """
    module, application, inherited = PROGRAMS[name]
    work, home = folder / "work", folder / "home"
    work.mkdir(parents=True)
    home.mkdir()
    port, token = free_port(), secrets.token_hex(16)
    variables = clean_environment(home) | kernels | {"KERAS_BACKEND": "jax"}
    # A kernel gets no other variables of the gateway than those that are listed.
    variables[inherited] = "KERAS_BACKEND,KERAS_HOME,JUPYTER_DATA_DIR"
    # Enterprise Gateway starts no kernels for root, who may run the tests.
    variables["EG_UNAUTHORIZED_USERS"] = "nobody"
    # Runs are where a user finds them: in the working folder.
    variables.pop(VARIABLE, None)
    log = folder / "gateway.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                environment(name) / "bin" / "python",
                "-m",
                module,
                f"--{application}.ip=127.0.0.1",
                f"--{application}.port={port}",
                f"--{application}.port_retries=0",
                f"--{application}.auth_token={token}",
                # JupyterLab asks for the kernels that run.
                "--JupyterWebsocketPersonality.list_kernels=True"
                if module == "kernel_gateway"
                else f"--{application}.list_kernels=True",
            ],
            cwd=work,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Gateway(f"http://127.0.0.1:{port}", token, work)
    request = urllib.request.Request(
        f"{running.url}/api/kernelspecs", headers={"Authorization": f"token {token}"}
    )
    try:
        wait_until_it_answers(
            lambda: urllib.request.urlopen(request, timeout=30).close(), process, log
        )
        yield running
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    # Kernels lead sessions of their own: a signal to the server's group misses them.
    children = []
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
