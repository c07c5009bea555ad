"""Compare messages about recorded runs with a golden file, which the TypeScript tests parse too.

``KWIDGETS_WRITE_GOLDEN=1 pytest tests/record/test_runs_protocol.py`` writes it again.
"""

import json
import math
import os
import pathlib
import sqlite3

import pytest

from kwidgets import protocol as wire
from kwidgets.language import message
from kwidgets.record import protocol
from kwidgets.record.page.request_handler import RequestHandler
from kwidgets.record.page.run_rows import RunRows
from kwidgets.record.run_file.folder import VARIABLE
from kwidgets.record.run_list import run_files
from tests.record.checkpoint_files import write_checkpoint
from tests.record.run_files import RUNNING, write_run

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "runs.json"
FIRST, SECOND = "20260528-202640-aaaaaa", "20260529-202640-bbbbbb"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Write two runs and a file that cannot be read."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "runs"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "runs"
    write_run(
        folder,
        FIRST,
        name="<b>wide</b>",
        tags=["baseline"],
        notes="as in the book",
        marks=[("user", message("Learning rate %1 → %2", "0.01", "0.001"), 2, 1.0, 30.0)],
        acts=[(1, 0, 2, "learning_rate", 0.001, "user"), (1, 1, 3, "stop", None, "user")],
        insight=[{"part": "layers", "fit": 3, "layers": {"state": "waiting"}}],
    )
    write_checkpoint(folder, FIRST)
    write_run(
        folder,
        SECOND,
        **RUNNING,
        created=1_780_100_000.0,
        last={"loss": {"training": math.nan}},
        best={},
        parent={"run": FIRST, "step": 4, "how": "continued"},
        fit_arguments={"epochs": 3, "batch_size": 32},
        code="model.fit(x, y, epochs=3)",
        seeds=None,
    )
    (folder / "empty.sqlite").write_bytes(b"")
    return folder


