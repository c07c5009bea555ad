"""Words for what the wire names."""

from __future__ import annotations

from kwidgets.language import t
from kwidgets.live.protocol import Status


def status_label(status: Status) -> str:
    """Return a status in the kernel's language."""
    words: dict[Status, str] = {
        "running": t("running"),
        "paused": t("paused"),
        "stopping": t("stopping"),
        "stopped": t("stopped"),
        "finished": t("finished"),
        "interrupted": t("interrupted"),
        "failed": t("failed"),
    }
    return words[status]
