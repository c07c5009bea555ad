"""What is known of a remote fit besides its numbers: the parts that its run file keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwidgets.language import t


class RemoteInsight:
    """Shows predictions, layers and data of a fit of another process. From any thread."""

    def __init__(self) -> None:
        self._parts: list[Any] = []
        self._revision = 0

    @property
    def revision(self) -> int:
        return self._revision

    def set_parts(self, parts: list[Any]) -> None:
        """Take the parts that rank 0 has sent."""
        self._parts = parts
        self._revision += 1

    def answer(self, request: dict[str, Any], reply: Callable[[bool, str], None]) -> None:
        """Answer a view's request: all that there is has been sent."""
        if request.get("request") == "watch":
            reply(True, "")
        else:
            reply(False, t("Not available while several workers train."))

    def brief_parts(self) -> list[Any]:
        return self._parts

    saved_parts = recorded_parts = brief_parts
