"""Write all that an export needs of a model to disk, so that other processes can take over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras

from kwidgets.dry_run import no_trace
from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.model_data import read_data
from kwidgets.formats.export.names import file_name
from kwidgets.formats.export.prepared import Prepared, WorkFolder
from kwidgets.language import Message, message, t
from kwidgets.lazy_tensorflow import without_importing_tensorflow


# Later models get the names and weights that they would have had.
@no_trace()
def prepare(
    model: keras.Model,
    samples: Any = None,
    validation_data: Any = None,
    calibration: Any = None,
    namespace: Mapping[str, Any] | None = None,
) -> Prepared:
    """Return a model and its data, on disk.

    The model is called on the samples, without training; nothing of it changes.

    Args:
        model: built.
        samples: rows of its input, to compare with; None to look for them.
        validation_data: ``(x, y)``, or what yields such batches; None to look for them.
        calibration: rows of its input, for 8-bit integers; None for the samples.
        namespace: where to look.

    Raises:
        FormatError: the model is not built, or the data do not fit.
    """
    if not getattr(model, "built", False):
        raise FormatError(
            t(
                "The model “%1” has no weights yet. Add an Input layer, or call it on some data.",
                model.name,
            )
        )
    data = read_data(model, samples, validation_data, namespace, calibration)
    work = WorkFolder()
    notes = list(data.notes)
    if any(getattr(layer, "stateful", False) for layer in model._flatten_layers()):
        notes.append(
            message(
                "The model is stateful: its outputs depend on the calls before. Each file begins "
                "with the states that the model has now, and the samples are one sequence."
            )
        )
    with without_importing_tensorflow():
        keras_file, keras_problem = _save(model, work.path / "model.keras")
        only_here = keras_file is None or has_own_code(model)
    saved_model = None
    if only_here:
        saved_model, problem = _export(model, work.path / "notebook-saved-model")
        keras_problem = keras_problem or problem
        if saved_model is not None:
            notes.append(
                message(
                    "The model has code of your program, which no other process can load: a "
                    "SavedModel was made in this one, and converted."
                )
            )
    return Prepared(
        name=file_name(model.name),
        work=work,
        backend=keras.backend.backend(),
        signature=data.signature,
        keras_file=keras_file,
        keras_problem=keras_problem,
        saved_model=saved_model,
        samples=data.samples,
        validation=data.validation,
        measure=data.measure,
        classes=data.classes,
        calibration=data.calibration,
        calibration_from=data.calibration_from,
        notes=tuple(notes),
        lost=tuple(_lost(model)),
    )


def _save(model: Any, path: Path) -> tuple[Path | None, Message | None]:
    try:
        model.save(path)
    except Exception as error:
        first = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
        return None, message("Keras cannot save this model: %1", first)
    return path, None


def _export(model: Any, folder: Path) -> tuple[Path | None, Message | None]:
    try:
        model.export(str(folder), verbose=False)
    except Exception as error:
        first = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
        return None, message(
            "The model cannot be traced, and no other process can load it: %1", first
        )
    return folder, None


def has_own_code(model: keras.Model) -> bool:
    """Return whether a model has classes or functions that are not Keras's own, or a Lambda."""
    try:
        config = keras.saving.serialize_keras_object(model)
    except Exception:
        return True

    def own(value: Any) -> bool:
        if isinstance(value, dict):
            name, module = value.get("class_name"), value.get("module")
            if name in ("__lambda__", "function", "Lambda"):
                return True
            if isinstance(name, str) and "config" in value:
                known = isinstance(module, str) and module.partition(".")[0] == "keras"
                if (
                    not known
                    and module != "builtins"
                    and (module is not None or value.get("registered_name"))
                ):
                    return True
            # The compile arguments do not matter: only the layers are exported.
            return any(own(each) for key, each in value.items() if key != "compile_config")
        if isinstance(value, (list, tuple)):
            return any(map(own, value))
        return False

    return own(config)


def _lost(model: Any) -> Iterator[Message]:
    if getattr(model, "optimizer", None) is not None:
        yield message("The optimizer and its state: training cannot continue.")
    else:
        yield message("Training: only predictions are possible.")
