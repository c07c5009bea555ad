"""Compile and fit: settings that Keras refuses, ignores, or that seldom do good."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from kwidgets.builder.data import DataInfo
from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.losses import (
    BINARY,
    CATEGORICAL,
    CLASSES,
    CROSSENTROPIES,
    ONE_HOT,
    REGRESSION,
    SPARSE,
    YES_NO,
)
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.mistakes.words import count, number
from kwidgets.builder.spec import ModelSpec, ObjectSpec, Value, Variable

RULES: list[Rule] = []

_DEFAULT_BATCH: Final = 32
# From this step on most models diverge. SGD takes larger steps than those that adapt.
_HIGH_RATES: Final = {
    "SGD": 1.0,
    "Adam": 0.05,
    "AdamW": 0.05,
    "Nadam": 0.05,
    "Adamax": 0.1,
    "RMSprop": 0.05,
    "Lion": 0.01,
}
_LOW_RATE: Final = 1e-7
_MONITORING: Final = ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint")
# Metrics for class numbers, for rows of classes, and for a yes or no at each unit.
_FOR_NUMBERED = ("sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy")
_FOR_ROWS = ("categorical_accuracy", "top_k_categorical_accuracy")
_FOR_YES_NO = (
    "binary_accuracy",
    "precision",
    "recall",
    "auc",
    "f1_score",
    "true_positives",
    "true_negatives",
    "false_positives",
    "false_negatives",
)


# Compile


@rule(RULES, "no-loss", "error")
def no_loss(situation: Situation) -> Iterator[Finding]:
    """Without a loss there is nothing to make smaller, so nothing is learned."""
    compile, targets = situation.spec.compile, situation.targets
    if (compile or {}).get("loss") is not None or situation.spec.fit.get("x") is None:
        return
    loss: str | None = None
    width = situation.output_width
    if targets is not None and targets.form is not None:
        if targets.form == "one_hot":
            loss = CATEGORICAL
        elif targets.form == "multi_label":
            loss = BINARY
        elif targets.form == "numbers":
            loss = "mse"
        elif targets.form == "integers" and targets.look_like_classes:
            loss = BINARY if targets.classes == 2 and width == 1 else SPARSE
        elif targets.form == "integers" and targets.single:
            loss = SPARSE if (width or 1) > 1 else "mse"
    arguments: dict[str, Value] = {"loss": loss}
    if compile is None:
        arguments["optimizer"] = "adam"
        arguments["metrics"] = ("mae",) if loss == "mse" else ("accuracy",)
    remedy = f" For {targets.name}, choose {loss}." if loss is not None and targets else ""
    yield Finding(
        "No loss is set",
        f"The loss says what training makes smaller; without one the model learns nothing.{remedy}",
        "compile",
        None
        if loss is None
        else Fix(f"Use {loss}", lambda spec: edits.with_compile(spec, **arguments)),
    )


@rule(RULES, "learning-rate", "warning")
def learning_rate(situation: Situation) -> Iterator[Finding]:
    """The learning rate decides most of all settings whether a model learns: too high, and the
    loss jumps or turns NaN; too low, and it stands still.
    """
    optimizer = (situation.spec.compile or {}).get("optimizer")
    if not isinstance(optimizer, ObjectSpec):
        return
    rate = optimizer.arguments.get("learning_rate")
    if isinstance(rate, bool) or not isinstance(rate, (int, float)):
        return
    if not optimizer.class_name.startswith("keras.optimizers."):
        return
    fix = Fix(
        "Use the default",
        lambda spec: edits.with_compile(
            spec, optimizer=optimizer.without_argument("learning_rate")
        ),
    )
    high = _HIGH_RATES.get(optimizer.title)
    if rate <= 0:
        yield Finding(
            "The learning rate is not above 0",
            f"With a learning rate of {rate:g} the model does not learn.",
            "compile",
            fix,
            level="error",
        )
    elif high is not None and rate >= high:
        default = "0.01" if optimizer.title == "SGD" else "0.001"
        yield Finding(
            f"A learning rate of {rate:g}",
            f"That is high for {optimizer.title}, whose default is {default}: the loss may jump or "
            "turn NaN.",
            "compile",
            fix,
        )
    elif rate <= _LOW_RATE:
        yield Finding(
            f"A learning rate of {rate:g}",
            "That is so low that the weights hardly change.",
            "compile",
            fix,
        )


def metric_name(metric: Value) -> str | None:
    """Return a metric's name as one string: "binary_accuracy"; None of the user's own."""
    if isinstance(metric, ObjectSpec):
        if not metric.class_name.startswith("keras.metrics."):
            return None
        metric = metric.title
    if not isinstance(metric, str):
        return None
    known = {
        name.replace("_", ""): name
        for name in (*_FOR_NUMBERED, *_FOR_ROWS, *_FOR_YES_NO, "accuracy")
    }
    return known.get(metric.lower().replace("_", ""), metric.lower())


def _exchanged(situation: Situation, index: int, metric: Value) -> Fix:
    metrics = (*situation.metrics[:index], metric, *situation.metrics[index + 1 :])
    # Once is enough.
    kept = tuple(entry for at, entry in enumerate(metrics) if entry not in metrics[:at])
    name = metric if isinstance(metric, str) else metric.title
    return Fix(f"Use {name}", partial(edits.with_compile, metrics=kept))


@rule(RULES, "metric-does-not-fit", "warning")
def metric_does_not_fit(situation: Situation) -> Iterator[Finding]:
    """A metric for rows of classes compares class numbers with rows without complaint, and shows
    nonsense; "accuracy" lets Keras choose the right one. (Keras: compile, metrics)
    """
    loss, width = situation.loss, situation.output_width
    if loss is None:
        return
    for index, metric in enumerate(situation.metrics):
        name = metric_name(metric)
        level = None
        if loss.name == SPARSE and name in _FOR_ROWS:
            text = f"{name} is for one-hot labels; with class numbers it shows nonsense."
        elif loss.name in ONE_HOT and name in _FOR_NUMBERED:
            text, level = f"{name} is for class numbers; with one-hot labels it fails.", "error"
        elif loss.name in YES_NO and width == 1 and name in (*_FOR_ROWS, *_FOR_NUMBERED):
            text = f"{name} compares several values; of a single one it shows nonsense."
        elif loss.name == SPARSE and name in _FOR_YES_NO and (width or 0) > 2:
            text, level = f"{name} is for yes or no; with class numbers it fails.", "error"
        else:
            continue
        yield Finding(
            f"{name} does not fit the loss",
            f'{text} "accuracy" chooses the one for {loss.title}.',
            "compile",
            _exchanged(situation, index, "accuracy"),
            about=name or "",
            level="error" if level == "error" else None,
        )


@rule(RULES, "exact-accuracy", "warning")
def exact_accuracy(situation: Situation) -> Iterator[Finding]:
    """keras.metrics.Accuracy counts where output and target are equal, which probabilities never
    are. The string "accuracy" is another thing. (Keras: metrics.Accuracy)
    """
    loss = situation.loss
    for index, metric in enumerate(situation.metrics):
        if isinstance(metric, ObjectSpec) and metric.class_name == "keras.metrics.Accuracy":
            if loss is None or loss.name not in CROSSENTROPIES:
                continue
            yield Finding(
                "Accuracy that stays at 0",
                "The class Accuracy counts values that equal their target exactly, which "
                'probabilities never do. The string "accuracy" counts right answers.',
                "compile",
                _exchanged(situation, index, "accuracy"),
            )


@rule(RULES, "accuracy-of-numbers", "warning")
def accuracy_of_numbers(situation: Situation) -> Iterator[Finding]:
    """Accuracy counts predictions that equal their target exactly: of prices next to none."""
    loss, targets = situation.loss, situation.targets
    if loss is None or loss.name not in REGRESSION:
        return
    if targets is not None and targets.form is not None:
        if targets.form in ("one_hot", "multi_label", "words") or targets.look_like_classes:
            return
    elif situation.output_activation != "linear":
        return
    for index, metric in enumerate(situation.metrics):
        if metric_name(metric) in ("accuracy", "acc", "binary_accuracy"):
            yield Finding(
                "Accuracy of numbers",
                "Accuracy counts predictions that equal their target exactly, which numbers hardly "
                "ever do. The mean absolute error says how far off they are.",
                "compile",
                _exchanged(situation, index, "mae"),
            )
            return


@rule(RULES, "accuracy-of-scores", "tip")
def accuracy_of_scores(situation: Situation) -> Iterator[Finding]:
    """Accuracy of yes or no asks whether a value is above 0.5; of raw scores it must be 0.
    (Keras: BinaryAccuracy, threshold)
    """
    loss = situation.loss
    if loss is None or loss.name not in YES_NO or not loss.from_logits:
        return
    if situation.output_activation != "linear":
        return
    for index, metric in enumerate(situation.metrics):
        if metric_name(metric) in ("accuracy", "acc", "binary_accuracy"):
            if isinstance(metric, ObjectSpec) and "threshold" in metric.arguments:
                continue
            yield Finding(
                "Accuracy of raw scores",
                "Accuracy counts a score above 0.5 as yes, but with from_logits=True a score above "
                "0 means yes.",
                "compile",
                _exchanged(
                    situation,
                    index,
                    ObjectSpec("keras.metrics.BinaryAccuracy", {"threshold": 0.0}),
                ),
            )
            return


@rule(RULES, "no-metrics", "tip")
def no_metrics(situation: Situation) -> Iterator[Finding]:
    """A crossentropy is hard to read; accuracy is the share of right answers."""
    loss, targets = situation.loss, situation.targets
    if loss is None or situation.metrics or situation.spec.compile is None:
        return
    if situation.spec.compile.get("weighted_metrics") or targets is None:
        return
    yes_no = loss.name in YES_NO and targets.single and targets.form == "integers"
    if loss.name in CLASSES or yes_no:
        yield Finding(
            "No metrics",
            "The loss alone is hard to read. Accuracy shows the share of right answers.",
            "compile",
            Fix("Add accuracy", lambda spec: edits.with_compile(spec, metrics=("accuracy",))),
        )


# Data for fit


@rule(RULES, "y-missing", "error")
def y_missing(situation: Situation) -> Iterator[Finding]:
    """An array holds inputs only; what the model is to answer must be given as y."""
    x, loss = situation.x, (situation.spec.compile or {}).get("loss")
    if x is None or x.is_dataset or situation.spec.fit.get("y") is not None or loss is None:
        return
    guess = _partner(situation, x)
    regression = situation.loss is not None and situation.loss.name in (*REGRESSION, *YES_NO)
    if guess is None and regression and situation.output_shape == situation.x_shape:
        guess = x.name  # an autoencoder
    yield Finding(
        "No targets",
        f"{x.name} holds the inputs, but y is not set: the model does not know what to learn.",
        "fit",
        None
        if guess is None
        else Fix(f"Set y to {guess}", lambda spec: edits.with_fit(spec, y=Variable(guess))),
    )


def _partner(situation: Situation, x: DataInfo) -> str | None:
    """The variable named like x's targets, with as many samples."""
    name = x.name
    for pattern, replacement in (
        ("x", "y"),
        ("X", "y"),
        ("X", "Y"),
        ("images", "labels"),
        ("data", "labels"),
    ):
        for candidate in (
            name.replace(pattern, replacement, 1),
            name.replace(pattern, "target", 1) if pattern == "data" else "",
        ):
            info = situation.data.get(candidate)
            if candidate != name and info is not None and info.samples == x.samples:
                return candidate
    return None


