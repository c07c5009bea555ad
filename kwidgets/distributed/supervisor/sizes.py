"""With how many workers a job can be trained: an elastic one goes on with fewer, and grows again.

Each batch has the same samples at any size, so only sizes that divide all batches are possible.
"""

from __future__ import annotations

from kwidgets.distributed.job import Job
from kwidgets.distributed.supervisor.launcher import LaunchError
from kwidgets.language import message


class Sizes:
    """The possible numbers of workers of a job.

    Args:
        job: the job.
    """

    def __init__(self, job: Job) -> None:
        self._least, self._most = job.min_workers or job.workers, job.workers
        self._batch_sizes: set[int] = set()

    def possible(self) -> list[int]:
        """Return the possible numbers of workers, the largest first.

        Raises:
            LaunchError: there is none.
        """
        found = [
            size
            for size in range(self._most, self._least - 1, -1)
            if not any(batch % size for batch in self._batch_sizes)
        ]
        if not found:
            batches = ", ".join(map(str, sorted(self._batch_sizes)))
            raise LaunchError(
                message(
                    "Batches of %1 samples cannot be divided among %2 to %3 workers. Use a "
                    "batch_size that is a multiple of such a number.",
                    batches,
                    str(self._least),
                    str(self._most),
                )
            )
        return found

    def refuse_batch(self, batch_size: int) -> None:
        """Batches of ``batch_size`` have to be divided among the workers."""
        self._batch_sizes.add(batch_size)

    def limit(self, most: int) -> bool:
        """Allow no more than ``most`` workers from now on; return whether that is enough."""
        if most < self._least:
            return False
        self._most = most
        return True

    def larger(self, size: int, room: int) -> int | None:
        """Return the largest size above ``size`` for which there is ``room``; None without one."""
        return next((each for each in self.possible() if size < each <= size + room), None)
