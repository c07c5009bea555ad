"""Messages about models, between the kernel and the side panel or a summary in a cell.

In the envelope of :mod:`kwidgets.protocol`. The mirror is ``labextension/src/models/protocol.ts``.
A request has an id, and its answer the same one. A pushed list replaces the one pushed before.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

# A summary in a notebook's output: an envelope whose payload is gzipped JSON in base64.
MIME_TYPE: Final = "application/vnd.kwidgets.summary+json"

# Pushed by the kernel.
MODELS: Final = "models"
RUNS: Final = "runs"
# The kernel's answer to a request, one for each.
ANSWER: Final = "answer"

# Requests of a view.
DESCRIBE: Final = "describe"  # {model} → ModelSummary
INFER: Final = "infer"  # {model, input_shapes} → ModelSummary
DETAIL: Final = "detail"  # {model, layer} → LayerDetail
SET_TRAINABLE: Final = "set_trainable"  # {model, layers, trainable} → TrainableSet
EXPORT: Final = "export"  # {model, format, input_shapes?} → str
REFRESH: Final = "refresh"  # {} → None; the list follows

REQUEST_KINDS: Final = (DESCRIBE, INFER, DETAIL, SET_TRAINABLE, EXPORT, REFRESH)
PUSHED_KINDS: Final = (MODELS, RUNS)

ExportFormat = Literal["text", "markdown", "json"]


class Models(TypedDict):
    """Every model of the namespace, as :class:`~kwidgets.models.summary_data.ModelEntry`."""

    entries: list[dict[str, Any]]
    #: Variables with so many entries that only their first and last ones were searched.
    searched_in_part: NotRequired[list[str]]


class RunBrief(TypedDict):
    """A fit that is running or has ended."""

    run_id: str
    model_name: str
    #: Key of its model, as in ModelEntry; None when the model was deleted.
    model: str | None
    status: str
    #: Unix time at which the view was shown.
    started_at: float
    #: The cell whose output has the view, and the connection that executed it. A page that was
    #: reloaded since, before its notebook was saved, puts the view back there. None if no cell.
    cell_id: str | None
    client: str | None


class Runs(TypedDict):
    """The fits of this kernel that can still be shown, the latest first."""

    runs: list[RunBrief]


class Request(TypedDict):
    """Payload of a request; its kind decides which fields it has."""

    model: NotRequired[str]
    layer: NotRequired[str]
    layers: NotRequired[list[str]]
    input_shapes: NotRequired[str]
    trainable: NotRequired[bool]
    format: NotRequired[ExportFormat]


class TrainableSet(TypedDict):
    """The result of ``set_trainable``."""

    trainable: bool
    #: The code that does the same.
    code: str
    #: The next step for the user, or "".
    note: str


class Answer(TypedDict):
    """``value`` when ok, else ``message``: what came, what was expected, what to do."""

    ok: bool
    value: NotRequired[Any]
    message: NotRequired[str]
