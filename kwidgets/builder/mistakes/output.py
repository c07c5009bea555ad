"""The end of the stack: do the last layer, the loss and the targets fit together?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.losses import (
    BINARY,
    CATEGORICAL,
    CLASSES,
    CROSSENTROPIES,
    MSE,
    ONE_HOT,
    REGRESSION,
    SPARSE,
    YES_NO,
)
from kwidgets.builder.mistakes.situation import (
    ACTIVATION_LAYERS,
    DROPOUTS,
    RECURRENT,
    Situation,
    Targets,
)
from kwidgets.builder.mistakes.words import count, number, shown, span
from kwidgets.builder.spec import ModelSpec, layer

RULES: list[Rule] = []

# What each activation gives at least and at most.
RANGES = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, None),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, None),
}


def _activation_for(loss_name: str) -> str:
    return "sigmoid" if loss_name in YES_NO else "softmax"


@rule(RULES, "double-softmax", "warning")
def double_softmax(situation: Situation) -> Iterator[Finding]:
    """from_logits=True says that the model gives raw scores; after softmax or sigmoid they are
    probabilities, are squashed twice, and training is slow or stuck. (Keras: losses, from_logits)
    """
    loss, activation = situation.loss, situation.output_activation
    if loss is not None and loss.from_logits and activation in ("softmax", "sigmoid"):
        yield Finding(
            f"{activation} is applied twice",
            f"The model ends with {activation}, so it gives probabilities. "
            f"The loss has from_logits=True, so it expects raw scores and applies {activation} "
            "again. Keep only one of the two.",
            "compile",
            Fix(
                "Remove from_logits",
                lambda spec: edits.with_compile(spec, loss=loss.become(loss.name, False)),
            ),
        )


@rule(RULES, "scores-as-probabilities", "warning")
def scores_as_probabilities(situation: Situation) -> Iterator[Finding]:
    """Crossentropy without from_logits takes logarithms of probabilities; of raw scores, many
    below zero, it takes nonsense. (Keras: losses, from_logits)
    """
    loss, step = situation.loss, situation.output_step
    if (
        loss is None
        or loss.name not in CROSSENTROPIES
        or loss.from_logits
        or step is None
        or step.activation != "linear"
        or _one_unit(situation)
        or _numbers_as_classes(situation)
        or _many_classes_as_yes_no(situation)
    ):
        return
    wanted = _activation_for(loss.name)
    yield Finding(
        "The loss expects probabilities",
        f"The last layer has no activation, so it gives raw scores, but {loss.title} expects "
        f"probabilities between 0 and 1. Add {wanted} to the last layer, or use the loss with "
        "from_logits=True.",
        step.uid,
        Fix(
            f'Set activation to "{wanted}"',
            lambda spec: edits.with_activation(spec, step, wanted),
        ),
    )


@rule(RULES, "output-activation", "warning")
def output_activation(situation: Situation) -> Iterator[Finding]:
    """ReLU, tanh and the like give no probabilities: zero has no logarithm, and nothing is above
    one only by chance. With from_logits, they cut off scores.
    """
    loss, step = situation.loss, situation.output_step
    if loss is None or loss.name not in CROSSENTROPIES or step is None:
        return
    if step.activation in ("softmax", "sigmoid", "hard_sigmoid", "linear", "log_softmax", None):
        return
    if step.activation == "log_sigmoid" or not step.is_a(
        *ACTIVATION_LAYERS, "Dense", "Conv1D", "Conv2D", "Conv3D"
    ):
        return
    wanted = "linear" if loss.from_logits else _activation_for(loss.name)
    expects = "raw scores of any size" if loss.from_logits else "probabilities between 0 and 1"
    label = "Remove it" if loss.from_logits else f'Set activation to "{wanted}"'
    yield Finding(
        f"{step.activation} does not suit the output",
        f"The model ends with {step.activation}, but {loss.title} expects {expects}.",
        step.uid,
        Fix(label, lambda spec: edits.with_activation(spec, step, wanted)),
    )


def _one_unit(situation: Situation) -> bool:
    """One value where several classes, or a softmax, need at least two."""
    loss = situation.loss
    if situation.output_width != 1:
        return False
    if situation.output_activation == "softmax":
        return True
    # Of raw scores of one class too: there is nothing to choose from.
    return loss is not None and loss.name in CLASSES


@rule(RULES, "one-unit", "error")
def one_unit(situation: Situation) -> Iterator[Finding]:
    """Softmax shares out 1 among the units: a single unit always gets 1, whatever it learned. For
    yes or no, Keras's way is one unit with sigmoid and binary crossentropy.
    """
    last, loss, targets = situation.last_weights, situation.loss, situation.targets
    if not _one_unit(situation) or last is None:
        return
    softmax = situation.output_activation == "softmax"
    if softmax:
        title = "Softmax over one value is always 1"
        text = (
            "Softmax shares out 1 among the values of the last layer. It has only one, which is "
            "always 1, so the model cannot learn."
        )
    else:
        assert loss is not None
        title = "One value for several classes"
        text = f"The last layer gives one value, but {loss.title} needs one for each class."
    if _numbers_as_classes(situation):
        return  # the loss is the first thing to mend
    classes = targets.classes if targets is not None else None
    if targets is not None and classes is not None and classes > 2:
        name = CATEGORICAL if targets.form == "one_hot" else SPARSE
        new_loss = loss.become(name, False) if loss is not None else name
        yield Finding(
            title,
            f"{text} {targets.name} has {count(classes, 'class', 'classes')}.",
            last.uid,
            Fix(
                f"Use {classes} units with softmax",
                lambda spec: edits.classify(spec, situation, classes, new_loss),
            ),
        )
        return
    if (
        targets is not None
        and targets.form in ("numbers", "one_hot")
        and not (classes == 2 and targets.single)
    ):
        if targets.form == "one_hot":
            units = classes or 2
            yield Finding(
                title,
                f"{text} {targets.name} has {units} columns, one for each class.",
                last.uid,
                Fix(
                    f"Use {units} units with softmax",
                    lambda spec: edits.classify(
                        spec,
                        situation,
                        units,
                        loss.become(CATEGORICAL, False) if loss else CATEGORICAL,
                    ),
                ),
            )
            return
        yield Finding(
            title,
            f"{text} {targets.name} holds numbers, so the last layer needs no activation.",
            last.uid,
            Fix("Remove softmax", partial(_activate, situation, "linear")),
        )
        return

    def yes_or_no(spec: ModelSpec) -> ModelSpec:
        spec = _activate(situation, "sigmoid", spec)
        if loss is not None and loss.name in CLASSES:
            spec = edits.with_compile(spec, loss=loss.become(BINARY, False))
        return spec

    if loss is not None and loss.name in REGRESSION:
        yield Finding(
            title, text, last.uid, Fix("Remove softmax", partial(_activate, situation, "linear"))
        )
        return
    with_loss = " and binary crossentropy" if loss is not None and loss.name in CLASSES else ""
    yield Finding(
        title,
        f"{text} For yes or no, use sigmoid with binary crossentropy; for more classes, one unit "
        "for each class.",
        last.uid,
        Fix(f"Use sigmoid{with_loss}", yes_or_no),
    )


def _activate(situation: Situation, name: str, spec: ModelSpec) -> ModelSpec:
    """Give the output another activation."""
    step = situation.output_step
    return spec if step is None else edits.with_activation(spec, step, name)


def _labels(situation: Situation) -> Targets | None:
    """The targets, where they are class numbers for sparse crossentropy over several units."""
    loss, targets = situation.loss, situation.targets
    if loss is None or loss.name != SPARSE or targets is None or targets.form != "integers":
        return None
    if _ignores_a_class(situation):
        return None
    width = situation.output_width
    return targets if width is not None and width > 1 else None


def _ignores_a_class(situation: Situation) -> bool:
    loss = situation.loss
    arguments = getattr(loss.value, "arguments", {}) if loss is not None else {}
    return arguments.get("ignore_class") is not None


@rule(RULES, "negative-labels", "error")
def negative_labels(situation: Situation) -> Iterator[Finding]:
    """Keras counts classes from 0; a crossentropy of a negative label means nothing."""
    loss, targets = situation.loss, situation.targets
    if loss is None or targets is None or targets.lowest is None or targets.lowest >= 0:
        return
    if targets.form != "integers":
        return
    if (loss.name == SPARSE and not _ignores_a_class(situation)) or loss.name in YES_NO:
        lowest = number(targets.lowest)
        pair = targets.lowest == -1 and targets.highest == 1 and loss.name in YES_NO
        wanted = "0 and 1" if loss.name in YES_NO else "whole numbers from 0 on"
        remedy = f" For -1 and 1, use {targets.name} = ({targets.name} + 1) // 2." if pair else ""
        yield Finding(
            "Labels must not be negative",
            f"{targets.name} has labels down to {lowest}, but {loss.title} expects {wanted}."
            f"{remedy}",
            "fit",
        )


@rule(RULES, "labels-start-at-one", "error")
def labels_start_at_one(situation: Situation) -> Iterator[Finding]:
    """Keras counts classes from 0: labels 1 to 10 need 11 units, of which the first stays idle."""
    targets, last = _labels(situation), situation.last_weights
    width = situation.output_width
    if targets is None or targets.highest is None or width is None:
        return
    if targets.lowest == 1 and targets.highest == width:
        yield Finding(
            "Labels should start at 0",
            f"{targets.name} has labels {span(targets.lowest, targets.highest)}, and Keras counts "
            f"classes from 0, so the {width} units stand for 0–{width - 1}. Subtract 1 from the "
            f"labels ({targets.name} = {targets.name} - 1), or use {width + 1} units.",
            None if last is None else last.uid,
            None
            if last is None
            else Fix(
                f"Set {_unit_word(situation)} to {width + 1}",
                lambda spec: edits.with_units(spec, last, width + 1),
            ),
        )


def _unit_word(situation: Situation) -> str:
    last = situation.last_weights
    return "units" if last is None or last.is_a("Dense", *RECURRENT) else "filters"


@rule(RULES, "too-few-units", "error")
def too_few_units(situation: Situation) -> Iterator[Finding]:
    """Sparse crossentropy looks up the value at the label's place; past the last unit there is
    none: an error on a CPU, NaN on a GPU.
    """
    targets, last, width = _labels(situation), situation.last_weights, situation.output_width
    if targets is None or targets.highest is None or width is None:
        return
    if targets.highest < width or (targets.lowest == 1 and targets.highest == width):
        return
    if targets.lowest is not None and targets.lowest < 0:
        return
    classes = int(targets.highest) + 1
    what = f"{classes} classes" if targets.look_like_classes and targets.lowest == 0 else "labels"
    yield Finding(
        f"{width} values for {what}",
        f"The last layer gives {width} values, but {targets.name} has {what} "
        f"({span(targets.lowest or 0, targets.highest)}). It needs {classes} units.",
        None if last is None else last.uid,
        None
        if last is None
        else Fix(
            f"Set {_unit_word(situation)} to {classes}",
            lambda spec: edits.with_units(spec, last, classes),
        ),
    )


@rule(RULES, "too-many-units", "tip")
def too_many_units(situation: Situation) -> Iterator[Finding]:
    """Units without a class do no harm, but are mostly a slip."""
    targets, last, width = _labels(situation), situation.last_weights, situation.output_width
    if targets is None or last is None or targets.highest is None or width is None:
        return
    if not targets.look_like_classes or width <= targets.highest + 1:
        return
    classes = int(targets.highest) + 1
    yield Finding(
        "More values than classes",
        f"The last layer gives {width} values, but {targets.name} has only labels "
        f"{span(targets.lowest or 0, targets.highest)}; {classes} units are enough.",
        last.uid,
        Fix(
            f"Set {_unit_word(situation)} to {classes}",
            lambda spec: edits.with_units(spec, last, classes),
        ),
    )


def _has_sequence_output(situation: Situation) -> bool:
    """More dimensions come out than the targets have: a Flatten or the like is missing."""
    targets, shape = situation.targets, situation.output_shape
    if targets is None or targets.shape is None or shape is None:
        return False
    loss = situation.loss
    rank = 0 if targets.single else len(targets.shape)
    if loss is not None and loss.name == SPARSE:
        # Rows of 0s and 1s for sparse crossentropy are another mistake.
        rank = 1 if targets.form in ("one_hot", "multi_label") else rank + 1
    elif targets.single:
        rank = 1
    return len(shape) > rank and len(shape) > 1


@rule(RULES, "missing-flatten", "error")
def missing_flatten(situation: Situation) -> Iterator[Finding]:
    """Dense works on the last dimension only; images and sequences keep their other dimensions,
    and the model answers for each position instead of for the sample.
    """
    targets, last, shape = situation.targets, situation.last_weights, situation.output_shape
    if not _has_sequence_output(situation) or targets is None or shape is None:
        return
    if situation.loss is None or _returned_sequence(situation) is not None:
        return
    text = (
        f"The model gives values of shape {shown(shape)} for each sample, but {targets.name} has "
        f"{'a single value' if targets.single else f'shape {shown(targets.shape)}'}. "
    )
    # The first Dense that still has several dimensions, with only such layers after it that do
    # not mind their number.
    first = None
    for step in reversed(situation.steps):
        if step.is_a("Dense"):
            if step.input_rank is not None and step.input_rank > 2:
                first = step
        elif not step.is_a(*ACTIVATION_LAYERS, *DROPOUTS, "BatchNormalization"):
            break
    if first is None or last is None:
        yield Finding(
            "The output has too many dimensions",
            f"{text}Add Flatten or a global pooling layer, and a Dense layer.",
            situation.steps[-1].uid,
        )
        return
    entering = first.facts.input_shape or ()
    flat = None not in entering[1:]
    has_convolution = any(step.is_a("Conv1D", "Conv2D", "Conv3D") for step in situation.steps)
    if flat and not (has_convolution and len(entering) == 5):
        name = "Flatten"
    elif len(entering) in (3, 4, 5):
        name = f"GlobalAveragePooling{len(entering) - 2}D"
    else:
        return
    yield Finding(
        f"{name} is missing",
        f"{text}Dense works on the last dimension only. Put {name} in front of the first Dense.",
        first.uid,
        Fix(
            f"Insert {name}",
            lambda spec: edits.insert_before(spec, first.uid, layer(f"keras.layers.{name}")),
        ),
    )


def _returned_sequence(situation: Situation) -> str | None:
    """The uid of the last recurrent layer, if its whole sequence reaches the output."""
    for step in reversed(situation.steps):
        if step.is_recurrent:
            return step.uid if step.wrapped.arguments.get("return_sequences") else None
        if not step.is_a("Dense", *ACTIVATION_LAYERS, *DROPOUTS, "BatchNormalization"):
            return None
    return None


@rule(RULES, "returned-sequence", "error")
def returned_sequence(situation: Situation) -> Iterator[Finding]:
    """return_sequences=True hands on the output of every time step; for one answer about the
    whole sequence the last layer must hand on the last one only.
    """
    uid, targets = _returned_sequence(situation), situation.targets
    if uid is None or targets is None or situation.loss is None:
        return
    if not _has_sequence_output(situation):
        return
    step = next(step for step in situation.steps if step.uid == uid)
    yield Finding(
        "An answer for each time step",
        f"The last {step.wrapped.title} has return_sequences=True, so the model gives a value for "
        f"each time step, but {targets.name} has one for each sample.",
        uid,
        Fix(
            "Remove return_sequences",
            lambda spec: edits.with_wrapped_argument(spec, step, "return_sequences", None),
        ),
    )


@rule(RULES, "sparse-with-one-hot", "error")
def sparse_with_one_hot(situation: Situation) -> Iterator[Finding]:
    """Sparse categorical crossentropy wants class numbers, categorical crossentropy rows with a 1
    at the class's place. (Keras: losses)
    """
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name != SPARSE or targets is None or targets.single:
        return
    if targets.form == "multi_label":

        def many(spec: ModelSpec) -> ModelSpec:
            spec = edits.with_compile(spec, loss=loss.become(BINARY))
            return spec if loss.from_logits else _activate(situation, "sigmoid", spec)

        yield Finding(
            "Several labels for each sample",
            f"{targets.name} has rows of 0s and 1s with several 1s, but {loss.title} expects one "
            "class number. For several labels, use binary crossentropy with sigmoid.",
            "compile",
            Fix("Use binary crossentropy", many),
        )
        return
    # Of a dataset only the shape is known.
    rows = (
        targets.statistics is None
        and targets.shape is not None
        and len(targets.shape) == 1
        and targets.shape[0] == width
        and situation.output_shape is not None
        and len(situation.output_shape) == 1
    )
    if targets.form == "one_hot" or rows:
        yield Finding(
            "Labels are one-hot",
            f"{targets.name} gives a row of {targets.shape[0] if targets.shape else ''} values for "
            f"each sample, with a 1 for its class, but {loss.title} expects the class's number. "
            "Use categorical crossentropy.",
            "compile",
            Fix(
                "Use categorical crossentropy",
                lambda spec: edits.with_compile(spec, loss=loss.become(CATEGORICAL)),
            ),
        )


@rule(RULES, "categorical-with-numbers", "error")
def categorical_with_numbers(situation: Situation) -> Iterator[Finding]:
    """Categorical crossentropy compares rows; class numbers are for the sparse one."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in ONE_HOT or targets is None or not targets.single:
        return
    if targets.form == "integers" and width != 1:
        yield Finding(
            "Labels are class numbers",
            f"{targets.name} holds a class number for each sample, but {loss.title} expects a row "
            "with a 1 for its class. Use sparse categorical crossentropy.",
            "compile",
            Fix(
                "Use sparse categorical crossentropy",
                lambda spec: edits.with_compile(spec, loss=loss.become(SPARSE)),
            ),
        )