@rule(RULES, "y-with-dataset", "error")
def y_with_dataset(situation: Situation) -> Iterator[Finding]:
    """A dataset gives inputs and targets together; Keras refuses a y beside it. (Keras: fit)"""
    for x_name, y_name in (("x", "y"), ("validation_x", "validation_y")):
        x = situation.variable(x_name)
        if x is not None and x.is_dataset and situation.spec.fit.get(y_name) is not None:
            yield Finding(
                f"{x.name} brings its own targets",
                f"{x.name} is a {x.kind}, which gives inputs and targets together: leave "
                f"{y_name} empty.",
                "fit",
                Fix(f"Clear {y_name}", partial(_clear, name=y_name)),
                about=y_name,
            )


def _clear(spec: ModelSpec, name: str) -> ModelSpec:
    return edits.with_fit(spec, **{name: None})


@rule(RULES, "lengths-differ", "error")
def lengths_differ(situation: Situation) -> Iterator[Finding]:
    """Each sample needs its target: Keras refuses arrays of different lengths. (Keras: fit)"""
    for x_name, y_name in (("x", "y"), ("validation_x", "validation_y")):
        x, y = situation.variable(x_name), situation.variable(y_name)
        if x is None or y is None or x.samples is None or y.samples is None:
            continue
        if x.samples != y.samples:
            yield Finding(
                "Not as many targets as samples",
                f"{x.name} has {count(x.samples, 'sample', 'samples')}, but {y.name} has "
                f"{y.samples:,}.",
                "fit",
                about=y_name,
            )


