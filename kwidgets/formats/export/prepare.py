"""Read all that an export needs of a model, in the thread that calls, before processes take over."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.compare import has_classes
from kwidgets.formats.export.metrics import metrics_of
from kwidgets.formats.export.model_signature import input_specs, with_outputs
from kwidgets.formats.export.names import file_name
from kwidgets.formats.export.prepared import (
    Arrays,
    Prepared,
    Samples,
    Signature,
    TensorSpec,
    WorkFolder,
)
from kwidgets.formats.export.runtimes.keras_file import texts
from kwidgets.formats.export.user_data import find, take_inputs, take_pair
from kwidgets.language import Message, message, t, translated

#: Rows that are compared, that the metrics are computed on, and that integers are calibrated with.
COMPARED: Final = 128
VALIDATED: Final = 1_000
CALIBRATED: Final = 200
_BATCH: Final = 32
# The size of an axis that may have any, in random inputs.
_FREE_SIZE: Final = 16


class _Given:
    """What the user gave or the notebook has, before it is read."""

    def __init__(self, value: Any, source: Message, y: Any = None) -> None:
        self.value, self.source, self.y = value, source, y


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
    specs, structure = input_specs(model, samples)
    unknown = Signature(specs, (), structure)
    given, validation = _choose(samples, validation_data, unknown, namespace or {})
    work = WorkFolder()
    notes: list[Message] = []
    inputs = (
        random_inputs(specs)
        if given.value is None
        else take_inputs(given.value, unknown, COMPARED)
    )
    signature, outputs = _run(model, unknown, inputs)
    compared = Samples(inputs, outputs, given.source)
    loss = _loss_name(model)
    validated, measure = _validated(model, signature, validation, notes)
    if calibration is not None:
        calibrating = take_inputs(calibration, signature, CALIBRATED)
        calibration_from: Message = message("those that you passed")
    elif given.value is not None:
        calibrating = take_inputs(given.value, signature, CALIBRATED)
        calibration_from = given.source
    else:
        calibrating = inputs
        calibration_from = message(
            "random numbers, so the sizes of activations are guessed; pass calibration="
        )
    keras_file, keras_problem = _save(model, work.path / "model.keras")
    saved_model = None
    if keras_file is None or has_own_code(model):
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
        signature=signature,
        keras_file=keras_file,
        keras_problem=keras_problem,
        saved_model=saved_model,
        samples=compared,
        validation=validated,
        measure=measure,
        classes={name: has_classes(each, loss) for name, each in outputs.items()},
        calibration=calibrating,
        calibration_from=calibration_from,
        notes=tuple(notes),
        lost=tuple(_lost(model)),
    )


def _choose(
    samples: Any, validation_data: Any, signature: Signature, namespace: Mapping[str, Any]
) -> tuple[_Given, _Given | None]:
    validation = None
    if validation_data is not None:
        x, y = _pair(validation_data)
        validation = _Given(x, message("the validation data that you passed"), y)
    if samples is not None:
        given = _Given(samples, message("the samples that you passed"))
        return given, validation
    if validation is not None:
        # Only arrays can be read twice.
        if not hasattr(validation.value, "__next__"):
            return _Given(validation.value, validation.source), validation
        return _Given(None, message("random numbers")), validation
    found = find(namespace, signature)
    if found is None:
        return (
            _Given(
                None,
                message("random numbers of the shape of the input; pass samples= for your own"),
            ),
            None,
        )
    given = _Given(namespace[found.x], message("the variable %1", found.x))
    if found.y is not None:
        source = message("the variables %1 and %2", found.x, found.y)
        validation = _Given(namespace[found.x], source, namespace[found.y])
    return given, validation


def _pair(data: Any) -> tuple[Any, Any]:
    if isinstance(data, (tuple, list)) and len(data) in (2, 3):
        return data[0], data[1]
    return data, None


def _validated(
    model: keras.Model, signature: Signature, given: _Given | None, notes: list[Message]
) -> tuple[Samples | None, Any]:
    """Return the validation data with the metrics of the model on them."""
    if given is None:
        return None, None
    measure = metrics_of(model, signature)
    if measure is None:
        notes.append(message("The model is not compiled, so there are no metrics to compare."))
        return None, None
    inputs, targets = take_pair(given.value, given.y, signature, VALIDATED)
    if targets is None:
        notes.append(message("The validation data have no targets, so no metric is compared."))
        return None, None
    _, outputs = _run(model, signature, inputs)
    try:
        found = measure(outputs, targets)
    # Targets of another kind, found by their name or passed by mistake.
    except Exception as error:
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else ""
        notes.append(
            message("The metrics were not computed on %1: %2", translated(given.source), first)
        )
        return None, None
    return Samples(inputs, outputs, given.source, targets, found), measure


def _run(model: Any, signature: Signature, inputs: Arrays) -> tuple[Signature, Arrays]:
    """Return the outputs of a model for all rows, without training and without compiled functions."""
    count = len(next(iter(inputs.values())))
    parts: list[Arrays] = []
    whole = signature
    for start in range(0, count, _BATCH):
        batch = {name: each[start : start + _BATCH] for name, each in inputs.items()}
        given = keras.tree.map_structure(
            lambda each: each if each.dtype.kind in "OU" else keras.ops.convert_to_tensor(each),
            signature.packed(texts(batch)),
        )
        with _no_gradient():
            outputs = model(_tensors_of_texts(given), training=False)
        whole, arrays = with_outputs(signature.inputs, signature.structure, model, outputs)
        parts.append(arrays)
    return whole, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _tensors_of_texts(given: Any) -> Any:
    """Return texts as TensorFlow's tensors, which layers that read texts want on each backend."""

    def one(leaf: Any) -> Any:
        if not isinstance(leaf, np.ndarray):
            return leaf
        import tensorflow as tf

        return tf.constant([str(each) for each in leaf.ravel()], shape=leaf.shape)

    return keras.tree.map_structure(one, given)


