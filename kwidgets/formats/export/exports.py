"""What ``kw.export`` returns: the rows, the files, and what to do with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kwidgets import protocol as wire
from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.job import ExportJob
from kwidgets.formats.export.result import ExportFacts, ExportRow
from kwidgets.formats.export.table import facts_html, facts_text
from kwidgets.formats.export.targets import target_of
from kwidgets.language import t


class Exports:
    """The formats that a model was exported to, each compared with the model.

    ``exports["onnx"]`` is the row of a format, with ``path``, ``difference``, ``latency`` and
    ``code``; iterate to get all rows.
    """

    def __init__(self, job: ExportJob) -> None:
        self._job = job

    @property
    def job(self) -> ExportJob:
        """What makes them."""
        return self._job

    @property
    def facts(self) -> ExportFacts:
        """All of it as plain data, as far as it is."""
        return self.job.facts

    @property
    def rows(self) -> tuple[ExportRow, ...]:
        """One row a format."""
        return self.facts.rows

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return Path(self.facts.folder)

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.facts.state == "running"

    def stop(self) -> None:
        """Stop a running export; finished files stay, half-written ones are removed."""
        self.job.stop()
        self.job.wait()

    def wait(self, timeout: float | None = None) -> Exports:
        """Wait until it has ended, or for ``timeout`` seconds; return itself."""
        self.job.wait(timeout)
        return self

    def __getitem__(self, target: str) -> ExportRow:
        for row in self.rows:
            if row.target == target:
                return row
        names = ", ".join(repr(row.target) for row in self.rows)
        raise KeyError(f"this export has no {target!r}; it has {names}")

    def __iter__(self) -> Iterator[ExportRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def code(self) -> str:
        """A program for each written file that makes it without kwidgets."""
        parts = [f"# {row.title}\n{row.code}" for row in self.rows if row.code and row.path]
        return "\n\n".join(parts)

    def to_text(self) -> str:
        """Return the table and the remarks as text."""
        return facts_text(self.facts)

    def to_pandas(self) -> Any:
        """Return the table as a pandas DataFrame, a row a format.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas as pd

        return pd.DataFrame([_record(row) for row in self.rows]).set_index("target")

    def write_server(
        self, folder: str | os.PathLike[str] | None = None, target: str | None = None
    ) -> Path:
        """Write a small web server for one format, a client, and a Dockerfile.

        Args:
            folder: where to; None for ``server`` in the folder of the files.
            target: the format; None for the first that was verified, of those with a small
                runtime first.

        Returns:
            the folder; its README.md says how to start the server.

        Raises:
            FormatError: there is no such file, or no server for this format.
        """
        from kwidgets.formats.export.server.write import SERVED, write_server

        if target is not None:
            row = self[target_of(target).id]
            if row.path is None or row.target not in SERVED:
                raise FormatError(
                    t(
                        "There is no server for “%1”. Use one of: %2.",
                        target,
                        ", ".join(each.target for each in self._served(SERVED)) or "–",
                    )
                )
        else:
            served = self._served(SERVED)
            if not served:
                raise FormatError(
                    t("No exported file can be served. Export to one of: %1.", ", ".join(SERVED))
                )
            row = served[0]
        place = self.folder / "server" if folder is None else Path(folder).expanduser()
        return write_server(row, self.job.prepared.signature, self.job.prepared.backend, place)

    def _served(self, order: tuple[str, ...]) -> list[ExportRow]:
        rows = {row.target: row for row in self.rows if row.path is not None}
        found = [row for target, row in rows.items() if target in order]
        return sorted(found, key=lambda row: (row.status != "done", order.index(row.target)))

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        facts = self.facts
        return {
            "text/html": wire.encodable(facts_html(facts)),
            "text/plain": wire.encodable(facts_text(facts)),
        }


def _record(row: ExportRow) -> dict[str, Any]:
    difference = row.difference
    record: dict[str, Any] = {
        "target": row.target,
        "status": row.status,
        "path": row.path,
        "num_bytes": row.num_bytes,
        "max_difference": difference.maximum if difference else None,
        "mean_difference": difference.mean if difference else None,
        "same_class": difference.same_class if difference else None,
        "seconds": row.seconds,
    }
    for each in row.latency:
        threads = "1_thread" if each.threads == 1 else "all_threads"
        record[f"p50_ms_{threads}"] = each.p50_ms
        record[f"p95_ms_{threads}"] = each.p95_ms
    record.update({metric.name: metric.export for metric in row.metrics})
    return record