def _many_classes_as_yes_no(situation: Situation) -> bool:
    """Class numbers for a binary crossentropy that cannot work with them."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in YES_NO or targets is None or targets.form != "integers":
        return False
    if not targets.single or (targets.lowest is not None and targets.lowest < 0):
        return False
    many = targets.highest is not None and targets.highest > 1
    return many or (width is not None and width > 1)


@rule(RULES, "binary-with-classes", "error")
def binary_with_classes(situation: Situation) -> Iterator[Finding]:
    """Binary crossentropy knows yes and no, 1 and 0; of several classes it makes nonsense."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if not _many_classes_as_yes_no(situation) or loss is None or targets is None or width is None:
        return
    if targets.highest is not None and targets.highest > 1:
        classes = max(int(targets.highest) + 1, width)

        def several(spec: ModelSpec) -> ModelSpec:
            return edits.classify(spec, situation, classes, loss.become(SPARSE, False))

        yield Finding(
            "Binary crossentropy for several classes",
            f"{targets.name} has labels {span(targets.lowest or 0, targets.highest)}, but "
            f"{loss.title} knows only 0 and 1. Use {classes} units with softmax and sparse "
            "categorical crossentropy.",
            "compile",
            None
            if situation.last_weights is None or situation.output_step is None
            else Fix("Use sparse categorical crossentropy", several),
        )
        return

    def sparse(spec: ModelSpec) -> ModelSpec:
        if situation.output_activation == "sigmoid":
            spec = _activate(situation, "softmax", spec)
        return edits.with_compile(spec, loss=loss.become(SPARSE))

    yield Finding(
        f"{width} values for a yes or no",
        f"The last layer gives {width} values, but {targets.name} has a single 0 or 1 for each "
        "sample. Either use one unit with sigmoid, or keep them and use sparse categorical "
        "crossentropy with softmax.",
        "compile",
        Fix("Use sparse categorical crossentropy", sparse),
    )


