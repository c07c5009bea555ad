"""Messages between a fit and its views: names, shapes, states.

In the envelope of :mod:`kwidgets.protocol`. The mirror is ``labextension/src/live/protocol.ts``.

Each message of the kernel replaces the same fields of earlier messages. A view that notices a gap
in ``sequence`` sends ``resync``, and the kernel answers with a ``snapshot``.

Numbers: bulk columns travel as little-endian float32, which keep NaN and infinities.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

from kwidgets.language import Message
from kwidgets.protocol import WireNumber

#: MIME type of the output that shows a fit; it has an envelope of kind ``snapshot`` with base64.
MIME_TYPE: Final = "application/vnd.kwidgets.live+json"

Status = Literal["running", "paused", "stopping", "stopped", "finished", "interrupted", "failed"]
FINAL_STATUSES: Final[frozenset[str]] = frozenset({"stopped", "finished", "interrupted", "failed"})
Phase = Literal["starting", "training", "validating"]
XAxis = Literal["step", "epoch", "time"]
MarkKind = Literal["user", "callback", "fit", "diverged"]
Split = Literal["training", "validation"]
X_AXES: Final[tuple[XAxis, ...]] = ("step", "epoch", "time")

# Sent by the kernel.
SNAPSHOT: Final = "snapshot"
UPDATE: Final = "update"
ACKNOWLEDGE: Final = "acknowledge"
REPLY: Final = "reply"
# Sent by both: what ``kwidgets/insight/protocol.py`` defines.
INSIGHT: Final = "insight"
# Sent by a view.
PAUSE: Final = "pause"
RESUME: Final = "resume"
STOP: Final = "stop"
SET_LEARNING_RATE: Final = "set_learning_rate"
FOLLOW_SCHEDULE: Final = "follow_schedule"
ANSWER: Final = "answer"
CHECKPOINT: Final = "checkpoint"
REWIND: Final = "rewind"
SET_NAN_GUARD: Final = "set_nan_guard"
CHOOSE_OPTIMIZER: Final = "choose_optimizer"
READ_LOG: Final = "read_log"
RESYNC: Final = "resync"

# On the channel only, where ``run`` in the envelope identifies the view of the fit.
BUNDLE: Final = "bundle"  #: the saved output as a MIME bundle, when the run has ended
UNKNOWN_RUN: Final = "unknown_run"

KERNEL_KINDS: Final = (SNAPSHOT, UPDATE, ACKNOWLEDGE, REPLY, INSIGHT)
VIEW_KINDS: Final = (
    PAUSE,
    RESUME,
    STOP,
    SET_LEARNING_RATE,
    FOLLOW_SCHEDULE,
    CHOOSE_OPTIMIZER,
    ANSWER,
    CHECKPOINT,
    REWIND,
    SET_NAN_GUARD,
    INSIGHT,
    READ_LOG,
    RESYNC,
)
RUN_KINDS: Final = (BUNDLE, UNKNOWN_RUN)


class MetricInfo(TypedDict):
    """A metric, shown in one chart. ``name`` is Keras's own, without ``val_``."""

    name: str
    #: The values of the curve within the epochs.
    #: mean: the batch curve is the exact mean over the batches since the last point;
    #: running: Keras's value since the epoch began; epoch: only known at an epoch's end.
    kind: Literal["mean", "running", "epoch"]
    direction: Literal["min", "max"] | None
    #: The output of the model that it measures, if there are several; None for all of them.
    group: str | None


class ViewOptions(TypedDict):
    """The view's first settings; the view itself keeps later changes."""

    x_axis: XAxis
    smoothing: float
    log_scale: bool


