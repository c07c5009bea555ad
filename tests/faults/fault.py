"""What one random run does: the fault, its place and its time, drawn from a seed.

Plain data, drawn alike by the test and in the kernel, which never exchange a plan.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from kwidgets import protocol

HOOKS = (
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_begin",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_test_end",
    "on_epoch_end",
    "on_train_end",
)
EXCEPTIONS = ("RuntimeError", "KeyError", "StopIteration", "MemoryError", "SystemExit", "OSError")
ODD_LOGS = ("nan", "inf", "huge", "text", "none", "array", "object", "bytes", "complex")
KINDS = (
    "none",
    "exception",  # in a hook of the user's own callback
    "data",  # the data set raises
    "metric",  # a metric raises when it is read
    "logs",  # a callback leaves something odd in the logs
    "stop_training",
    "interrupt_in_hook",
    "interrupt",  # at any time: tracing, steps, validation
    "interrupt_while_paused",
    "commands",  # valid messages of a page
    "garbage",  # messages that no page of ours sends
    "comm_close",
    "poor_machine",  # no thread starts, no file can be written, the folder is gone, no HOME
)
#: Whatever the time, a bare fit would do the same.
SAME_AS_BARE = (
    "none",
    "exception",
    "data",
    "metric",
    "logs",
    "stop_training",
    "garbage",
    "comm_close",
    "poor_machine",
)


@dataclass(frozen=True)
class Fault:
    seed: int
    kind: str
    hook: str
    nth: int
    exception: str
    odd: str
    delay_seconds: float
    before_live: bool
    automatic: bool
    new_model: bool
    validation: bool
    verbose: int

    @property
    def epochs(self) -> int:
        """Enough for messages to arrive, or for an interrupt to hit."""
        if self.kind in ("interrupt", "interrupt_while_paused"):
            return 100_000
        return 60 if self.kind in ("commands", "garbage", "comm_close") else 3


def draw(seed: int) -> Fault:
    """Return the fault of ``seed``; as many in a row as there are kinds have all kinds."""
    choose = random.Random(seed)
    return Fault(
        seed=seed,
        kind=KINDS[seed % len(KINDS)],
        hook=choose.choice(HOOKS),
        nth=choose.randint(1, 6),
        exception=choose.choice(EXCEPTIONS),
        odd=choose.choice(ODD_LOGS),
        delay_seconds=choose.uniform(0, 0.6),
        before_live=choose.random() < 0.5,
        automatic=choose.random() < 0.5,
        new_model=choose.random() < 0.15,
        validation=choose.random() < 0.7,
        verbose=choose.choice((1, 1, 2)),
    )


def messages(fault: Fault) -> list[Any]:
    """Return what a page sends during the fit of ``fault``, as data of a comm message."""
    choose = random.Random(fault.seed)
    if fault.kind == "commands":
        kinds = [("pause", {}), ("resume", {}), ("resync", {}), ("follow_schedule", {})]
        rates = [0.1, 1e-9, 1e9, 0, -1, "nan", None, 1e400, [], {"a": 1}, True]
        sent = []
        for number in range(12):
            kind, payload = choose.choice(kinds)
            if choose.random() < 0.4:
                kind, payload = "set_learning_rate", {"value": choose.choice(rates)}
            sent.append(envelope(kind, payload, f"c{number}"))
        # Whatever was drawn, nothing stays paused.
        return [*sent, envelope("resume", {}, "last")]
    if fault.kind == "garbage":
        return [garbage(choose) for _ in range(40)]
    return []


def envelope(
    kind: Any, payload: Any, id: Any, v: Any = protocol.PROTOCOL_VERSION
) -> dict[str, Any]:
    """Return a message as a page sends it."""
    return {"method": "custom", "content": {"v": v, "kind": kind, "id": id, "payload": payload}}


def garbage(choose: random.Random) -> Any:
    """Return a message that must change nothing: no valid kind, or none of a known version."""

    def value(depth: int = 0) -> Any:
        made = choose.randrange(10 if depth < 4 else 8)
        return [
            None, True, -1, 10**400, 1.5, "", "stop", "x" * 5_000,
            [value(depth + 1) for _ in range(3)] if made == 8 else [],
            {choose.choice(("kind", "v", "", "payload")): value(depth + 1)} if made == 9 else {},
        ][made]  # fmt: skip

    shape = choose.randrange(5)
    if shape == 0:
        return envelope(
            choose.choice(("stop", "pause")), {}, "g", v=choose.choice((0, 99, "1", None))
        )
    if shape == 1:
        return envelope(f"no-{choose.random()}", value(), value())
    if shape == 2:
        return envelope(value(), value(), value(), v=value())
    if shape == 3:
        return {"method": "update", "state": {"snapshot": value(), "no_such_trait": value()}}
    return value()
