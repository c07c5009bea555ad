"""Show an output that is updated while the work that it describes continues."""

from __future__ import annotations

import uuid
from typing import Any

from kwidgets.kernel.output_place import (
    clearings,
    current_place,
    current_publisher,
    watch_clearing,
)


class ReplaceableOutput:
    """An output at the place where the code that creates this object writes its output."""

    def __init__(self) -> None:
        self.place = current_place()
        # That of the process may be another one later: a cell may capture its own output while a
        # thread goes on showing something in another cell.
        self._publisher = current_publisher()
        self._display_id: str | None = None
        # How often the place had been cleared when the output was shown.
        self._cleared = clearings(self.place)
        watch_clearing()

    @property
    def is_captured(self) -> bool:
        """Whether the process captures the output, which keeps all versions of it."""
        return self.place.captured_by is not None

    @property
    def is_cleared(self) -> bool:
        """Whether the place was cleared since the output was shown."""
        return clearings(self.place).count > self._cleared.count

    @property
    def is_cleared_by_library(self) -> bool:
        """Whether the place was cleared, and not by the code of a cell."""
        return self.is_cleared and clearings(self.place).by_cell == self._cleared.by_cell

    def start_again(self) -> None:
        """Show the next version as a new output, after the last one was cleared."""
        self._display_id = None
        self._cleared = clearings(self.place)

    def publish(self, bundle: dict[str, Any], update: bool) -> None:
        """Show ``bundle``.

        Args:
            update: whether it replaces the last version; nothing happens if that was cleared.
        """
        update = update and self._display_id is not None
        if not update:
            self.start_again()
            self._display_id = uuid.uuid4().hex
        assert self._publisher is not None
        self._publisher.publish(
            data=bundle, transient={"display_id": self._display_id}, update=update
        )
