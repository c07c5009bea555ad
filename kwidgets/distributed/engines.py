"""The engines that start workers: their names, what has to be installed, and their programs."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final, Literal

from packaging.version import Version

from kwidgets.distributed.errors import DistributeError

Kind = Literal["local", "ray", "slurm"]
#: The prefix of the address of a Ray cluster.
RAY_PREFIX: Final = "ray://"
#: The oldest releases that have all that is used here.
OLDEST: Final = {"ray": "2.50", "submitit": "1.5"}
#: The package of each engine that needs one.
PACKAGES: Final = {"ray": "ray", "slurm": "submitit"}
#: Starts the workers of a job; its argument is the folder of the job.
PROGRAMS: Final[dict[Kind, str]] = {
    "local": "kwidgets.distributed.supervisor.main",
    "ray": "kwidgets.distributed.ray_engine.bridge",
    "slurm": "kwidgets.distributed.supervisor.main",
}


def kind_of(engine: str) -> Kind:
    """Return which engine a valid name or address means."""
    if engine.startswith(RAY_PREFIX):
        return "ray"
    return engine  # type: ignore[return-value]


def check_engine(engine: object) -> None:
    """Raise if there is no such engine, or it cannot be used here.

    Raises:
        TypeError: it is no text.
        ValueError: there is no such engine.
        DistributeError: its package is missing or too old.
    """
    if not isinstance(engine, str):
        raise TypeError(f"engine must be a text, not {engine!r} ({type(engine).__name__}).")
    host, _, port = engine.removeprefix(RAY_PREFIX).rpartition(":")
    is_address = engine.startswith(RAY_PREFIX) and bool(host) and port.isdecimal()
    if engine not in PROGRAMS and not is_address:
        raise ValueError(
            'engine must be "local", "ray", "slurm" or the address of a Ray cluster, such as '
            f'"ray://head:10001"; not {engine!r}.'
        )
    kind = kind_of(engine)
    if kind in PACKAGES:
        _check_package(kind, PACKAGES[kind])


def check_options(engine: str, options: object) -> dict[str, Any]:
    """Return the options of an engine as plain data.

    Raises:
        TypeError: they are no mapping of texts to plain values.
        ValueError: the engine has no options.
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping) or not all(isinstance(key, str) for key in options):
        raise TypeError(
            "engine_options must be a dict of names and values, such as "
            f'{{"slurm_partition": "gpu"}}; not {options!r}.'
        )
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(options)))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"engine_options must be plain values: texts, numbers, lists and dicts ({error})."
        ) from error
    if plain and engine == "local":
        raise ValueError('engine="local" has no engine_options.')
    return plain


def environment(engine: str) -> dict[str, str]:
    """Return the variables with which the program of an engine joins what this process uses."""
    ray = sys.modules.get("ray")
    if engine == "ray" and ray is not None and ray.is_initialized():
        return {"RAY_ADDRESS": str(ray.get_runtime_context().gcs_address)}
    return {}


def _check_package(kind: str, package: str) -> None:
    install = f'pip install "kwidgets[{kind}]"'
    if importlib.util.find_spec(package) is None:
        raise DistributeError(
            f'engine="{kind}" needs the package {package}, which is not installed. Run: {install}'
        )
    found = version(package)
    if Version(found) < Version(OLDEST[package]):
        raise DistributeError(
            f"{package} {found} is too old: kwidgets needs {OLDEST[package]} or newer. "
            f"Run: {install} --upgrade"
        )
