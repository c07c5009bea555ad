"""Collect the values that a training loop logs, and convert them only when they are shown.

Converting a value that a device computes waits for the device. So numbers are added up at once, and
tensors are kept until the next sample, which converts them together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal

from kwidgets.language import t
from kwidgets.live.loop.tensors import kind_of, to_floats
from kwidgets.live.protocol import MetricInfo

logger = logging.getLogger("kwidgets")

# The most tensors of a metric that are kept between two samples: of more, evenly spaced ones.
MAX_KEPT = 64


class _Series:
    """The values of one metric."""

    __slots__ = ("count", "epoch_count", "epoch_total", "kept", "skip", "stride", "total")

    def __init__(self) -> None:
        # Since the last sample: of the numbers; and every stride-th of the tensors.
        self.total = 0.0
        self.count = 0
        self.kept: list[Any] = []
        self.stride = 1
        self.skip = 0
        # Since the epoch began.
        self.epoch_total = 0.0
        self.epoch_count = 0

    def add(self, number: float | None) -> None:
        if number is not None:
            self.total += number
            self.count += 1

    def keep(self, tensor: Any) -> None:
        if self.skip:
            self.skip -= 1
            return
        self.kept.append(tensor)
        self.skip = self.stride - 1
        if len(self.kept) == MAX_KEPT:
            del self.kept[1::2]
            self.stride *= 2
            self.skip = self.stride - 1

    def take(self, tensors: list[float]) -> float | None:
        """Return the mean since the last call, of which ``tensors`` are the kept ones."""
        count = self.count + len(tensors) * self.stride
        total = self.total + sum(tensors) * self.stride
        self.total, self.count = 0.0, 0
        self.kept.clear()
        self.stride, self.skip = 1, 0
        if not count:
            return None
        self.epoch_total += total
        self.epoch_count += count
        return total / count


class LoggedValues:
    """The values of one loop. To be used on the training thread.

    Args:
        direction_of: returns whether lower or higher values of a metric are better.
        notices: gets a sentence for each name whose value cannot be shown.
    """

    def __init__(
        self,
        direction_of: Callable[[str], Literal["min", "max"] | None],
        notices: dict[str, str],
    ) -> None:
        self._notices = notices
        self._direction_of = direction_of
        self._series: dict[str, _Series] = {}
        self._kinds: dict[type, str] = {float: "number", int: "number"}

    def add(self, values: Mapping[str, Any]) -> None:
        """Add the values of one step."""
        for name, value in values.items():
            series = self._series.get(name)
            if series is None:
                series = self._series[name] = _Series()
            kind = self._kinds.get(type(value))
            if kind is None:
                kind = self._kinds[type(value)] = kind_of(type(value))
            if kind == "number":
                try:
                    series.total += float(value)
                    series.count += 1
                except Exception:  # an integer beyond float64, or a class of the user's own
                    series.add(self.convert(name, value))
            elif kind == "tensor":
                series.keep(value)
            elif kind == "torch":
                series.keep(value.detach().clone())  # PyTorch's may change in place
            elif value is not None:
                series.add(self.convert(name, value))

    def convert(self, name: str, value: Any) -> float | None:
        """Return ``value`` as a float now; None, with a notice, if it is no number."""
        try:
            [number] = to_floats([value])
        except Exception as error:
            self._note(name, error)
            return None
        return number

    def describe(self) -> list[MetricInfo]:
        return [self.info(name, "mean") for name in self._series]

    def info(self, name: str, kind: Literal["mean", "epoch"]) -> MetricInfo:
        """Return the description of a metric."""
        return MetricInfo(name=name, kind=kind, direction=self._direction_of(name), group=None)

    def start_epoch(self) -> None:
        for series in self._series.values():
            series.epoch_total, series.epoch_count = 0.0, 0

    def sample(self) -> dict[str, float]:
        """Return each metric's mean over the steps since the last sample."""
        sampled: dict[str, float] = {}
        for name, series in self._series.items():
            mean = series.take(self._converted(name, series.kept))
            if mean is not None:
                sampled[name] = mean
        return sampled

    def epoch_means(self) -> dict[str, float]:
        """Return each metric's mean over the steps of the epoch."""
        self.sample()
        return {
            name: series.epoch_total / series.epoch_count
            for name, series in self._series.items()
            if series.epoch_count
        }

    def _converted(self, name: str, tensors: list[Any]) -> list[float]:
        if not tensors:
            return []
        try:
            return to_floats(tensors)
        except Exception as error:
            self._note(name, error)
            return []

    def _note(self, name: str, error: Exception) -> None:
        if name not in self._notices:
            self._notices[name] = t("Cannot show %1: %2", name, error)
            logger.warning("Cannot show %s: %s", name, error)
