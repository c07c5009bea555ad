"""Remember which rows a view has, so that an answer has only those that have changed."""

from __future__ import annotations

import dataclasses
import time

from kwidgets.record import protocol
from kwidgets.record.page.encode import encode_row, encode_unreadable
from kwidgets.record.run_file.folder import runs_folder
from kwidgets.record.run_file.run_info import RunInfo
from kwidgets.record.run_list import Listing, Scope


@dataclasses.dataclass
class _Row:
    info: RunInfo
    row: protocol.RunRow
    revision: int


class RunRows:
    """The rows that views of this kernel have got. Used by one thread."""

    def __init__(self) -> None:
        # A view that has those of an earlier kernel gets all of this one.
        self._revision = int(time.time() * 1000)
        self._rows: dict[str, _Row] = {}
        self._ids: dict[Scope, tuple[list[str], int]] = {}

    def changes(self, listing: Listing, scope: Scope, since: int) -> protocol.RunList:
        """Return what is new in ``listing`` since the revision that a view has; 0 for all."""
        if since > self._revision:
            since = 0
        rows = []
        for info in listing.runs:
            known = self._rows.get(info.id)
            if known is None or known.info is not info:
                row = encode_row(info)
                if known is None or known.row != row:
                    self._revision += 1
                    known = _Row(info, row, self._revision)
                    self._rows[info.id] = known
                known.info = info
            if known.revision > since:
                rows.append(known.row)
        ids = [info.id for info in listing.runs]
        known_ids, revision = self._ids.get(scope, (None, 0))
        if known_ids != ids:
            self._revision += 1
            revision = self._revision
            self._ids[scope] = (ids, revision)
        return protocol.RunList(
            revision=self._revision,
            scope=scope,
            folder=str(runs_folder()),
            rows=rows,
            ids=ids if revision > since else None,
            unreadable=encode_unreadable(listing.unreadable),
        )
