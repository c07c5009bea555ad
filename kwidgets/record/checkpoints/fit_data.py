"""The place of a running fit in its data: observe it, and go to it in another process.

``fit`` has one epoch iterator, an object of Keras's that yields the numbers of each step and the
iterator it draws from. We find it in the frame of ``fit`` that calls us, and give *this object*
another ``_enumerate_iterator``, which passes everything on and counts; it dies with the fit, so
that nothing has to be undone. To go on in the middle of an epoch, that generator begins at a later
step: the model, its step function and the other callbacks are not involved.

The order of data comes from random states, which are read when an epoch begins, or, of TensorFlow,
from the state of its iterator, or from how many iterators were made of a dataset.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import keras

from kwidgets.record.checkpoints import python_data, tensorflow_iterator
from kwidgets.record.checkpoints.random_state import read_random_state, set_random_state

DataKind = Literal["arrays", "tf.data", "PyDataset", "generator", "DataLoader", "grain", "other"]

_KINDS: dict[str, DataKind] = {
    "ArrayDataAdapter": "arrays",
    "TFDatasetAdapter": "tf.data",
    "PyDatasetAdapter": "PyDataset",
    "GeneratorDataAdapter": "generator",
    "TorchDataLoaderAdapter": "DataLoader",
    "GrainDatasetAdapter": "grain",
}


class DataPositionError(Exception):
    """The data cannot be brought to the place of a checkpoint: they are not the same."""


class FitData:
    """The data of a running fit.

    Args:
        epoch_iterator: Keras's, of the fit.
    """

    def __init__(self, epoch_iterator: Any) -> None:
        self._epochs = epoch_iterator
        self.adapter = epoch_iterator.data_adapter
        self.kind: DataKind = _KINDS.get(type(self.adapter).__name__, "other")
        self.steps_per_execution = int(epoch_iterator.steps_per_execution)
        self.on_tensorflow = keras.backend.backend() == "tensorflow"
        # What Python draws is drawn ahead by a thread of TensorFlow's.
        self.drawn_ahead = self.on_tensorflow and self.kind not in ("arrays", "tf.data")
        self._enumerate: Callable[[], Iterator[Any]] = epoch_iterator._enumerate_iterator
        self._make = epoch_iterator._get_iterator
        # The iterator that steps draw from, the batches drawn in earlier epochs and in this one.
        self._iterator: Any = None
        self._earlier_batches = 0
        self._batches = 0
        # The random state before anything of the iterator was drawn, and that of this epoch.
        self._random_at_birth: dict[str, Any] | None = None
        self._random_at_epoch: dict[str, Any] | None = None
        self._made = 0
        self._used = 0
        # In which epoch the last iterator was made, whether a step has drawn from it, and whether
        # that which the steps draw from was made at the end of an earlier epoch: PyTorch's draws a
        # random number when it is made, and another one when the first batch is drawn.
        self._made_in_epoch = 0
        self._is_unused = False
        self._made_early = False
        # Those before the fit was resumed included.
        self._epochs_begun = 0
        # For the next epoch, of a fit that is resumed.
        self._prepared: Iterator[Any] | None = None
        self._random_for_epoch: dict[str, Any] | None = None

    @classmethod
    def find(cls) -> FitData | None:
        """Return the data of the ``fit`` that is calling us, or None. Within its callbacks."""
        found = find_epoch_iterator()
        return None if found is None else cls(found)

    @property
    def shuffle(self) -> bool | str:
        """Keras's argument of that name, as far as the data heed it."""
        names = ("_shuffle", "shuffle")
        found = next((vars(self.adapter)[n] for n in names if n in vars(self.adapter)), False)
        return found if isinstance(found, str) else bool(found)

    @property
    def source(self) -> Any:
        """The object of the user's that Python asks for batches, or None."""
        names = ("py_dataset", "_dataloader")
        return next((vars(self.adapter)[n] for n in names if n in vars(self.adapter)), None)

    def watch(self) -> None:
        """Count what the steps draw from now on. In ``on_train_begin``."""
        self._epochs._enumerate_iterator = self._epoch
        self._epochs._get_iterator = self._counted_iterator

    @property
    def long_lived(self) -> bool:
        """Whether the epochs go on where the earlier one ended, by ``steps_per_epoch``."""
        return bool(self._epochs.steps_per_epoch)

    def place(self, folder: Path | None = None, ended: bool = False) -> dict[str, Any]:
        """Return the place in the data: plain values and arrays. In ``on_train_batch_begin``.

        Args:
            folder: for the state of TensorFlow's iterator, if that is needed. Without it there is
                no way back in another process.
            ended: whether the last epoch has ended, and the place is the next one's begin.
        """
        if ended:
            random_now: dict[str, Any] | None = read_random_state()
            made_early = self.long_lived and self._is_unused
            goes_on = self.long_lived and not made_early
            earlier, drawn = (self._earlier_batches + self._batches if goes_on else 0), 0
        else:
            made_early = self.long_lived and self._made_early
            random_now = self._random_at_epoch
            # The step that begins has been counted.
            earlier, drawn = self._earlier_batches, self._batches - self.steps_per_execution
        place: dict[str, Any] = {
            "kind": self.kind,
            "epoch_batches": drawn,
            "earlier_batches": earlier,
            "made_early": made_early,
            "made": self._made,
            "used": self._used,
            "num_batches": self._epochs._num_batches,
            "steps_per_execution": self.steps_per_execution,
            "seed": tensorflow_iterator.global_seed() if self.on_tensorflow else None,
            "epochs": self._epochs_begun - (not ended),
            "own_state": python_data.read_state(self.source),
            "random_at_birth": self._random_at_birth if self.long_lived else None,
            "random_at_epoch": random_now,
            "iterator": False,
        }
        if folder is not None and not ended and self._needs_iterator_state():
            place["iterator"] = tensorflow_iterator.save(self._iterator, folder)
        return place

    def element_spec(self) -> Any:
        """Return what a batch looks like if the data are a dataset of TensorFlow's, or None."""
        return self._epochs._distributed_dataset.element_spec if self.on_tensorflow else None

    def go_to(
        self,
        place: dict[str, Any],
        folder: Path,
        on_batch: Callable[[int, int], None] | None = None,
    ) -> None:
        """Let the next epoch begin at ``place``. In ``on_train_begin``, after :meth:`watch`.

        Args:
            place: what :meth:`place` has returned.
            folder: that of the checkpoint.
            on_batch: called with how many batches have been skipped, and of how many.

        Raises:
            DataPositionError: there are not so many batches, or the steps have other sizes.
        """
        before = read_random_state()
        try:
            self._go_to(place, folder, on_batch)
        except BaseException as error:
            self.start_over()
            set_random_state(before)
            if isinstance(error, StopIteration):
                raise DataPositionError from None
            raise

    def _go_to(
        self, place: dict[str, Any], folder: Path, on_batch: Callable[[int, int], None] | None
    ) -> None:
        earlier, drawn = place["earlier_batches"], place["epoch_batches"]
        if drawn % self.steps_per_execution:
            raise DataPositionError
        if self._epochs._num_batches is None:
            self._epochs._num_batches = place["num_batches"]
        python_data.go_to_epoch(self.source, place["epochs"], place["own_state"])
        self._epochs_begun = place["epochs"]
        self._make_iterators(place)
        self._random_for_epoch = place["random_at_epoch"]
        made_early = place.get("made_early", False)
        if not (earlier or drawn or place["iterator"]):
            if made_early:
                self._epochs._current_iterator = iter(self._epochs._get_iterator())
            return
        skip = _Skip(place["iterator"], folder, earlier + drawn, on_batch)
        at_birth = place["random_at_birth"] or place["random_at_epoch"]
        set_random_state(at_birth)
        if earlier or made_early:
            iterator = iter(self._epochs._get_iterator())
            if made_early:
                set_random_state(at_birth)
            skip.batches(iterator, earlier)
            self._epochs._current_iterator = iterator
            self._epochs._steps_seen = earlier
        if earlier:
            self._adopt(iterator)
            self._earlier_batches = earlier
            self._random_at_birth = place["random_at_birth"]
            self._made_early = made_early
        if drawn or place["iterator"]:
            self._prepared = self._skipped_epoch(drawn, skip)
        # Where a thread draws ahead, it goes on drawing now.
        self._random_for_epoch = None if self.drawn_ahead else read_random_state()

    def start_over(self) -> None:
        """Let the next epoch begin at its first batch after all."""
        self._prepared = self._random_for_epoch = self._iterator = None
        self._earlier_batches = self._batches = self._epochs_begun = 0
        self._is_unused = self._made_early = False
        self._epochs._current_iterator = self._epochs._epoch_iterator = None
        self._epochs._steps_seen = 0
        self._epochs._num_batches = self.adapter.num_batches
        if getattr(self.adapter, "_within_epoch", False):
            self.adapter.on_epoch_end()

    def release(self) -> None:
        """Drop the references to the data: the fit has ended."""
        self._epochs = self.adapter = self._iterator = self._prepared = None
        self._enumerate = self._make = None  # type: ignore[assignment]

    def _epoch(self) -> Iterator[Any]:
        """Yield what Keras's own method yields, and count."""
        if self._random_for_epoch is not None:
            set_random_state(self._random_for_epoch)
            self._random_for_epoch = None
        steps, self._prepared = self._prepared, None
        if steps is None:
            self._random_at_epoch = read_random_state()
            self._earlier_batches += self._batches
            self._batches = 0
            self._epochs_begun += 1
            steps = self._enumerate()
        for step in steps:
            if step[2] is not self._iterator:
                self._adopt(step[2])
            self._batches += self.steps_per_execution
            yield step

    def _adopt(self, iterator: Any) -> None:
        self._iterator = iterator
        self._earlier_batches = self._batches = 0
        self._random_at_birth = self._random_at_epoch
        self._made_early = self._made_in_epoch < self._epochs_begun
        self._is_unused = False
        self._used += 1

    def _counted_iterator(self) -> Any:
        self._made += 1
        self._made_in_epoch = self._epochs_begun
        self._is_unused = True
        return self._make()

    def _skipped_epoch(self, batches: int, skip: _Skip) -> Iterator[Any]:
        """Return the steps of an epoch after its first ``batches``."""
        steps = self._enumerate()
        self._random_at_epoch = read_random_state()
        self._epochs_begun += 1
        done = 0
        for step in steps:
            if step[2] is not self._iterator:
                self._adopt(step[2])
            if done >= batches:
                skip.restore(step[2])
                return _with_first(step, steps)
            skip.batches(step[2], self.steps_per_execution)
            done += self.steps_per_execution
            self._batches = done
        raise StopIteration

    def _needs_iterator_state(self) -> bool:
        """Return whether the order of the data is known to TensorFlow's iterator only."""
        if not self.on_tensorflow or self.drawn_ahead or self._iterator is None:
            return False
        if self.kind == "tf.data":
            return True
        return (
            bool(self.shuffle)
            and self.shuffle != "batch"
            and tensorflow_iterator.global_seed() is None
        )

    def _make_iterators(self, place: dict[str, Any]) -> None:
        """Make as many iterators of a dataset as there were: a shuffle counts them."""
        if self.kind != "tf.data":
            return
        # That of the place itself is made when it is reached.
        wanted = place["made" if self.on_tensorflow else "used"] - 1
        dataset = self.adapter.get_tf_dataset()
        for _ in range(wanted - self._made):
            iter(dataset)
        self._made = self._used = max(wanted, self._made)


