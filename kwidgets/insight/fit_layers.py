"""Read the layers of one fit: their weights, what is measured on demand, and why a loss is NaN."""

from __future__ import annotations

import time
from typing import Any, Final

from kwidgets.insight.keras_internals import probe
from kwidgets.insight.keras_internals.good_weights import GoodWeights
from kwidgets.insight.keras_internals.held_batch import (
    FitArrays,
    HeldBatch,
    hold_batch,
    read_arrays,
)
from kwidgets.insight.keras_internals.weights_sample import WeightsSampler
from kwidgets.insight.layers.history import Layers
from kwidgets.insight.layers.measurement import Measurement
from kwidgets.insight.layers.readings import LayerSample, make_reading
from kwidgets.insight.on_model import ModelAccess, UnavailableError
from kwidgets.insight.page.layers_tab import LayersTab
from kwidgets.insight.page.session import InsightSession
from kwidgets.insight.trace_nan import trace_nan
from kwidgets.kernel.running_kernel import user_variables
from kwidgets.language import Message
from kwidgets.live.keras_internals.variable_values import sync_variables
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import RunObserver
from kwidgets.live.training_thread.pace import Pace

#: Between two readings, and the least share of the time that is left to the training.
READ_SECONDS: Final = 2.0
READ_SHARE: Final = 1 / 100
COPY_SECONDS: Final = 0.2


class FitLayers(RunObserver):
    """Reads the layers of one fit. On the training thread.

    Args:
        run: the fit, which begins.
        session: what is known of it.
        access: runs functions on its model.
    """

    label = "Reading the layers"

    def __init__(self, run: FitRun, session: InsightSession, access: ModelAccess) -> None:
        self._fit = run.state
        self._is_alone = run.is_alone
        self._session = session
        self._access = access
        self.layers = Layers()
        self._fit.layers = self.layers
        self.tab = LayersTab(session, self.layers)
        self._sampler: WeightsSampler | None = None
        self._before: tuple[int, list[LayerSample]] | None = None
        self._read_at = 0.0
        self._good = GoodWeights()
        self._copying = Pace(COPY_SECONDS)
        self._epoch = 0
        self._arrays: FitArrays | None = None
        self._held: HeldBatch | None = None
        self._why_not: Message | None = None
        self._is_traced = False

    def begin(self) -> None:
        found = read_arrays(self._fit.frame.local_values())
        if isinstance(found, FitArrays):
            self._arrays, self._held = found, hold_batch(found)
            self.tab.measure_state = "available"
            self.tab.measure = self._measure_for_page
        else:
            self._why_not = self.tab.measure_reason = found
        self.layers.measure_with(self._measure_now)

    def begin_epoch(self, epoch: int) -> None:
        self._epoch = self._fit.reader.epochs_before + epoch + 1
        if self._sampler is not None and not self._sampler.is_current:
            self._sampler = self._before = None
        self._copy_if_due()

    def after_sample(self) -> None:
        if self._look_at_loss():
            return
        self._copy_if_due()
        if time.perf_counter() >= self._read_at and self._session.is_watched("layers"):
            self._read(ends_epoch=False)
            self.tab.publish()

    def end_training(self) -> None:
        if self._fit.extras.nan_guard:
            # It is about to restore good weights.
            self._fit.reader.check_loss()
        if self._look_at_loss():
            return
        self._read(ends_epoch=True)
        self.tab.publish()

    def end_epoch(self, epoch: int) -> None:
        # The metrics of a short epoch are known only now.
        self._look_at_loss()

    def _step(self) -> int:
        return int(self._fit.reader.position[0])

    def _copy_if_due(self) -> None:
        started = time.perf_counter()
        if started < self._copying.due_at or not getattr(self._fit.model, "built", False):
            return
        if not self._is_traced and not self._fit.reader.diverged:
            self._good.take(self._fit.model, self._step())
            self._copying.done(started)

    def _read(self, ends_epoch: bool) -> None:
        model = self._fit.model
        if not getattr(model, "built", False):
            return
        started = time.perf_counter()
        is_first = self._sampler is None
        if self._sampler is None:
            self._sampler = WeightsSampler(model)
        if not self._sampler.infos:
            return
        samples, step = self._sampler.read(), self._step()
        before_step, before = self._before or (step, None)
        self._before = step, samples
        reading = make_reading(
            step, self._epoch, self._sampler.infos, samples, before, step - before_step
        )
        self.layers.add(reading, ends_epoch)
        now = time.perf_counter()
        # The first reading may compile a function.
        cost = 0.0 if is_first else now - started
        self._read_at = now + max(READ_SECONDS, cost / READ_SHARE)

    # Where a NaN came from.

    def _look_at_loss(self) -> bool:
        """Return whether the loss is NaN; the first time, find out why."""
        if not self._fit.reader.diverged:
            return False
        if not self._is_traced and self._is_alone:
            self._is_traced = True
            model = self._fit.model
            sync_variables(model)
            namespace = {**user_variables(), **self._fit.frame.callers_variables()}
            readings, good = self.layers.readings, self._good.last()
            verdict = trace_nan(model, self._arrays, good, readings, self._step(), namespace)
            self.layers.set_verdict(verdict)
            self._good.clear()
            self._read(ends_epoch=False)
            self.tab.publish(may_wait=False)
        return True

    def after_rewind(self, step: int) -> None:
        self.layers.go_back(step, int(self._fit.reader.position[1]))
        self._before = None

    # What is measured on demand.

    def _measure(self, model: Any) -> Measurement:
        if self._held is None:
            assert self._why_not is not None
            raise UnavailableError(self._why_not)
        reason = probe.why_not(model)
        if reason is not None:
            raise UnavailableError(reason)
        latest = self.layers.readings
        step = self._step() if self._access.in_training else latest[-1].step if latest else 0
        found = probe.measure(model, self._held, step)
        self._measured(found, None)
        return found

    def _measure_now(self) -> Measurement:
        return self._access.now(self._measure)

    def _measure_for_page(self) -> None:
        self._access.soon(self._measure, self._measured)

    def _measured(self, found: Measurement | None, reason: Message | None) -> None:
        if found is not None:
            self.layers.set_measured(found)
            self.tab.measure_state, self.tab.measure_reason = "measured", None
        else:
            self.tab.measure_state, self.tab.measure_reason = "off", reason
            self.tab.measure = None
        self.tab.publish(may_wait=False)

    def end(self) -> None:
        self._access.end()
        self._good.clear()
        self._sampler = self._before = self._arrays = None
