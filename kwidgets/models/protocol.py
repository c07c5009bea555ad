"""Messages about the models of a kernel: between the side panel, or a summary in a cell, and us.

In the envelope of :mod:`kwidgets.protocol`. The mirror is ``labextension/src/models/protocol.ts``.
A request has an id, which its answer bears. What the kernel pushes replaces what it pushed before.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

# A summary in a notebook's output: an envelope whose payload is gzipped JSON in base64.
MIME_TYPE: Final = "application/vnd.kwidgets.summary+json"

# What the kernel pushes.
MODELS: Final = "models"
RUNS: Final = "runs"
# What it answers: to each request, once.
ANSWER: Final = "answer"

# What a view asks.
DESCRIBE: Final = "describe"  # {model} → ModelSummary
INFER: Final = "infer"  # {model, input_shapes} → ModelSummary
DETAIL: Final = "detail"  # {model, layer} → LayerDetail
SET_TRAINABLE: Final = "set_trainable"  # {model, layer, trainable} → TrainableSet
EXPORT: Final = "export"  # {model, format, input_shapes?} → str
REFRESH: Final = "refresh"  # {} → None; the list follows

REQUEST_KINDS: Final = (DESCRIBE, INFER, DETAIL, SET_TRAINABLE, EXPORT, REFRESH)
PUSHED_KINDS: Final = (MODELS, RUNS)

ExportFormat = Literal["text", "markdown", "json"]


class Models(TypedDict):
    """Every model of the namespace, as :class:`~kwidgets.models.summary_data.ModelEntry`."""

    entries: list[dict[str, Any]]


class RunBrief(TypedDict):
    """A fit that runs or ran, latest first in :class:`Runs`."""

    run_id: str
    model_name: str
    #: Of the model in training, as in ModelEntry; None when it has gone.
    model: str | None
    status: str


class Runs(TypedDict):
    """The fits of this kernel that can still be shown."""

    runs: list[RunBrief]


class Request(TypedDict):
    """Payload of a request; which fields are there, the kind says."""

    model: NotRequired[str]
    layer: NotRequired[str]
    input_shapes: NotRequired[str]
    trainable: NotRequired[bool]
    format: NotRequired[ExportFormat]


class TrainableSet(TypedDict):
    """What came of ``set_trainable``."""

    trainable: bool
    #: The line that does the same.
    code: str
    #: What the user must do now, or "".
    note: str


class Answer(TypedDict):
    """``value`` when ok, else ``message``: what came, what was expected, what to do."""

    ok: bool
    value: NotRequired[Any]
    message: NotRequired[str]