class _Skip:
    """Draws what a fit has seen already, or takes the iterator's own state for it."""

    def __init__(
        self,
        has_state: bool,
        folder: Path,
        batches: int,
        on_batch: Callable[[int, int], None] | None,
    ) -> None:
        self._folder = folder if has_state else None
        self._done, self._all = 0, batches
        self._on_batch = on_batch

    def batches(self, iterator: Any, number: int) -> None:
        if self._folder is not None:
            return
        for _ in range(number):
            next(iterator)
            self._done += 1
            if self._on_batch is not None:
                self._on_batch(self._done, self._all)

    def restore(self, iterator: Any) -> None:
        if self._folder is not None:
            tensorflow_iterator.restore(iterator, self._folder)


def _with_first(first: Any, others: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from others


def find_epoch_iterator() -> Any:
    """Return the epoch iterator of the ``fit`` that is calling us, or None. In its callbacks."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if frame.f_code.co_name == "fit" and module.startswith("keras."):
            found = frame.f_locals.get("epoch_iterator")
            return found if _is_known(found) else None
        frame = frame.f_back
    return None


def _is_known(epoch_iterator: Any) -> bool:
    """Return whether an object is the epoch iterator as we know it."""
    names = ("_enumerate_iterator", "_get_iterator", "data_adapter", "reset", "_current_iterator")
    return (
        epoch_iterator is not None
        and all(hasattr(epoch_iterator, name) for name in names)
        and inspect.isgeneratorfunction(type(epoch_iterator)._enumerate_iterator)
    )
