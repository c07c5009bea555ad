"""Join the other workers: connect JAX's processes, and set Keras's distribution."""

from __future__ import annotations

from typing import Any


class JoinError(Exception):
    """The workers could not be connected; the message says why."""


#: For all workers to start, and for one that is gone to be noticed, in seconds.
JOIN_SECONDS = 300
HEARTBEAT_SECONDS = 10


def join_processes(coordinator: str, workers: int, rank: int) -> None:
    """Connect the processes of JAX. Before anything uses its devices.

    Args:
        coordinator: ``host:port`` of rank 0.
        workers: how many processes.
        rank: the number of this one.

    Raises:
        JoinError: JAX sees another number of processes.
    """
    import jax

    jax.distributed.initialize(
        coordinator,
        workers,
        rank,
        initialization_timeout=JOIN_SECONDS,
        heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
    )
    found = jax.process_count()
    if found != workers:
        raise JoinError(
            f"JAX has connected {found} processes instead of {workers}: each would train a model "
            "of its own."
        )


def set_data_parallel(backend: str, workers: int, devices: int | None) -> Any:
    """Let Keras divide each batch among all devices; return what has to stay entered.

    On TensorFlow with several devices it is a ``MirroredStrategy``, in whose scope models are made;
    None otherwise.

    Args:
        backend: Keras's.
        workers: how many processes train the model.
        devices: how many this one uses; None for all that it finds.
    """
    if backend == "tensorflow":
        import tensorflow as tf

        if devices and not tf.config.list_physical_devices("GPU"):
            (cpu,) = tf.config.list_physical_devices("CPU")
            parts = [tf.config.LogicalDeviceConfiguration()] * devices
            tf.config.set_logical_device_configuration(cpu, parts)
        found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        if len(found[:devices]) < 2:
            return None
        return tf.distribute.MirroredStrategy([device.name for device in found[:devices]])
    if backend == "jax":
        import keras

        if len(keras.distribution.list_devices()) > 1:
            # Each process gives its own part of each batch.
            parallel = keras.distribution.DataParallel(auto_shard_dataset=workers == 1)
            keras.distribution.set_distribution(parallel)
    return None
