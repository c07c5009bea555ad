"""The words for the status of a fit, such as "running", in the language of the page."""

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