@rule(RULES, "unbatched", "error")
def unbatched(situation: Situation) -> Iterator[Finding]:
    """Keras takes each element of a dataset for a batch."""
    for argument in ("x", "validation_x"):
        info = situation.variable(argument)
        if info is not None and info.batched is False:
            yield Finding(
                f"{info.name} is not batched",
                f"{info.name} gives one sample at a time, but Keras expects batches: "
                f"{info.name} = {info.name}.batch(32).",
                "fit",
                about=argument,
            )


@rule(RULES, "batch-size-with-dataset", "tip")
def batch_size_with_dataset(situation: Situation) -> Iterator[Finding]:
    """A dataset is batched already; batch_size does nothing. (Keras: fit)"""
    x, size = situation.x, situation.spec.fit.get("batch_size")
    if x is not None and x.is_dataset and size is not None:
        yield Finding(
            "batch_size has no effect",
            f"{x.name} is a {x.kind}, which makes its own batches.",
            "fit",
            Fix("Clear batch_size", partial(_clear, name="batch_size")),
        )


@rule(RULES, "batch-size", "warning")
def batch_size(situation: Situation) -> Iterator[Finding]:
    """More than all samples are never in a batch; with one at a time an epoch takes long."""
    x, size = situation.x, situation.spec.fit.get("batch_size")
    if x is None or x.samples is None or isinstance(size, bool) or not isinstance(size, int):
        return
    if x.is_dataset:
        return
    fix = Fix(f"Use the default, {_DEFAULT_BATCH}", partial(_clear, name="batch_size"))
    if size > x.samples:
        yield Finding(
            "batch_size is larger than the data",
            f"batch_size is {size:,}, but {x.name} has {count(x.samples, 'sample', 'samples')}: "
            "each epoch is a single step.",
            "fit",
            fix if x.samples > _DEFAULT_BATCH else None,
        )
    elif size == 1 and x.samples >= 1000:
        yield Finding(
            "One sample at a time",
            f"With batch_size 1 an epoch takes {x.samples:,} steps.",
            "fit",
            fix,
            level="tip",
        )


