"""What a model predicted, epoch by epoch: ``live.predictions``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from numpy.typing import NDArray

from kwidgets.insight.predictions.classification import ClassTable
from kwidgets.insight.predictions.epoch import ClassFigures, EpochPredictions, SamplePrediction
from kwidgets.language import Message, translated

if TYPE_CHECKING:
    import pandas as pd

    from kwidgets.insight.predictions.epoch import Explain

#: The most bytes of all epochs; then the oldest are dropped, but for the best and the latest.
MAX_BYTES: Final = 48_000_000
#: Epochs whose class figures are kept for the sparklines, and their most values.
MAX_HISTORY: Final = 400
MAX_HISTORY_VALUES: Final = 400_000


class Predictions:
    """What a model predicted on the validation data, epoch by epoch.

    The newest epoch is shown: ``predictions.confusion`` is that of ``predictions.latest``. Another
    one is ``predictions[3]``, counted as in the charts. Per sample, a classification takes about 20
    bytes an epoch: 48 MB of the newest epochs are kept, and the best one, to which the page can
    walk; figures are kept of all.

    Can be read from any thread, also while the model trains.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        # By epoch, then by output.
        self._epochs: dict[int, dict[str, EpochPredictions]] = {}
        self._figures: dict[str, dict[int, dict[str, float]]] = {}
        self._classes: dict[str, dict[int, ClassTable]] = {}
        #: Why there are none; None while there are, or may be.
        self.reason: Message | None = None
        #: Explains single predictions; None where nothing does.
        self.explainer: Explain | None = None

    def __repr__(self) -> str:
        if not self._epochs:
            why = "" if self.reason is None else f": {translated(self.reason)}"
            return f"<Predictions: none{why}>"
        return f"<Predictions: epochs {', '.join(map(str, self.epochs))}; {self.latest!r}>"

    def __len__(self) -> int:
        return len(self._epochs)

    def __iter__(self) -> Iterator[EpochPredictions]:
        return iter([self[epoch] for epoch in self.epochs])

    def __getitem__(self, epoch: int) -> EpochPredictions:
        return self.at(epoch)

    @property
    def epochs(self) -> list[int]:
        """The epochs that are kept, oldest first."""
        with self._lock:
            return sorted(self._epochs)

    @property
    def outputs(self) -> list[str]:
        """The names of the model's outputs that can be read."""
        with self._lock:
            return list(self._epochs[max(self._epochs)]) if self._epochs else []

    def at(self, epoch: int | None = None, output: str | None = None) -> EpochPredictions:
        """Return what was predicted after an epoch.

        Args:
            epoch: counted as in the charts; None for the newest.
            output: the name of an output; None for the first.

        Raises:
            KeyError: it is not kept, or there are no predictions.
        """
        with self._lock:
            if not self._epochs:
                why = "" if self.reason is None else f" {translated(self.reason)}"
                raise KeyError(f"There are no predictions yet.{why}")
            number = max(self._epochs) if epoch is None else epoch
            if number not in self._epochs:
                kept = ", ".join(map(str, self.epochs))
                raise KeyError(f"Epoch {number} is not kept. The kept epochs are {kept}.")
            outputs = self._epochs[number]
            name = next(iter(outputs)) if output is None else output
            if name not in outputs:
                raise KeyError(f"No output {name!r}. The outputs are {', '.join(outputs)}.")
            return outputs[name]

    @property
    def latest(self) -> EpochPredictions:
        """Those after the newest epoch; of several outputs, the first."""
        return self.at()

    @property
    def best(self) -> EpochPredictions:
        """Those of the epoch with the best main figure, such as accuracy or RMSE."""
        return self.at(self.best_epoch())

    @property
    def confusion(self) -> NDArray[Any] | None:
        """Counts of (true, predicted) after the newest epoch, (classes, classes)."""
        return self.latest.confusion

    @property
    def classes(self) -> list[ClassFigures]:
        """The figures of the classes after the newest epoch."""
        return self.latest.classes

    @property
    def mistakes(self) -> list[SamplePrediction]:
        """The worst mistakes after the newest epoch."""
        return self.latest.mistakes

    @property
    def figures(self) -> dict[str, float]:
        """The figures after the newest epoch, such as accuracy or R²."""
        return self.latest.figures

    def to_pandas(self, epoch: int | None = None, output: str | None = None) -> pd.DataFrame:
        """Return a table with a row a sample, after an epoch; None for the newest.

        Raises:
            ImportError: pandas is not installed.
        """
        return self.at(epoch, output).to_pandas()

    def history(self, output: str | None = None) -> dict[int, dict[str, float]]:
        """Return the figures after each epoch, by epoch, also of those that are not kept."""
        with self._lock:
            name = next(iter(self._figures), "") if output is None else output
            return {epoch: dict(found) for epoch, found in self._figures.get(name, {}).items()}

    # For the page.

    def class_history(self, output: str) -> dict[int, ClassTable]:
        """Return the figures of the classes after each epoch, by epoch."""
        with self._lock:
            return dict(self._classes.get(output, {}))

    def best_epoch(self, output: str | None = None) -> int | None:
        """Return the kept epoch with the best main figure; None without any."""
        with self._lock:
            scores = []
            for epoch, outputs in self._epochs.items():
                found = outputs.get(output or next(iter(outputs)))
                if found is not None and found.figure_values:
                    figure = found.figure_values[0]
                    sign = 1 if figure.direction == "max" else -1
                    value = sign * figure.value
                    scores.append((value if value == value else float("-inf"), epoch))
            return max(scores)[1] if scores else None

    def add(self, found: list[EpochPredictions]) -> None:
        """Add the outputs of an epoch, and drop the oldest epochs beyond MAX_BYTES."""
        if not found:
            return
        with self._lock:
            epoch = found[0].epoch
            self._epochs[epoch] = {each.output: each for each in found}
            for each in found:
                each.explainer = self.explainer
                self._figures.setdefault(each.output, {})[epoch] = each.figures
                table = each.results.table()
                tables = self._classes.setdefault(each.output, {})
                if table is not None:
                    tables[epoch] = table
                most = min(MAX_HISTORY, MAX_HISTORY_VALUES // max(1, len(each.class_names)))
                for old in sorted(tables)[: max(0, len(tables) - max(2, most))]:
                    del tables[old]
            self._drop()

    def _drop(self) -> None:
        sizes = {
            epoch: sum(each.results.nbytes() for each in outputs.values())
            for epoch, outputs in self._epochs.items()
        }
        total, best, newest = sum(sizes.values()), self.best_epoch(), max(self._epochs)
        for epoch in sorted(self._epochs):
            if total <= MAX_BYTES:
                return
            if epoch not in (best, newest, newest - 1):
                total -= sizes[epoch]
                del self._epochs[epoch]

    def drop_after(self, epoch: int) -> None:
        """Drop later epochs: the training was rewound."""
        with self._lock:
            tables: list[dict[int, Any]] = [
                self._epochs,
                *self._figures.values(),
                *self._classes.values(),
            ]
            for table in tables:
                for later in [number for number in table if number > epoch]:
                    del table[later]
