"""Messages between the view of recorded runs and the kernel: names and shapes.

In the envelope of :mod:`kwidgets.protocol`. The mirror is ``labextension/src/record/protocol.ts``.

The view sends requests, each with an id, and the kernel answers each with ``runs_answer`` and the
same id. The kernel sends nothing without a request: runs of other kernels are found on disk, so the
view asks again while it is visible.

Numbers that may be NaN are :data:`kwidgets.protocol.WireNumber`; curves are the snapshot of
:mod:`kwidgets.live.protocol`, with its columns.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

from kwidgets.live.protocol import Mark, Snapshot
from kwidgets.protocol import WireNumber

#: MIME type of the output that shows runs; it has an envelope of kind ``saved_runs``.
MIME_TYPE: Final = "application/vnd.kwidgets.runs+json"

# Sent by a view.
LIST_RUNS: Final = "list_runs"
FILTER_RUNS: Final = "filter_runs"
RUN_CURVES: Final = "run_curves"
RUN_DETAILS: Final = "run_details"
RUN_INSIGHT: Final = "run_insight"
COMPARE_RUNS: Final = "compare_runs"
EDIT_RUN: Final = "edit_run"
DELETE_RUNS: Final = "delete_runs"
DELETE_CHECKPOINTS: Final = "delete_checkpoints"
REPLAY_RUN: Final = "replay_run"
EXPORT_RUN: Final = "export_run"
# Sent by the kernel.
RUNS_ANSWER: Final = "runs_answer"
# In a notebook.
SAVED_RUNS: Final = "saved_runs"

REQUEST_KINDS: Final = (
    LIST_RUNS,
    FILTER_RUNS,
    RUN_CURVES,
    RUN_DETAILS,
    RUN_INSIGHT,
    COMPARE_RUNS,
    EDIT_RUN,
    DELETE_RUNS,
    DELETE_CHECKPOINTS,
    REPLAY_RUN,
    EXPORT_RUN,
)

ScopeName = Literal["notebook", "folder", "all"]
StateName = Literal["running", "finished", "stopped", "interrupted", "failed", "died"]


class MetricBrief(TypedDict):
    """A metric of a run, by Keras's name without ``val_``."""

    name: str
    direction: Literal["min", "max"] | None


class ParentRow(TypedDict):
    """The run that another one goes on from."""

    run: str
    step: int
    how: str


class RunRow(TypedDict):
    """A run as the table shows it."""

    id: str
    name: str
    tags: list[str]
    notes: str
    state: StateName
    diverged: bool
    detail: str
    kind: Literal["fit", "loop"]
    #: Unix time in seconds.
    created: float
    #: Seconds of training.
    seconds: float
    #: Finished epochs, and the last one that was asked for; counted as Keras does.
    epoch: int
    epochs: int
    step: int
    model_name: str
    optimizer: str
    backend: str
    device: str
    notebook: str | None
    metrics: list[MetricBrief]
    #: The last values, named ``loss``, ``val_loss``; and the best ones, by the metric's name.
    values: dict[str, WireNumber]
    best: dict[str, WireNumber]
    parent: ParentRow | None
    #: On disk, the second without the file of the run itself.
    bytes: int
    checkpoint_bytes: int


class UnreadableRow(TypedDict):
    """A file that cannot be read."""

    path: str
    reason: str
    bytes: int


class ListRuns(TypedDict):
    """Payload of ``list_runs``: ``since`` is the ``revision`` that the view has, or 0."""

    scope: ScopeName
    since: int


class RunList(TypedDict):
    """The answer to ``list_runs``: what has changed since that revision."""

    revision: int
    scope: ScopeName
    #: Where the runs of this notebook are.
    folder: str
    rows: list[RunRow]
    #: All runs of the scope, oldest first; None if they are those that the view has.
    ids: list[str] | None
    unreadable: list[UnreadableRow]


class FilterRuns(TypedDict):
    """Payload of ``filter_runs``: the text as for ``kwidgets.runs.filter``."""

    scope: ScopeName
    text: str


