"""Write the question whether a run is to be resumed: what became of it, and where it goes on."""

from __future__ import annotations

from kwidgets.language import t
from kwidgets.record.last_run import UnfinishedRun
from kwidgets.record.resume.plan import ResumePlan


def resume_question(found: UnfinishedRun, plan: ResumePlan, by_name: bool) -> str:
    """Return what became of a run and where it would go on, in the kernel's language.

    Args:
        found: the run.
        plan: its checkpoint.
        by_name: whether the user has named the run; it is the last one of the cell otherwise.
    """
    epoch, batch = place_on_curves(found, plan)
    place = str(epoch), str(batch)
    if found.begins_again:
        texts = [
            t("Rewound run %1 has no later checkpoint.", found.info.title)
            if by_name
            else t("The last run of this cell was rewound, and has no later checkpoint."),
            t("It begins again at its start: epoch %1, batch %2.", *place),
        ]
    elif found.info.state == "died":
        texts = [
            t("Run %1 died.", found.info.title)
            if by_name
            else t("The last run of this cell died."),
            t("Its last checkpoint is in epoch %1, batch %2.", *place),
        ]
    elif by_name:
        texts = [t("Run %1 stopped in epoch %2, batch %3.", found.info.title, *place)]
    else:
        texts = [t("The last run of this cell stopped in epoch %1, batch %2.", *place)]
    if (epoch, batch) != (plan.epoch + 1, plan.batch):
        texts.append(t("Keras counts it as epoch %1, batch %2.", plan.epoch + 1, plan.batch))
    return " ".join(texts)


def place_on_curves(found: UnfinishedRun, plan: ResumePlan) -> tuple[int, int]:
    """Return the epoch, from 1, and the batches in it, as the curves of the run count them."""
    axis, length = plan.meta.get("epoch_on_axis"), found.info.batches
    if not isinstance(axis, int | float) or not length:
        return plan.epoch + 1, plan.batch
    epoch, batch = divmod(round(axis * length), length)
    return epoch + 1, batch
