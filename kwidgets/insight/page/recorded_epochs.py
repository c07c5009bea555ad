"""Keep some epochs of the predictions in short, for the file of a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Final

from kwidgets.insight.page import encode
from kwidgets.insight.page.encode import MAX_MATRIX
from kwidgets.insight.predictions.epoch import EpochPredictions
from kwidgets.insight.predictions.history import Predictions
from kwidgets.insight.protocol import Details, Insight
from kwidgets.language import Message

#: A page keeps 24 epochs; the best and the newest are recorded with their mistakes.
MAX_EPOCHS: Final = 22
EPOCH_BYTES: Final = 2_000
_PAIRS: Final = 20


class RecordedEpochs:
    """Short forms of epochs, spread over the whole training. Used by one thread at a time.

    They outlive the predictions in memory, of which only the newest 48 MB are kept.
    """

    def __init__(self) -> None:
        self._parts: dict[tuple[str, int], Insight] = {}
        # Every so many epochs are kept; doubled when there are too many.
        self._stride = 1

    def update(
        self,
        epochs: Iterable[int],
        outputs: list[str],
        make: Callable[[int, str], Insight | None],
    ) -> list[Insight]:
        """Return the short forms that are kept, oldest first.

        Args:
            epochs: those whose predictions are in memory.
            outputs: the names of the model's outputs.
            make: makes the short form of an epoch; None where there is none.
        """
        known = {epoch for _, epoch in self._parts}
        most = max(2, MAX_EPOCHS // max(1, len(outputs)))
        wanted = known | set(epochs)
        while len([epoch for epoch in wanted if self._is_kept(epoch)]) > most:
            self._stride *= 2
        self._parts = {key: part for key, part in self._parts.items() if self._is_kept(key[1])}
        for epoch in sorted(wanted - known):
            for output in outputs if self._is_kept(epoch) else []:
                part = make(epoch, output)
                if part is not None:
                    self._parts[output, epoch] = part
        return [self._parts[key] for key in sorted(self._parts, key=lambda key: key[1])]

    def drop_after(self, epoch: int) -> None:
        """Forget later epochs: the training was rewound."""
        self._parts = {key: part for key, part in self._parts.items() if key[1] <= epoch}

    def _is_kept(self, epoch: int) -> bool:
        return (epoch - 1) % self._stride == 0


def short_details(
    shown: EpochPredictions, predictions: Predictions, names_from: Message | None
) -> Details | None:
    """Return the matrix and the classes of an epoch in at most ``EPOCH_BYTES``; None if too long.

    Args:
        shown: the epoch.
        predictions: those of all epochs.
        names_from: where the names of the classes come from.
    """
    results = shown.results
    found = Details(mistakes=[], mistake_count=len(results.mistakes()), watched=[])
    table, counts = results.table(), results.confusion()
    if table is not None and len(table.support) <= 2 * MAX_MATRIX:
        found["classes"] = encode.classes_table(shown, table, predictions, names_from)
        # The newest epoch has them all; the scores are long.
        found["classes"]["history"] = [[] for _ in shown.class_names]
        found["classes"].pop("scores", None)
    if counts is not None:
        matrix = encode.confusion(shown, None, counts, [])
        pairs = encode.confusion(shown, None, None, results.pairs()[:_PAIRS])
        for each in [matrix, pairs] if "counts_u32" in matrix else [pairs]:
            found["confusion"] = each
            without_classes = found.copy()
            without_classes.pop("classes", None)
            for details in (found, without_classes):
                if _fits(details):
                    return details
        found.pop("confusion")
    return found if _fits(found) else None


def _fits(details: Details) -> bool:
    return len(json.dumps(details)) <= EPOCH_BYTES