@rule(RULES, "binary-with-softmax", "warning")
def binary_with_softmax(situation: Situation) -> Iterator[Finding]:
    """Binary crossentropy judges each value by itself, softmax makes them share out 1."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in YES_NO or width is None or width < 2:
        return
    if situation.output_activation != "softmax" or _many_classes_as_yes_no(situation):
        return
    text = (
        f"Softmax shares out 1 among the {width} values, but {loss.title} asks each one for a yes "
        "or no of its own. "
    )
    fix = None
    if targets is not None and targets.form == "one_hot":
        text += f"{targets.name} has one class for each sample: use categorical crossentropy."
        fix = Fix(
            "Use categorical crossentropy",
            lambda spec: edits.with_compile(spec, loss=loss.become(CATEGORICAL)),
        )
    elif targets is not None and targets.form == "multi_label":
        text += f"{targets.name} has several labels for each sample: use sigmoid."
        fix = Fix('Set activation to "sigmoid"', partial(_activate, situation, "sigmoid"))
    else:
        text += (
            "For one class out of several, use categorical crossentropy (sparse, if the labels "
            "are numbers); for several labels at once, use sigmoid."
        )
    yield Finding("Softmax with binary crossentropy", text, "compile", fix)


@rule(RULES, "classes-with-sigmoid", "warning")
def classes_with_sigmoid(situation: Situation) -> Iterator[Finding]:
    """Categorical crossentropies expect probabilities that sum to one, as softmax gives them."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in CLASSES or loss.from_logits or width is None or width < 2:
        return
    if situation.output_activation not in ("sigmoid", "hard_sigmoid"):
        return
    step = situation.output_step
    assert step is not None
    if targets is not None and targets.form == "multi_label":
        if loss.name == SPARSE:
            return  # told by another rule
        yield Finding(
            "Several labels for each sample",
            f"{targets.name} has rows with several 1s. Sigmoid is right for that, but "
            f"{loss.title} expects a single class: use binary crossentropy.",
            "compile",
            Fix(
                "Use binary crossentropy",
                lambda spec: edits.with_compile(spec, loss=loss.become(BINARY)),
            ),
        )
        return
    yield Finding(
        "Sigmoid with several classes",
        f"{loss.title.capitalize()} expects the {width} probabilities to sum to 1. Softmax does "
        "that; sigmoid gives each one by itself.",
        step.uid,
        Fix(
            'Set activation to "softmax"',
            lambda spec: edits.with_activation(spec, step, "softmax"),
        ),
    )


