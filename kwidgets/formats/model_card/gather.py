"""Gather what a model card says, from a model, its record, and its evaluation."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import keras

from kwidgets.formats.export.exports import Exports
from kwidgets.formats.export.table import bytes_text, share_text
from kwidgets.formats.model_card.facts import CardFacts, Setting
from kwidgets.language import t
from kwidgets.live.latest_run import latest, recorded_run_of
from kwidgets.record.run import Run
from kwidgets.record.runs import runs

# Recorded runs that are compared with the model, the latest first.
_MAX_RUNS = 50
_MAX_TEXT = 120


def gather(
    model: keras.Model | None,
    run: Run | None,
    evaluation: Any,
    exports: Exports | None,
    file: str | None,
) -> CardFacts:
    """Return what is known.

    Args:
        model: None for a run alone, of which the model is made again, without weights.
        run: None to look for one with the same architecture.
        evaluation: of ``kw.evaluate``, or None.
        exports: of ``kw.export``, or None.
        file: what the code loads; None for a file of ``exports``.
    """
    guessed = False
    if model is None and run is not None:
        model = _model_of(run)
    elif run is None and model is not None:
        run = _run_trained_here(model)
        if run is None:
            run = run_of(model)
            guessed = run is not None
    if run is None and model is None:
        raise ValueError("a card needs a model or a run")
    name = str(model.name) if model is not None else run.model_name if run else ""
    return CardFacts(
        name=name,
        class_name=type(model).__name__ if model is not None else "Model",
        parameters=_parameters(model),
        inputs=_tensors(model, "inputs", "input_names"),
        outputs=_tensors(model, "outputs", "output_names"),
        layers=_layers(model),
        data=tuple(_data(run.data)) if run else (),
        training=tuple(_training(run)) if run else (),
        run=run.id if run else "",
        run_is_guessed=guessed,
        metrics=tuple(_metrics(run, evaluation)),
        **_confusion(model, run, evaluation),
        exports=_exports(exports),
        **_how_to_load(exports, file),
    )


def _run_trained_here(model: keras.Model) -> Run | None:
    """Return the record of the latest training of this kernel, if it was of this very model."""
    run_id = recorded_run_of(model)
    # It may not be recorded, or be deleted.
    try:
        return None if run_id is None else runs[run_id]
    except KeyError:
        return None


def run_of(model: keras.Model) -> Run | None:
    """Return the latest recorded run of this folder with the same architecture, or None."""
    wanted = _config(model)
    if wanted is None:
        return None
    for run in reversed(list(runs)[-_MAX_RUNS:]):
        # A file may be deleted or damaged meanwhile.
        with contextlib.suppress(Exception):
            found = run.model_config
            if found is not None and found.get("config") == wanted:
                return run
    return None


def _config(model: keras.Model) -> Any:
    try:
        return json.loads(model.to_json())["config"]
    # A class of the user's without get_config.
    except Exception:
        return None


def _model_of(run: Run) -> Any:
    config = run.model_config
    if config is None:
        return None
    try:
        return keras.models.model_from_json(json.dumps(config))
    # Classes that are not known here.
    except Exception:
        return None


def _parameters(model: Any) -> tuple[int, int] | None:
    if model is None or not model.built:
        return None
    trainable = sum(_count(weight.shape) for weight in model.trainable_weights)
    return int(model.count_params()), trainable


def _count(shape: Iterable[int]) -> int:
    count = 1
    for side in shape:
        count *= int(side)
    return count


def _tensors(model: Any, attribute: str, names: str) -> tuple[tuple[str, str, str], ...]:
    tensors = getattr(model, attribute, None) or ()
    titles = getattr(model, names, None) or [tensor.name for tensor in tensors]
    return tuple(
        (str(name), _shape(tensor.shape), str(keras.backend.standardize_dtype(tensor.dtype)))
        for name, tensor in zip(titles, tensors, strict=False)
    )


def _layers(model: Any) -> tuple[tuple[str, str, str, str], ...]:
    found = []
    for layer in getattr(model, "layers", ()):
        if isinstance(layer, keras.layers.InputLayer):
            continue
        shape = "–"
        # Of a layer that was called twice, or never.
        with contextlib.suppress(Exception):
            output = layer.output
            shape = ", ".join(_shape(each.shape) for each in keras.tree.flatten(output))
        count = f"{layer.count_params():,}" if layer.built else "–"
        found.append((str(layer.name), type(layer).__name__, shape, count))
    return tuple(found)


def _shape(shape: Iterable[int | None]) -> str:
    return f"({', '.join('None' if side is None else str(side) for side in shape)})"


def _training(run: Run) -> Iterable[Setting]:
    info = run.info
    yield t("state"), str(run.state)
    yield t("date"), f"{run.created:%Y-%m-%d}"
    yield t("epochs"), f"{info.finished_epochs:,} / {info.all_epochs:,}"
    yield t("steps"), f"{run.step:,}"
    yield t("seconds"), f"{run.duration:,.1f}"
    yield t("backend"), f"{info.backend}, {info.device}"
    compiled = {
        key: value for key, value in (run.compile_config or {}).items() if value is not None
    }
    if "optimizer" not in compiled:
        yield t("optimizer"), run.optimizer
    yield from _flat(compiled)
    yield from _flat({"fit": run.fit_arguments, "seeds": run.seeds, "versions": run.versions})


def _flat(value: Any, name: str = "") -> Iterable[Setting]:
    """Return settings as names with dots; what Keras adds to find its classes is left out."""
    if isinstance(value, Mapping):
        if "class_name" in value and "config" in value:
            yield name, str(value["class_name"])
            yield from _flat(value["config"], name)
            return
        for key, each in value.items():
            if key in ("module", "registered_name", "build_config", "name") or each is None:
                continue
            yield from _flat(each, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)) and any(isinstance(each, Mapping) for each in value):
        for index, each in enumerate(value):
            yield from _flat(each, f"{name}[{index}]")
    elif value is not None and name:
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
        yield name, text[:_MAX_TEXT]


def _data(described: Mapping[str, Any]) -> Iterable[Setting]:
    """Return the arguments of ``fit`` that are data, each in words."""
    for name, value in described.items():
        if value is None:
            continue
        if isinstance(value, (list, tuple)) and name == "validation_data":
            for part, each in zip(("x", "y", "sample_weight"), value, strict=False):
                yield t("%1, validation", part), _data_text(each)
        else:
            yield name, _data_text(value)


def _data_text(value: Any) -> str:
    """Return such as "400 × 28 × 28, float32"."""
    if isinstance(value, (list, tuple)):
        return "; ".join(_data_text(each) for each in value if each is not None)
    if not isinstance(value, Mapping):
        return str(value)
    if "shape" in value:
        shape = " × ".join("?" if side is None else f"{side:,}" for side in value["shape"])
        return ", ".join(text for text in (shape, str(value.get("dtype", ""))) if text)
    if "type" not in value:
        return "; ".join(f"{name}: {_data_text(each)}" for name, each in value.items())
    text = str(value["type"]).rpartition(".")[2].lstrip("_")
    if "length" in value and value["type"] != "list":
        text += ", " + t("%1 batches", f"{value['length']:,}")
    return text


def _metrics(run: Run | None, evaluation: Any) -> Iterable[tuple[str, str, str, str, str]]:
    """Return the values of each metric; "" where there is none."""
    info = run.info if run is not None else None
    evaluated: Mapping[str, Any] = getattr(evaluation, "results", None) or {}
    last = info.last if info is not None else {}
    for name in dict.fromkeys((*last, *evaluated)):
        found = last.get(name, {})
        best = info.best.get(name) if info is not None else None
        yield (
            name,
            _value(found.get("training")),
            _value(found.get("validation")),
            "" if best is None else t("%1 (epoch %2)", _value(best["value"]), best["epoch"]),
            _value(evaluated.get(name)),
        )


def _value(value: Any) -> str:
    return "" if value is None else f"{value:.4f}"


def _confusion(model: Any, run: Run | None, evaluation: Any) -> dict[str, Any]:
    """Return the confusion matrix of an evaluation, of the latest fit, or of the recorded run."""
    predictions, source = getattr(evaluation, "predictions", None), t("of the evaluation")
    if predictions is None and model is not None:
        live = latest()
        if live is not None and getattr(live, "model", None) is model:
            predictions, source = live.predictions, t("of the validation data of the last fit")
    # There may be no epoch yet, or a task without classes.
    with contextlib.suppress(Exception):
        found = None if predictions is None else predictions.latest
        if found is not None and found.confusion is not None:
            return {
                "confusion": found.confusion.tolist(),
                "class_names": tuple(map(str, found.class_names)),
                "confusion_from": source,
            }
    # The file may be deleted or damaged meanwhile.
    with contextlib.suppress(Exception):
        recorded = run.confusion if run is not None else None
        if recorded is not None and evaluation is None:
            return {
                "confusion": recorded.counts,
                "class_names": recorded.class_names,
                "confusion_from": t("of the validation data, after epoch %1", recorded.epoch)
                if recorded.source == "validation"
                else t("of the training data, after epoch %1", recorded.epoch),
            }
    return {}


def _how_to_load(exports: Exports | None, file: str | None) -> dict[str, Any]:
    """Return the file that the card loads, with a program if it is not a Keras file."""
    if file is not None:
        return {"file": file}
    written = [row for row in exports or () if row.path is not None]
    for row in written:
        if row.target == "keras":
            return {"file": str(row.path).rpartition("/")[2]}
    for row in written:
        if row.run_code:
            return {"file": str(row.path).rpartition("/")[2], "run_code": row.run_code}
    return {}


def _exports(exports: Exports | None) -> tuple[tuple[str, ...], ...]:
    if exports is None:
        return ()
    return tuple(
        (
            row.title,
            row.path.rpartition("/")[2],
            bytes_text(row.num_bytes or 0),
            "–" if row.difference is None else f"{row.difference.maximum:.1e}",
            "–"
            if row.difference is None or row.difference.same_class is None
            else share_text(row.difference.same_class),
        )
        for row in exports
        if row.path is not None
    )
