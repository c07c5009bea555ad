"""Labels for values of the wire, in the kernel's language."""

from __future__ import annotations

from kwidgets.language import t
from kwidgets.live.protocol import Status


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
