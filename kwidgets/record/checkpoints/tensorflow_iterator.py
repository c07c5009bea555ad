"""Save and restore the state of an iterator of ``tf.data``, which knows the order of its data."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Final

#: The prefix of the files in the folder of a checkpoint.
PREFIX: Final = "iterator"
#: A shuffle keeps its buffer in the file. Beyond this size the batches are skipped instead.
MAX_BYTES: Final = 50_000_000


def save(iterator: Any, folder: Path) -> bool:
    """Write the state of ``iterator``; return whether that was possible.

    Operations such as ``tf.random.normal`` have a state that TensorFlow cannot save.
    """
    import tensorflow as tf

    try:
        tf.train.Checkpoint(iterator=iterator).write(str(folder / PREFIX))
    except tf.errors.OpError:
        _delete(folder)
        return False
    if sum(path.stat().st_size for path in folder.glob(f"{PREFIX}.*")) > MAX_BYTES:
        _delete(folder)
        return False
    return True


def restore(iterator: Any, folder: Path) -> None:
    """Bring ``iterator`` to where :func:`save` was called."""
    import tensorflow as tf

    tf.train.Checkpoint(iterator=iterator).read(str(folder / PREFIX)).assert_consumed()


def is_seeded() -> bool:
    """Return whether TensorFlow has a global seed, so that a program's order is always the same."""
    # There is no public function that tells. Where it has moved, the iterator's state is saved.
    with contextlib.suppress(Exception):
        from tensorflow.python.eager import context

        return context.global_seed() is not None
    return False


def _delete(folder: Path) -> None:
    for path in folder.glob(f"{PREFIX}.*"):
        path.unlink()
