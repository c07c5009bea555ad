"""Compile a model as its file says, where this Keras has what it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.formats.keras_files.rebuilt import Rebuilt
from kwidgets.language import Message, message

_OPTIMIZER_ARGUMENTS = {"lr": "learning_rate", "beta_1": "beta_1", "beta_2": "beta_2"}
# Arguments of optimizers that say nothing of what they compute.
_DROPPED = frozenset({"decay", "schedule_decay", "name", "is_legacy_optimizer", "jit_compile"})


def compile_as(rebuilt: Rebuilt, training_config: Mapping[str, Any] | None) -> list[Message]:
    """Compile the model as the file says; return notes, also where it stays uncompiled.

    The optimizer's own numbers, such as momentums, are not restored: its formulas have changed.

    Args:
        rebuilt: the model.
        training_config: the file's, or None.
    """
    if not isinstance(training_config, Mapping):
        return []
    if rebuilt.cut:
        return [message("The model was not compiled, since its end was cut.")]
    notes: list[Message] = []
    try:
        optimizer = _optimizer(training_config.get("optimizer_config"), notes)
        loss = _names(training_config.get("loss"))
        metrics = _names(training_config.get("metrics") or [])
        if len(rebuilt.model.outputs) == 1 and len(metrics) == 1 and isinstance(metrics, list):
            # tf_keras writes a list for each output.
            metrics = metrics[0] if isinstance(metrics[0], list) else metrics
        rebuilt.model.compile(
            optimizer=optimizer,
            loss=loss,
            metrics=metrics or None,
            loss_weights=training_config.get("loss_weights"),
        )
    except Exception as error:
        return [
            *notes,
            message(
                "The model was not compiled: %1. Call model.compile before training.",
                str(error).strip()[:200],
            ),
        ]
    if training_config.get("sample_weight_mode"):
        notes.append(message("sample_weight_mode was dropped: Keras has none any more."))
    notes.append(message("The optimizer starts anew; its state in the file was not read."))
    return notes


def _optimizer(value: Any, notes: list[Message]) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError("no optimizer")
    name = str(value.get("class_name") or value.get("name", ""))
    config = value.get("config")
    config = dict(config) if isinstance(config, Mapping) else {}
    cls = _optimizer_class(name)
    if cls is None:
        raise ValueError(f"no optimizer {name!r}")
    result = {}
    for key, each in config.items():
        new = _OPTIMIZER_ARGUMENTS.get(key, key)
        if key == "decay" and each:
            notes.append(
                message("The optimizer's decay of %1 was dropped; use a schedule.", str(each))
            )
        if key in _DROPPED or isinstance(each, (list, tuple)):
            continue
        result[new] = _schedule(each) if isinstance(each, Mapping) else each
    known = set(cls.__init__.__code__.co_varnames) if hasattr(cls.__init__, "__code__") else set()
    known |= {"clipnorm", "clipvalue", "global_clipnorm"}
    return cls(**{key: each for key, each in result.items() if key in known and each is not None})


def _optimizer_class(name: str) -> Any:
    plain = name.rpartition(">")[2]
    for each in dir(keras.optimizers):
        found = getattr(keras.optimizers, each)
        if (
            each.lower() == plain.lower()
            and isinstance(found, type)
            and issubclass(found, keras.optimizers.Optimizer)
        ):
            return found
    return None


def _schedule(value: Mapping[str, Any]) -> Any:
    cls = getattr(keras.optimizers.schedules, str(value.get("class_name")), None)
    config = value.get("config")
    if cls is None or not isinstance(config, Mapping):
        raise ValueError(f"no schedule {value.get('class_name')!r}")
    return cls.from_config(dict(config))


def _names(value: Any) -> Any:
    """Return losses or metrics: names as they are, objects from their class and configuration."""
    if isinstance(value, Mapping):
        if "class_name" in value:
            return _object(value)
        return {key: _names(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_names(each) for each in value]
    if value == "cosine_proximity":
        return "cosine_similarity"
    return "accuracy" if value == "acc" else value


def _object(value: Mapping[str, Any]) -> Any:
    name = str(value.get("class_name"))
    config = value.get("config")
    config = dict(config) if isinstance(config, Mapping) else {}
    if name in ("MeanMetricWrapper", "LossFunctionWrapper", "CompileMetric"):
        return str(config.get("name", config.get("fn")))
    cls: Any = getattr(keras.losses, name, None) or getattr(keras.metrics, name, None)
    if not callable(getattr(cls, "from_config", None)):
        raise ValueError(f"no loss or metric {name!r}")
    for key in ("dtype", "fn"):
        config.pop(key, None)
    if config.get("reduction") in ("auto", "none"):
        config["reduction"] = "sum_over_batch_size" if config["reduction"] == "auto" else None
    return cls.from_config(config)
