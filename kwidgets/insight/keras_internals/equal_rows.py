"""Give the tensors of a batch equal sizes, so that no operation on them can fail.

A compiled step of TensorFlow that fails when it runs ends the fit. An input may have other rows
than the output (a table of edges), the output others than the targets (pairs of pictures), and a
batch none at all. On the other backends such a batch fails when it is traced, which is caught.
"""

from __future__ import annotations

from typing import Any

import keras


def equal_rows(values: list[Any], loss: Any, has_fixed_rows: bool) -> tuple[list[Any], Any, Any]:
    """Return ``values`` with the rows that all of them have.

    Args:
        values: tensors, (rows, …); the first two are targets and predictions, which also get equal
            sizes where those are not known before the step runs.
        loss: of the rows of predictions, (rows,); or None.
        has_fixed_rows: whether the results must have as many rows after each batch, as XLA and the
            buffers of several steps need. An empty batch then gets a row.

    Returns:
        the tensors, the loss, and what was the case before, as (1,) float32: 1 for equal sizes, 0
        for no rows, −1 for different sizes. None for that on backends where shapes are known.
    """
    if keras.backend.backend() != "tensorflow":
        return values, loss, None
    import tensorflow as tf

    y, p, are_equal = _equal_places(tf, values[0], values[1])
    values = [y, p, *values[2:]]
    first, *others = (tf.shape(value)[0] for value in values)
    rows = first
    for count in others:
        are_equal = tf.logical_and(are_equal, tf.equal(count, first))
        rows = tf.minimum(rows, count)

    def cut(value: Any) -> Any:
        part = value[:rows]
        if has_fixed_rows:
            missing = [[0, tf.maximum(1 - rows, 0)]] + [[0, 0]] * (len(value.shape) - 1)
            part = tf.pad(part, missing)
        return tf.ensure_shape(part, [None, *value.shape[1:]])

    before = tf.where(are_equal, tf.sign(rows), -1)
    same = tf.reshape(tf.cast(before, tf.float32), (1,))
    return [cut(value) for value in values], None if loss is None else cut(loss), same


def _equal_places(tf: Any, y: Any, p: Any) -> tuple[Any, Any, Any]:
    """Return targets and predictions cut to equal sizes, and whether they had them."""
    are_equal = tf.constant(True)
    for axis in range(1, min(len(y.shape), len(p.shape))):
        if None not in (y.shape[axis], p.shape[axis]):
            continue
        sizes = tf.shape(y)[axis], tf.shape(p)[axis]
        are_equal &= sizes[0] == sizes[1]
        size = tf.minimum(*sizes)
        known = y.shape[axis] or p.shape[axis]
        y, p = (_cut(tf, value, axis, size, known) for value in (y, p))
    return y, p, are_equal


def _cut(tf: Any, value: Any, axis: int, size: Any, known: int | None) -> Any:
    if value.shape[axis] is not None:
        # The other one is cut or, if it is shorter, filled: its size is known here.
        return value
    part = value[(slice(None),) * axis + (slice(0, size),)]
    if known is not None:
        missing = [[0, 0]] * len(value.shape)
        missing[axis] = [0, known - size]
        part = tf.pad(part, missing)
    shape = [*value.shape]
    shape[axis] = known
    return tf.ensure_shape(part, shape)
