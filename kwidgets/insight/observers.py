"""Make the observers of predictions, layers and data; one function for ``add_observers``."""

from __future__ import annotations

from collections.abc import Iterable

from kwidgets.insight.check.fit_data import FitData
from kwidgets.insight.explainer import Explainer
from kwidgets.insight.fit_layers import FitLayers
from kwidgets.insight.fit_predictions import FitPredictions
from kwidgets.insight.on_model import ModelAccess
from kwidgets.insight.page.session import InsightSession
from kwidgets.keras2 import is_keras2
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import RunObserver


class OpenSession(RunObserver):
    """Connects what is known of a fit to its view, before other observers send.

    Args:
        run: the fit, which begins.
        session: what is known of it.
    """

    label = "Reading the predictions"

    def __init__(self, run: FitRun, session: InsightSession) -> None:
        self._run = run
        self._session = session

    def begin(self) -> None:
        self._open()

    def after_rewind(self, step: int) -> None:
        self._open()
        # The branch is another fit of the view, whose tabs a page does not know yet.
        for part in self._session.brief_parts():
            self._session.send(part)

    def _open(self) -> None:
        view = self._run.view
        self._session.open(view.send_insight, view.fit_number)
        view.insight = self._session


def observe_run(run: FitRun) -> Iterable[RunObserver]:
    """Return what reads a training; nothing for a loop of the user's own."""
    if run.kind != "fit" or is_keras2(run.state.model):
        return ()
    session = InsightSession()
    predictions = FitPredictions(run, session)
    session.add_tab(predictions.tab)
    access = ModelAccess(run)
    explainer = Explainer(access, lambda: predictions.tab.looks)
    predictions.predictions.explainer = explainer.explain
    predictions.tab.explain = explainer.explain_soon
    layers = FitLayers(run, session, access)
    session.add_tab(layers.tab)
    found: list[RunObserver] = [OpenSession(run, session), predictions, layers]
    if run.is_alone:
        # The check makes objects of Keras, which the other processes would have to make too.
        data = FitData(run, session)
        session.add_tab(data.tab)
        found.append(data)
    return found
