"""Read the predictions of one fit from its validation, and show them in its view."""

from __future__ import annotations

from typing import Any, Final

import keras

from kwidgets.insight.keras_internals import tap as taps
from kwidgets.insight.keras_internals.text_inputs import read_text_inputs
from kwidgets.insight.keras_internals.validation_data import read_validation_data
from kwidgets.insight.page.predictions_tab import PredictionsTab
from kwidgets.insight.page.sample_looks import SampleLooks
from kwidgets.insight.page.session import InsightSession
from kwidgets.insight.pass_reader import PassReader, replicas, turn_off, update_tab
from kwidgets.insight.plans import Plans, plan_of_finished_fit
from kwidgets.insight.predictions.epoch import EpochPredictions, Source
from kwidgets.insight.predictions.history import Predictions
from kwidgets.insight.protocol import Task
from kwidgets.insight.random_states import random_states_kept
from kwidgets.kernel.running_kernel import user_variables
from kwidgets.language import message
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import RunObserver

LABEL: Final = "Reading the predictions"
#: Training samples that are looked at where there is no validation data.
TRAINING_SAMPLES: Final = 500


class FitPredictions(RunObserver):
    """Reads the predictions of one fit. On the training thread.

    Args:
        run: the fit, which begins.
        session: what is known of it.
    """

    label = LABEL

    def __init__(self, run: FitRun, session: InsightSession) -> None:
        self._fit = run.state
        self._session = session
        self.predictions = Predictions()
        self._fit.predictions = self.predictions
        reader, progress = self._fit.reader, self._fit.progress
        self.tab = PredictionsTab(
            session, self.predictions, lambda: reader.epochs_before + progress.epochs
        )
        self._tap: taps.Tap | None = None
        self._passes: PassReader | None = None
        self._epoch = 0
        self._wants_training_samples = False
        self._task_changed = False

    def begin(self) -> None:
        values = self._fit.frame.local_values()
        namespace = {**user_variables(), **self._fit.frame.callers_variables()}
        if values.get("validation_data") is None:
            self.tab.state = "missing"
            self.predictions.reason = message("This fit has no validation data.")
            if (
                values.get("x") is not None
                and read_validation_data(values["x"], values.get("y"), None, {}).inputs.are_arrays
            ):
                self.tab.look_at_training = self._want_training_samples
            self._set_up_passes(values.get("x"), values.get("y"), None, namespace, "training")
        else:
            batch_size = values.get("validation_batch_size") or values.get("batch_size")
            self._set_up_passes(
                values.get("val_x"), values.get("val_y"), batch_size, namespace, "validation"
            )
            self._install()
        self.tab.publish()

    def _set_up_passes(
        self, x: Any, y: Any, batch_size: int | None, namespace: dict[str, Any], source: Source
    ) -> None:
        model, options = self._fit.model, self._fit.fit_options
        in_order = replicas(model) == 1
        data = read_validation_data(x, y, batch_size, namespace, in_order)
        plans = Plans(data, options.task)
        self._passes = PassReader(data, source, plans, {}, options.class_names, namespace)
        text = read_text_inputs(model, namespace)
        self.tab.looks = SampleLooks(
            data.inputs, self._session.pictures, text.vocabulary, text.reads_tokens, plans.boxes
        )
        self.tab.readings = plans.readings
        self.tab.source = source
        self.tab.set_task = self._set_task

    def _install(self) -> None:
        assert self._passes is not None
        plans = self._passes.plans
        found = taps.install(self._fit.model, plans.make, plans.key, self._passes.data.batch_size)
        if isinstance(found, taps.Tap):
            self._tap = found
            # An earlier fit has traced it: then nothing asks for the plans again.
            for name, traced in found.outputs.items():
                plans.make(name, traced.facts)
        else:
            turn_off(self.tab, found)

    def begin_epoch(self, epoch: int) -> None:
        self._epoch = self._fit.reader.epochs_before + epoch + 1

    def begin_validation(self) -> None:
        if self._passes is None or self._tap is None:
            return
        if self._task_changed:
            self._task_changed = False
            self._passes.names.clear()
            self._install()
        # The user may have compiled the model, or set the test function, in the meantime.
        if taps.tap_of(self._fit.model) is not self._tap:
            self._tap = None
            self._install()
        if self._tap is not None:
            self._passes.begin(self._tap)

    def end_validation(self) -> None:
        tap, passes = self._tap, self._passes
        if tap is None or passes is None or passes.collector is None:
            return
        self._add(passes.finish(tap, self._epoch), tap)

    def _add(self, found: list[EpochPredictions], tap: taps.Tap) -> None:
        assert self._passes is not None
        update_tab(self.tab, self._passes, found, tap)
        self.tab.publish()

    def end_epoch(self, epoch: int) -> None:
        if self._wants_training_samples:
            self._wants_training_samples = False
            self._look_at_training_samples()

    def _want_training_samples(self) -> None:
        self._wants_training_samples = True

    def _look_at_training_samples(self) -> None:
        """Predict some training samples. It changes nothing: Keras resets its metrics itself."""
        assert self._passes is not None
        values = self._fit.frame.local_values()
        x, y, step = _sample_of(values.get("x"), values.get("y"))
        model, passes = self._fit.model, self._passes
        passes.data.inputs.rows = step
        self._install()
        if self._tap is None:
            self.tab.publish()
            return
        passes.begin(self._tap)
        try:
            with random_states_kept():
                model.evaluate(x, y, batch_size=values.get("batch_size"), verbose=0)
        finally:
            found = passes.finish(self._tap, self._epoch)
        self._add(found, self._tap)

    def _set_task(self, output: str, task: Task) -> None:
        if self._passes is not None:
            self._passes.plans.chosen[output] = task
            self._task_changed = True

    def after_rewind(self, step: int) -> None:
        epoch = int(self._fit.reader.position[1])
        self.tab.drop_after(epoch)

    def end(self) -> None:
        if self._tap is not None:
            self._tap.receive = None
            # Who keeps the model need not keep the data.
            self._tap.make_plan = plan_of_finished_fit
        self._tap = self._passes = None
        self.tab.set_task = self.tab.look_at_training = None
        self.tab.publish_rest()


def _sample_of(x: Any, y: Any) -> tuple[Any, Any, int]:
    """Return some rows of arrays, spread over all of them, and the step between two."""
    count = min(len(leaf) for leaf in keras.tree.flatten(x) if leaf is not None)
    step = max(1, count // TRAINING_SAMPLES)
    stop = step * min(count // step, TRAINING_SAMPLES)

    def part(leaf: Any) -> Any:
        rows = leaf.iloc if hasattr(leaf, "iloc") else leaf
        return None if leaf is None else rows[:stop:step]

    return (
        keras.tree.map_structure(part, x),
        None if y is None else keras.tree.map_structure(part, y),
        step,
    )
