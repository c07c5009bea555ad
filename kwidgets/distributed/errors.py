"""What can go wrong with a training of several workers, for users to catch."""

from __future__ import annotations


class DistributeError(Exception):
    """A training with several workers cannot start; the message says why, and what to do."""


class WorkerError(Exception):
    """A training with several workers has failed.

    Attributes:
        rank: the worker that failed first; None if it was not a worker.
        traceback: of its error, or "".
    """

    def __init__(self, text: str, rank: int | None, traceback: str) -> None:
        super().__init__(f"{text}\n\n{traceback}" if traceback else text)
        self.rank, self.traceback = rank, traceback
