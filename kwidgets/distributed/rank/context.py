"""What a worker knows of itself and the others."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from kwidgets.distributed.rank.agreement import Agreement
from kwidgets.distributed.rank.probe import DeviceProbe

if TYPE_CHECKING:
    from kwidgets.distributed.rank.outbox import Outbox


@dataclasses.dataclass(frozen=True)
class RankContext:
    """One worker of a training.

    Attributes:
        rank: its number, from 0.
        workers: how many there are.
        attempt: how often they have been started, from 1.
        agreement: lets all do the same.
        outbox: posts to the desk.
        probe: measures its device.
    """

    rank: int
    workers: int
    attempt: int
    agreement: Agreement
    outbox: Outbox
    probe: DeviceProbe

    @property
    def is_first(self) -> bool:
        """Whether it is the one that speaks for all: it records, and hears the user."""
        return self.rank == 0
