"""``kw.export(model, …)``: write a model for other runtimes, and prove each file."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.exports import Exports
from kwidgets.formats.export.job import ExportJob, JobOptions
from kwidgets.formats.export.names import file_name
from kwidgets.formats.export.prepare import prepare
from kwidgets.formats.export.result import ExportFacts
from kwidgets.formats.export.targets import TARGETS, Target, TargetId, target_of
from kwidgets.kernel.running_kernel import user_variables
from kwidgets.language import t, translated

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

    Each file is written under another name and renamed when it is complete, read back by its own
    runtime in a new process, and run on your samples. A format whose packages are not installed is
    a row with the pip line; the others are made all the same. Interrupt the cell to stop: what was
    finished stays.

    Args:
        model: a built Keras model; it is not changed.
        samples: rows of its input, to compare with: an array, a list or dict of arrays, or what
            yields batches. If None, the validation data, or a variable of the notebook with the
            shape of the input, or else random numbers; the result says which.
        validation_data: ``(x, y)``, or what yields such batches: the loss and metrics that the
            model was compiled with are computed on at most 1,000 rows, for the model and each file.
        targets: names of formats, such as ``["onnx", "litert"]``; None for all.
        folder: where the files go; None for ``exports/<name of the model>``.
        calibration: rows of its input, from which 8-bit integers get their ranges; None for the
            samples.
        latency: whether to measure it; some seconds a format.
        wait: whether to return only when all is done; else it goes on in a thread.
        verbose: whether to print what is being done.

    Returns:
        the rows: ``exports["onnx"].path``, ``exports.to_pandas()``, ``exports.code``,
        ``exports.write_server("server")``.

    Raises:
        TypeError: ``model`` is not a Keras model.
        ValueError: there is no such target.
        FormatError: the model has no weights yet, or the data do not fit it.

    Example:
        >>> exports = kwidgets.export(model, validation_data=(x_test, y_test))
        >>> exports["onnx"].difference.maximum
        2.4e-07
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"export needs a Keras model, not {model!r} ({type(model).__name__}).")
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


def start_job(
    model: keras.Model,
    targets: Sequence[Target],
    *,
    folder: str | os.PathLike[str] | None = None,
    samples: Any = None,
    validation_data: Any = None,
    calibration: Any = None,
    latency: bool = True,
    namespace: Mapping[str, Any] | None = None,
) -> ExportJob:
    """Start an export and return at once; for the arguments see :func:`export`.

    Raises:
        FormatError: the model has no weights yet, or the data do not fit it.
    """
    place = default_folder(model) if folder is None else Path(folder).expanduser().absolute()
    if place.exists() and not place.is_dir():
        raise FormatError(t("“%1” is a file. Pass the path of a folder.", place))
    prepared = prepare(model, samples, validation_data, calibration, namespace)
    job = ExportJob(prepared, targets, JobOptions(str(place), latency))
    job.start()
    return job


def default_folder(model: keras.Model) -> Path:
    """Return where the files of a model go, if the user does not say."""
    return Path.cwd() / "exports" / file_name(model.name)


def chosen_targets(names: Sequence[str] | str | None) -> tuple[Target, ...]:
    """Return the targets of these names, in their order; all for None.

    Raises:
        ValueError: there is no such target.
    """
    if names is None:
        return TARGETS
    listed = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    if not listed:
        raise ValueError("targets is empty. Pass at least one name, or None for all formats.")
    return tuple(target_of(name) for name in listed)


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


def _say(facts: ExportFacts, said: str) -> str:
    text = "" if facts.step is None else translated(facts.step)
    if text and text != said:
        print(text, flush=True)
    return text or said
