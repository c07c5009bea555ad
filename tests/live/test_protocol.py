"""Compare messages about fits with the golden files, which the TypeScript tests parse too.

``KWIDGETS_WRITE_GOLDEN=1 pytest tests/live/test_protocol.py`` writes them again.
"""

import json
import math
import os
import pathlib

import pytest

from kwidgets import protocol as wire
from kwidgets.language import message
from kwidgets.live import protocol
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.encode import snapshot_of
from kwidgets.live.page.receive_commands import CommandReceiver
from kwidgets.live.page.saved_output import earlier_snapshot

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"


def store() -> MetricStore:
    store = MetricStore()
    store.declare(protocol.MetricInfo(name="loss", kind="mean", direction="min", group=None))
    store.declare(
        protocol.MetricInfo(name="<b>auc</b>", kind="running", direction="max", group=None)
    )
    for step in range(1, 5):
        values = {"loss": 1 / step if step != 3 else math.nan, "<b>auc</b>": step / 5}
        store.add_batches(step, step / 2, step / 10, values, 1)
    store.add_epoch(2, 1, 0.2, {"loss": 0.75, "<b>auc</b>": 0.4, "val_loss": 0.8})
    store.add_epoch(4, 2, 0.4, {"loss": math.inf, "<b>auc</b>": 0.8, "val_loss": 0.7})
    store.add_epoch(5, 3, 0.5, {"loss": 0.1, "<b>auc</b>": 0.9, "val_loss": 0.6}, complete=False)
    rates = ("ReduceLROnPlateau", "0.01", "0.001")
    text = message("%1: learning rate %2 → %3", *rates)
    store.add_mark(protocol.Mark(kind="callback", text=text, step=2, epoch=1.0, seconds=0.2))
    text = message("%1 Weights of epoch %2 restored.", message("Stop"), "2")
    store.add_mark(protocol.Mark(kind="diverged", text=text, step=4, epoch=2.0, seconds=0.4))
    return store


RUN = protocol.RunInfo(
    run_id="0123456789abcdef",
    fit=2,
    model_name="digits",
    optimizer="Adam",
    backend="tensorflow",
    device="CPU (2 cores)",
    epochs=2,
    initial_epoch=0,
    epochs_before=0,
    first_epoch=0,
    branch_of=1,
    metrics=list(store().metrics.values()),
    controls="live",
    options=protocol.ViewOptions(x_axis="step", smoothing=0.6, log_scale=False),
    checkpoints=[
        protocol.Checkpoint(
            name="000004-user", text=message("Checkpoint “%1”", "<b>best</b>"), step=4, epoch=2.0
        )
    ],
)
PROGRESS = protocol.Progress(
    status="running",
    diverged=False,
    detail="",
    phase="training",
    epoch=2,
    batch=2,
    batches=2,
    validation_batch=0,
    step=4,
    total_steps=4,
    elapsed_seconds=0.5,
    remaining_seconds=None,
    steps_per_second=8.0,
    learning_rate=wire.wire_number(math.nan),
    learning_rate_schedule="CosineDecay",
    learning_rate_held=True,
    notices=[protocol.Notice(level="warning", text="The live view failed: <i>why</i>")],
    question=protocol.Question(
        text="Resume <i>it</i>?",
        answers=[
            protocol.Answer(id="resume", label="Resume"),
            protocol.Answer(id="start", label="Start again"),
        ],
        seconds_left=20.0,
    ),
    can_checkpoint=True,
    nan_guard=False,
    devices=[
        protocol.Device(
            kind="gpu",
            name="NVIDIA A100",
            use=0.83,
            memory_used_bytes=12e9,
            memory_total_bytes=40e9,
        ),
        protocol.Device(
            kind="cpu", name="CPU", use=None, memory_used_bytes=None, memory_total_bytes=None
        ),
    ],
)


WORKERS = protocol.Workers(
    state="failed",
    waits_for=message("%1 of %2 workers have joined", "1", "2"),
    count=40,
    hosts=2,
    step_seconds=0.052,
    rows=[
        protocol.Worker(
            rank=1,
            host="<b>node</b>",
            state="training",
            step=120,
            step_seconds=0.052,
            probe_seconds=0.001,
            waiting=0.02,
            slow=message("Rank %1 is slower than the others.", "1"),
            devices=PROGRESS["devices"],
        ),
        protocol.Worker(
            rank=0,
            host="",
            state="starting",
            step=0,
            step_seconds=None,
            probe_seconds=None,
            waiting=None,
            slow=None,
            devices=[],
        ),
    ],
    error=protocol.WorkerError(rank=1, traceback="Traceback …\nValueError: <i>why</i>"),
)