@contextlib.contextmanager
def _no_gradient() -> Iterator[None]:
    if keras.backend.backend() == "torch":
        import torch

        with torch.no_grad():
            yield
    else:
        yield


def random_inputs(specs: tuple[TensorSpec, ...]) -> Arrays:
    """Return inputs of the right shape, the same ones each time."""
    generator = np.random.default_rng(0)
    inputs: Arrays = {}
    for spec in specs:
        shape = (
            _BATCH,
            *(_FREE_SIZE if side is None else side for side in spec.shape[1:]),
        )
        if spec.dtype == "string":
            words = ["a short text", "another one", "and a third, longer text"]
            inputs[spec.name] = np.array(words, object)[generator.integers(0, 3, shape)]
        elif spec.dtype.startswith(("int", "uint")):
            # Small numbers are valid as indices of any embedding that has more than one row.
            inputs[spec.name] = generator.integers(0, 2, shape).astype(spec.dtype)
        elif spec.dtype == "bool":
            inputs[spec.name] = generator.random(shape) > 0.5
        else:
            dtype = "float32" if "16" in spec.dtype else spec.dtype
            inputs[spec.name] = generator.standard_normal(shape).astype(dtype)
        size = math.prod(shape) * inputs[spec.name].itemsize
        if size > 256_000_000:
            inputs[spec.name] = inputs[spec.name][:2]
    fewest = min(len(each) for each in inputs.values())
    return {name: each[:fewest] for name, each in inputs.items()}


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
                if not known and module != "builtins" and (
                    module is not None or value.get("registered_name")
                ):
                    return True
            # The compile arguments do not matter: only the layers are exported.
            return any(own(each) for key, each in value.items() if key != "compile_config")
        if isinstance(value, (list, tuple)):
            return any(map(own, value))
        return False

    return own(config)


def _loss_name(model: Any) -> str:
    loss = getattr(model, "loss", None)
    names = [
        str(getattr(each, "name", None) or getattr(each, "__name__", each))
        for each in keras.tree.flatten(loss)
        if each is not None
    ]
    return " ".join(names)


def _lost(model: Any) -> Iterator[Message]:
    if getattr(model, "optimizer", None) is not None:
        yield message("The optimizer and its state: training cannot continue.")
    else:
        yield message("Training: only predictions are possible.")