def normalized(value, folder):
    """Return a message without what differs from computer to computer."""
    if isinstance(value, dict):
        fixed = {"revision": 7, "seen": "seen"}
        sizes = {"bytes": 40960, "checkpoint_bytes": 1000}
        return {
            key: fixed.get(key, sizes[key] if item and key in sizes else normalized(item, folder))
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [normalized(item, folder) for item in value]
    if isinstance(value, str):
        text = value.replace(str(folder), "/home/ann/.kwidgets/runs")
        return text.replace(str(folder.parent), "/home/ann")
    return value


REQUESTS = {
    protocol.LIST_RUNS: {"scope": "folder", "since": 0},
    protocol.FILTER_RUNS: {"scope": "folder", "text": "val_loss < 0.5"},
    protocol.RUN_CURVES: {"run": FIRST, "seen": ""},
    protocol.RUN_DETAILS: {"run": FIRST},
    protocol.RUN_INSIGHT: {"run": FIRST, "seen": ""},
    protocol.COMPARE_RUNS: {"first": FIRST, "second": SECOND},
    protocol.EDIT_RUN: {"run": FIRST, "name": "wide"},
    protocol.REPLAY_RUN: {"run": FIRST},
    protocol.EXPORT_RUN: {"run": FIRST, "target": "csv"},
    protocol.DELETE_CHECKPOINTS: {"runs": [FIRST]},
    protocol.DELETE_RUNS: {"runs": [FIRST, SECOND]},
}


def test_messages_are_as_the_golden_file_says(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert tuple(sorted(REQUESTS)) == tuple(sorted(protocol.REQUEST_KINDS))
    handler = RequestHandler()
    listing = run_files.list("folder")
    saved = protocol.SavedRuns(
        scope="folder",
        filter="",
        runs=RunRows().changes(listing, "folder", 0),
        count=2,
    )
    messages = {
        "mime_type": protocol.MIME_TYPE,
        "requests": REQUESTS,
        "saved": wire.envelope(protocol.SAVED_RUNS, saved),
        "answers": {},
    }
    for kind, payload in REQUESTS.items():
        answer = handler.answer(kind, payload)
        messages["answers"][kind] = wire.envelope(protocol.RUNS_ANSWER, answer, id="a1")
    refused = handler.answer(protocol.RUN_DETAILS, {"run": "gone"})
    messages["refused"] = wire.envelope(protocol.RUNS_ANSWER, refused, id="a2")
    text = json.dumps(normalized(messages, folder), indent=2, allow_nan=False) + "\n"
    if os.environ.get("KWIDGETS_WRITE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_only_what_has_changed_is_sent_again(folder):
    handler = RequestHandler()

    def listed(since):
        answer = handler.answer(protocol.LIST_RUNS, {"scope": "folder", "since": since})
        return answer["value"]

    first = listed(0)
    assert first["ids"] == [FIRST, SECOND]
    # The running one is read each time.
    assert listed(first["revision"])["rows"] == []
    assert listed(first["revision"])["ids"] is None
    handler.answer(protocol.EDIT_RUN, {"run": SECOND, "tags": ["a", "a "], "notes": "b"})
    again = listed(first["revision"])
    assert [(row["id"], row["tags"], row["notes"]) for row in again["rows"]] == [
        (SECOND, ["a"], "b")
    ]
    handler.answer(protocol.DELETE_RUNS, {"runs": [FIRST]})
    assert listed(again["revision"])["ids"] == [SECOND]
    # A view that has the revision of a kernel with a clock ahead gets all.
    assert listed(again["revision"] * 2)["ids"] == [SECOND]


def test_a_run_without_predictions_or_with_damaged_ones_has_none(folder):
    handler = RequestHandler()
    answer = handler.answer(protocol.RUN_INSIGHT, {"run": SECOND, "seen": ""})
    assert answer["value"]["parts"] == []
    for value, reason in (('{"part": 1', "damaged"), ('[1, "a"]', None), ("[" * 10, "damaged")):
        with sqlite3.connect(folder / f"{FIRST}.sqlite") as file:
            file.execute("UPDATE run SET value = ? WHERE key = 'insight'", (value,))
        answer = handler.answer(protocol.RUN_INSIGHT, {"run": FIRST, "seen": ""})
        if reason is None:
            assert answer["value"]["parts"] == []
        else:
            assert reason in answer["message"]


def test_curves_are_sent_once(folder):
    handler = RequestHandler()
    first = handler.answer(protocol.RUN_CURVES, {"run": FIRST, "seen": ""})
    assert first["value"]["snapshot"]["batch"]["data"]
    seen = first["value"]["seen"]
    again = handler.answer(protocol.RUN_CURVES, {"run": FIRST, "seen": seen})
    assert again["value"]["snapshot"] is None


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("foo", {}, "unknown request"),
        (protocol.LIST_RUNS, None, "unknown request"),
        (protocol.LIST_RUNS, {"scope": "everything"}, "scope must be"),
        (protocol.FILTER_RUNS, {"scope": "folder", "text": "loss <"}, "is not complete"),
        (protocol.FILTER_RUNS, {"scope": "folder", "text": 3}, "must be a text"),
        (protocol.RUN_CURVES, {"run": f"../{FIRST}"}, "no longer exists"),
        (protocol.EDIT_RUN, {"run": FIRST, "tags": "a"}, "list of texts"),
        (protocol.DELETE_RUNS, {"runs": FIRST}, "list of ids"),
        (protocol.EXPORT_RUN, {"run": FIRST, "target": "excel"}, "unknown target 'excel'"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(folder, kind, payload, reason):
    answer = RequestHandler().answer(kind, payload)
    assert not answer["ok"]
    assert reason in answer["message"]


def test_a_running_run_is_not_deleted_by_a_page(folder):
    answer = RequestHandler().answer(protocol.DELETE_RUNS, {"runs": [SECOND]})
    assert answer["value"]["bytes"] == 0
    assert "still runs" in answer["value"]["problems"][0]
