"""Messages between a fit and its views: names, shapes, states.

In the envelope of :mod:`kwidgets.protocol`. The mirror is ``labextension/src/live/protocol.ts``.

What the kernel sends replaces what it sent before (a later message is complete in what it names); a
view that sees a gap in ``sequence`` asks for a ``resync`` and is answered with a ``snapshot``.

Numbers: bulk columns travel as little-endian float32, which keep NaN and infinities.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

from kwidgets.protocol import WireNumber

#: Of a cell's output that shows a fit, an envelope of kind ``snapshot`` with base64 as data.
MIME_TYPE: Final = "application/vnd.kwidgets.live+json"

Status = Literal["running", "paused", "stopping", "stopped", "finished", "interrupted", "failed"]
FINAL_STATUSES: Final[frozenset[str]] = frozenset({"stopped", "finished", "interrupted", "failed"})
Phase = Literal["starting", "training", "validating"]
XAxis = Literal["step", "epoch", "time"]
X_AXES: Final[tuple[XAxis, ...]] = ("step", "epoch", "time")

# What a kernel sends.
SNAPSHOT: Final = "snapshot"
UPDATE: Final = "update"
ACKNOWLEDGE: Final = "acknowledge"
REPLY: Final = "reply"
# What a view sends.
PAUSE: Final = "pause"
RESUME: Final = "resume"
STOP: Final = "stop"
SET_LEARNING_RATE: Final = "set_learning_rate"
FOLLOW_SCHEDULE: Final = "follow_schedule"
RESYNC: Final = "resync"

# On the channel alone, where ``run`` in the envelope says which fit a message is about.
BUNDLE: Final = "bundle"  #: the run has ended; the output, as a mime bundle, that shows it
UNKNOWN_RUN: Final = "unknown_run"

KERNEL_KINDS: Final = (SNAPSHOT, UPDATE, ACKNOWLEDGE, REPLY)
VIEW_KINDS: Final = (PAUSE, RESUME, STOP, SET_LEARNING_RATE, FOLLOW_SCHEDULE, RESYNC)
RUN_KINDS: Final = (BUNDLE, UNKNOWN_RUN)


class MetricInfo(TypedDict):
    """One chart. ``name`` is Keras's own, without ``val_``."""

    name: str
    #: What the curve within the epochs holds.
    #: mean: the batch curve is the exact mean over the batches since the last point;
    #: running: Keras's value since the epoch began; epoch: only known at an epoch's end.
    kind: Literal["mean", "running", "epoch"]
    direction: Literal["min", "max"] | None
    #: The model's output that it measures, where there are several; None for all of them.
    group: str | None


class ViewOptions(TypedDict):
    """How the view starts out; afterwards the view owns these."""

    x_axis: XAxis
    smoothing: float
    log_scale: bool


class RunInfo(TypedDict):
    """What holds for a whole fit."""

    #: Names what a view shows, which is one fit after another, as a loop in a cell trains them.
    run_id: str
    #: Number of the fit within the view, from 1.
    fit: int
    model_name: str
    optimizer: str
    backend: str
    device: str
    epochs: int
    initial_epoch: int
    #: Epochs of earlier fits of the same model, which the curves go on from; and where they begin.
    epochs_before: int
    first_epoch: int
    metrics: list[MetricInfo]
    #: When commands arrive, while the cell runs (live) or only once it has ended (after_cell).
    controls: Literal["live", "after_cell"]
    options: ViewOptions


class Notice(TypedDict):
    """A sentence for the user about this run."""

    level: Literal["info", "warning", "error"]
    text: str


class Mark(TypedDict):
    """Somebody acted: the user, a callback, or a new fit that goes on with the curves."""

    kind: Literal["user", "callback", "fit"]
    text: str
    step: float
    #: Fractional, as in the tables.
    epoch: float
    seconds: float


class Device(TypedDict):
    """What is used of a device that the kernel may use; None where it is not known."""

    kind: Literal["gpu", "cpu"]
    name: str
    #: Share of its computing power, from 0 to 1.
    use: float | None
    memory_used_bytes: float | None
    memory_total_bytes: float | None


class Progress(TypedDict):
    """Where the fit is. Counts are of finished batches; epochs count from 1."""

    status: Status
    #: Why the status is what it is (an error's first line, say), or "".
    detail: str
    phase: Phase
    epoch: int
    batch: int
    batches: int | None
    validation_batch: int
    step: int
    total_steps: int | None
    elapsed_seconds: float
    remaining_seconds: float | None
    steps_per_second: float | None
    learning_rate: WireNumber | None
    #: Class name of the LearningRateSchedule of the optimizer, or None without one.
    learning_rate_schedule: str | None
    #: Whether the user has set the rate, and the schedule is set aside.
    learning_rate_held: bool
    notices: list[Notice]
    devices: list[Device]


class Table(TypedDict):
    """Rows ``start`` to ``start + rows`` of a table; earlier rows stand, later rows are dropped.

    ``data`` holds the columns one after the other, each ``rows`` float32 long: the index of a
    buffer of the same message, or the bytes themselves, or (in saved notebooks) their base64.

    Column names: ``step``, ``epoch`` (fractional, 1.5 = half of the second epoch done), ``seconds``
    (of training, pauses left out); then ``<statistic>/<metric>``. Statistics of the batch table:
    ``mean``, and ``min`` and ``max`` where a row stands for several points. Statistics of the
    epoch table: ``training`` and ``validation``.
    """

    start: int
    rows: int
    columns: list[str]
    data: Any


class BestEpoch(TypedDict):
    """The epoch with the best value of a metric: of its validation value where there is one."""

    split: Literal["training", "validation"]
    epoch: int
    step: float
    seconds: float
    value: float


class Snapshot(TypedDict):
    """All that a view needs to start from nothing.

    ``earlier`` holds fits that the view showed before, oldest first. Its first one is number
    ``earlier_start`` of all (from 0): a view keeps those that it has from before that number on.
    """

    sequence: int
    run: RunInfo
    progress: Progress
    batch: Table
    epoch: Table
    best: dict[str, BestEpoch]
    marks: list[Mark]
    earlier_start: int
    earlier: list[EarlierFit]


class EarlierFit(TypedDict):
    """A fit that gave way to the next one in its cell: what came of it, and a small snapshot."""

    summary: str
    snapshot: Snapshot


class Update(TypedDict):
    """What changed; ``sequence`` counts up by one from message to message."""

    sequence: int
    progress: Progress
    run: NotRequired[RunInfo]
    batch: NotRequired[Table]
    epoch: NotRequired[Table]
    best: NotRequired[dict[str, BestEpoch]]
    marks: NotRequired[list[Mark]]


class Acknowledge(TypedDict):
    """The kernel has heard a command (its id is the envelope's); it acts at the next safe point."""


class Reply(TypedDict):
    """What came of a command (its id is the envelope's)."""

    ok: bool
    message: str


class SetLearningRate(TypedDict):
    """Payload of ``set_learning_rate``. The payload of the other commands is empty."""

    value: float