class RunInfo(TypedDict):
    """The facts of a whole fit."""

    #: Identifies the view, which shows one fit after another, such as those of a loop in a cell.
    run_id: str
    #: Number of the fit within the view, from 1.
    fit: int
    model_name: str
    optimizer: str
    #: The names of a loop's optimizers, if there are several.
    optimizers: NotRequired[list[str]]
    backend: str
    device: str
    #: Where the epochs end; 0 for a loop that does not say.
    epochs: int
    initial_epoch: int
    #: Epochs of earlier fits of the same model, whose curves this fit continues; and the first one.
    epochs_before: int
    #: By how much the curves count fewer epochs than Keras, because the fit was rewound.
    epochs_rewound: NotRequired[int]
    first_epoch: int
    metrics: list[MetricInfo]
    #: Whether commands are received while the cell runs (live) or only at its end (after_cell).
    controls: Literal["live", "after_cell"]
    options: ViewOptions
    #: The number of the fit that was rewound to where this one, a branch of it, begins.
    branch_of: NotRequired[int]
    #: The checkpoints on disk, in the order of their steps.
    checkpoints: list[Checkpoint]


class Checkpoint(TypedDict):
    """The state of a training on disk, to which it can be rewound."""

    name: str
    #: Why it was written, such as the label that the user gave it.
    text: Message
    #: Where it is on the curves; ``epoch`` is fractional, as in the tables.
    step: float
    epoch: float


class Answer(TypedDict):
    """A possible answer to a question."""

    id: str
    label: str


class Question(TypedDict):
    """A question to the user, for which the training waits before it begins."""

    text: str
    answers: list[Answer]
    #: Until the training goes on with the last of the answers.
    seconds_left: float


class Notice(TypedDict):
    """A sentence for the user about this run."""

    level: Literal["info", "warning", "error"]
    text: str


class Mark(TypedDict):
    """A mark on the curves: an action of the user or a callback, a fit that continues them, or the
    place where the loss became NaN or infinite."""

    kind: MarkKind
    #: Not translated, because a saved notebook is opened in another language.
    text: Message
    step: float
    #: Fractional, as in the tables.
    epoch: float
    seconds: float


class Device(TypedDict):
    """The usage of a device that the kernel may use; None for unknown values."""

    kind: Literal["gpu", "cpu"]
    name: str
    #: Share of its computing power, from 0 to 1.
    use: float | None
    memory_used_bytes: float | None
    memory_total_bytes: float | None


WorkerState = Literal["starting", "preparing", "training", "ended", "failed", "lost"]


class Worker(TypedDict):
    """One of several processes that train a model together."""

    rank: int
    #: The name of its computer; "" until it is known.
    host: str
    #: starting: its process starts, and joins the others; preparing: it builds the model and the
    #: data; failed: by an error; lost: its process has ended before the others.
    state: WorkerState
    #: Steps of the fit; the seconds of one include waiting for the others.
    step: int
    step_seconds: float | None
    #: How long a computation of a fixed size takes on its device, in seconds: slower on a device
    #: that is slower, or shared.
    probe_seconds: float | None
    #: Share of the time in which its Python waits for the other workers, from 0 to 1.
    waiting: float | None
    #: Why the others wait for it, if they do.
    slow: Message | None
    #: To a page: at most one of each kind, with the mean use and the memory of all.
    devices: list[Device]


class WorkerError(TypedDict):
    """The error of a worker that has ended the training."""

    rank: int | None
    #: Its end. The text of the error is the detail of the progress.
    traceback: str


class Workers(TypedDict):
    """The processes that train a model together, for all fits of the view.

    Sent when a state changes, and else once a second at most. Rows are as many as a user can
    look at: of more workers, those that stand out.
    """

    state: Literal["starting", "training", "restarting", "finished", "stopped", "failed"]
    #: What it waits for while it starts or restarts.
    waits_for: Message | None
    count: int
    #: On how many computers, as far as is known.
    hosts: int
    #: The median of all workers.
    step_seconds: float | None
    rows: list[Worker]
    error: WorkerError | None


class WorkerLog(TypedDict):
    """The end of what a worker has printed."""

    rank: int
    #: The last lines, without escape codes.
    text: str
    #: Whether there is more before ``text``.
    cut: bool
    #: Of all that it has printed, in bytes; a view sends it back to be sent only what is new.
    size: int