def examples() -> dict[str, wire.Envelope]:
    """Return one message of each kind, by the name of its file."""
    finished: protocol.Progress = {**PROGRESS, "status": "finished"}
    earlier = [earlier_snapshot(store(), {**RUN, "fit": 1}, finished)]
    snapshot = snapshot_of(store(), RUN, PROGRESS, sequence=7, earlier=earlier)
    saved = snapshot_of(store(), RUN, finished, sequence=7)
    saved["final"] = True
    # More of them are in insight_messages.json.
    saved["insight"] = [{"part": "pictures", "fit": 2, "pictures": {"1f0c": "data:image/png,"}}]
    update = protocol.Update(
        sequence=8,
        progress={**PROGRESS, "chosen_optimizer": "critic"},
        run={**RUN, "optimizers": ["generator", "critic"]},
        batch={**snapshot["batch"]},
        epoch={**snapshot["epoch"]},
        best=snapshot["best"],
        marks=snapshot["marks"],
    )
    small = protocol.Update(sequence=9, progress={**PROGRESS, "status": "paused"}, workers=WORKERS)
    log = protocol.WorkerLog(rank=1, text="epoch 1\n<b>loss</b>", cut=True, size=70_000)
    rate = protocol.SetLearningRate(value=0.01)
    choice = protocol.ChooseOptimizer(name="critic")
    refused = protocol.Reply(ok=False, message="The learning rate follows a schedule.")
    return {
        "snapshot": wire.envelope(protocol.SNAPSHOT, snapshot),
        "snapshot_saved": wire.envelope(protocol.SNAPSHOT, saved),
        "update": wire.envelope(protocol.UPDATE, update),
        "update_small": wire.envelope(protocol.UPDATE, small),
        "acknowledge": wire.envelope(protocol.ACKNOWLEDGE, {}, id="a1"),
        "reply": wire.envelope(protocol.REPLY, refused, id="a1"),
        "reply_log": wire.envelope(
            protocol.REPLY, protocol.Reply(ok=True, message="", log=log), id="a12"
        ),
        "read_log": wire.envelope(protocol.READ_LOG, protocol.ReadLog(rank=1, size=0), id="a12"),
        "pause": wire.envelope(protocol.PAUSE, {}, id="a2"),
        "resume": wire.envelope(protocol.RESUME, {}, id="a3"),
        "stop": wire.envelope(protocol.STOP, {}, id="a4"),
        "set_learning_rate": wire.envelope(protocol.SET_LEARNING_RATE, rate, id="a5"),
        "follow_schedule": wire.envelope(protocol.FOLLOW_SCHEDULE, {}, id="a6"),
        "choose_optimizer": wire.envelope(protocol.CHOOSE_OPTIMIZER, choice, id="a7"),
        "answer": wire.envelope(protocol.ANSWER, protocol.TextPayload(text="resume"), id="a8"),
        "checkpoint": wire.envelope(
            protocol.CHECKPOINT, protocol.TextPayload(text="before unfreezing"), id="a9"
        ),
        "rewind": wire.envelope(
            protocol.REWIND, protocol.TextPayload(text="000004-user"), id="a10"
        ),
        "set_nan_guard": wire.envelope(
            protocol.SET_NAN_GUARD, protocol.SetNanGuard(on=True), id="a11"
        ),
        "resync": wire.envelope(protocol.RESYNC, {}),
    }


@pytest.mark.parametrize("name", examples())
def test_messages_are_as_the_golden_files_say(name):
    text = json.dumps(examples()[name], indent=2, allow_nan=False) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("KWIDGETS_WRITE_GOLDEN"):
        path.write_text(text)
    assert path.read_text() == text


def test_every_kind_has_a_golden_file_and_no_file_is_left_over():
    kinds = {message["kind"] for message in examples().values()}
    # Those of other wings have files of their own; charts are no messages.
    assert kinds == {*protocol.KERNEL_KINDS, *protocol.VIEW_KINDS} - {protocol.INSIGHT}
    files = {
        path.stem
        for path in GOLDEN.glob("*.json")
        if not path.stem.startswith(
            ("builder", "models", "record", "runs", "charts", "insight", "export", "search")
        )
    }
    assert files == set(examples())


@pytest.mark.parametrize("value", [0.0, -1.5, 1e300])
def test_finite_numbers_cross_as_they_are(value):
    assert wire.wire_number(value) == value


@pytest.mark.parametrize(
    ("value", "text"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")]
)
def test_other_numbers_cross_as_words_that_float_reads(value, text):
    assert wire.wire_number(value) == text
    assert str(float(text)) == str(value)


def test_a_long_id_or_value_is_not_sent_back(caplog) -> None:
    sent: list[wire.Envelope] = []
    receiver = CommandReceiver(lambda: None, sent.append)
    long = "x" * 1_000_000
    receiver.receive(wire.envelope(protocol.PAUSE, {}, id=long))
    receiver.receive(wire.envelope(long, {}, id="a"))
    receiver.receive({"v": long})
    assert not sent
    receiver.receive(wire.envelope(protocol.SET_LEARNING_RATE, {"value": long}, id="b"))
    assert len(json.dumps(sent)) + len(caplog.text) < 20_000