# Validation


@rule(RULES, "split-of-dataset", "error")
def split_of_dataset(situation: Situation) -> Iterator[Finding]:
    """Only arrays can be split: a dataset has no known end. (Keras: fit, validation_split)"""
    x = situation.x
    if x is not None and x.is_dataset and situation.spec.fit.get("validation_split"):
        yield Finding(
            "A dataset cannot be split",
            f"validation_split works on arrays only, but {x.name} is a {x.kind}. Choose a second "
            "dataset for validation, made with take and skip.",
            "fit",
            Fix("Clear validation_split", partial(_clear, name="validation_split")),
        )


@rule(RULES, "split-size", "warning")
def split_size(situation: Situation) -> Iterator[Finding]:
    """validation_split is the share that is kept from training."""
    split, x = situation.spec.fit.get("validation_split"), situation.x
    if isinstance(split, bool) or not isinstance(split, (int, float)) or split == 0:
        return
    if x is not None and x.is_dataset:
        return
    fix = Fix("Set validation_split to 0.2", partial(edits.with_fit, validation_split=0.2))
    if not 0 < split < 1:
        yield Finding(
            "validation_split must be between 0 and 1",
            f"It is the share of the samples used for validation, not {split:g}; 0.2 is a fifth.",
            "fit",
            fix,
            level="error",
        )
    elif split > 0.5:
        yield Finding(
            "Most samples are used for validation",
            f"validation_split={split:g} keeps {split:.0%} of the samples from training.",
            "fit",
            fix,
        )


@rule(RULES, "split-of-sorted-labels", "warning")
def split_of_sorted_labels(situation: Situation) -> Iterator[Finding]:
    """validation_split takes the last samples, before shuffling: of sorted labels, classes that
    training never sees. (Keras: fit, validation_split)
    """
    x, y, split = situation.x, situation.variable("y"), situation.spec.fit.get("validation_split")
    if x is None or x.is_dataset or y is None or y.statistics is None or not split:
        return
    # A sequence of values is in order by nature.
    if situation.loss is not None and situation.loss.name in REGRESSION:
        return
    if y.statistics.sorted_labels and situation.spec.fit.get("validation_x") is None:
        yield Finding(
            "Labels are sorted",
            f"{y.name} is sorted by class, and validation_split takes the last samples: they are "
            "all of the last classes. Shuffle first: "
            f"order = np.random.permutation(len({y.name})); "
            f"{x.name}, {y.name} = {x.name}[order], {y.name}[order].",
            "fit",
        )


