"""Encode a search for pages, and what a notebook saves of it."""

from __future__ import annotations

from typing import Any

from kwidgets import protocol as wire
from kwidgets.distributed.search import protocol
from kwidgets.distributed.search.state import SearchState
from kwidgets.distributed.search.trial_row import ParamSpace, TrialRow

#: Trials in the saved notebook; those with curves; and the points of each curve.
MAX_SAVED = 1_000
MAX_SAVED_CURVES = 100
MAX_SAVED_POINTS = 60


def encode_changes(state: SearchState, since: int, controls: bool) -> protocol.Changes:
    """Return what is new since the revision that a view has; 0 for all."""
    with state.lock:
        if since > state.revision:
            since = 0
        return protocol.Changes(
            revision=state.revision,
            search=encode_search(state, controls),
            trials=[encode_trial(row) for row in state.rows(since)],
        )


def encode_search(state: SearchState, controls: bool) -> protocol.Search:
    """Return what is known of a search besides its trials."""
    head, best = state.head, state.best()
    return protocol.Search(
        search=state.id,
        title=head.title,
        metric=head.metric,
        direction=head.direction,
        planned=head.planned,
        status=head.status,
        detail=head.detail,
        notes=list(head.notes),
        params=[encode_param(space) for space in head.space],
        importance=[protocol.Importance(name=name, share=share) for name, share in head.importance],
        best=None if best is None else best.number,
        live=head.live,
        live_widget=head.live_widget,
        seconds=round(state.seconds, 1),
        storage=head.storage,
        controls=controls and not state.ended,
    )


def encode_param(space: ParamSpace) -> protocol.Param:
    """Return the range of a hyperparameter."""
    return protocol.Param(
        name=space.name,
        low=space.low,
        high=space.high,
        log=space.log,
        choices=list(space.choices),
    )


def encode_trial(row: TrialRow, max_points: int | None = None) -> protocol.Trial:
    """Return a trial, with so many points of its curve."""
    curve = row.curve
    if max_points is not None and len(curve) > max_points:
        step = -(-len(curve) // max_points) if max_points else len(curve) + 1
        curve = curve[-1::-step][::-1] if max_points else []
    return protocol.Trial(
        number=row.number,
        state=row.state,
        params=row.params,
        value=None if row.value is None else wire.wire_number(row.value),
        epochs=[epoch for epoch, _ in curve],
        values=[wire.wire_number(float(f"{value:.7g}")) for _, value in curve],
        trained=row.epochs,
        seconds=None if row.seconds is None else round(row.seconds, 2),
        detail=wire.shortened(row.detail, 500),
        runs=row.runs,
    )


def encode_saved(state: SearchState) -> dict[str, Any]:
    """Return an envelope with what the notebook saves."""
    with state.lock:
        rows = state.rows()
        kept = rows
        if len(rows) > MAX_SAVED:
            kept = sorted(_best_first(rows, state)[:MAX_SAVED], key=lambda row: row.number)
        drawn = {row.number for row in _best_first(kept, state)[:MAX_SAVED_CURVES]}
        saved = protocol.SavedSearch(
            search=encode_search(state, controls=False),
            trials=[
                encode_trial(row, MAX_SAVED_POINTS if row.number in drawn else 0) for row in kept
            ],
            count=len(rows),
            final=state.ended,
        )
    return dict(wire.envelope(protocol.SAVED_SEARCH, wire.encodable(saved)))


def _best_first(rows: list[TrialRow], state: SearchState) -> list[TrialRow]:
    sign = -1 if state.head.direction == "maximize" else 1
    worst = float("inf")

    def key(row: TrialRow) -> float:
        value = row.value
        # NaN is no number to sort by.
        return worst if value is None or value != value else sign * value

    return sorted(rows, key=key)
