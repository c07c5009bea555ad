"""Sample the metrics of a running fit, without ``on_train_batch_end`` and with one device sync.

Keras's batch logs are running averages since the epoch's start. Its mean-type metrics keep a total
and a count, so the difference of both between two samples gives the exact mean over the batches in
between. Keras's other metrics (AUC, Precision …) have no such form: their running value is taken.
A metric of the user's own has its values at the end of each epoch only: no method of it is called
that Keras would not call.
"""

from __future__ import annotations

import collections
import dataclasses
import math
from typing import Any, Literal

import keras
import numpy as np

from kwidgets.live.keras_internals.variable_values import local_value
from kwidgets.live.protocol import MetricInfo


@dataclasses.dataclass
class Source:
    """One curve: its metric, the positions of the metric's variables, and their last values."""

    name: str
    metric: keras.Metric
    variables: list[int]  # positions in model.metrics_variables
    kind: Literal["mean", "running", "epoch"]
    total: float = 0.0
    count: float = 0.0


class MetricSampler:
    """Samples the metrics of the model that a fit trains. To be used on the training thread."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._sources: list[Source] = []
        self._variables: list[keras.Variable] = []
        # The search visits all layers: once an epoch, not at every sample.
        self._sources_found = False

    def describe(self) -> list[MetricInfo]:
        """Return the metrics found in the model, in Keras's order."""
        self._find_sources()
        return [
            MetricInfo(
                name=source.name,
                kind=source.kind,
                direction=direction_of(source.name, source.metric),
                group=group_of(source.name, self._model),
            )
            for source in self._sources
        ]

    def start_epoch(self) -> None:
        """Forget the totals: Keras resets its metrics when an epoch begins."""
        self._sources_found = False
        for source in self._sources:
            source.total = source.count = 0.0

    def sample(self) -> dict[str, float]:
        """Return each metric over the batches since the last sample, or running, by name.

        A mean with no new batch is left out.
        """
        if not self._sources_found:
            self._find_sources()
            self._sources_found = True
        values = self._read_variables()
        # One transfer for all means; the others are computed by the metric itself.
        means = [source for source in self._sources if source.kind == "mean"]
        scalars = self._to_floats([values[i] for source in means for i in source.variables])
        sampled: dict[str, float] = {}
        for i, source in enumerate(means):
            total, count = scalars[2 * i], scalars[2 * i + 1]
            new_count = count - source.count
            if new_count > 0 or not math.isfinite(new_count):
                sampled[source.name] = (total - source.total) / new_count
            source.total, source.count = total, count
        for source in self._sources:
            if source.kind == "running":
                result = source.metric.stateless_result([values[i] for i in source.variables])
                if not isinstance(result, dict) and len(getattr(result, "shape", ())) == 0:
                    sampled[source.name] = float(result)
        return {s.name: sampled[s.name] for s in self._sources if s.name in sampled}

    def _read_variables(self) -> list[Any]:
        # While a JAX epoch runs, the variables are empty and the trainer has the state.
        # Callback.model would re-attach it, which takes twice the time of a step.
        state = getattr(self._model, "_jax_state", None)
        if state and not getattr(self._model, "_jax_state_synced", True):
            return list(map(local_value, state["metrics_variables"]))
        return [local_value(variable.value) for variable in self._variables]

    def _to_floats(self, values: list[Any]) -> list[float]:
        """Return the backend's scalars as Python floats, with one transfer."""
        if not values:
            return []
        backend = keras.backend.backend()
        if backend == "jax":
            import jax

            # As jax.device_get does, in a fifth of its time. A CPU has nothing to copy, and the
            # calls would take longer than the rest of the sample.
            if jax.default_backend() != "cpu":
                for value in values:
                    if hasattr(value, "copy_to_host_async"):
                        value.copy_to_host_async()
            return [float(np.asarray(value)) for value in values]
        if backend == "torch":
            import torch

            return [float(value) for value in torch.stack([v.detach() for v in values]).tolist()]
        # Under a tf.distribute strategy a variable has a part on each replica, which reading joins.
        return [float(v.read_value() if hasattr(v, "read_value") else v) for v in values]

    def _find_sources(self) -> None:
        """Build the list of curves again if the model's metrics changed, as in the first step."""
        variables = self._model.metrics_variables
        if self._sources and list(map(id, variables)) == list(map(id, self._variables)):
            return
        self._variables = variables
        position = {id(variable): i for i, variable in enumerate(variables)}
        known = {source.name: source for source in self._sources}
        self._sources = []
        for name, metric in named_metrics(self._model):
            if not all(id(variable) in position for variable in metric.variables):
                continue
            kind = _kind_of(metric)
            source = Source(
                name=name,
                metric=metric,
                variables=(
                    [position[id(metric.total)], position[id(metric.count)]]
                    if kind == "mean"
                    else [position[id(variable)] for variable in metric.variables]
                ),
                kind=kind,
            )
            if name in known:
                source.total, source.count = known[name].total, known[name].count
            self._sources.append(source)


def named_metrics(model: keras.Model) -> list[tuple[str, keras.Metric]]:
    """Return the model's metrics under the names that Keras's logs give them."""
    named: list[tuple[str, keras.Metric]] = []
    for metric in model.metrics:
        if type(metric).__name__ != "CompileMetrics":
            named.append((metric.name, metric))
        elif getattr(metric, "built", True):  # before the first step it is not
            named.extend(_compiled_metrics(metric))
    return named


def _compiled_metrics(compiled: Any) -> list[tuple[str, keras.Metric]]:
    """Return the metrics given to ``compile`` under the names that ``compiled.result()`` gives.

    It prefixes a metric with its output's name and numbers duplicates. Calling it would call
    ``result`` of the user's own metrics too, once more than without us.
    """
    named: dict[str, keras.Metric] = {}
    times: collections.Counter[str] = collections.Counter()
    groups = [(group, "") for group in compiled._flat_metrics if group]
    groups += [(group, "weighted_") for group in compiled._flat_weighted_metrics if group]
    for group, prefix in groups:
        output = f"{group.output_name}_" if group.output_name else ""
        for metric in group.metrics:
            name = f"{output}{metric.name}"
            if times[name] and prefix:
                name = f"{output}{prefix}{metric.name}"
            times[name] += 1
            named[f"{name}_{times[name] - 1}" if times[name] > 1 else name] = metric
    return list(named.items())


def _kind_of(metric: keras.Metric) -> Literal["mean", "running", "epoch"]:
    if type(metric).result is keras.metrics.Mean.result:
        return "mean"
    is_keras = type(metric).__module__.partition(".")[0] == "keras"
    return "running" if is_keras else "epoch"


def direction_of(name: str, metric: keras.Metric | None) -> Any:
    """Return whether lower ("min") or higher ("max") is better, or None if that is not known."""
    # Keras 3 metrics have it (``_direction``); losses are a plain Mean without one.
    direction = {"up": "max", "down": "min"}.get(str(getattr(metric, "_direction", None)))
    if direction is None and (name == "loss" or name.endswith("_loss")):
        direction = "min"
    return direction


def group_of(name: str, model: keras.Model) -> str | None:
    """Return the output that a metric measures, where the model has several; else None."""
    outputs = getattr(model, "output_names", None) or ()
    if len(outputs) < 2:
        return None
    # The longest first: "a_b_loss" belongs to the output "a_b" if there is one, not to "a".
    by_length = sorted(map(str, outputs), key=len, reverse=True)
    return next((output for output in by_length if name.startswith(f"{output}_")), None)