@rule(RULES, "no-shuffle", "warning")
def no_shuffle(situation: Situation) -> Iterator[Finding]:
    """Batches of one class each make the model forget one class after the other."""
    y = situation.variable("y")
    if situation.spec.fit.get("shuffle", True) is not False or y is None or y.statistics is None:
        return
    if y.statistics.sorted_labels and situation.loss is not None:
        if situation.loss.name not in CROSSENTROPIES:
            return
        yield Finding(
            "Sorted labels are not shuffled",
            f"{y.name} is sorted by class, and shuffle is False: each batch has a single class, "
            "and the model forgets the others.",
            "fit",
            Fix("Shuffle", partial(_clear, name="shuffle")),
        )


@rule(RULES, "no-validation", "tip")
def no_validation(situation: Situation) -> Iterator[Finding]:
    """Only data that the model did not learn from shows whether it has learned by heart."""
    fit, x, loss = situation.spec.fit, situation.x, situation.loss
    if x is None or situation.has_validation or loss is None:
        return
    if not x.is_dataset and fit.get("y") is None:
        return
    fix = _validation_fix(situation)
    if _waiting_callback(situation) is not None:
        return
    yield Finding(
        "No validation data",
        "Training data alone does not show whether the model learns by heart. Keep some samples "
        "for validation.",
        "fit",
        fix,
    )


def _validation_fix(situation: Situation) -> Fix | None:
    """Validation data that is at hand, or a part of the training data."""
    fit, x = situation.spec.fit, situation.x
    if x is None:
        return None
    y_value = fit.get("y")
    y_name = y_value.name if isinstance(y_value, Variable) else None
    for suffix in ("val", "valid", "validation", "test"):
        x_name = _renamed(x.name, suffix)
        other = None if x_name is None else situation.data.get(x_name)
        if x_name is None or other is None or other.kind != x.kind:
            continue
        if x.is_dataset:
            return Fix(f"Use {x_name}", partial(edits.with_fit, validation_x=Variable(x_name)))
        other_y = x_name if y_name == x.name else _renamed(y_name or "", suffix)
        partner = situation.data.get(other_y) if other_y is not None else None
        if other_y is not None and partner is not None and partner.samples == other.samples:
            use = partial(
                edits.with_fit, validation_x=Variable(x_name), validation_y=Variable(other_y)
            )
            label = f"Use {x_name}" if other_y == x_name else f"Use {x_name} and {other_y}"
            return Fix(label, use)
    y = situation.variable("y")
    if x.is_dataset or (x.samples or 0) < 10:
        return None
    if y is not None and y.statistics is not None and y.statistics.sorted_labels:
        return None
    return Fix("Keep a fifth for validation", partial(edits.with_fit, validation_split=0.2))


def _renamed(name: str, suffix: str) -> str | None:
    """x_train → x_val."""
    for word in ("training", "train", "tr"):
        if word in name.split("_"):
            return "_".join(suffix if part == word else part for part in name.split("_"))
    return None


@rule(RULES, "validation-without-y", "error")
def validation_without_y(situation: Situation) -> Iterator[Finding]:
    """Validation needs targets as training does."""
    validation = situation.variable("validation_x")
    if (
        validation is None
        or validation.is_dataset
        or situation.spec.fit.get("validation_y") is not None
    ):
        return
    guess = _partner(situation, validation)
    yield Finding(
        "Validation has no targets",
        f"{validation.name} holds inputs, but validation_y is not set.",
        "fit",
        None
        if guess is None
        else Fix(
            f"Set validation_y to {guess}",
            lambda spec: edits.with_fit(spec, validation_y=Variable(guess)),
        ),
    )


@rule(RULES, "validation-is-training", "warning")
def validation_is_training(situation: Situation) -> Iterator[Finding]:
    """Validating on the training data shows what was learned by heart too."""
    x, validation = situation.spec.fit.get("x"), situation.spec.fit.get("validation_x")
    if isinstance(x, Variable) and x == validation:
        other = _validation_fix(situation)

        def change(spec: ModelSpec) -> ModelSpec:
            spec = edits.with_fit(spec, validation_x=None, validation_y=None)
            return spec if other is None else other.apply(spec)

        yield Finding(
            "Validation data is the training data",
            f"{x.name} is used for both, so validation does not show how the model does on new "
            "data.",
            "fit",
            Fix("Use other samples" if other is not None else "Clear it", change),
        )


