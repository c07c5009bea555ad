"""The exports of this kernel, so that a page that was reloaded finds them again."""

from __future__ import annotations

import threading

from kwidgets.formats.export.job import ExportJob
from kwidgets.model_keys import model_keys

# Ended ones that are kept: each has its samples in memory, and a copy of its model on disk.
MAX_ENDED = 4


class Jobs:
    """The latest export of each model, oldest first. From any thread."""

    def __init__(self) -> None:
        self._jobs: dict[str, ExportJob] = {}
        self._lock = threading.Lock()

    def add(self, model: object, job: ExportJob) -> None:
        """Add an export, in place of an earlier one of the same model."""
        key = model_keys.key_of(model)
        with self._lock:
            self._jobs.pop(key, None)
            self._jobs[key] = job
            ended = [each for each, known in self._jobs.items() if known.facts.state != "running"]
            for each in ended[: max(0, len(self._jobs) - MAX_ENDED)]:
                if each != key:
                    del self._jobs[each]

    def of(self, key: str) -> ExportJob | None:
        """Return the latest export of the model with a key; None if there is none."""
        return self._jobs.get(key)

    def get(self, job_id: str) -> ExportJob | None:
        """Return the export with an id; None if another one has replaced it."""
        with self._lock:
            return next((job for job in self._jobs.values() if job.id == job_id), None)


jobs = Jobs()
