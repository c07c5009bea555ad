"""Rules for callbacks: what they monitor, where they save, when they stop."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import format_number
from kwidgets.builder.mistakes.rules.validation import (
    MONITORING_CALLBACKS,
    callback_without_validation,
    suggest_validation,
)
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ModelSpec, ObjectSpec
from kwidgets.language import t

RULES: list[Rule] = []


@rule(RULES, "nothing-to-monitor", "warning")
def nothing_to_monitor(situation: Situation) -> Iterator[Finding]:
    """Without validation data there is no val_loss: the callback warns and never acts."""
    found = callback_without_validation(situation)
    if found is None:
        return
    index, callback, monitor = found
    fix = suggest_validation(situation)
    if fix is None:
        fix = Fix(
            t("Monitor %1", monitor.removeprefix("val_")),
            partial(
                _with_callback,
                index=index,
                callback=callback.with_argument("monitor", monitor.removeprefix("val_")),
            ),
        )
    yield Finding(
        t("%1 has no %2 to monitor", callback.title, monitor),
        t(
            "%1 monitors %2, but there is no validation data, so it has no effect.",
            callback.title,
            monitor,
        ),
        "fit",
        fix,
    )


def _with_callback(spec: ModelSpec, index: int, callback: ObjectSpec) -> ModelSpec:
    callbacks = list(spec.fit.get("callbacks") or ())
    known = [at for at, entry in enumerate(callbacks) if isinstance(entry, ObjectSpec)]
    callbacks[known[index]] = callback
    return edits.with_fit(spec, callbacks=tuple(callbacks))


@rule(RULES, "monitor-name", "error")
def monitor_name(situation: Situation) -> Iterator[Finding]:
    """A metric is logged under the name it was given: with the metric "accuracy" there is no
    val_acc.
    """
    names = {
        metric if isinstance(metric, str) else metric.arguments.get("name")
        for metric in situation.metrics
        if isinstance(metric, (str, ObjectSpec))
    }
    for index, callback in enumerate(situation.callbacks):
        monitor = callback.arguments.get("monitor")
        if callback.title not in MONITORING_CALLBACKS or not isinstance(monitor, str):
            continue
        prefix = "val_" if monitor.startswith("val_") else ""
        short = monitor.removeprefix("val_")
        for wrong, right in (("acc", "accuracy"), ("accuracy", "acc")):
            if short == wrong and wrong not in names and right in names:
                yield Finding(
                    t("%1 has no %2 to monitor", callback.title, monitor),
                    t(
                        'The name of the metric is "%1", so %2 must monitor %3.',
                        right,
                        callback.title,
                        prefix + right,
                    ),
                    "fit",
                    Fix(
                        t("Monitor %1", prefix + right),
                        partial(
                            _with_callback,
                            index=index,
                            callback=callback.with_argument("monitor", prefix + right),
                        ),
                    ),
                    about=str(index),
                )


@rule(RULES, "checkpoint-path", "error")
def checkpoint_path(situation: Situation) -> Iterator[Finding]:
    """Keras 3 derives the format from the file's extension. (Keras: ModelCheckpoint)"""
    for index, callback in enumerate(situation.callbacks):
        path = callback.arguments.get("filepath")
        if callback.class_name != "keras.callbacks.ModelCheckpoint" or not isinstance(path, str):
            continue
        weights_only = bool(callback.arguments.get("save_weights_only"))
        ending = ".weights.h5" if weights_only else ".keras"
        if path.endswith(ending) or (not weights_only and path.endswith(".h5")):
            continue
        stem = path
        for other in (".weights.h5", ".keras", ".h5", ".hdf5", ".ckpt", ".tf"):
            stem = stem.removesuffix(other)
        text = (
            t('Keras saves weights to files that end in %1, but filepath is "%2".', ending, path)
            if weights_only
            else t(
                'Keras saves models to files that end in %1, but filepath is "%2".', ending, path
            )
        )
        yield Finding(
            t("The checkpoint must end in %1", ending),
            text,
            "fit",
            Fix(
                t("Use %1", stem + ending),
                partial(
                    _with_callback,
                    index=index,
                    callback=callback.with_argument("filepath", stem + ending),
                ),
            ),
            about=str(index),
        )


@rule(RULES, "patience", "tip")
def patience(situation: Situation) -> Iterator[Finding]:
    """EarlyStopping can only stop if fit has more epochs than its patience."""
    epochs = situation.spec.fit.get("epochs")
    if isinstance(epochs, bool) or not isinstance(epochs, int):
        return
    for index, callback in enumerate(situation.callbacks):
        value = callback.arguments.get("patience")
        if callback.class_name != "keras.callbacks.EarlyStopping" or not isinstance(value, int):
            continue
        if value >= epochs > 1:
            yield Finding(
                t("EarlyStopping never stops"),
                t(
                    "It waits for %1 epochs without improvement, but there are only %2.",
                    format_number(value),
                    format_number(epochs),
                ),
                "fit",
                about=str(index),
            )


@rule(RULES, "best-weights", "tip")
def best_weights(situation: Situation) -> Iterator[Finding]:
    """When EarlyStopping stops, the last epochs were worse than the best one.
    (Keras: EarlyStopping, restore_best_weights)
    """
    for index, callback in enumerate(situation.callbacks):
        if callback.class_name != "keras.callbacks.EarlyStopping":
            continue
        if "restore_best_weights" in callback.arguments:
            continue
        yield Finding(
            t("Keep the best weights"),
            t(
                "When EarlyStopping stops, the last epochs are worse than the best one. "
                "restore_best_weights restores the weights of the best epoch."
            ),
            "fit",
            Fix(
                t("Set restore_best_weights"),
                partial(
                    _with_callback,
                    index=index,
                    callback=callback.with_argument("restore_best_weights", True),
                ),
            ),
            about=str(index),
        )