# Callbacks


def _waiting_callback(situation: Situation) -> tuple[int, ObjectSpec, str] | None:
    """The first callback that waits for a value of the validation that is never made."""
    if situation.has_validation or situation.spec.fit.get("x") is None:
        return None
    for index, callback in enumerate(situation.callbacks):
        if not callback.class_name.startswith("keras.callbacks."):
            continue
        if callback.title not in _MONITORING:
            continue
        monitor = callback.arguments.get("monitor", "val_loss")
        if callback.title == "ModelCheckpoint" and not callback.arguments.get("save_best_only"):
            continue
        if isinstance(monitor, str) and monitor.startswith("val_"):
            return index, callback, monitor
    return None


@rule(RULES, "nothing-to-monitor", "warning")
def nothing_to_monitor(situation: Situation) -> Iterator[Finding]:
    """Without validation data there is no val_loss: the callback warns, and never acts."""
    found = _waiting_callback(situation)
    if found is None:
        return
    index, callback, monitor = found
    fix = _validation_fix(situation)
    if fix is None:
        fix = Fix(
            f"Watch {monitor.removeprefix('val_')}",
            partial(
                _with_callback,
                index=index,
                callback=callback.with_argument("monitor", monitor.removeprefix("val_")),
            ),
        )
    yield Finding(
        f"{callback.title} waits for {monitor}",
        f"{callback.title} watches {monitor}, but there is no validation data, so it never acts.",
        "fit",
        fix,
    )


def _with_callback(spec: ModelSpec, index: int, callback: ObjectSpec) -> ModelSpec:
    callbacks = list(spec.fit.get("callbacks") or ())
    known = [at for at, entry in enumerate(callbacks) if isinstance(entry, ObjectSpec)]
    callbacks[known[index]] = callback
    return edits.with_fit(spec, callbacks=tuple(callbacks))


@rule(RULES, "monitor-name", "warning")
def monitor_name(situation: Situation) -> Iterator[Finding]:
    """The name of a metric is the one it was given: val_acc is not there when the metric is
    "accuracy".
    """
    names = {
        metric if isinstance(metric, str) else metric.arguments.get("name")
        for metric in situation.metrics
        if isinstance(metric, (str, ObjectSpec))
    }
    for index, callback in enumerate(situation.callbacks):
        monitor = callback.arguments.get("monitor")
        if callback.title not in _MONITORING or not isinstance(monitor, str):
            continue
        prefix = "val_" if monitor.startswith("val_") else ""
        short = monitor.removeprefix("val_")
        for wrong, right in (("acc", "accuracy"), ("accuracy", "acc")):
            if short == wrong and wrong not in names and right in names:
                yield Finding(
                    f"{callback.title} waits for {monitor}",
                    f'The metric is called "{right}", so {callback.title} must watch '
                    f"{prefix}{right}.",
                    "fit",
                    Fix(
                        f"Watch {prefix}{right}",
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
    """Keras 3 tells the format by the file's ending. (Keras: ModelCheckpoint)"""
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
        what = "weights" if weights_only else "a model"
        yield Finding(
            f"The checkpoint must end in {ending}",
            f'Keras saves {what} to files that end in {ending}, but filepath is "{path}".',
            "fit",
            Fix(
                f"Use {stem}{ending}",
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
    """EarlyStopping stops after as many epochs without progress as patience says."""
    epochs = situation.spec.fit.get("epochs")
    if isinstance(epochs, bool) or not isinstance(epochs, int):
        return
    for index, callback in enumerate(situation.callbacks):
        value = callback.arguments.get("patience")
        if callback.class_name != "keras.callbacks.EarlyStopping" or not isinstance(value, int):
            continue
        if value >= epochs > 1:
            yield Finding(
                "EarlyStopping never stops",
                f"It waits for {number(value)} epochs without progress, but there are only "
                f"{number(epochs)}.",
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
            "Keep the best weights",
            "When EarlyStopping stops, the last epochs were no better than an earlier one. "
            "restore_best_weights goes back to that one.",
            "fit",
            Fix(
                "Set restore_best_weights",
                partial(
                    _with_callback,
                    index=index,
                    callback=callback.with_argument("restore_best_weights", True),
                ),
            ),
            about=str(index),
        )
