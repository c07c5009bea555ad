"""Find the marks that a training had when a checkpoint was taken: ``marks_before``."""

from __future__ import annotations

from collections.abc import Sequence

from kwidgets.live.protocol import Mark

#: Marks that say that a checkpoint was written, which change nothing.
CHECKPOINT_KEYS = ("Checkpoint", "Checkpoint “%1”")


def marks_before(marks: Sequence[Mark], step: int, at_step: int | None) -> list[Mark]:
    """Return the marks up to a checkpoint, without what was done at its step after it.

    Args:
        marks: in the order in which they were set.
        step: of the checkpoint.
        at_step: how many marks its step had by then; None if that is not known.
    """
    before = [mark for mark in marks if mark["step"] < step]
    at = [mark for mark in marks if mark["step"] == step]
    if at_step is None:
        return before + at
    later = [mark for mark in at[at_step:] if mark["text"]["key"] in CHECKPOINT_KEYS]
    return before + at[:at_step] + later
