"""``kwidgets.runs``: the recorded trainings as a collection."""

from __future__ import annotations

import datetime
import numbers
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from kwidgets.record.clean import Cleaned, clean
from kwidgets.record.compare.comparison import Comparison, compare_runs
from kwidgets.record.ended import wait_for_ended
from kwidgets.record.run import Run
from kwidgets.record.run_file.run_info import RunInfo, UnreadableRun
from kwidgets.record.run_filter import RunFilter, parse_filter
from kwidgets.record.run_list import SCOPES, Scope, run_files
from kwidgets.record.text_table import text_table

if TYPE_CHECKING:
    from kwidgets.record.page.view import RunsView

# Rows of the text that stands for the collection.
_SHOWN = 20


class Runs(Sequence[Run]):
    """The recorded trainings, oldest first; read from the disk whenever it is used.

    ``kwidgets.runs`` has those in the folder of this notebook. Iterate over it, or take one:
    ``kwidgets.runs[-1]`` is the latest, ``kwidgets.runs["baseline"]`` the one with this name, id or
    beginning of an id. ``kwidgets.runs()`` shows them in the notebook, to compare them.

    Args:
        scope: "notebook" for those of this notebook only, "folder" for all in its folder, "all"
            for all folders that you have used.
        conditions: filters, all of which a run must match.
    """

    def __init__(self, scope: Scope = "folder", conditions: tuple[RunFilter, ...] = ()) -> None:
        self._scope = scope
        self._conditions = conditions

    def __call__(self, scope: Scope | None = None, filter: str = "") -> RunsView:
        """Show the runs in the notebook: a table to sort, filter, draw and compare.

        Args:
            scope: "notebook", "folder" or "all".
            filter: what the view's filter has at first, such as ``"val_loss < 0.5"``.

        Raises:
            ValueError: the scope is not one of these, or the filter cannot be understood.
            TypeError: the filter is not a text.
        """
        from kwidgets.record.page.view import RunsView

        scope = self._scope if scope is None else _checked_scope(scope)
        _parsed(filter)
        return RunsView(scope, filter)

    def scope(self, scope: Scope) -> Runs:
        """Return the runs of "notebook", "folder" or "all", filtered like these.

        Raises:
            ValueError: the scope is not one of these.
        """
        return Runs(_checked_scope(scope), self._conditions)

    def filter(self, text: str) -> Runs:
        """Return the runs that match a text, such as ``digits val_accuracy > 0.9``.

        Each word must occur in the name, model, tags, notes, state or id. A condition compares the
        last value of a metric (``val_loss < 0.5``), its best one (``best_accuracy >= 0.9``), an
        argument of ``fit`` (``batch_size = 32``), or ``name``, ``tag``, ``state``, ``model``,
        ``optimizer``, ``backend``, ``notebook``, ``started`` (``started > 2026-11-01``),
        ``duration`` (``duration > 5m``), ``epochs``, ``steps``, ``size`` (``size > 10MB``). The
        text is never evaluated as code.

        Raises:
            ValueError: a part of the text is not understood, or is about a value that no run has.
            TypeError: it is not a text.
        """
        condition = _parsed(text)
        condition.check(self._infos())
        return Runs(self._scope, (*self._conditions, condition))

    @property
    def unreadable(self) -> list[UnreadableRun]:
        """The files that cannot be read, each with its ``path``, ``reason`` and ``bytes``."""
        return list(run_files.list(self._scope).unreadable)

    @property
    def size(self) -> int:
        """What they take on disk in bytes, with their checkpoints."""
        return sum(info.bytes for info in self._infos())

    def compare(self, first: Run | str | int, second: Run | str | int) -> Comparison:
        """Return how two runs differ: model, ``compile``, ``fit``, code, data and versions.

        Args:
            first: a run, or what ``kwidgets.runs[...]`` takes.
            second: the other one.

        Raises:
            LookupError: there is no such run.
        """
        one, other = (self._run(run) for run in (first, second))
        return compare_runs(one.path, other.path)

    def clean(
        self,
        *,
        max_checkpoint_bytes: float | None = None,
        older_than_days: float | None = None,
        keep: int | None = None,
        ids: Iterable[str] = (),
        dry_run: bool = False,
    ) -> Cleaned:
        """Free the disk. Without arguments, delete all checkpoints, and keep the runs themselves.

        A run without checkpoints can be read and compared, but not resumed. What belongs to a run
        that still runs is never deleted.

        Args:
            max_checkpoint_bytes: what the checkpoints may take; those of the oldest runs are
                deleted first. 0 unless you pass another argument.
            older_than_days: delete whole runs that began earlier.
            keep: delete all runs but so many of the latest.
            ids: delete these runs.
            dry_run: delete nothing, only return what would be.

        Returns:
            what was deleted, and the freed bytes.
        """
        if isinstance(ids, str):
            raise TypeError(f"ids must be a list of texts, such as [{ids!r}]")
        if not isinstance(ids, Iterable):
            raise TypeError(f"ids must be a list of texts, not {ids!r}")
        ids = tuple(ids)
        if not all(isinstance(each, str) for each in ids):
            raise TypeError(f"ids must be a list of texts, not {ids!r}")
        others = (max_checkpoint_bytes, older_than_days, keep)
        names = ("max_checkpoint_bytes", "older_than_days", "keep")
        for name, number in zip(names, others, strict=True):
            kind = numbers.Integral if name == "keep" else numbers.Real
            if number is not None and (isinstance(number, bool) or not isinstance(number, kind)):
                what = "an integer" if name == "keep" else "a number"
                raise TypeError(f"{name} must be {what}, not {number!r}")
            if number is not None and not number >= 0:
                raise ValueError(f"{name} must be at least 0, not {number!r}")
        if all(each is None for each in others) and not ids:
            max_checkpoint_bytes = 0
        return clean(
            self._infos(),
            max_checkpoint_bytes=max_checkpoint_bytes,
            older_than_days=older_than_days,
            keep=keep,
            ids={self._find(each).id for each in ids},
            dry_run=dry_run,
        )

    def to_pandas(self) -> Any:
        """Return a ``pandas.DataFrame`` with a row for each run, indexed by the id.

        The columns are name, state, started, diverged, duration (seconds), epochs (that were asked
        for), trained_epochs (whole ones), model, optimizer, backend, tags, notes, size (bytes), the
        last value of each metric, and ``best_`` with the best one.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_pandas() requires pandas. Run pip install pandas.") from error
        rows = [_row(info) for info in self._infos()]
        frame = pd.DataFrame(rows, index=[info.id for info in self._infos()])
        frame.index.name = "id"
        return frame

    def __len__(self) -> int:
        return len(self._infos())

    def __iter__(self) -> Iterator[Run]:
        return iter([_run(info) for info in self._infos()])

    def __contains__(self, run: object) -> bool:
        if isinstance(run, str):
            return any(run in (info.id, info.name) for info in self._infos())
        return any(_run(info) == run for info in self._infos())

    @overload
    def __getitem__(self, key: int | str) -> Run: ...
    @overload
    def __getitem__(self, key: slice) -> list[Run]: ...
    def __getitem__(self, key: int | str | slice) -> Run | list[Run]:
        if isinstance(key, str):
            return _run(self._find(key))
        infos = self._infos()
        if isinstance(key, slice):
            return [_run(info) for info in infos[key]]
        try:
            number = operator.index(key)
        except TypeError:
            raise TypeError(
                "a run is chosen by its number, such as runs[-1], by its name or id, or by a slice;"
                f" not by {key!r} ({type(key).__name__})"
            ) from None
        try:
            return _run(infos[number])
        except IndexError:
            there = "1 run" if len(infos) == 1 else f"{len(infos)} runs"
            raise IndexError(f"no run {number}: the collection has {there}") from None

    def _run(self, run: Run | str | int) -> Run:
        return run if isinstance(run, Run) else self[run]

    def _find(self, key: str) -> RunInfo:
        infos = self._infos()
        tests: tuple[Callable[[RunInfo], bool], ...] = (
            lambda info: info.id == key,
            lambda info: info.name == key,
            lambda info: info.title == key,
            lambda info: bool(key) and info.id.startswith(key),
        )
        for test in tests:
            found = [info for info in infos if test(info)]
            if len(found) == 1:
                return found[0]
            if found:
                ids = ", ".join(info.id for info in found[-5:])
                raise KeyError(
                    f"{key!r} fits {len(found)} runs, such as {ids}. Use one of the ids."
                )
        latest = ", ".join(info.id for info in infos[-3:])
        there = f"The latest are {latest}." if latest else "There are none yet."
        raise KeyError(f"no run has the id or the name {key!r}. {there}")

    def _infos(self) -> tuple[RunInfo, ...]:
        wait_for_ended()
        runs = run_files.list(self._scope).runs
        return tuple(
            run for run in runs if all(condition.matches(run) for condition in self._conditions)
        )

    def __repr__(self) -> str:
        return text_table(self._infos()[::-1][:_SHOWN], len(self))


def _run(info: RunInfo) -> Run:
    return Run(info.path, info.id)


def _row(info: RunInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "state": info.state,
        "started": datetime.datetime.fromtimestamp(info.created).astimezone(),
        "diverged": info.diverged,
        "duration": info.progress["seconds"],
        "epochs": info.epochs,
        "trained_epochs": info.finished_epochs,
        "model": info.model_name,
        "optimizer": info.optimizer,
        "backend": info.backend,
        "tags": ", ".join(info.tags),
        "notes": info.notes,
        "size": info.bytes,
        **info.values,
        **{f"best_{name}": value for name, value in info.best_values.items()},
    }


def _parsed(text: object) -> RunFilter:
    if not isinstance(text, str):
        raise TypeError(
            "a filter must be a text, such as 'val_loss < 0.5 tag = baseline'; "
            f"got {text!r} ({type(text).__name__})"
        )
    return parse_filter(text)


def _checked_scope(scope: object) -> Scope:
    if not isinstance(scope, str) or scope not in SCOPES:
        raise ValueError(f"unknown scope {scope!r}. Use one of {', '.join(map(repr, SCOPES))}")
    return scope


runs = Runs()
