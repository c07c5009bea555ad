"""How much the model gives: as many values as there are classes or targets?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.ending import (
    from_zero,
    has_sequence_output,
    many_classes_as_yes_no,
    numbered_labels,
    one_unit_only,
    renumbering,
    unit_word,
)
from kwidgets.builder.mistakes.losses import (
    ONE_HOT,
    REGRESSION,
    SPARSE,
)
from kwidgets.builder.mistakes.situation import (
    ACTIVATION_LAYERS,
    DROPOUTS,
    Situation,
)
from kwidgets.builder.mistakes.words import count, number, shown, span
from kwidgets.builder.spec import ModelSpec, layer
from kwidgets.language import t

RULES: list[Rule] = []


@rule(RULES, "labels-start-at-one", "error")
def labels_start_at_one(situation: Situation) -> Iterator[Finding]:
    """Keras counts classes from 0: labels 1 to 10 need 11 units, of which the first stays idle."""
    targets, last = numbered_labels(situation), situation.last_weights
    width = situation.output_width
    if targets is None or targets.highest is None or width is None:
        return
    if targets.lowest == 1 and targets.highest == width:
        yield Finding(
            t("Labels should start at 0"),
            f"{targets.name} has labels {span(targets.lowest, targets.highest)}, and Keras counts "
            f"classes from 0, so the {width} units stand for 0–{width - 1}. Subtract 1 from the "
            f"labels ({targets.name} = {targets.name} - 1)"
            f"{'' if width == 2 else f', or use {width + 1} units'}.",
            None if last is None else last.uid,
            None
            if last is None or width == 2
            else Fix(
                f"Set {unit_word(situation)} to {width + 1}",
                lambda spec: edits.with_units(spec, last, width + 1),
            ),
        )


@rule(RULES, "too-few-units", "error")
def too_few_units(situation: Situation) -> Iterator[Finding]:
    """Sparse crossentropy looks up the value at the label's place; past the last unit there is
    none: an error on a CPU, NaN on a GPU.
    """
    targets, last, width = (
        numbered_labels(situation),
        situation.last_weights,
        situation.output_width,
    )
    if targets is None or targets.highest is None or width is None:
        return
    if targets.highest < width or (targets.lowest == 1 and targets.highest == width):
        return
    if targets.lowest is not None and targets.lowest < 0:
        return
    if targets.must_be_renumbered:
        yield Finding(
            f"{width} values for labels up to {number(targets.highest)}",
            renumbering(targets),
            None if last is None else last.uid,
        )
        return
    classes = int(targets.highest) + 1
    units = unit_word(situation)
    fewer = from_zero(targets)
    what = f"{classes} classes" if targets.look_like_classes and targets.lowest == 0 else "labels"
    yield Finding(
        f"{width} values for {what}",
        f"The last layer gives {width} values, but {targets.name} has {what} "
        f"({span(targets.lowest or 0, targets.highest)}). It needs {classes} {units}{fewer}.",
        None if last is None else last.uid,
        None
        if last is None
        else Fix(
            f"Set {unit_word(situation)} to {classes}",
            lambda spec: edits.with_units(spec, last, classes),
        ),
    )


@rule(RULES, "too-many-units", "tip")
def too_many_units(situation: Situation) -> Iterator[Finding]:
    """Units without a class do no harm, but are mostly a slip."""
    targets, last, width = (
        numbered_labels(situation),
        situation.last_weights,
        situation.output_width,
    )
    if targets is None or last is None or targets.highest is None or width is None:
        return
    if not targets.look_like_classes or width <= targets.highest + 1 or not targets.single:
        return
    classes = int(targets.highest) + 1
    yield Finding(
        t("More values than classes"),
        f"The last layer gives {width} values, but {targets.name} has only labels "
        f"{span(targets.lowest or 0, targets.highest)}; {classes} units are enough.",
        last.uid,
        Fix(
            f"Set {unit_word(situation)} to {classes}",
            lambda spec: edits.with_units(spec, last, classes),
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
    if width is None or shape is None or has_sequence_output(situation):
        return
    if one_unit_only(situation) or many_classes_as_yes_no(situation):
        return
    if targets.single or targets.per_position:
        wanted: int | None = 1
        if loss.name in ONE_HOT:
            return  # told by another rule
    elif len(targets.shape) == len(shape):
        wanted = targets.shape[-1]
    else:
        if len(targets.shape) > len(shape):
            yield Finding(
                t("Output and targets differ in shape"),
                f"The model gives values of shape {shown(shape)} for each sample, but "
                f"{targets.name} has shape {shown(targets.shape)}. Add a Reshape, or choose "
                "another y.",
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
            t("Output and targets differ in shape"),
            f"The model gives values of shape {shown(shape)} for each sample, but "
            f"{targets.name} has shape {shown(targets.shape)}.",
            situation.steps[-1].uid if situation.steps else None,
        )
        return
    each = "position" if targets.per_position else "sample"
    what = f"{wanted} {'column' if wanted == 1 else 'columns'}"
    if targets.single or targets.per_position:
        what = "a single number"
    if targets.form == "one_hot":
        what = f"{wanted} classes (one-hot)"
    yield Finding(
        f"{width} {'value' if width == 1 else 'values'} for {what}",
        f"The last layer gives {count(width, 'value', 'values')} for each {each}, but "
        f"{targets.name} has {what}.",
        last.uid,
        Fix(
            f"Set {unit_word(situation)} to {wanted}",
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


@rule(RULES, "missing-flatten", "error")
def missing_flatten(situation: Situation) -> Iterator[Finding]:
    """Dense works on the last dimension only; images and sequences keep their other dimensions,
    and the model answers for each position instead of for the sample.
    """
    targets, last, shape = situation.targets, situation.last_weights, situation.output_shape
    if not has_sequence_output(situation) or targets is None or shape is None:
        return
    if situation.loss is None or _returned_sequence(situation) is not None:
        return
    text = (
        f"The model gives values of shape {shown(shape)} for each sample, but {targets.name} has "
        f"{'a single value' if targets.single else 'shape ' + shown(targets.shape or ())}. "
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
            t("The output has too many dimensions"),
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
    if not has_sequence_output(situation):
        return
    step = next(step for step in situation.steps if step.uid == uid)
    yield Finding(
        t("An answer for each time step"),
        f"The last {step.wrapped.title} has return_sequences=True, so the model gives a value for "
        f"each time step, but {targets.name} has one for each sample.",
        uid,
        Fix(
            t("Remove return_sequences"),
            lambda spec: edits.with_wrapped_argument(spec, step, "return_sequences", None),
        ),
    )