@rule(RULES, "output-width", "error")
def output_width(situation: Situation) -> Iterator[Finding]:
    """Each value of the output is compared with one of the target's; of unequal numbers Keras
    makes an error, or, of one against many, silently compares it with all of them.
    """
    loss, targets, last = situation.loss, situation.targets, situation.last_weights
    width, shape = situation.output_width, situation.output_shape
    if loss is None or loss.name == SPARSE or targets is None or targets.shape is None:
        return
    if width is None or shape is None or _has_sequence_output(situation):
        return
    if _one_unit(situation) or _many_classes_as_yes_no(situation):
        return
    if targets.single:
        wanted: int | None = 1
        if loss.name in ONE_HOT:
            return  # told by another rule
    elif len(targets.shape) == len(shape):
        wanted = targets.shape[-1]
    else:
        if len(targets.shape) > len(shape):
            yield Finding(
                "Output and targets differ in shape",
                f"The model gives values of shape {shown(shape)} for each sample, but {targets.name} has "
                f"shape {shown(targets.shape)}. Add a Reshape, or choose another y.",
                situation.steps[-1].uid if situation.steps else None,
                _reshape_fix(situation, targets.shape),
            )
        return
    if wanted is None or wanted == width:
        return
    if targets.look_like_classes and loss.name in REGRESSION and targets.single:
        return  # classes with a loss for numbers: told by another rule
    if last is None:
        yield Finding(
            "Output and targets differ in shape",
            f"The model gives values of shape {shown(shape)} for each sample, but {targets.name} has "
            f"shape {shown(targets.shape)}.",
            situation.steps[-1].uid if situation.steps else None,
        )
        return
    what = f"{wanted} {'column' if wanted == 1 else 'columns'}"
    if targets.single:
        what = "a single number"
    if targets.form == "one_hot":
        what = f"{wanted} classes (one-hot)"
    yield Finding(
        f"{width} {'value' if width == 1 else 'values'} for {what}",
        f"The last layer gives {count(width, 'value', 'values')} for each sample, but "
        f"{targets.name} has {what}.",
        last.uid,
        Fix(
            f"Set {_unit_word(situation)} to {wanted}",
            lambda spec: edits.with_units(spec, last, wanted),
        ),
    )


