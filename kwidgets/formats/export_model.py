"""``kw.export(model, …)``: write a model for other runtimes, and prove each file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import keras

from kwidgets.formats.export.exports import Exports
from kwidgets.formats.export.job import ExportJob
from kwidgets.formats.export.result import ExportFacts
from kwidgets.formats.export.start import chosen_targets, start_job
from kwidgets.formats.export.targets import TargetId
from kwidgets.kernel.front_end import shows_text_only
from kwidgets.kernel.running_kernel import running_kernel, user_variables
from kwidgets.language import t, translated

_ENDED = frozenset({"done", "unproved", "missing", "failed", "stopped"})
# How often a waiting cell looks for something new to print.
_INTERVAL_SECONDS: Final = 0.2


def export(
    model: keras.Model,
    samples: Any = None,
    validation_data: Any = None,
    targets: Sequence[TargetId] | TargetId | None = None,
    folder: str | os.PathLike[str] | None = None,
    calibration: Any = None,
    *,
    latency: bool = True,
    wait: bool = True,
    verbose: bool = True,
) -> Exports:
    """Export a model to several formats, and compare each file with the model.

    In a notebook, ``kwidgets.export(model)`` with nothing else shows a panel, where you choose the
    formats and the data, and click Export; all other calls export at once.

    Each file is written under another name and renamed when it is complete, read back by its own
    runtime in a new process, and run on your samples. A format whose packages are not installed is
    a row with the pip line; the others are made all the same. Interrupt the cell to stop: what was
    finished stays.

    Args:
        model: a built Keras model, or a SequentialBuilder; it is not changed.
        samples: rows of its input, to compare with: an array, a list or dict of arrays, or what
            yields batches. If None, the validation data, or a variable of the notebook with the
            shape of the input, or else random numbers; the result says which.
        validation_data: ``(x, y)``, or what yields such batches: the loss and metrics that the
            model was compiled with are computed on at most 1,000 rows, for the model and each file.
        targets: names of formats, such as ``["onnx", "litert"]``; None for all, or for the panel.
        folder: where the files go; None for ``exports/<name of the model>``.
        calibration: rows of its input, from which 8-bit integers get their ranges; None for the
            samples.
        latency: whether to measure it; some seconds a format.
        wait: whether to return only when all is done; else it goes on in a thread.
        verbose: whether to print what is being done.

    Returns:
        the rows: ``exports["onnx"].path``, ``exports.to_pandas()``, ``exports.code``,
        ``exports.write_server("server")``. The panel has those of what it has exported last.

    Raises:
        TypeError: ``model`` is not a Keras model.
        ValueError: there is no such target.
        FormatError: the model has no weights yet, or the data do not fit it.
        KeyboardInterrupt: the cell was interrupted; the export has ended then.

    Example:
        >>> exports = kwidgets.export(model, validation_data=(x_test, y_test))
        >>> exports["onnx"].difference.maximum
        2.4e-07
    """
    builder = sys.modules.get("kwidgets.builder.sequential")
    if builder is not None and isinstance(model, builder.SequentialBuilder):
        model = model.model
    if not isinstance(model, keras.Model):
        raise TypeError(f"export needs a Keras model, not {model!r} ({type(model).__name__}).")
    chosen = (samples, validation_data, targets, folder, calibration)
    if all(each is None for each in chosen) and _in_notebook():
        from kwidgets.formats.page.view import ExportPanel

        return ExportPanel(model)
    frame = sys._getframe(1)
    namespace = {**user_variables(), **frame.f_globals, **frame.f_locals}
    job = start_job(
        model,
        chosen_targets(targets),
        folder=folder,
        samples=samples,
        validation_data=validation_data,
        calibration=calibration,
        latency=latency,
        namespace=namespace,
    )
    exports = Exports(job)
    if wait:
        _wait(job, verbose)
    return exports


def _in_notebook() -> bool:
    """Return whether a panel can be shown: not in a script or a console."""
    return running_kernel() is not None and not shows_text_only()


def _wait(job: ExportJob, verbose: bool) -> None:
    said = ""
    try:
        while not job.wait(_INTERVAL_SECONDS):
            said = _say(job.facts, said) if verbose else said
    except KeyboardInterrupt:
        job.stop()
        job.wait()
        if verbose:
            print(t("Stopped. Finished files stay in %1.", job.facts.folder), flush=True)
        # The cell has not succeeded: Run All ends here.
        raise


def step_text(facts: ExportFacts) -> str:
    """Return what an export does now, and at which of its formats it is; "" for nothing."""
    if facts.step is None:
        return ""
    ended = sum(row.status in _ENDED for row in facts.rows)
    return t("%1 of %2: %3", ended + 1, len(facts.rows), translated(facts.step))


def _say(facts: ExportFacts, said: str) -> str:
    text = step_text(facts)
    if text and text != said:
        print(text, flush=True)
    return text or said
