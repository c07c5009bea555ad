"""Start an export of a model, for the function as for the panel."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.job import ExportJob, JobOptions
from kwidgets.formats.export.jobs import jobs
from kwidgets.formats.export.names import file_name
from kwidgets.formats.export.prepare import prepare
from kwidgets.formats.export.prepared import Prepared
from kwidgets.formats.export.targets import TARGETS, Target, target_of
from kwidgets.language import t


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
    """Start an export and return at once; for the arguments see :func:`kwidgets.export`.

    Raises:
        FormatError: the model has no weights yet, or the data do not fit it.
    """
    place = checked_folder(model, folder)
    prepared = prepare(model, samples, validation_data, calibration, namespace)
    return start_prepared(model, prepared, targets, JobOptions(str(place), latency))


def start_prepared(
    model: keras.Model, prepared: Prepared, targets: Sequence[Target], options: JobOptions
) -> ExportJob:
    """Start the export of a model that is on disk already."""
    job = ExportJob(prepared, targets, options)
    jobs.add(model, job)
    job.start()
    return job


def checked_folder(model: keras.Model, folder: str | os.PathLike[str] | None) -> Path:
    """Return the folder where the files go.

    Raises:
        FormatError: there is a file of that name, or there can be no folder of it.
    """
    try:
        place = default_folder(model) if folder is None else Path(folder).expanduser().absolute()
        is_file = os.path.lexists(place) and not place.is_dir()
        place.exists()
    # Too long, or not text.
    except (OSError, TypeError, ValueError, RuntimeError) as error:
        raise FormatError(
            t("%1 cannot be a folder: %2.", reprlib.repr(folder), _reason(error))
        ) from error
    if is_file:
        raise FormatError(t("“%1” is a file. Pass the path of a folder.", place))
    return place


def _reason(error: Exception) -> str:
    return (error.strerror or "") if isinstance(error, OSError) else str(error).rstrip(".")


def default_folder(model: keras.Model) -> Path:
    """Return where the files of a model go, if the user does not say."""
    return Path.cwd() / "exports" / file_name(model.name)


def chosen_targets(names: Sequence[str] | str | None) -> tuple[Target, ...]:
    """Return the targets of these names, in their order; all for None.

    Raises:
        ValueError: there is no such target.
        FormatError: these are no names.
    """
    if names is None:
        return TARGETS
    if not isinstance(names, Iterable):
        raise FormatError(
            t("targets takes names of formats, such as %1, not %2.", '["onnx"]', repr(names))
        )
    listed = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    if not listed:
        raise ValueError("targets is empty. Pass at least one name, or None for all formats.")
    return tuple(target_of(name) for name in listed)
