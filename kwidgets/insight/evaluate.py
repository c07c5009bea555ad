"""``kwidgets.evaluate``: evaluate a model, and show what it predicts as during a fit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import keras

from kwidgets.insight.explainer import Explainer
from kwidgets.insight.keras_internals import tap as taps
from kwidgets.insight.keras_internals.text_inputs import read_text_inputs
from kwidgets.insight.keras_internals.validation_data import read_validation_data
from kwidgets.insight.on_model import ModelAccess
from kwidgets.insight.page.predictions_tab import PredictionsTab
from kwidgets.insight.page.sample_looks import SampleLooks
from kwidgets.insight.page.session import InsightSession
from kwidgets.insight.pass_reader import PassReader, replicas, turn_off, update_tab
from kwidgets.insight.plans import Plans, plan_of_finished_fit
from kwidgets.insight.predictions.history import Predictions
from kwidgets.kernel.running_kernel import user_variables
from kwidgets.live.fit_options import check_fit_options
from kwidgets.live.loop.live_loop import LiveLoop
from kwidgets.live.loop.loop_run import LoopRun

if TYPE_CHECKING:
    from collections.abc import Sequence


class EvaluationRun(LoopRun):
    """An evaluation in the place of a training: nothing is recorded."""

    kind = "evaluation"


class Evaluation(LiveLoop):
    """The result of :func:`evaluate`: ``results`` has the metrics, ``predictions`` the rest."""

    _NOT_BEGUN = "not evaluated"
    _make_run = EvaluationRun

    #: The metrics by name, as ``model.evaluate(return_dict=True)`` returns them.
    results: dict[str, float]

    def __init__(self, model: Any, name: str) -> None:
        super().__init__(epochs=1, model=model, name=name)
        self.results = {}

    def __repr__(self) -> str:
        figures = ", ".join(f"{name} {value:.4g}" for name, value in self.results.items())
        return f"<Evaluation: {figures}>" if figures else super().__repr__()


def evaluate(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    task: Any = None,
    class_names: Sequence[str] | None = None,
    **options: Any,
) -> Evaluation:
    """Evaluate a model, and show its predictions as during a fit: confusion matrix, worst mistakes.

    Args:
        model: a compiled Keras model.
        x: the inputs, as for ``model.evaluate``.
        y: the targets; None if ``x`` yields them.
        task: what the output is for, if it is not recognized, as in :class:`LivePlot`.
        class_names: the names of the classes, if they are not found.
        options: other arguments of ``model.evaluate``, such as ``batch_size``.

    Returns:
        ``.results`` has the metrics by name; ``.predictions`` has the matrix, the classes and the
        mistakes as plain data, and ``.predictions.to_pandas()`` a row a sample.

    Raises:
        TypeError: ``model`` is not a Keras model, or an argument has the wrong type.

    Example:
        >>> result = kwidgets.evaluate(model, x_test, y_test)
        >>> result.predictions.mistakes[0].code
        'x_test[2135]'
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"evaluate needs a compiled Keras model, not {model!r} ({type(model).__name__})."
        )
    chosen = check_fit_options(False, False, task, class_names)
    _check_targets(model, x, y)
    caller = sys._getframe(1)
    namespace = {**user_variables(), **caller.f_globals, **caller.f_locals}
    evaluation = Evaluation(model, str(model.name))
    with evaluation:
        for _ in evaluation.epochs():
            callbacks = [
                *keras.tree.flatten(options.pop("callbacks", None) or []),
                *_reader(evaluation, x, y, options, namespace, chosen),
            ]
            options.pop("return_dict", None)
            evaluation.results = model.evaluate(
                x, y, callbacks=callbacks, return_dict=True, **{"verbose": 0, **options}
            )
            evaluation.log({f"val_{name}": value for name, value in evaluation.results.items()})
    return evaluation


def _check_targets(model: Any, x: Any, y: Any) -> None:
    """Raise TypeError where the loss has nothing to compare with, before Keras starts."""
    arrays = keras.tree.flatten(x)
    if y is not None or getattr(model, "_compile_loss", None) is None:
        return
    if arrays and all(hasattr(each, "shape") for each in arrays):
        shapes = ", ".join(str(tuple(each.shape)) for each in arrays)
        raise TypeError(
            f"evaluate needs the targets, but got y=None with x of shape {shapes}. Pass "
            "kwidgets.evaluate(model, x, y), or a dataset that yields inputs and targets."
        )


def _reader(
    evaluation: Evaluation,
    x: Any,
    y: Any,
    options: dict[str, Any],
    namespace: dict[str, Any],
    chosen: Any,
) -> list[keras.callbacks.Callback]:
    """Return a callback that reads the predictions; none where the view could not start."""
    run = evaluation._run
    if run is None:
        return []
    reader = run.guard("Reading the predictions", EvaluationReader, run)
    if reader is None:
        return []
    run.guard("Reading the predictions", reader.prepare, x, y, options, namespace, chosen)
    return [reader]


class EvaluationReader(keras.callbacks.Callback):
    """Reads the predictions of one ``evaluate``.

    Args:
        run: shows them.
    """

    def __init__(self, run: Any) -> None:
        super().__init__()
        self._guard = run.guard
        self._session = InsightSession()
        self._session.open(run.view.send_insight, run.view.fit_number)
        self._predictions = run.state.predictions = Predictions()
        explainer = Explainer(ModelAccess(run), lambda: self._tab.looks)
        self._predictions.explainer = explainer.explain
        self._tab = PredictionsTab(self._session, self._predictions, lambda: 1, "evaluate")
        self._tab.explain = explainer.explain_soon
        self._session.add_tab(self._tab)
        run.view.insight = self._session
        self._passes: PassReader | None = None
        self._tap: taps.Tap | None = None

    def prepare(
        self,
        x: Any,
        y: Any,
        options: dict[str, Any],
        namespace: dict[str, Any],
        chosen: Any,
    ) -> None:
        """Find out what is known of the data."""
        self._chosen = chosen
        self._data = x, y, options.get("batch_size"), namespace

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._guard("Reading the predictions", self._begin)

    def _begin(self) -> None:
        model = self._model
        x, y, batch_size, namespace = self._data
        data = read_validation_data(x, y, batch_size, namespace, replicas(model) == 1)
        plans = Plans(data, self._chosen.task)
        names = self._chosen.class_names
        self._passes = PassReader(data, "evaluate", plans, {}, names, namespace)
        text = read_text_inputs(model, namespace)
        self._tab.looks = SampleLooks(
            data.inputs, self._session.pictures, text.vocabulary, text.reads_tokens, plans.boxes
        )
        self._tab.readings = plans.readings
        found = taps.install(model, plans.make, plans.key, data.batch_size)
        if not isinstance(found, taps.Tap):
            turn_off(self._tab, found)
            return
        self._tap = found
        for name, traced in found.outputs.items():
            plans.make(name, traced.facts)
        self._passes.begin(found)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._guard("Reading the predictions", self._end)

    def _end(self) -> None:
        tap, passes = self._tap, self._passes
        self._tap = self._passes = None
        del self._data
        if tap is not None and passes is not None:
            found = passes.finish(tap, 1)
            tap.make_plan = plan_of_finished_fit
            update_tab(self._tab, passes, found, tap)
        self._tab.publish(may_wait=False)