class FilteredRuns(TypedDict):
    """The answer to ``filter_runs``: the runs that match."""

    ids: list[str]


class RunRequest(TypedDict):
    """Payload of ``run_curves``, ``run_details`` and ``run_insight``."""

    run: str
    #: Of ``run_curves`` and ``run_insight``: ``seen`` of the answer before, or "".
    seen: NotRequired[str]


class RunCurves(TypedDict):
    """The answer to ``run_curves``; ``snapshot`` is None if nothing has changed since ``seen``."""

    run: str
    seen: str
    snapshot: Snapshot | None


class RunInsight(TypedDict):
    """The answer to ``run_insight``: the recorded predictions, layers and data.

    ``parts`` are those of ``kwidgets/insight/protocol.py``, of fit 1, the newest epoch last; None
    if nothing has changed since ``seen``.
    """

    run: str
    seen: str
    parts: list[Any] | None


class Setting(TypedDict):
    """A setting as text; its name has dots between the names around it."""

    name: str
    value: str


class ActRow(TypedDict):
    """An intervention, before ``batch`` of ``epoch`` as Keras counts them, from 0."""

    epoch: int
    batch: int
    do: str
    value: WireNumber | None
    by: str


class CheckpointRow(TypedDict):
    """A checkpoint that is on disk."""

    name: str
    step: int
    epoch: int
    batch: int
    bytes: int
    reason: str
    label: str
    created: float


class RunDetails(TypedDict):
    """The answer to ``run_details``."""

    run: str
    path: str
    code: str | None
    #: Class and name of each layer; None for a model that Keras cannot describe.
    layers: list[Setting] | None
    parameters: int | None
    compile: list[Setting]
    fit: list[Setting]
    data: list[Setting]
    seeds: list[Setting]
    versions: list[Setting]
    environment: list[Setting]
    marks: list[Mark]
    acts: list[ActRow]
    checkpoints: list[CheckpointRow]


class CompareRuns(TypedDict):
    """Payload of ``compare_runs``."""

    first: str
    second: str


class ChangeRow(TypedDict):
    """A setting that differs; None where one side does not have it."""

    name: str
    before: str | None
    after: str | None


class LayerRow(TypedDict):
    """A layer that differs."""

    what: Literal["added", "removed", "changed"]
    name: str
    class_name: str
    settings: list[ChangeRow]


class Difference(TypedDict):
    """The answer to ``compare_runs``. Empty lists and texts mean: no difference."""

    first: str
    second: str
    layers: list[LayerRow]
    parameters: list[int | None]
    model: list[ChangeRow]
    compile: list[ChangeRow]
    fit: list[ChangeRow]
    data: list[ChangeRow]
    seeds: list[ChangeRow]
    versions: list[ChangeRow]
    environment: list[ChangeRow]
    #: A unified diff without its header.
    code: str
    #: What was not recorded of one of them.
    missing: list[str]


class EditRun(TypedDict):
    """Payload of ``edit_run``; what is missing stays as it is."""

    run: str
    name: NotRequired[str]
    tags: NotRequired[list[str]]
    notes: NotRequired[str]


class DeleteRuns(TypedDict):
    """Payload of ``delete_runs`` and ``delete_checkpoints``."""

    runs: list[str]


class Deleted(TypedDict):
    """The answer to ``delete_runs`` and ``delete_checkpoints``."""

    bytes: int
    #: What could not be deleted, and why.
    problems: list[str]


class ExportRun(TypedDict):
    """Payload of ``export_run``."""

    run: str
    target: str


class TextAnswer(TypedDict):
    """The answer to ``replay_run``, a program, and to ``export_run``, a sentence."""

    text: str


class RunsAnswer(TypedDict):
    """``value`` when ok, else ``message``: what came, what was expected, what to do."""

    ok: bool
    value: NotRequired[Any]
    message: NotRequired[str]


class SavedRuns(TypedDict):
    """Payload of ``saved_runs``: how the view begins, and the latest runs at that time."""

    scope: ScopeName
    filter: str
    runs: RunList
    #: How many runs there were; ``runs`` has the latest of them.
    count: int
