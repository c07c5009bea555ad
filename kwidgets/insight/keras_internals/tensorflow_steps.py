"""Keep the numbers of all steps of one execution on TensorFlow.

With ``steps_per_execution`` above 1, Keras drops the outputs of all steps but the last. So each
step writes its numbers into variables, which are read after the execution.
"""

from __future__ import annotations

from typing import Any

import keras


def replicas() -> tuple[Any, int]:
    """Return the context of the running replica, and the number of replicas."""
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return context, 1 if context is None else int(context.num_replicas_in_sync)


def rows_before(context: Any, columns: Any) -> Any:
    """Return how many rows the replicas before this one have in a batch, float32."""
    import tensorflow as tf

    counts = context.all_gather(tf.shape(columns)[:1], axis=0)
    is_before = tf.range(tf.shape(counts)[0]) < context.replica_id_in_sync_group
    return tf.cast(tf.reduce_sum(tf.where(is_before, counts, 0)), tf.float32)


class StepBuffers:
    """Variables with the numbers of the latest steps.

    Args:
        steps: the most steps of one execution.
        batch_size: the most samples of a step.
    """

    def __init__(self, steps: int, batch_size: int) -> None:
        self._steps = steps
        self._batch_size = batch_size
        # By the output and the kind of numbers: (steps, capacity, …); and the rows in each.
        self._variables: dict[tuple[str, str], Any] = {}
        self._rows: dict[tuple[str, str], Any] = {}
        self._count: Any = None

    def append(self, batch: dict[str, dict[str, Any]]) -> None:
        """Write the numbers of a step, in the graph."""
        import tensorflow as tf

        if self._count is None:
            with tf.init_scope():
                self._count = tf.Variable(0, dtype=tf.int64, trainable=False)
        for output, numbers in batch.items():
            for name, value in numbers.items():
                self._append(tf, (output, name), value)
        self._count.assign_add(1)

    def _append(self, tf: Any, key: tuple[str, str], value: Any) -> None:
        capacity = value.shape[0] or self._batch_size
        shape = (self._steps, capacity, *(int(side) for side in value.shape[1:]))
        if key not in self._variables:
            with tf.init_scope():
                self._variables[key] = tf.Variable(tf.zeros(shape, value.dtype), trainable=False)
                self._rows[key] = tf.Variable(tf.zeros((self._steps,), tf.int64), trainable=False)
        buffer, rows = self._variables[key], self._rows[key]
        count = tf.minimum(tf.shape(value)[0], buffer.shape[1])
        padding = [[0, buffer.shape[1] - count], *([0, 0] for _ in shape[2:])]
        padded = tf.ensure_shape(tf.pad(value[:count], padding), buffer.shape[1:])
        buffer.assign(tf.concat([buffer[1:], padded[None]], 0))
        rows.assign(tf.concat([rows[1:], tf.cast(count, tf.int64)[None]], 0))

    def take(self) -> list[dict[str, dict[str, Any]]]:
        """Return the numbers of the steps since the last call, and forget them."""
        if self._count is None:
            return []
        count = min(int(self._count), self._steps)
        self._count.assign(0)
        batches: list[dict[str, dict[str, Any]]] = [{} for _ in range(count)]
        for (output, name), variable in self._variables.items():
            values = keras.ops.convert_to_numpy(variable)
            rows = keras.ops.convert_to_numpy(self._rows[output, name])
            for batch, step in zip(batches, range(self._steps - count, self._steps), strict=True):
                batch.setdefault(output, {})[name] = values[step, : rows[step]].copy()
        return batches
