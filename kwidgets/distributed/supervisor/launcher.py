"""Start the workers of a job, wherever they run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from kwidgets.distributed.messages import Restart
from kwidgets.language import Message, translated

#: Takes a sentence for the user.
Report = Callable[[str | Message], None]


class LaunchError(Exception):
    """The workers cannot be started; ``text`` says why, and what to do."""

    def __init__(self, text: str | Message) -> None:
        super().__init__(translated(text))
        self.text = text


@dataclasses.dataclass(frozen=True)
class Start:
    """What a worker needs to start.

    Attributes:
        rank: of the worker.
        workers: how many are started together.
        attempt: how often the workers have been started, from 1.
        coordinator: where JAX's processes meet; None for a single worker.
        resume: the checkpoint folder from which each fit goes on, by the fit's number.
        restart: why it is not the first start; None for the first one.
    """

    rank: int
    workers: int
    attempt: int
    coordinator: str | None
    resume: dict[str, str]
    restart: Restart | None = None


class StartedWorker(Protocol):
    """A worker that was started."""

    def poll(self) -> str | None:
        """Return None while it runs, "" if it has ended well, or else how it has ended."""

    def kill(self) -> None:
        """End it at once; returns when it has ended."""


class Launcher(Protocol):
    """Starts workers of one job."""

    def reserve(self, sizes: Sequence[int], report: Report) -> int:
        """Find room for workers; return how many.

        Args:
            sizes: the numbers of workers with which the job can be trained, the largest first.
            report: takes what it waits for.

        Raises:
            LaunchError: there is no room for the smallest size, or a worker could not train.
        """

    def room(self) -> int:
        """Return how many workers more than those that run could be started now."""

    def release(self) -> None:
        """Give back what was reserved. The workers have ended."""

    def coordinator(self) -> str:
        """Return a new ``host:port`` at which JAX's processes can meet."""

    def start(self, start: Start) -> StartedWorker:
        """Start a worker.

        Raises:
            OSError: it cannot be started.
        """

    def set_desk(self, address: Any) -> None:
        """Take where the desk is, before the first start."""
