"""Watch fits of Keras 2 as far as its interfaces go.

Its metrics and callbacks have other interfaces, and a learning rate that a schedule computes cannot
be overridden there. Nothing here imports it: only a user's model brings it.
"""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.keras2 import PACKAGE, is_keras2
from kwidgets.live.keras_internals.metric_sampler import MetricSampler, Source


class Keras2Hooks:
    """What Keras 2 asks of a callback in addition, for callbacks that derive from Keras 3's."""

    #: Logs may be tensors: it need not wait for them.
    _supports_tf_logs = True

    def _implements_train_batch_hooks(self) -> bool:
        return True

    def _implements_test_batch_hooks(self) -> bool:
        return True

    def _implements_predict_batch_hooks(self) -> bool:
        return False


class Keras2Sampler(MetricSampler):
    """Samples the means of a Keras 2 model; its other metrics have values of whole epochs only."""

    def _find_sources(self) -> None:
        known = {source.name: source for source in self._sources}
        self._sources, self._variables = [], []
        for metric in self._model.metrics:
            name = str(metric.name)
            is_mean = _is_mean(metric)
            start = len(self._variables)
            self._variables += [metric.total, metric.count] if is_mean else []
            source = Source(
                name=name,
                metric=metric,
                variables=list(range(start, len(self._variables))),
                kind="mean" if is_mean else "epoch",
            )
            if name in known:
                source.total, source.count = known[name].total, known[name].count
            self._sources.append(source)

    def _read_variables(self) -> list[Any]:
        return list(self._variables)

    def _to_floats(self, values: list[Any]) -> list[float]:
        return [float(value.numpy()) for value in values]


def _is_mean(metric: Any) -> bool:
    """Return whether a metric is a total divided by a count, by a method of Keras 2's own."""
    reduction = getattr(metric, "reduction", None)
    return (
        type(metric).result.__module__.partition(".")[0] == PACKAGE
        and getattr(reduction, "value", reduction) == "weighted_mean"
        and hasattr(metric, "total")
        and hasattr(metric, "count")
    )


def steps_per_execution(model: Any) -> int:
    """Return how many batches Keras runs between two hooks, for Keras 2 or 3."""
    name = "_steps_per_execution" if is_keras2(model) else "steps_per_execution"
    return int(getattr(model, name, 1) or 1)


def backend_name(model: Any) -> str:
    """Return the name of the backend that trains a model, for Keras 2 or 3."""
    return "tensorflow, Keras 2" if is_keras2(model) else str(keras.backend.backend())
