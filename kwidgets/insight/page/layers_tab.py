"""The tab Layers of one fit: what is sent of it, and what a view can ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import numpy as np

from kwidgets.insight import protocol
from kwidgets.insight.data.dismissed import dismissed_ids
from kwidgets.insight.layers.findings import LayerFinding
from kwidgets.insight.layers.history import Layers
from kwidgets.insight.layers.measurement import LayerMeasurement
from kwidgets.insight.layers.readings import BINS, LayerFigures, Reading
from kwidgets.insight.layers.verdict import Verdict
from kwidgets.insight.page.encode import number, packed
from kwidgets.insight.page.session import (
    FINDINGS_OF_ONE_FIT,
    InsightSession,
    RequestRefusedError,
    Tab,
)
from kwidgets.insight.protocol import Finding, Insight, LayerReading, LayersPart, Request, State
from kwidgets.language import Message, translated

#: Layers and readings that are sent, and of the saved output.
MAX_LAYERS: Final = 200
SPARKLINE: Final = 30
SAVED_LAYERS: Final = 60
#: Begins the ids of the findings.
PREFIX: Final = "layers:"
#: With many layers, fewer histograms of each are sent: a message stays below 40 kB.
MAX_HISTOGRAMS: Final = 300


class LayersTab(Tab):
    """The tab Layers. From any thread.

    Args:
        session: sends the parts.
        layers: what is known of them.
    """

    name = "layers"
    answers = frozenset({"measure_layers"})

    def __init__(self, session: InsightSession, layers: Layers) -> None:
        self._session = session
        self.layers = layers
        self.state: State = "waiting"
        self.measure_state: Literal["available", "preparing", "measured", "off"] = "off"
        self.measure_reason: Message | None = None
        #: Begins a measurement; None where there can be none.
        self.measure: Callable[[], None] | None = None
        # What the user has dismissed; None before it is read.
        self._dismissed: set[str] | None = None
        # The ids of the findings that the views know, whether they show the tab or not.
        self._sent_findings: list[str] = []

    def publish(self, may_wait: bool = True) -> None:
        """Send the newest reading, if a view shows the tab; in short also for the tab's badge,
        where other findings came.

        Args:
            may_wait: whether it is left out where much has been sent lately.
        """
        self._session.note_change()
        if may_wait and not self._session.may_send():
            return
        is_watched = self._session.is_watched("layers")
        findings = [each["id"] for each in self._findings()]
        if not is_watched and findings == self._sent_findings:
            return
        self._sent_findings = findings
        if is_watched:
            self._session.send(Insight(part="layers", fit=self._session.fit, layers=self.part()))
        else:
            for part in self.saved():
                self._session.send(part)

    # What a view asks.

    def watch(self, request: Request) -> None:
        self.publish(may_wait=request.get("first") is not True)

    def answer(self, request: Request) -> str:
        if self.measure is None:
            reason = self.measure_reason
            raise RequestRefusedError("" if reason is None else translated(reason))
        self.measure_state = "preparing"
        self.publish(may_wait=False)
        self.measure()
        return ""

    # The part.

    def part(self, most: int = MAX_LAYERS, histograms: int = SPARKLINE) -> LayersPart:
        """Return what the tab shows."""
        readings = self.layers.readings
        latest = readings[-1] if readings else None
        measured = self.layers.measured
        by_name = {} if measured is None else measured.by_name
        shown = [] if latest is None else latest.layers[:most]
        kept = max(2, min(histograms, MAX_HISTOGRAMS // max(1, len(shown))))
        return LayersPart(
            state=self.state if latest is None else "ready",
            reason=self.layers.reason,
            step=0 if latest is None else latest.step,
            findings=self._findings(),
            layers=[_layer(layer, readings, by_name.get(layer.name), kept) for layer in shown],
            measure=self.measure_state,
            measure_reason=self.measure_reason,
        )

    def _findings(self) -> list[Finding]:
        verdict = self.layers.verdict
        found = [] if verdict is None else [_verdict(verdict)]
        found += map(_finding, self.layers.findings)
        if found and self._dismissed is None:
            self._dismissed = set(dismissed_ids()) - FINDINGS_OF_ONE_FIT
        return [each for each in found if each["id"] not in (self._dismissed or ())]

    def leave_out(self, finding: str) -> None:
        if finding.startswith(PREFIX):
            self._dismissed = (self._dismissed or set(dismissed_ids())) | {finding}
            self.publish(may_wait=False)

    def saved(self) -> list[Insight]:
        if not self.layers.readings and self.layers.verdict is None:
            return []
        part = self.part(SAVED_LAYERS, histograms=2)
        part["measure"], part["measure_reason"] = "off", None
        return [Insight(part="layers", fit=self._session.fit, layers=part)]


def _layer(
    layer: LayerFigures,
    readings: Sequence[Reading],
    measured: LayerMeasurement | None,
    histograms: int,
) -> LayerReading:
    history = [each for reading in readings for each in reading.layers if each.name == layer.name]
    chosen = _spread(history, histograms)
    low = min(each.histogram.low for each in chosen)
    high = max(each.histogram.high for each in chosen)
    found = LayerReading(
        name=layer.name,
        class_name=layer.class_name,
        size=layer.size,
        sampled=layer.sampled,
        norm=number(layer.norm),
        norm_history=[number(each.norm) for each in history[-SPARKLINE:]],
        update=None if layer.update is None else number(layer.update),
        gradient=None if layer.gradient is None else number(layer.gradient),
        zeros=number(layer.zeros),
        low=number(low),
        high=number(high),
        histograms_u8=packed(
            np.concatenate([_scaled(each.histogram.over(low, high)) for each in chosen]), "u1"
        ),
    )
    if measured is not None:
        found["measured"] = protocol.Measured(
            gradient=None if measured.gradient is None else number(measured.gradient),
            mean=number(measured.mean),
            deviation=number(measured.deviation),
            zeros=number(measured.zeros),
            dead=number(measured.dead),
        )
    return found


def _spread(items: list[Any], most: int) -> list[Any]:
    """Return at most ``most`` items, the first and the last among them."""
    if len(items) <= most:
        return items
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def _scaled(counts: Any) -> Any:
    """Return counts as 0…255 by their square root, so that small ones are seen."""
    largest = counts.max() if len(counts) else 0
    if largest <= 0:
        return np.zeros(BINS, np.uint8)
    return np.ceil(255 * np.sqrt(np.clip(counts / largest, 0, 1))).astype(np.uint8)


def _finding(finding: LayerFinding) -> Finding:
    return Finding(
        id=f"{PREFIX}{finding.kind}",
        level=finding.level,
        title=finding.title,
        text=finding.text,
        where=finding.layers[0],
        code="",
        rows=[],
        row_count=0,
    )


def _verdict(verdict: Verdict) -> Finding:
    return Finding(
        id=f"{PREFIX}nan",
        level="error",
        title=translated(verdict.title),
        text=translated(verdict.text),
        where=verdict.where,
        code=verdict.code,
        rows=list(verdict.rows),
        row_count=verdict.row_count,
    )