def _reshape_fix(situation: Situation, shape: tuple[int | None, ...]) -> Fix | None:
    """A Reshape at the end, with units enough for it."""
    have, last = situation.output_shape, situation.last_weights
    sizes = [size for size in shape if size is not None]
    if have is None or last is None or len(have) != 1 or len(sizes) < len(shape):
        return None
    total = math.prod(sizes)

    def reshape(spec: ModelSpec) -> ModelSpec:
        if have[0] != total:
            spec = edits.with_units(spec, last, total)
        return spec.insert(layer("keras.layers.Reshape", target_shape=shape))

    units = "" if have[0] == total else f"{total:,} units and "
    return Fix(f"Add {units}Reshape to {shown(shape)}", reshape)


def _numbers_as_classes(situation: Situation) -> bool:
    """Targets that cannot be classes with a loss for classes."""
    loss, targets = situation.loss, situation.targets
    if loss is None or targets is None or targets.statistics is None:
        return False
    if loss.name in CLASSES and targets.single:
        return targets.form == "numbers"
    if loss.name in (*YES_NO, *ONE_HOT) and targets.form in ("numbers", "integers"):
        if targets.single and targets.form == "integers":
            return False  # class numbers
        outside = (targets.lowest or 0) < 0 or (targets.highest or 0) > 1
        return outside
    return False


