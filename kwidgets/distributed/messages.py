"""Messages between the workers of a training, its supervisor and the kernels that watch it.

All are plain JSON. Workers and the supervisor *post* items to the desk; kernels read them in their
order, and send commands, which the desk gives to rank 0 with its next post.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

from kwidgets.language import Message
from kwidgets.live.protocol import Mark, Progress, RunInfo, Worker

#: How often workers post, and kernels read, in seconds.
POLL_SECONDS: Final = 0.05
#: Without a sign of life for so long, a worker or the desk counts as lost.
LOST_SECONDS: Final = 15.0

#: Exit status of a worker that another one has left alone.
LOST_PEER_STATUS: Final = 3

#: How a training with several workers stands.
State = Literal["starting", "training", "restarting", "finished", "stopped", "failed"]
FINAL_STATES: Final[frozenset[str]] = frozenset({"finished", "stopped", "failed"})


class Row(TypedDict):
    """A row of the numbers of a fit: the arguments of a ``StoreListener``'s method."""

    add: Literal["batches", "epoch", "replace_epoch", "mark"]
    step: NotRequired[int]
    epoch: NotRequired[float]
    seconds: NotRequired[float]
    values: NotRequired[dict[str, float]]
    batches: NotRequired[int]
    complete: NotRequired[bool]
    mark: NotRequired[Mark]


class FitItem(TypedDict):
    """Of rank 0: what is new of a fit. ``kind`` is ``fit``."""

    kind: Literal["fit"]
    #: The number of the fit in the user's function, and of the start of the workers, from 1.
    fit: int
    attempt: int
    run: RunInfo
    progress: Progress
    #: The id of the recorded run; None if it is not recorded.
    recorded_as: str | None
    #: How often the fit was rewound, and to which step the last time.
    branch: int
    branch_step: int
    #: Whether ``rows`` are all rows, and replace those before.
    complete: bool
    rows: list[Row]
    #: What the file of the run keeps besides the numbers, if it is new.
    insight: NotRequired[list[Any]]


class WorkerItem(TypedDict):
    """Of each rank: how it is doing. ``kind`` is ``worker``."""

    kind: Literal["worker"]
    attempt: int
    worker: Worker


class ReplyItem(TypedDict):
    """Of rank 0: the result of a command. ``kind`` is ``reply``."""

    kind: Literal["reply"]
    id: str
    ok: bool
    message: str


class StateItem(TypedDict):
    """Of the supervisor: how the training stands. ``kind`` is ``state``."""

    kind: Literal["state"]
    state: State
    attempt: int
    #: A sentence for the user: why the workers are started again, or it has ended. The kernel
    #: translates it, which knows the language.
    text: str | Message
    #: The traceback of a worker's error, or "".
    traceback: str
    #: The rank to which ``text`` refers; None for all.
    rank: int | None
    #: Of batches that cannot be divided among so many workers: why the worker has failed.
    batch_size: NotRequired[int]


Item = FitItem | WorkerItem | ReplyItem | StateItem


class Restart(TypedDict):
    """Why the workers are started again, for the mark on the curves."""

    #: Such as that a worker was lost, without a full stop.
    reason: Message
    #: Of the restart, from 1, and how many there may be.
    number: int
    limit: int


class CommandMessage(TypedDict):
    """A command of the user for the running fit."""

    id: str
    kind: str
    value: float | None
    text: str


class Polled(TypedDict):
    """What a kernel reads from the desk: the items from number ``first`` on."""

    first: int
    items: list[Any]
