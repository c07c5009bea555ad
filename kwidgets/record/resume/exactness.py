"""Say what of a resumed training is exact, before it goes on: ``Exactness``.

*Exact* means that the weights at the end have the same bits as those of a training that was never
interrupted. The verdicts, from the best to the worst:

- ``exact``: nothing is known against it.
- ``unknown``: it depends on code of the user's. Whether it was exact is seen when steps are trained
  again, by ``retrained_points``.
- ``inexact``: the training goes on where it was, but not to the same bits.
- ``changed``: it is another training. Its weights can be taken over.
- ``impossible``: it cannot go on. The weights fit if the finding is not about the model.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import keras

from kwidgets.language import Message, message
from kwidgets.record.checkpoints import python_data, tensorflow_iterator
from kwidgets.record.checkpoints.callback_state import callback_keys, is_stateless
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.training_state import TrainingState

Part = Literal["model", "data", "callbacks", "environment", "settings", "code"]
Verdict = Literal["exact", "unknown", "inexact", "changed", "impossible"]
_ORDER: tuple[Verdict, ...] = get_args(Verdict)
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
        """The worst of all findings."""
        return max(
            (finding.verdict for finding in self.findings), key=_ORDER.index, default="exact"
        )

    @property
    def may_resume(self) -> bool:
        """Whether ``ResumedFit(plan)`` makes sense."""
        return self.verdict in ("exact", "unknown", "inexact")

    @property
    def may_take_weights(self) -> bool:
        """Whether ``ResumedFit(plan, "weights")`` is possible."""
        return not any(f.part == "model" and f.verdict == "impossible" for f in self.findings)


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
        *_of_validation(current),
        *_of_device(current),
    ]
    return Exactness(tuple(findings))


def _of_model(state: TrainingState, model: Any) -> Iterable[Finding]:
    differences = state.differences(model) if model.built else []
    if differences:
        yield Finding(
            "model",
            "impossible",
            message("The model has other variables: %1.", str(differences[0])),
        )
    step = getattr(type(model), "train_step", None)
    if not str(getattr(step, "__module__", "keras")).startswith("keras."):
        yield Finding(
            "model",
            "unknown",
            message("The model has a custom train_step, whose own state is not recorded."),
        )
    for loss in keras.tree.flatten(getattr(model, "loss", None)):
        if any(hasattr(value, "assign") for value in getattr(loss, "__dict__", {}).values()):
            yield Finding(
                "model",
                "inexact",
                message(
                    "The loss %1 has variables of its own, which are not recorded.",
                    type(loss).__name__,
                ),
            )


def _of_facts(recorded: Mapping[str, Any], current: Mapping[str, Any]) -> Iterable[Finding]:
    def differ(key: str) -> bool:
        return key in recorded and key in current and recorded[key] != current[key]

    if differ("backend"):
        one, other = str(recorded["backend"]), str(current["backend"])
        text = message("Another backend: %1 → %2.", one, other)
        yield Finding("environment", "changed", text)
    if differ("device"):
        one, other = str(recorded["device"]), str(current["device"])
        text = message("Another device: %1 → %2.", one, other)
        yield Finding("environment", "changed", text)
    for key, free in (("versions", _FREE_PACKAGES), ("environment", ())):
        if differ(key):
            yield from _changed_values(recorded[key], current[key], free)
    for key, sentence in (
        ("model_config", message("The layers of the model have other settings.")),
        ("compile_config", message("The model is compiled with other settings.")),
    ):
        if differ(key) and _plain(recorded[key]) != _plain(current[key]):
            yield Finding("settings", "changed", sentence)
    if differ("fit_arguments"):
        names = _changed_keys(recorded["fit_arguments"], current["fit_arguments"])
        names = [name for name in names if name not in _FREE_ARGUMENTS]
        if names:
            yield Finding(
                "settings",
                "changed",
                message("Other arguments of fit: %1.", ", ".join(names)),
            )
    if differ("data"):
        names = _changed_keys(recorded["data"], current["data"])
        yield Finding("data", "changed", message("Other data: %1.", ", ".join(names)))
    if differ("code"):
        yield Finding("code", "unknown", message("The code of the cell has changed."))


def _changed_values(
    recorded: Mapping[str, Any], current: Mapping[str, Any], free: Iterable[str]
) -> Iterable[Finding]:
    for name in _changed_keys(recorded, current):
        if name not in free:
            yield Finding(
                "environment",
                "changed",
                message(
                    "%1: %2 → %3.",
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
        # A rate that was set during a fit is in the config of the next; that of the checkpoint is
        # restored. How a model is compiled has a key of its own beside that of the layers.
        return {
            key: _plain(value)
            for key, value in config.items()
            if key != "compile_config"
            and (key != "learning_rate" or not isinstance(value, int | float))
        }
    if isinstance(config, list | tuple):
        return [_plain(value) for value in config]
    return _COUNTED.sub("", config) if isinstance(config, str) else config


def _of_data(state: TrainingState, data: FitData | None) -> Iterable[Finding]:
    place = state.place
    if data is None or not place:
        text = message("The place in data of this kind cannot be found.")
        yield Finding("data", "impossible", text)
        return
    if place["kind"] != data.kind:
        text = message("Other data: %1 → %2.", str(place["kind"]), data.kind)
        yield Finding("data", "changed", text)
        return
    if place["steps_per_execution"] != data.steps_per_execution:
        text = message("steps_per_execution has changed.")
        yield Finding("settings", "changed", text)
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
                    "Your generator starts over, and the trained batches are skipped: exact if it "
                    "yields the same batches again."
                ),
            )
        case "grain" | "other":
            yield Finding(
                "data",
                "unknown",
                message("The trained batches are skipped: exact if your data repeat them."),
            )


def _of_arrays(place: Mapping[str, Any], data: FitData) -> Iterable[Finding]:
    on_torch = keras.backend.backend() == "torch"
    if on_torch and data.shuffle == "batch" and place["epoch_batches"]:
        # One number of the global generator for each batch, in turn with those of the steps.
        yield Finding(
            "data",
            "unknown",
            message(
                'With shuffle="batch", PyTorch shuffles each batch by the generator that dropout '
                "uses, too: exact from the middle of an epoch if nothing else uses it."
            ),
        )
    if not data.on_tensorflow or not data.shuffle:
        return
    if place["seed"] is None:
        yield Finding(
            "data",
            "inexact",
            message(
                "No seed was set: this epoch keeps its order, later epochs are shuffled "
                "differently. Call keras.utils.set_random_seed before fit."
            ),
        )
    elif place["seed"] != tensorflow_iterator.global_seed():
        yield Finding("data", "inexact", _other_seed(place))


def _of_dataset(place: Mapping[str, Any], data: FitData) -> Iterable[Finding]:
    seed = tensorflow_iterator.global_seed()
    if place["seed"] is not None and place["seed"] != seed:
        yield Finding("data", "inexact", _other_seed(place))
        return
    unseeded = tensorflow_iterator.has_unseeded_shuffle(data.adapter.get_tf_dataset())
    if seed is None and unseeded is None:
        yield Finding(
            "data",
            "unknown",
            message("The trained batches are skipped: exact if your data repeat them."),
        )
    elif seed is None and unseeded:
        yield Finding(
            "data",
            "inexact",
            message(
                "Your tf.data dataset shuffles without a seed, so later epochs have another order."
            ),
        )


def _other_seed(place: Mapping[str, Any]) -> Message:
    return message(
        "TensorFlow's seed is not the recorded one (%1), so it shuffles differently.",
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
            "%1 has %2 workers, which load batches in no fixed order.", name, str(workers)
        )
        yield Finding("data", "inexact" if data.shuffle else "unknown", text)
    elif python_data.changes_between_epochs(source):
        text = message(
            "%1 changes between epochs: exact if the changes depend on its own seed.",
            name,
        )
        yield Finding("data", "unknown", text)


def _of_validation(current: Mapping[str, Any]) -> Iterable[Finding]:
    described = current.get("data")
    validation = described.get("validation_data") if isinstance(described, Mapping) else None
    if isinstance(validation, Mapping) and "generator" in str(validation.get("type")):
        text = message("The generator of your validation data starts over.")
        yield Finding("data", "unknown", text)


def _of_callbacks(state: TrainingState, callbacks: Iterable[object]) -> Iterable[Finding]:
    saved = {callback.key: callback for callback in state.callbacks}
    for callback, key in callback_keys(callbacks):
        recorded = saved.pop(key, None)
        if recorded is None and not is_stateless(callback):
            text = message("The callback %1 is new.", key[0])
            yield Finding("callbacks", "inexact", text)
        elif recorded is not None and recorded.problem:
            text = message(
                "The callback %1 starts over: it has no get_state() and set_state().", key[0]
            )
            yield Finding("callbacks", "unknown", text)
    for key, recorded in saved.items():
        if recorded.state is not None or recorded.problem:
            text = message("The callback %1 is missing.", key[0])
            yield Finding("callbacks", "inexact", text)


def _of_device(current: Mapping[str, Any]) -> Iterable[Finding]:
    distribution = keras.distribution.distribution()
    if not isinstance(distribution, keras.distribution.DataParallel | None):
        text = message("Resuming distributed training is not tested.")
        yield Finding("environment", "unknown", text)
    device = json.dumps(current.get("device", "")).lower()
    if any(word in device for word in ("gpu", "cuda", "tpu", "nvidia")):
        text = message("On this device, sums may differ in their last bits from run to run.")
        yield Finding("environment", "unknown", text)
