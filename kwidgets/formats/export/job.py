"""An export that runs in a thread: its state, its end, and how to stop it."""

from __future__ import annotations

import contextvars
import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kwidgets.formats.export.child import StoppedError
from kwidgets.formats.export.pipeline import Pipeline
from kwidgets.formats.export.prepared import Prepared
from kwidgets.formats.export.result import ExportFacts, ExportRow, Status
from kwidgets.formats.export.targets import Target
from kwidgets.language import Message, message

logger = logging.getLogger("kwidgets")

_numbers: Final = itertools.count(1)


@dataclass(frozen=True)
class JobOptions:
    """How to export.

    Attributes:
        folder: where the files go; it is made.
        latency: whether to measure it.
    """

    folder: str
    latency: bool = True


class ExportJob:
    """Exports one model to several formats, one after the other, in a thread of its own.

    All heavy work is done by other processes, so that the kernel stays usable.

    Args:
        prepared: the model and the data, on disk.
        targets: the formats, in this order.
        options: how to export.
        on_change: called in the job's thread after each change, without arguments.
    """

    def __init__(
        self,
        prepared: Prepared,
        targets: Sequence[Target],
        options: JobOptions,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        self.id = f"export-{next(_numbers)}"
        self.prepared = prepared
        self._targets = tuple(targets)
        self._on_change = on_change
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._started = time.monotonic()
        self._revision = 1
        validation = prepared.validation
        self._facts = ExportFacts(
            model_name=prepared.name,
            folder=options.folder,
            rows=tuple(ExportRow(target.id, target.title) for target in targets),
            samples_from=prepared.samples.source,
            num_samples=len(prepared.samples),
            validation_from=validation.source if validation else None,
            num_validation=len(validation) if validation else 0,
            metrics=tuple(validation.metrics.items()) if validation else (),
            notes=prepared.notes,
        )
        self._pipeline = Pipeline(prepared, options.folder, options.latency)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        # In a copied context: otherwise output would go to the cell that ran last.
        self._thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._run,),
            name="kwidgets-export",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop soon: what was written stays, half-written files are removed."""
        self._pipeline.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all has ended, at most ``timeout`` seconds; return whether it has."""
        return self._ended.wait(timeout)

    @property
    def revision(self) -> int:
        """A number that grows with each change."""
        with self._lock:
            return self._revision

    def state(self) -> tuple[int, ExportFacts]:
        """Return the revision and all rows, as they are now."""
        with self._lock:
            facts = self._facts
            if facts.state == "running":
                facts = replace(facts, seconds=time.monotonic() - self._started)
            return self._revision, facts

    @property
    def facts(self) -> ExportFacts:
        """All rows, as they are now."""
        return self.state()[1]

    def _run(self) -> None:
        stopped = False
        try:
            for index, target in enumerate(self._targets):
                if stopped:
                    self._set(index, replace(self._facts.rows[index], status="stopped"), None)
                    continue
                stopped = not self._make(index, target)
        finally:
            self._pipeline.close()
            self._change(
                replace(
                    self._facts,
                    state="stopped" if stopped else "done",
                    step=None,
                    seconds=time.monotonic() - self._started,
                )
            )
            self._ended.set()

    def _make(self, index: int, target: Target) -> bool:
        """Make one row; return False if the user has stopped."""
        begun = time.monotonic()
        row = self._facts.rows[index]
        try:
            for row, step in self._pipeline.rows(target):
                self._set(index, replace(row, seconds=time.monotonic() - begun), step)
        except StoppedError:
            self._set(index, replace(row, status="stopped"), None)
            return False
        # A fault of ours in one format must not take the others with it.
        except Exception as error:
            logger.warning("the export to %s failed", target.title, exc_info=True)
            text = f"{type(error).__name__}: {error}"[:300]
            status: Status = "failed" if row.path is None else "unproved"
            problem = message("An error in kwidgets: %1", text)
            self._set(index, replace(row, status=status, problem=problem), None)
        return True

    def _set(self, index: int, row: ExportRow, step: Message | None) -> None:
        rows = (*self._facts.rows[:index], row, *self._facts.rows[index + 1 :])
        self._change(replace(self._facts, rows=rows, step=step))

    def _change(self, facts: ExportFacts) -> None:
        with self._lock:
            self._facts = facts
            self._revision += 1
        if self._on_change is not None:
            try:
                self._on_change()
            except Exception:
                logger.warning("a listener of the export failed", exc_info=True)
