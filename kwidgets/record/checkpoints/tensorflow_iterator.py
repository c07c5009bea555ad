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


def global_seed() -> int | None:
    """Return TensorFlow's global seed, with which the order of a program is always the same."""
    # There is no public function that tells. Where it has moved, the iterator's state is saved.
    with contextlib.suppress(Exception):
        from tensorflow.python.eager import context

        seed = context.global_seed()
        return None if seed is None else int(seed)
    return None


def has_unseeded_shuffle(dataset: Any) -> bool | None:
    """Return whether ``dataset`` shuffles without a seed; None if that cannot be known."""
    try:
        if type(dataset).__name__ == "_ShuffleDataset":
            seeds = (int(dataset._seed), int(dataset._seed2))
            if seeds == (0, 0):  # that is how TensorFlow says "none"
                return True
        return any(has_unseeded_shuffle(source) for source in dataset._inputs())
    except Exception:  # private names
        return None


def _delete(folder: Path) -> None:
    for path in folder.glob(f"{PREFIX}.*"):
        path.unlink()
