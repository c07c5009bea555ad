"""The words for the status of a fit and its epoch, in the language of the kernel."""

from __future__ import annotations

from kwidgets.language import t
from kwidgets.live.protocol import Progress, RunInfo, Status, Workers


def status_label(status: Status) -> str:
    """Return the label of a status."""
    labels: dict[Status, str] = {
        "running": t("running"),
        "paused": t("paused"),
        "stopping": t("stopping"),
        "stopped": t("stopped"),
        "finished": t("finished"),
        "interrupted": t("interrupted"),
        "failed": t("failed"),
    }
    return labels[status]


def progress_label(progress: Progress) -> str:
    """Return the label of a fit's status, which says so if the loss is NaN or infinite."""
    label = status_label(progress["status"])
    return t("%1, diverged", label) if progress["diverged"] else label


def workers_label(workers: Workers) -> str:
    """Return the label of several workers that start or restart."""
    return t("restarting") if workers["state"] == "restarting" else t("starting")


def ahead_of_keras(run: RunInfo) -> int:
    """Return by how much the numbers of epochs are higher than Keras's; lower after a rewind."""
    return run["epochs_before"] - run.get("epochs_rewound", 0)


def epoch_label(run: RunInfo, epoch: int) -> str:
    """Return an epoch as all views and curves count.

    Those of earlier fits of the model are included, and those that were rewound are not.

    Args:
        run: the facts of the fit.
        epoch: the number of the epoch in Keras, from 1, which is added where it differs.
    """
    before, epochs = ahead_of_keras(run), run["epochs"]
    if not epochs:  # a loop of the user's own may not say how many
        return t("epoch %1", epoch)
    label = t("epoch %1 of %2", epoch + before, epochs + before)
    return t("%1 (Keras: %2 of %3)", label, epoch, epochs) if before else label
