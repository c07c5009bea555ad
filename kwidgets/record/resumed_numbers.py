"""Let the curves of a resumed run begin with the numbers of the run that it goes on from."""

from __future__ import annotations

from kwidgets.live.run.fit_state import FitState
from kwidgets.record.marks_before import marks_before
from kwidgets.record.resume.plan import ResumePlan
from kwidgets.record.resume.retrained_points import RecordedPoint
from kwidgets.record.run_file.numbers import read_all_points, read_epochs
from kwidgets.record.run_file.reader import read_marks
from kwidgets.record.run_file.run_info import RunInfo

# A run of a day at ten points a second; of longer ones, neighbours are combined.
_MAX_POINTS = 1_000_000


def continue_numbers(fit: FitState, recorded: RunInfo, plan: ResumePlan, step: int) -> None:
    """Add the numbers of a recorded run up to ``step`` to those of a fit that resumes it.

    They are written to the file of the new run too, which has the whole curve then.

    Args:
        fit: the fit, before its first epoch.
        recorded: the run.
        plan: the checkpoint.
        step: how many steps the run had at the checkpoint.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    store, seconds = fit.reader.store, 0.0
    rewound: float | None = plan.meta.get("epochs_rewound")
    for metric in recorded.metrics:
        store.declare(metric)
    epochs = read_epochs(recorded.path, _MAX_POINTS)
    first_epoch = int(epochs[0].epoch) - 1 if epochs else recorded.initial_epoch
    # Of the checkpoint on the epoch axis, if the run was never rewound.
    finished = plan.epoch + max(0, first_epoch - recorded.initial_epoch)
    for row in read_all_points(recorded.path):
        if row.step <= step:
            store.add_batches(row.step, row.epoch, row.seconds, row.values, row.batches)
            seconds = row.seconds
        if row.step == step and recorded.batches and rewound is None:
            # The file has millionths of an epoch.
            rewound = round(finished + plan.batch / recorded.batches - row.epoch, 5)
    for epoch in epochs:
        # An epoch that was stopped early is trained to its end now.
        if epoch.step <= step and not epoch.is_partial:
            store.add_epoch(epoch.step, epoch.epoch, epoch.seconds, epoch.logs)
            seconds = max(seconds, epoch.seconds)
    marks = read_marks(recorded.path)
    for mark in marks_before(marks, step, plan.meta.get("marks")):
        store.add_mark(mark)
    for mark in marks:
        # The step that began was trained before the stop, and is trained again.
        if (
            mark["step"] > step
            and mark["text"]["key"] == "Stop"
            and plan.meta["reason"] == "before"
        ):
            store.add_mark(
                {**mark, "step": step, "epoch": plan.meta.get("epoch_on_axis", finished)}
            )
    fit.reader.continue_from(
        steps=step - plan.batch,
        epoch=finished,
        first_epoch=first_epoch,
        seconds=seconds,
        epochs_rewound=rewound or 0.0,
    )


def lost_points(recorded: RunInfo, step: int) -> list[RecordedPoint]:
    """Return the points of a recorded run after ``step``, which are trained again.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    rows = read_all_points(recorded.path, after_step=step)
    if recorded.state == "failed":
        # Where a callback raised, the last one may be of one batch more than it says.
        rows = rows[:-1]
    return [RecordedPoint(row.step, row.batches, row.values) for row in rows]
