"""What is known of the layers of a model in training: readings, findings and the verdict."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from kwidgets.insight.layers.findings import LayerFinding, find
from kwidgets.insight.layers.measurement import Measurement
from kwidgets.insight.layers.readings import Reading
from kwidgets.insight.layers.verdict import Verdict
from kwidgets.language import Message, translated

if TYPE_CHECKING:
    import pandas as pd

#: Readings that are kept for the page, and those at the ends of epochs.
LATEST: Final = 30
MAX_EPOCHS: Final = 400


class Layers:
    """The layers of a model, at the end of each epoch and while the tab Layers is open.

    ``layers.latest["dense"].norm`` is one figure, ``layers[3]`` the reading after epoch 3, counted
    as in the charts, ``layers.to_pandas()`` a table of all. ``layers.findings`` says what is wrong,
    and ``layers.verdict`` where a NaN came from.

    Can be read from any thread, also while the model trains.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._epochs: dict[int, Reading] = {}
        self._latest: collections.deque[Reading] = collections.deque(maxlen=LATEST)
        self._measured: Measurement | None = None
        self._verdict: Verdict | None = None
        #: Why there are no readings; None while there are, or may be.
        self.reason: Message | None = None
        self._measure: Callable[[], Measurement] | None = None

    def __repr__(self) -> str:
        with self._lock:
            if not self._latest:
                why = "" if self.reason is None else f": {translated(self.reason)}"
                return f"<Layers: no reading{why}>"
            latest = self._latest[-1]
        found = "; ".join(finding.title for finding in self.findings)
        return f"<Layers: {len(latest.layers)} layers at step {latest.step:,}; {found or 'fine'}>"

    def __len__(self) -> int:
        return len(self._epochs)

    def __iter__(self) -> Iterator[Reading]:
        with self._lock:
            return iter([self._epochs[epoch] for epoch in sorted(self._epochs)])

    def __getitem__(self, epoch: int) -> Reading:
        with self._lock:
            if epoch not in self._epochs:
                known = ", ".join(map(str, sorted(self._epochs))) or "none"
                raise KeyError(f"No reading after epoch {epoch}. The epochs are {known}.")
            return self._epochs[epoch]

    @property
    def latest(self) -> Reading:
        """The newest reading.

        Raises:
            KeyError: there is none yet.
        """
        with self._lock:
            if not self._latest:
                why = "" if self.reason is None else f" {translated(self.reason)}"
                raise KeyError(f"The layers have not been read yet.{why}")
            return self._latest[-1]

    @property
    def readings(self) -> list[Reading]:
        """The last readings, oldest first, at most 30."""
        with self._lock:
            return list(self._latest)

    @property
    def findings(self) -> list[LayerFinding]:
        """What is wrong with the layers, worst first; empty if nothing is."""
        with self._lock:
            measured = None if self._measured is None else self._measured.by_name
            known = self._verdict is not None and self._verdict.is_known
            return find(list(self._latest), measured, is_cause_known=known)

    @property
    def verdict(self) -> Verdict | None:
        """Where a NaN in the loss came from; None without one."""
        return self._verdict

    @property
    def measured(self) -> Measurement | None:
        """The gradients and activations that were measured last; None if they never were."""
        return self._measured

    def measure(self) -> Measurement:
        """Measure the gradients and activations of one batch; every variable stays as it was.

        During a training this waits for the next step, and takes about a second the first time.

        Raises:
            RuntimeError: the model cannot be measured; the message says why.
        """
        if self._measure is None:
            raise RuntimeError("Nothing to measure: the training has not begun.")
        return self._measure()

    def to_pandas(self) -> pd.DataFrame:
        """Return a table with a row for each layer after each epoch.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas as pd

        names = (
            *("name", "class_name", "size", "norm", "update", "gradient", "zeros", "finite"),
            "trainable",
        )
        rows: list[dict[str, Any]] = [
            {"epoch": reading.epoch, "step": reading.step}
            | {name: getattr(layer, name) for name in names}
            for reading in self
            for layer in reading.layers
        ]
        return pd.DataFrame(rows, columns=["epoch", "step", *names])

    # For the observer of the training.

    def add(self, reading: Reading, ends_epoch: bool) -> None:
        """Add a reading; ``ends_epoch`` says whether it is kept for its epoch."""
        with self._lock:
            self._latest.append(reading)
            if ends_epoch:
                self._epochs[reading.epoch] = reading
                for old in sorted(self._epochs)[: max(0, len(self._epochs) - MAX_EPOCHS)]:
                    del self._epochs[old]

    def set_measured(self, measured: Measurement) -> None:
        """Keep what was measured last."""
        self._measured = measured

    def set_verdict(self, verdict: Verdict | None) -> None:
        """Keep where a NaN came from."""
        self._verdict = verdict

    def measure_with(self, measure: Callable[[], Measurement]) -> None:
        """Let :meth:`measure` call ``measure``."""
        self._measure = measure

    def go_back(self, step: int, epoch: int) -> None:
        """Drop what was read later: the training was rewound."""
        with self._lock:
            kept = [reading for reading in self._latest if reading.step <= step]
            self._latest.clear()
            self._latest.extend(kept)
            for later in [number for number in self._epochs if number > epoch]:
                del self._epochs[later]
            self._verdict = None
