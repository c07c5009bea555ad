"""The messages between the view of a search and the kernel.

The view sends requests; the kernel sends nothing else but their answers. The mirror is
``labextension/src/distributed/search/protocol.ts``, field for field.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

from kwidgets.protocol import WireNumber

MIME_TYPE: Final = "application/vnd.kwidgets.search+json"

SEARCH_STATE: Final = "search_state"
SEARCH_COMMAND: Final = "search_command"
SEARCH_BUNDLE: Final = "search_bundle"
REQUEST_KINDS: Final = (SEARCH_STATE, SEARCH_COMMAND, SEARCH_BUNDLE)
SEARCH_ANSWER: Final = "search_answer"
SAVED_SEARCH: Final = "saved_search"

TrialState = Literal["queued", "running", "complete", "pruned", "failed", "interrupted"]
Status = Literal["running", "paused", "stopping", "finished", "stopped", "interrupted", "failed"]
ParamValue = str | int | float | bool | None


class Trial(TypedDict):
    """One trial. ``epochs`` and ``values`` are its curve; ``seconds`` is None while it runs."""

    number: int
    state: TrialState
    params: dict[str, ParamValue]
    value: WireNumber | None
    epochs: list[int]
    values: list[WireNumber]
    trained: int
    seconds: float | None
    detail: str
    runs: list[str]


class Param(TypedDict):
    """The range of a hyperparameter: numbers from low to high, or choices."""

    name: str
    low: float | None
    high: float | None
    log: bool
    choices: list[ParamValue]


class Importance(TypedDict):
    """How much a hyperparameter matters for the value, from 0 to 1."""

    name: str
    share: float


class Search(TypedDict):
    """What is known of a search besides its trials."""

    #: Of this search in the kernel.
    search: str
    title: str
    #: "" until it is known.
    metric: str
    direction: Literal["minimize", "maximize"]
    planned: int | None
    status: Status
    detail: str
    notes: list[str]
    params: list[Param]
    importance: list[Importance]
    #: The number of the best trial.
    best: int | None
    #: The ids of the live view of its fits, and of that view's widget; "" without one.
    live: str
    live_widget: str
    seconds: float
    storage: str
    #: Whether pages can pause and stop it.
    controls: bool


class Changes(TypedDict):
    """The answer to ``search_state``: the trials that have changed since ``since``."""

    revision: int
    search: Search
    trials: list[Trial]


class StateRequest(TypedDict):
    """Payload of ``search_state``."""

    search: str
    since: int


class CommandRequest(TypedDict):
    """Payload of ``search_command``; the answer is null."""

    search: str
    do: Literal["pause", "resume", "stop", "stop_trial"]


class BundleRequest(TypedDict):
    """Payload of ``search_bundle``: the answer is what the notebook saves of it."""

    search: str


class SearchAnswer(TypedDict):
    """``value`` when ok, else ``message``: what came, what was expected, what to do."""

    ok: bool
    value: NotRequired[Any]
    message: NotRequired[str]


class SavedSearch(TypedDict):
    """Payload of ``saved_search``. ``trials`` has the best ones where there are very many."""

    search: Search
    trials: list[Trial]
    #: How many there are.
    count: int
    #: Whether the search has ended.
    final: bool
