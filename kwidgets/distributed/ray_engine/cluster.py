"""Connect to a Ray cluster, or start one on this computer for one training."""

from __future__ import annotations

import dataclasses
import os
import socket
from typing import Any, Final

import psutil
import ray

from kwidgets.distributed.checks import num_cpus
from kwidgets.distributed.engines import RAY_PREFIX
from kwidgets.distributed.ray_engine.supervisor_actor import NAMESPACE
from kwidgets.distributed.supervisor.launcher import LaunchError
from kwidgets.language import message

#: Of an own cluster: what is sent through it is the user's function.
_OBJECT_BYTES: Final = 100_000_000
_STARTS: Final = 3
_PORT_SECONDS: Final = 10.0


@dataclasses.dataclass(frozen=True)
class Cluster:
    """A Ray cluster to which this process is connected.

    Attributes:
        address: for ``ray.init``, also of other processes; None for a cluster of this process,
            which ends with it.
    """

    address: str | None


def connect(engine: str, function_bytes: int) -> Cluster:
    """Connect this process to the cluster of an engine.

    For "ray" that is, in this order: the one that ``RAY_ADDRESS`` names, the one that ``ray start``
    has started on this computer, or a new one on this computer.

    Args:
        engine: "ray" or an address.
        function_bytes: the size of the user's function, for a new cluster.

    Raises:
        LaunchError: the cluster cannot be reached, or has another version of Ray or Python.
    """
    address = engine if engine.startswith(RAY_PREFIX) else os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {
        "namespace": NAMESPACE,
        "log_to_driver": False,
        "logging_level": "ERROR",
    }
    try:
        if address:
            _check_port(address)
            ray.init(address, **options)
            return Cluster(address)
        return _find_or_start(options, function_bytes)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        if address:
            text = message(
                "The Ray cluster %1 cannot be used (%2). Is it running, and is its port open? The "
                "port for clients is 10001 by default.",
                address,
                why,
            )
        else:
            text = message(
                'Ray cannot be used on this computer (%1). If it has crashed, run "ray stop".', why
            )
        raise LaunchError(text) from error


def _check_port(address: str) -> None:
    """Raise if nothing listens there: Ray would try for minutes.

    Raises:
        OSError: nothing does.
    """
    host, _, port = address.removeprefix(RAY_PREFIX).rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), _PORT_SECONDS).close()


def _find_or_start(options: dict[str, Any], function_bytes: int) -> Cluster:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    for attempt in range(1, _STARTS + 1):
        try:
            ray.init(
                num_cpus=num_cpus(),
                object_store_memory=_OBJECT_BYTES + 4 * function_bytes,
                include_dashboard=False,
                **options,
            )
            break
        except ValueError:
            # There is one already: Ray refuses the arguments of a new one.
            ray.init(**options)
            return Cluster(str(ray.get_runtime_context().gcs_address))
        except Exception as error:
            # Ray waits 15 to 30 s for its processes, too short for a busy computer.
            if "timed out" not in str(error) or attempt == _STARTS:
                raise
            ray.shutdown()
            for process in psutil.Process().children(recursive=True):
                process.kill()
    return Cluster(None)