@rule(RULES, "classes-loss-for-numbers", "error")
def classes_loss_for_numbers(situation: Situation) -> Iterator[Finding]:
    """Crossentropies are for classes and probabilities; prices and temperatures are for mean
    squared error and its like.
    """
    loss, targets = situation.loss, situation.targets
    if not _numbers_as_classes(situation) or loss is None or targets is None:
        return
    low, high = targets.lowest or 0.0, targets.highest or 0.0
    text = (
        f"{targets.name} holds numbers ({span(low, high)}), but {loss.title} is for classes"
        f"{' and values between 0 and 1' if loss.name in YES_NO else ''}. "
    )
    pixels = not targets.single and targets.form == "integers" and low >= 0 and 1 < high <= 255
    if pixels:
        yield Finding(
            "Targets go beyond 1",
            f"{text}Scale them, for example {targets.name} = {targets.name} / 255.",
            "fit",
        )
        return

    def predict_numbers(spec: ModelSpec) -> ModelSpec:
        spec = edits.with_compile(spec, loss=loss.become(MSE))
        spec = _activate(situation, "linear", spec)
        last, width = situation.last_weights, targets.shape[-1] if targets.shape else 1
        if last is not None and width is not None:
            spec = edits.with_units(spec, last, width)
        return _without_accuracy(spec)

    yield Finding(
        "A loss for classes on numbers",
        f"{text}Use mean squared error and no activation at the end.",
        "compile",
        Fix("Predict numbers", predict_numbers),
    )


