"""Make one format: convert, rename, read back, compare, measure; a row after each step."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from kwidgets.formats.export.child import Child, ChildError, StoppedError
from kwidgets.formats.export.compare import compare, nan_notes
from kwidgets.formats.export.environment import child_environment, processors
from kwidgets.formats.export.names import entry_name, inner_name
from kwidgets.formats.export.prepared import Prepared, Samples, load_arrays, save_arrays
from kwidgets.formats.export.replace import (
    is_replaceable,
    partial_folder,
    remove,
    replace_entry,
)
from kwidgets.formats.export.result import ExportRow, Latency, Metric
from kwidgets.formats.export.runtimes.runtime import CodeFacts, file_size, module_of
from kwidgets.formats.export.signature_json import to_json
from kwidgets.formats.export.targets import Target, missing_modules
from kwidgets.language import Message, message

_WORKER: Final = "kwidgets.formats.export.worker"
_CHECKER: Final = "kwidgets.formats.export.checker"

Step = tuple[ExportRow, Message | None]


class Pipeline:
    """Makes formats of one model, used by one thread; :meth:`stop` may be called by any.

    Args:
        prepared: the model and the data.
        folder: where the files go.
        latency: whether to measure it.
    """

    def __init__(self, prepared: Prepared, folder: str, latency: bool) -> None:
        self._prepared = prepared
        self._folder = Path(folder)
        self._latency = latency
        self._workers: dict[str, Child] = {}
        self._children: set[Child] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self._saved: dict[str, str] = {}

    def rows(self, target: Target) -> Iterator[Step]:
        """Make a format, and yield its row and what is being done whenever they change.

        Raises:
            StoppedError: :meth:`stop` was called; nothing half-written is left.
        """
        code, run_code = self._code(target)
        row = ExportRow(target.id, target.title, code=code, run_code=run_code)
        missing = missing_modules(target)
        if target.own_environment and shutil.which(target.own_environment) is None:
            missing = (*missing, target.own_environment)
        if missing:
            yield self._missing(row, target, missing[0]), None
            return
        refusal = self._refusal(target)
        if refusal is not None:
            yield replace(row, status="failed", problem=refusal), None
            return
        yield replace(row, status="converting"), message("Converting to %1…", target.title)
        try:
            row = self._convert(row, target)
        except ChildError as error:
            if error.missing:
                yield self._missing(row, target, error.missing), None
            else:
                yield replace(row, status="failed", problem=error.problem), None
            return
        except OSError as error:
            problem = message("The file cannot be written: %1", str(error))
            yield replace(row, status="failed", problem=problem), None
            return
        row = replace(row, status="checking")
        yield row, message("Reading %1 back and comparing…", target.title)
        try:
            row = self._check(row, target)
        except ChildError as error:
            yield replace(row, status="unproved", problem=error.problem), None
            return
        if self._latency and self._by_process(target):
            row = replace(row, status="measuring")
            yield row, message("Measuring the latency of %1…", target.title)
            row = self._measure(row, target)
        yield replace(row, status="done"), None

    def stop(self) -> None:
        """End all processes; :meth:`rows` then raises."""
        with self._lock:
            self._stopped = True
            children = set(self._children)
        for child in children:
            child.kill()

    def close(self) -> None:
        """End all processes and delete the temporary files; used by the thread of ``rows``."""
        for child in list(self._workers.values()):
            self._end(child)
        self._workers.clear()
        self._prepared.work.delete()

    def _refusal(self, target: Target) -> Message | None:
        """Return why a format cannot be made of this model at all."""
        prepared = self._prepared
        if target.id == "keras" or target.converts_on == "jax":
            if prepared.keras_file is None:
                return prepared.keras_problem
            if target.converts_on == "jax" and prepared.saved_model is not None:
                return message(
                    "A new process cannot load this model, because it has code of your program. "
                    "Put its classes into a module, register them, and import the module."
                )
        elif prepared.keras_file is None and prepared.saved_model is None:
            return prepared.keras_problem
        return None

    def _missing(self, row: ExportRow, target: Target, module: str) -> ExportRow:
        if target.own_environment:
            problem = message(
                "%1 is not on PATH. Its package needs older libraries: install it in an "
                "environment of its own, and put that environment's programs on PATH.",
                module,
            )
        else:
            problem = message("%1 is not installed.", module)
        return replace(row, status="missing", problem=problem, install=target.install)

    # Conversion.

    def _convert(self, row: ExportRow, target: Target) -> ExportRow:
        prepared = self._prepared
        name = entry_name(target, prepared.name)
        final = self._folder / name
        _check_place(target, final)
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = partial_folder(self._folder, name)
        try:
            request = {
                **self._common(target),
                "path": str(partial / name),
                "keras_file": _text(prepared.keras_file),
                "saved_model": _text(prepared.saved_model),
                "work": str(prepared.work.path),
                "samples": self._stored("samples", prepared.samples.inputs),
                "inner_name": inner_name(target, prepared.name),
            }
            if target.id == "litert_int8":
                request["calibration"] = self._stored("calibration", prepared.calibration)
            answer = self._worker(target.converts_on).ask(request)
            # Again: a conversion takes minutes.
            _check_place(target, final)
            replace_entry(partial / name, final)
        finally:
            remove(partial)
        inner = inner_name(target, prepared.name)
        notes = tuple(answer["notes"])
        if target.id == "litert_int8":
            count = len(next(iter(prepared.calibration.values())))
            notes = (
                *notes,
                message("Calibrated with %1 samples: %2", f"{count:,}", prepared.calibration_from),
            )
        code, run_code = self._code(
            target, answer["from_saved_model"], tuple(answer["file_inputs"])
        )
        return replace(
            row,
            code=code,
            run_code=run_code,
            path=str(final / inner if inner else final),
            num_bytes=file_size(final),
            lost=(*self._lost(target), *answer["lost"]),
            notes=notes,
        )

    def _lost(self, target: Target) -> tuple[Message, ...]:
        return () if target.id == "keras" else self._prepared.lost

    def _worker(self, backend: str) -> Child:
        child = self._workers.get(backend)
        if child is None or not child.alive:
            if child is not None:
                self._end(child)
            child = self._workers[backend] = self._start(_WORKER, backend)
        return child

    # Checks.

    def _check(self, row: ExportRow, target: Target) -> ExportRow:
        prepared = self._prepared
        out = prepared.work.path / f"out-{target.id}"
        out.mkdir(exist_ok=True)
        every = processors()
        by_process = self._by_process(target)
        request = {
            **self._common(target),
            "path": row.path,
            "samples": self._stored("samples", prepared.samples.inputs),
            "validation": None,
            "out": str(out),
            "threads": [every] if by_process or every == 1 else [1, every],
            "latency": self._latency,
        }
        if prepared.validation is not None:
            request["validation"] = self._stored("validation", prepared.validation.inputs)
        answer = self._ask_checker(target, request)
        outputs = load_arrays(out / "samples.npz")
        try:
            difference = compare(prepared.samples.outputs, outputs, prepared.classes)
        except ValueError as error:
            raise ChildError(
                message("Its outputs have other shapes than those of the model: %1", str(error))
            ) from error
        metrics: tuple[Metric, ...] = ()
        if prepared.validation is not None:
            metrics = self._metrics(prepared.validation, load_arrays(out / "validation.npz"))
        shutil.rmtree(out, ignore_errors=True)
        return replace(
            row,
            difference=difference,
            metrics=metrics,
            latency=tuple(Latency(**each) for each in answer["latency"]),
            lost=(*row.lost, *answer["lost"]),
            notes=(
                *row.notes,
                *answer["notes"],
                *nan_notes(prepared.samples.outputs, outputs, message("the file")),
            ),
        )

    def _metrics(self, validation: Samples, outputs: Mapping[str, Any]) -> tuple[Metric, ...]:
        found = self._prepared.measure(outputs, validation.targets, validation.weights)
        return tuple(
            Metric(name, value, found[name])
            for name, value in validation.metrics.items()
            if name in found
        )

    def _measure(self, row: ExportRow, target: Target) -> ExportRow:
        """Add the latency with one thread, which some runtimes only set when they start."""
        if processors() == 1:
            return row
        request = {
            **self._common(target),
            "path": row.path,
            "samples": self._stored("samples", self._prepared.samples.inputs),
            "out": None,
            "threads": [1],
            "latency": True,
        }
        try:
            answer = self._ask_checker(target, request)
        # What is known stays.
        except ChildError:
            return row
        return replace(
            row, latency=(*(Latency(**each) for each in answer["latency"]), *row.latency)
        )

    def _ask_checker(self, target: Target, request: dict[str, Any]) -> dict[str, Any]:
        backend = self._prepared.backend if target.id == "keras" else target.converts_on
        child = self._start(_CHECKER, backend, one_processor=request["threads"] == [1])
        try:
            return child.ask(request)
        finally:
            self._end(child)

    def _by_process(self, target: Target) -> bool:
        return bool(module_of(target.id).THREADS_BY_PROCESS)

    # What both need.

    def _common(self, target: Target) -> dict[str, Any]:
        return {"target": target.id, "signature": to_json(self._prepared.signature)}

    def _stored(self, name: str, arrays: Any) -> str:
        if name not in self._saved:
            path = self._prepared.work.path / f"{name}.npz"
            save_arrays(path, arrays)
            self._saved[name] = str(path)
        return self._saved[name]

    def _start(self, module: str, backend: str, one_processor: bool = False) -> Child:
        environment = child_environment(backend)
        # What libraries leave there goes with the export's folder.
        temporary = self._prepared.work.path / "temporary"
        temporary.mkdir(exist_ok=True)
        environment.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)))
        if one_processor:
            environment["KWIDGETS_ONE_PROCESSOR"] = "1"
        with self._lock:
            if self._stopped:
                raise StoppedError
            child = Child(module, environment)
            self._children.add(child)
        return child

    def _end(self, child: Child) -> None:
        with self._lock:
            self._children.discard(child)
        child.close()

    def _code(
        self, target: Target, from_saved_model: bool = False, file_inputs: tuple[str, ...] = ()
    ) -> tuple[str, str]:
        name = entry_name(target, self._prepared.name)
        inner = inner_name(target, self._prepared.name)
        facts = CodeFacts(
            target=target.id,
            file_name=f"{name}/{inner}" if inner else name,
            backend=self._prepared.backend,
            signature=self._prepared.signature,
            from_saved_model=from_saved_model or self._prepared.saved_model is not None,
            file_inputs=file_inputs,
        )
        module = module_of(target.id)
        return module.code(facts), module.run_code(facts)


def _check_place(target: Target, final: Path) -> None:
    """Raise ChildError if there is something that no export has written."""
    if not is_replaceable(target.id, final):
        raise ChildError(
            message(
                "“%1” has files that are not of an export, and was left as it is. Move it, or pass "
                "another folder.",
                str(final),
            )
        )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
