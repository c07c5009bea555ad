"""Say what of a resumed training is exact, before it goes on: ``Exactness``.

*Exact* means that the weights at the end have the same bits as those of a training that was never
interrupted. What is known to differ is ``different``. What depends on code of the user's is
``unknown``: whether it was exact is seen when steps are trained again: see ``retrained_points``.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import keras

from kwidgets.language import Message, message
from kwidgets.record.checkpoints import python_data, tensorflow_iterator
from kwidgets.record.checkpoints.callback_state import callback_keys, is_stateless
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.training_state import TrainingState

Part = Literal["model", "data", "callbacks", "environment", "settings", "code"]
Verdict = Literal["exact", "unknown", "different", "impossible"]
_ORDER: tuple[Verdict, ...] = ("exact", "unknown", "different", "impossible")
#: Arguments of ``fit`` that may change: more epochs, other output.
_FREE_ARGUMENTS = ("epochs", "verbose", "callbacks", "initial_epoch")
_FREE_PACKAGES = ("kwidgets",)
_COUNTED = re.compile(r"_\d+$")


@dataclasses.dataclass(frozen=True)
class Finding:
    """One reason why a resumed training may not be exact."""

    part: Part
    verdict: Verdict
    text: Message


@dataclasses.dataclass(frozen=True)
class Exactness:
    """What is known of a training that is to be resumed."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """``exact``, if nothing is known against it; ``impossible``, if it has another model."""
        return max(
            (finding.verdict for finding in self.findings), key=_ORDER.index, default="exact"
        )


def find_exactness(
    state: TrainingState,
    model: Any,
    data: FitData | None,
    callbacks: Iterable[object],
    recorded: Mapping[str, Any],
    current: Mapping[str, Any],
) -> Exactness:
    """Return what is exact in a fit that goes on from ``state``. In ``on_train_begin``.

    Args:
        state: of the checkpoint.
        model: in training.
        data: of the fit; None if Keras's epoch iterator is not known.
        callbacks: of the fit.
        recorded: the facts of the recorded run by the keys of a run file: ``backend``, ``device``,
            ``versions``, ``environment``, ``model_config``, ``compile_config``, ``fit_arguments``,
            ``data``, ``code``. What is missing in one of the two is not compared.
        current: the same of this fit.
    """
    findings = [
        *_of_model(state, model),
        *_of_facts(recorded, current),
        *_of_data(state, data),
        *_of_callbacks(state, callbacks),
        *_of_device(current),
    ]
    return Exactness(tuple(findings))


def _of_model(state: TrainingState, model: Any) -> Iterable[Finding]:
    differences = state.differences(model) if model.built else []
    if differences:
        yield Finding(
            "model",
            "impossible",
            message("The model has other variables: %1", str(differences[0])),
        )
    step = getattr(type(model), "train_step", None)
    if not str(getattr(step, "__module__", "keras")).startswith("keras."):
        yield Finding(
            "model",
            "unknown",
            message("The model has a train_step of its own, which may have a state of its own."),
        )


def _of_facts(recorded: Mapping[str, Any], current: Mapping[str, Any]) -> Iterable[Finding]:
    def differ(key: str) -> bool:
        return key in recorded and key in current and recorded[key] != current[key]

    for key, changed in (
        ("backend", "Another backend: %1 → %2"),
        ("device", "Another device: %1 → %2"),
    ):
        if differ(key):
            text = message(changed, str(recorded[key]), str(current[key]))
            yield Finding("environment", "different", text)
    for key, free in (("versions", _FREE_PACKAGES), ("environment", ())):
        if differ(key):
            yield from _changed_values(recorded[key], current[key], free)
    for key, text in (
        ("model_config", message("The layers of the model have other settings.")),
        ("compile_config", message("The model is compiled with other settings.")),
    ):
        if differ(key) and _plain(recorded[key]) != _plain(current[key]):
            yield Finding("settings", "different", text)
    if differ("fit_arguments"):
        names = _changed_keys(recorded["fit_arguments"], current["fit_arguments"])
        names = [name for name in names if name not in _FREE_ARGUMENTS]
        if names:
            yield Finding(
                "settings",
                "different",
                message("Other arguments of fit: %1", ", ".join(names)),
            )
    if differ("data"):
        names = _changed_keys(recorded["data"], current["data"])
        yield Finding("data", "different", message("Other data: %1", ", ".join(names)))
    if differ("code"):
        yield Finding("code", "unknown", message("The code of the cell has changed."))


def _changed_values(
    recorded: Mapping[str, Any], current: Mapping[str, Any], free: Iterable[str]
) -> Iterable[Finding]:
    for name in _changed_keys(recorded, current):
        if name not in free:
            yield Finding(
                "environment",
                "different",
                message(
                    "%1: %2 → %3",
                    name,
                    str(recorded.get(name, "–")),
                    str(current.get(name, "–")),
                ),
            )


def _changed_keys(recorded: Any, current: Any) -> list[str]:
    if not isinstance(recorded, Mapping) or not isinstance(current, Mapping):
        return []
    names = sorted({*recorded, *current})
    return [name for name in names if recorded.get(name) != current.get(name)]


def _plain(config: Any) -> Any:
    """Return a config without the numbers that Keras counts up in the names of a process."""
    if isinstance(config, Mapping):
        return {key: _plain(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [_plain(value) for value in config]
    return _COUNTED.sub("", config) if isinstance(config, str) else config


def _of_data(state: TrainingState, data: FitData | None) -> Iterable[Finding]:
    place = state.place
    if data is None or not place:
        text = message("The place in the data is not known: the epoch starts from its beginning.")
        yield Finding("data", "different", text)
        return
    if place["kind"] != data.kind:
        text = message("Other data: %1 → %2", str(place["kind"]), data.kind)
        yield Finding("data", "different", text)
        return
    if place["steps_per_execution"] != data.steps_per_execution:
        text = message("steps_per_execution has changed.")
        yield Finding("settings", "different", text)
    match data.kind:
        case "arrays":
            yield from _of_arrays(place, data)
        case "tf.data":
            yield from _of_dataset(place, data)
        case "PyDataset" | "DataLoader":
            yield from _of_python_data(place, data)
        case "generator":
            yield Finding(
                "data",
                "unknown",
                message(
                    "Your generator starts anew, and the batches that were trained are skipped: "
                    "exact if it makes the same batches again."
                ),
            )
        case _:
            yield Finding(
                "data",
                "unknown",
                message("The batches that were trained are skipped: exact if they come again."),
            )


def _of_arrays(place: Mapping[str, Any], data: FitData) -> Iterable[Finding]:
    if not data.on_tensorflow or not data.shuffle:
        return
    if place["seed"] is None:
        yield Finding(
            "data",
            "different",
            message(
                "TensorFlow has no seed: this epoch has its order, later ones are shuffled anew. "
                "Call keras.utils.set_random_seed in your program."
            ),
        )
    elif place["seed"] != tensorflow_iterator.global_seed():
        yield Finding("data", "different", _other_seed(place))


def _of_dataset(place: Mapping[str, Any], data: FitData) -> Iterable[Finding]:
    seed = tensorflow_iterator.global_seed()
    if place["seed"] is not None and place["seed"] != seed:
        yield Finding("data", "different", _other_seed(place))
        return
    unseeded = tensorflow_iterator.has_unseeded_shuffle(data.adapter.get_tf_dataset())
    if seed is None and unseeded is None:
        yield Finding(
            "data",
            "unknown",
            message("The batches that were trained are skipped: exact if they come again."),
        )
    elif seed is None and unseeded:
        yield Finding(
            "data",
            "different",
            message("Your tf.data dataset shuffles without a seed: later epochs have new orders."),
        )


def _other_seed(place: Mapping[str, Any]) -> Message:
    return message(
        "TensorFlow has another seed than the recorded one (%1), and shuffles otherwise.",
        str(place["seed"]),
    )


def _of_python_data(place: Mapping[str, Any], data: FitData) -> Iterable[Finding]:
    source = data.source
    if place["own_state"] is not None and python_data.has_own_state(source):
        return
    name = type(source).__name__
    workers = int(getattr(source, "workers", 0) or getattr(source, "num_workers", 0) or 0)
    if workers > 1 or (workers and data.kind == "DataLoader"):
        text = message(
            "%1 has %2 workers, which draw in an order of their own.", name, str(workers)
        )
        yield Finding("data", "different" if data.shuffle else "unknown", text)
    elif python_data.changes_between_epochs(source):
        text = message(
            "%1 changes between epochs. That is repeated: exact if it has a seed of its own.",
            name,
        )
        yield Finding("data", "unknown", text)


def _of_callbacks(state: TrainingState, callbacks: Iterable[object]) -> Iterable[Finding]:
    saved = {callback.key: callback for callback in state.callbacks}
    for callback, key in callback_keys(callbacks):
        recorded = saved.pop(key, None)
        if recorded is None and not is_stateless(callback):
            text = message("The callback %1 is new and begins anew.", key[0])
            yield Finding("callbacks", "different", text)
        elif recorded is not None and recorded.problem:
            text = message(
                "The callback %1 begins anew: it has no get_state() and set_state().", key[0]
            )
            yield Finding("callbacks", "unknown", text)
    for key, recorded in saved.items():
        if recorded.state is not None or recorded.problem:
            text = message("The callback %1 is missing.", key[0])
            yield Finding("callbacks", "different", text)


def _of_device(current: Mapping[str, Any]) -> Iterable[Finding]:
    if keras.distribution.distribution() is not None:
        text = message("The training is distributed, which was not tested.")
        yield Finding("environment", "unknown", text)
    device = json.dumps(current.get("device", "")).lower()
    if any(word in device for word in ("gpu", "cuda", "tpu", "nvidia")):
        text = message("On this device the last bits of a sum may differ from run to run.")
        yield Finding("environment", "unknown", text)