def _without_accuracy(spec: ModelSpec) -> ModelSpec:
    metrics = (spec.compile or {}).get("metrics")
    if isinstance(metrics, (tuple, list)):
        kept = tuple("mae" if _is_accuracy(metric) else metric for metric in metrics)
        return edits.with_compile(spec, metrics=kept)
    return spec


def _is_accuracy(metric: object) -> bool:
    return isinstance(metric, str) and metric.lower() in ("accuracy", "acc")


@rule(RULES, "numbers-loss-for-classes", "tip")
def numbers_loss_for_classes(situation: Situation) -> Iterator[Finding]:
    """Mean squared error learns classes slowly, and treats class 9 as further from 0 than class 1
    is.
    """
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in REGRESSION or targets is None or width is None:
        return
    last, step = situation.last_weights, situation.output_step
    if last is None or step is None:
        return
    if targets.form == "one_hot" and width == targets.classes:
        yield Finding(
            "A loss for numbers on classes",
            f"{targets.name} holds one-hot labels of {width} classes. Categorical crossentropy "
            f"with softmax learns them faster than {loss.title}.",
            "compile",
            Fix(
                "Use categorical crossentropy",
                lambda spec: _activate(
                    situation, "softmax", edits.with_compile(spec, loss=loss.become(CATEGORICAL))
                ),
            ),
        )
        return
    if not targets.single or not targets.look_like_classes or not targets.classes:
        return
    classes = targets.classes
    if width == 1 and classes == 2 and situation.output_activation in ("sigmoid", "linear"):
        yield Finding(
            "A loss for numbers on yes or no",
            f"{targets.name} holds only 0 and 1. If they mean no and yes, use binary crossentropy "
            f"with sigmoid: it learns faster than {loss.title}.",
            "compile",
            Fix(
                "Use binary crossentropy",
                lambda spec: _activate(
                    situation, "sigmoid", edits.with_compile(spec, loss=loss.become(BINARY))
                ),
            ),
        )
    elif width >= classes > 1:
        yield Finding(
            "A loss for numbers on classes",
            f"{targets.name} holds labels {span(targets.lowest or 0, targets.highest or 0)} and "
            f"the model gives {width} values, which {loss.title} cannot compare. Use sparse "
            "categorical crossentropy with softmax.",
            "compile",
            Fix(
                "Use sparse categorical crossentropy",
                lambda spec: _activate(
                    situation, "softmax", edits.with_compile(spec, loss=loss.become(SPARSE))
                ),
            ),
            level="error",
        )


