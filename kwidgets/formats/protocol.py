"""Messages between the export panel and the kernel: names and shapes.

In the envelope of :mod:`kwidgets.protocol`. The mirror is ``labextension/src/formats/protocol.ts``.

The view sends requests, each with an id, and the kernel answers each with ``export_answer`` and the
same id. The kernel sends nothing without a request: while an export runs, the view asks for its
state about twice a second. A state is complete: it replaces the one before.

A model is named by its key (:mod:`kwidgets.model_keys`), which the side panel, the builder and the
panel in a cell have, or by the id of a run that has trained it; the answers have the key.
Numbers that may be NaN are :data:`kwidgets.protocol.WireNumber`. Each :class:`Message` is
translated by the view.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

from kwidgets.formats.export.result import Status
from kwidgets.formats.export.targets import TargetId
from kwidgets.language import Message
from kwidgets.protocol import WireNumber

#: MIME type of the output that shows an export; it has an envelope of kind ``saved_export``.
MIME_TYPE: Final = "application/vnd.kwidgets.export+json"

# Sent by a view.
EXPORT_TARGETS: Final = "export_targets"
START_EXPORT: Final = "start_export"
EXPORT_STATE: Final = "export_state"
STOP_EXPORT: Final = "stop_export"
EXPORT_CODE: Final = "export_code"
WRITE_SERVER: Final = "write_server"
EXPORT_BUNDLE: Final = "export_bundle"
START_SLIM: Final = "start_slim"
UNDO_SLIM: Final = "undo_slim"
# Sent by the kernel.
EXPORT_ANSWER: Final = "export_answer"
# In a notebook.
SAVED_EXPORT: Final = "saved_export"

REQUEST_KINDS: Final = (
    EXPORT_TARGETS,
    START_EXPORT,
    EXPORT_STATE,
    STOP_EXPORT,
    EXPORT_CODE,
    WRITE_SERVER,
    EXPORT_BUNDLE,
    START_SLIM,
    UNDO_SLIM,
)

ExportStateName = Literal["running", "done", "stopped"]
SlimMethod = Literal["int8", "int4", "float16", "dead_units"]


class ModelRequest(TypedDict):
    """Payload of ``export_targets``, and of ``export_bundle``, whose answer is a mime bundle."""

    model: str


class TargetRow(TypedDict):
    """A format as the panel offers it."""

    id: TargetId
    title: str
    runs_on: Message
    suffix: str
    #: Modules that are not installed, and the pip line that installs them; [] and "" if none.
    missing: list[str]
    install: str
    #: Whether it is chosen at first.
    chosen: bool
    #: Whether data for calibration can be chosen.
    calibrated: bool


class DataChoice(TypedDict):
    """A variable of the notebook that can be chosen as data."""

    name: str
    #: "float32, (1,797, 8, 8)", not translated.
    shape: str
    num_samples: int | None
    #: Whether it fits the inputs of the model, and the outputs.
    fits_inputs: bool
    fits_targets: bool


class TargetList(TypedDict):
    """The answer to ``export_targets``."""

    model: str
    model_name: str
    targets: list[TargetRow]
    data: list[DataChoice]
    #: Names that are chosen at first; None: random numbers, and no metric.
    samples: str | None
    validation: list[str] | None
    #: The default folder.
    folder: str
    #: The export of this model that runs or ended last, to show it again; None if none.
    job: str | None
    #: Methods of ``start_slim`` that this model and Keras allow.
    slim: list[SlimMethod]


class StartExport(TypedDict):
    """Payload of ``start_export``; what is missing is found as for ``kwidgets.export``."""

    model: str
    targets: list[TargetId]
    folder: NotRequired[str]
    #: The names of variables: one for the only input, "" for random numbers; or x and y.
    samples: NotRequired[str]
    validation: NotRequired[list[str]]
    calibration: NotRequired[str]
    #: Whether to measure the latency; it takes a few seconds a format.
    latency: NotRequired[bool]


class JobRequest(TypedDict):
    """Payload of ``export_state`` and ``stop_export``."""

    job: str
    #: Of ``export_state``: ``revision`` of the answer before, or 0.
    since: NotRequired[int]


class JobTargetRequest(TypedDict):
    """Payload of ``export_code`` and ``write_server``."""

    job: str
    target: TargetId


class DifferenceRow(TypedDict):
    """As :class:`~kwidgets.formats.export.result.Difference`."""

    maximum: WireNumber
    mean: WireNumber
    scale: WireNumber
    same_class: float | None
    num_samples: int
    output: str


class MetricRow(TypedDict):
    """A metric of the model and of the file."""

    name: str
    model: WireNumber
    export: WireNumber


class LatencyRow(TypedDict):
    """Milliseconds for one sample."""

    threads: int
    p50_ms: float
    p95_ms: float
    runs: int


class ExportRowMessage(TypedDict):
    """A row of the table, as :class:`~kwidgets.formats.export.result.ExportRow`."""

    target: TargetId
    title: str
    status: Status
    path: str | None
    num_bytes: int | None
    difference: DifferenceRow | None
    metrics: list[MetricRow]
    latency: list[LatencyRow]
    lost: list[Message]
    notes: list[Message]
    problem: Message | None
    install: str
    #: Whether ``export_code`` has a program, and ``write_server`` can write one.
    has_code: bool
    has_server: bool
    seconds: float


class ExportState(TypedDict):
    """The answer to ``start_export``, ``export_state`` and ``stop_export``.

    ``rows`` is None where nothing has changed since ``since``.
    """

    job: str
    revision: int
    state: ExportStateName
    model_name: str
    folder: str
    rows: list[ExportRowMessage] | None
    samples_from: Message
    num_samples: int
    validation_from: Message | None
    num_validation: int
    #: Of the model itself, on the validation data.
    metrics: list[tuple[str, WireNumber]]
    notes: list[Message]
    step: Message | None
    seconds: float


class CodeAnswer(TypedDict):
    """The answer to ``export_code``: programs that need no kwidgets."""

    #: Writes the file.
    code: str
    #: Reads and runs it.
    run_code: str


class ServerAnswer(TypedDict):
    """The answer to ``write_server``: what was written, and the command that starts it."""

    folder: str
    files: list[str]
    command: str


class StartSlim(TypedDict):
    """Payload of ``start_slim``: makes a smaller copy; the model itself stays as it is."""

    model: str
    method: SlimMethod
    validation: NotRequired[list[str]]


class SlimRow(TypedDict):
    """The answer to ``start_slim`` and ``undo_slim``."""

    slim: str
    method: SlimMethod
    #: The variable that the smaller model has in the notebook; None after it was undone.
    variable: str | None
    #: Before is of the model, after of the smaller one.
    metrics: list[MetricRow]
    bytes_before: int
    bytes_after: int
    notes: list[Message]
    #: The code that does the same; "" where it is too long.
    code: str
    undone: bool


class SlimRequest(TypedDict):
    """Payload of ``undo_slim``."""

    slim: str


class ExportAnswer(TypedDict):
    """``value`` when ok, else ``message``: what came, what was expected, what to do."""

    ok: bool
    value: NotRequired[Any]
    message: NotRequired[str]


class SavedExport(TypedDict):
    """Payload of ``saved_export``: the state at that time, and what the view asks with."""

    #: None in a notebook that was opened again: the kernel no longer knows it.
    model: str | None
    model_name: str
    state: ExportState | None