class Progress(TypedDict):
    """The fit's progress. Counts are of finished batches; epochs count from 1, as in Keras."""

    status: Status
    #: Whether the latest training loss is NaN or infinite.
    diverged: bool
    #: The reason for the status, such as an error's first line, or "".
    detail: str
    phase: Phase
    epoch: int
    batch: int
    batches: int | None
    validation_batch: int
    step: int
    total_steps: int | None
    #: ``MetricReader.duration``.
    elapsed_seconds: float
    remaining_seconds: float | None
    steps_per_second: float | None
    learning_rate: WireNumber | None
    #: Class name of the LearningRateSchedule of the optimizer, or None without one.
    learning_rate_schedule: str | None
    #: Whether a rate set by the user overrides the schedule.
    learning_rate_held: bool
    #: The one of several optimizers whose learning rate this is.
    chosen_optimizer: NotRequired[str]
    notices: list[Notice]
    question: Question | None
    #: Whether a checkpoint can be written now.
    can_checkpoint: bool
    #: Whether the NaN guard is on; None where there is none.
    nan_guard: bool | None
    devices: list[Device]


class Table(TypedDict):
    """Rows ``start`` to ``start + rows`` of a table; earlier rows are kept, later rows are dropped.

    ``data`` has the columns one after the other, each ``rows`` float32 long, as base64.

    Column names: ``step``, ``epoch`` (fractional, 1.5 = half of the second epoch done),
    ``seconds`` (of training, without pauses); then ``<statistic>/<metric>``. The statistic of the
    batch table is ``mean``; those of the epoch table are ``training`` and ``validation``. NaN in
    the epoch table means that an epoch has no value, unless a column ``nan/<statistic>/<metric>``
    is 1 there: then NaN is the value. It has a column ``partial`` if an epoch was stopped early: 1
    in the row of such an epoch, NaN in others.
    """

    start: int
    rows: int
    columns: list[str]
    data: str


class BestEpoch(TypedDict):
    """The epoch with the best value of a metric: its validation value, if there is one.

    ``epoch`` counts all epochs of the curves, from 1, those of earlier fits included.
    """

    split: Split
    epoch: int
    step: float
    seconds: float
    value: float


class Snapshot(TypedDict):
    """The complete state of a view.

    ``earlier`` has the fits that the view showed before, oldest first. Its first one has the number
    ``earlier_start`` (from 0); a view keeps the fits with lower numbers that it already has.
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
    #: Of a training with several workers.
    workers: NotRequired[Workers]
    #: Whether it is in the last output of the run, to which a page adds nothing.
    final: NotRequired[bool]
    #: Parts of ``kwidgets/insight/protocol.py``: in a saved output, those that it keeps; else those
    #: that say what there is, which a view asks for when it shows them.
    insight: NotRequired[list[Any]]


class EarlierFit(TypedDict):
    """An earlier fit of the same cell: its result as a sentence, and a small snapshot."""

    summary: str
    snapshot: Snapshot


class Update(TypedDict):
    """The changes since the last message; ``sequence`` increases by one with each message."""

    sequence: int
    progress: Progress
    run: NotRequired[RunInfo]
    batch: NotRequired[Table]
    epoch: NotRequired[Table]
    best: NotRequired[dict[str, BestEpoch]]
    marks: NotRequired[list[Mark]]
    workers: NotRequired[Workers]


class Acknowledge(TypedDict):
    """The kernel has received the command with the envelope's id, and will apply it."""


class Reply(TypedDict):
    """The result of the command with the envelope's id."""

    ok: bool
    message: str
    #: The answer to ``read_log``, unless the view has all of it.
    log: NotRequired[WorkerLog]


class SetLearningRate(TypedDict):
    """Payload of ``set_learning_rate``."""

    value: float


class ChooseOptimizer(TypedDict):
    """Payload of ``choose_optimizer``."""

    name: str


class SetNanGuard(TypedDict):
    """Payload of ``set_nan_guard``."""

    on: bool


class ReadLog(TypedDict):
    """Payload of ``read_log``, which is answered by a reply, also after the end."""

    rank: int
    #: ``WorkerLog.size`` of what the view has; 0 for nothing.
    size: int


class TextPayload(TypedDict):
    """Payload of ``answer`` (the id of an answer), ``checkpoint`` (a label, or "") and ``rewind``
    (the name of a checkpoint). The payload of the other commands is empty."""

    text: str