@rule(RULES, "output-range", "warning")
def output_range(situation: Situation) -> Iterator[Finding]:
    """A regression's last layer must be able to give every value of the targets."""
    loss, targets, step = situation.loss, situation.targets, situation.output_step
    if loss is None or loss.name not in REGRESSION or targets is None or step is None:
        return
    limits = RANGES.get(step.activation or "")
    if limits is None or targets.lowest is None or targets.highest is None:
        return
    if _one_unit(situation) or not step.is_a("Dense", "Activation", "ReLU", "Softmax", "Conv2D"):
        return
    if targets.look_like_classes and (situation.output_width or 0) > 1:
        return  # a loss for numbers on classes
    bottom, top = limits
    # A hair beyond is rounding or noise; a tenth is not.
    slack = 0.05 * (targets.highest - targets.lowest)
    if targets.lowest >= bottom - slack and (top is None or targets.highest <= top + slack):
        return
    gives = f"never below {number(bottom)}" if top is None else f"only {span(bottom, top)}"
    yield Finding(
        "The output cannot reach the targets",
        f"The model ends with {step.activation}, which gives {gives}, but {targets.name} goes "
        f"from {number(targets.lowest)} to {number(targets.highest)}. For numbers, leave out the "
        "last activation.",
        step.uid,
        Fix("Remove the activation", lambda spec: edits.with_activation(spec, step, "linear")),
    )


@rule(RULES, "output-dropout", "warning")
def output_dropout(situation: Situation) -> Iterator[Finding]:
    """Dropout on the answers themselves sets some of them to zero while training."""
    if situation.loss is None:
        return
    for step in reversed(situation.steps):
        if step.is_a(*DROPOUTS):
            yield Finding(
                "Dropout after the last layer",
                "Nothing is learned from answers that dropout has set to zero. Put it in front of "
                "the last layer, or leave it out.",
                step.uid,
                Fix("Remove the dropout", partial(ModelSpec.remove, uid=step.uid)),
            )
        elif not step.is_a(*ACTIVATION_LAYERS):
            return


@rule(RULES, "labels-are-words", "error")
def labels_are_words(situation: Situation) -> Iterator[Finding]:
    """Keras computes with numbers: class names must be numbered first."""
    targets = situation.targets
    if targets is not None and targets.form == "words":
        name = targets.name
        kinds = targets.statistics.distinct if targets.statistics is not None else None
        many = "" if kinds is None else f" ({count(kinds, 'kind', 'kinds')})"
        yield Finding(
            "Labels are words",
            f"{name} holds words or objects{many}, but Keras needs numbers. Number them: "
            f"names, {name} = np.unique({name}, return_inverse=True).",
            "fit",
        )


@rule(RULES, "one-class", "warning")
def one_class(situation: Situation) -> Iterator[Finding]:
    """Where all labels are the same, there is nothing to tell apart."""
    loss, targets = situation.loss, situation.targets
    if loss is None or loss.name not in CROSSENTROPIES or targets is None or not targets.single:
        return
    values = targets.statistics
    if values is not None and values.distinct == 1 and values.minimum is not None:
        yield Finding(
            "All labels are the same",
            f"Every value of {targets.name} is {number(values.minimum)}: there is nothing to tell "
            "apart.",
            "fit",
        )
