"""Compare the messages of a search with a golden file, which TypeScript parses too.

Update it with ``KWIDGETS_WRITE_GOLDEN=1 pytest tests/distributed/test_search_protocol.py``.
"""

from __future__ import annotations

import json
import math
import os
import pathlib

from kwidgets.distributed.search import protocol
from kwidgets.distributed.search.controls import SearchControls
from kwidgets.distributed.search.page.encode import MAX_SAVED, encode_saved
from kwidgets.distributed.search.page.saved import saved_bundle
from kwidgets.distributed.search.page.searches import Searches
from kwidgets.distributed.search.state import Head, SearchState
from kwidgets.distributed.search.trial_row import MAX_POINTS, ParamSpace, TrialRow
from kwidgets.protocol import envelope

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "search.json"


def small_search() -> SearchState:
    """Return a search with a trial in each state."""
    state = SearchState(
        Head(
            title="digits",
            metric="val_loss",
            direction="minimize",
            planned=6,
            notes=("This search continues with trial 1.",),
            space=(
                ParamSpace("rate", 1e-4, 0.1, log=True),
                ParamSpace("activation", choices=("relu", None, True, 3)),
            ),
            importance=(("rate", 0.75), ("activation", 0.25)),
            live="run-1",
            live_widget="widget-1",
        )
    )
    state.id = "search-1"
    params = {"rate": 0.01, "activation": "relu"}
    rows = [
        TrialRow(0, "complete", params, 0.5, [(1, 0.9), (2, 0.5)], 2, 1.0, 3.5, "", ["run-a"]),
        TrialRow(1, "pruned", params, 0.8, [(1, math.nan), (2, 0.8)], 2, 1.0, 2.0),
        TrialRow(2, "failed", params, detail="ValueError: <b>no</b> (line 3)", seconds=0.1),
        TrialRow(3, "interrupted", params),
        TrialRow(4, "queued", params),
        TrialRow(5, "running", {"rate": 0.1, "activation": None}, None, [(1, math.inf)], 1),
    ]
    for row in rows:
        state.put(row)
    state._seconds = 12.5
    return state


def test_messages_are_as_the_golden_file_says():
    state = small_search()
    searches = Searches()
    searches.add(state, SearchControls(state))
    requests = {
        protocol.SEARCH_STATE: {"search": "search-1", "since": 0},
        protocol.SEARCH_COMMAND: {"search": "search-1", "do": "resume"},
        protocol.SEARCH_BUNDLE: {"search": "search-1"},
    }
    assert sorted(requests) == sorted(protocol.REQUEST_KINDS)
    messages = {
        "mime_type": protocol.MIME_TYPE,
        "requests": requests,
        "answers": {
            kind: envelope(protocol.SEARCH_ANSWER, searches.answer(kind, payload))
            for kind, payload in requests.items()
        },
        "refused": searches.answer(protocol.SEARCH_STATE, {"search": "another"}),
        "saved": encode_saved(state),
    }
    text = json.dumps(messages, indent=1, allow_nan=False) + "\n"
    if os.environ.get("KWIDGETS_WRITE_GOLDEN"):
        GOLDEN.write_text(text)
    assert json.loads(text) == json.loads(GOLDEN.read_text())


def test_a_view_gets_only_the_trials_that_have_changed():
    state = small_search()
    searches = Searches()
    searches.add(state, None)
    first = searches.answer("search_state", {"search": state.id, "since": 0})["value"]
    assert len(first["trials"]) == 6 and first["search"]["controls"] is False
    again = {"search": state.id, "since": first["revision"]}
    assert searches.answer("search_state", again)["value"]["trials"] == []
    state.put(TrialRow(6, "running", {}))
    changed = searches.answer("search_state", again)["value"]["trials"]
    assert [trial["number"] for trial in changed] == [6]


def test_a_long_search_stays_small_in_the_notebook():
    state = SearchState(Head("long", "val_loss", "minimize", None))
    for number in range(MAX_SAVED + 500):
        row = TrialRow(number, "complete", {"rate": 0.1}, 1 / (number + 1))
        for epoch in range(300):
            row.add_point(epoch, 1.0)
        assert len(row.curve) <= MAX_POINTS and row.curve[-1][0] == 299
        state.put(row)
    saved = encode_saved(state)["payload"]
    assert saved["count"] == MAX_SAVED + 500 and len(saved["trials"]) == MAX_SAVED
    # The best are the last ones.
    assert saved["trials"][-1]["number"] == MAX_SAVED + 499
    assert sum(bool(trial["epochs"]) for trial in saved["trials"]) == 100
    assert len(json.dumps(saved)) < 500_000


def test_without_our_extension_the_output_is_a_table():
    bundle = saved_bundle(small_search())
    assert "ValueError" not in bundle["text/plain"]
    assert "best val_loss: 0.5 (trial 0)" in bundle["text/html"]
    assert "<td>pruned</td>" in bundle["text/html"]
    assert 'aria-label="Progress of the search"' in bundle["text/html"]
