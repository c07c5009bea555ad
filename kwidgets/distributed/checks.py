"""Check what is asked of ``distribute`` before anything is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, Final

from kwidgets.distributed.errors import DistributeError

#: Of a pickled function; arrays belong in files, or are made by the function.
MAX_FUNCTION_BYTES: Final = 500_000_000


def check_workers(workers: object, devices: object, num_gpus: int) -> None:
    """Raise if so many workers cannot run on this computer.

    Raises:
        TypeError: they are no whole numbers.
        ValueError: they are below 1, or more than there are CPUs or GPUs.
    """
    check_count("workers", workers, least=1)
    if devices is not None:
        check_count("devices", devices, least=1)
    assert isinstance(workers, int)
    if num_gpus:
        if workers > num_gpus:
            raise ValueError(
                f"{workers} workers need {workers} GPUs; this computer has {num_gpus}. "
                f"Use workers={num_gpus}, or an engine with more computers."
            )
        return
    cpus = num_cpus()
    if workers > cpus:
        raise ValueError(
            f"{workers} workers need {workers} CPUs; this computer has {cpus}. "
            f"Use workers={cpus}, or an engine with more computers."
        )


def check_sizes(workers: object) -> tuple[int, int]:
    """Return the least and the largest number of workers that are asked for.

    Raises:
        TypeError: it is neither a whole number nor a pair of them.
        ValueError: one is below 1, or they are in the wrong order.
    """
    if not isinstance(workers, tuple | list):
        check_count("workers", workers, least=1)
        assert isinstance(workers, int)
        return workers, workers
    if len(workers) != 2:
        raise ValueError(
            f"workers must be a number, or the least and the most workers as (2, 8); not {workers}."
        )
    least, most = workers
    for value in workers:
        check_count("workers", value, least=1)
    if least > most:
        raise ValueError(f"workers={workers} must have the least first: ({most}, {least}).")
    return least, most


def check_count(name: str, value: object, least: int) -> None:
    """Raise if an argument is no whole number from ``least`` on.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is below.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {value!r}.")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}.")


def num_cpus() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def chosen_backend(backend: str | None) -> str:
    """Return the backend of the workers: the one that is asked for, or this process's.

    Raises:
        ValueError: there is no such backend.
    """
    if backend is None:
        if "keras" in sys.modules:
            import keras

            return str(keras.backend.backend())
        return os.environ.get("KERAS_BACKEND", "tensorflow")
    known = ("jax", "tensorflow", "torch")
    if backend not in known:
        raise ValueError(f"backend must be one of {', '.join(known)}, not {backend!r}.")
    return backend


def check_backend(backend: str, workers: int) -> None:
    """Raise if Keras cannot train with so many processes on this backend.

    Raises:
        DistributeError: it cannot, with the way out.
    """
    if workers == 1 or backend == "jax":
        return
    if backend == "tensorflow":
        raise DistributeError(
            "Keras 3 cannot train in several processes on TensorFlow: fit fails under "
            "MultiWorkerMirroredStrategy (https://github.com/keras-team/keras/issues/20585). "
            'Train on JAX, with backend="jax": the same code, if it uses keras.ops and no '
            "tf functions. On one computer with several GPUs, use workers=1: one process "
            "trains on all of them."
        )
    raise DistributeError(
        "This release of Keras cannot train in several processes on PyTorch: it has no "
        "distribution for it yet (https://github.com/keras-team/keras/issues/23418). "
        'Train on JAX, with backend="jax": the same code, if it uses keras.ops.'
    )


def pickled(function: Callable[..., Any]) -> bytes:
    """Return a function as bytes, with what it refers to in the notebook.

    Raises:
        TypeError: it is no function.
        DistributeError: it cannot be sent to other processes.
    """
    import cloudpickle

    if not callable(function):
        raise TypeError(
            "train must be a function that builds the model and calls fit, such as "
            f"def train(worker): …; not {function!r} ({type(function).__name__})."
        )
    try:
        data: bytes = cloudpickle.dumps(function)
    except Exception as error:
        name = getattr(function, "__name__", "train")
        used = _unpicklable(function)
        what = f": it uses {used}" if used else ""
        raise DistributeError(
            f"{name} cannot be sent to the workers{what} ({type(error).__name__}: {error}). "
            "Create such objects inside the function: each worker runs all of it."
        ) from error
    if len(data) > MAX_FUNCTION_BYTES:
        raise DistributeError(
            f"The function and the variables that it uses have {len(data) / 1e6:,.0f} MB, more "
            f"than {MAX_FUNCTION_BYTES / 1e6:,.0f} MB. Load the data inside the function, such as "
            "from a file."
        )
    return data


def source_of(function: Any) -> str:
    """Return the source of a function, or "" where it is not known."""
    import inspect

    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""


def _unpicklable(function: Callable[..., Any]) -> str:
    """Return the names of the variables of a function that cannot be pickled."""
    import inspect

    import cloudpickle

    try:
        found = inspect.getclosurevars(function)
    except TypeError:
        return ""
    names = []
    for name, value in {**found.globals, **found.nonlocals}.items():
        try:
            cloudpickle.dumps(value)
        except Exception:
            names.append(f"{name!r} ({type(value).__name__})")
    return ", ".join(names)
