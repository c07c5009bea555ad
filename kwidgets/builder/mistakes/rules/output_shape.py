"""Rules for the output's shape: it must have a value for each class or target."""

from __future__ import annotations

import math
from collections.abc import Iterator

from kwidgets.builder.analysis import Shape
from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import (
    count_values,
    format_number,
    format_range,
    format_shape,
)
from kwidgets.builder.mistakes.layer_groups import ACTIVATION_LAYERS, DROPOUTS
from kwidgets.builder.mistakes.loss_names import ONE_HOT_LOSSES, REGRESSION_LOSSES, SPARSE
from kwidgets.builder.mistakes.output_layer import (
    explain_renumbering,
    has_class_numbers_for_binary_loss,
    has_extra_output_dimensions,
    has_one_unit_for_classes,
    renumbering,
    shift_labels_to_zero,
    sparse_labels,
    units_or_filters,
)
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ModelSpec, layer
from kwidgets.language import t

RULES: list[Rule] = []


@rule(RULES, "labels-start-at-one", "error")
def labels_start_at_one(situation: Situation) -> Iterator[Finding]:
    """Keras counts classes from 0: labels 1 to 10 need 11 units, the first of them unused."""
    targets, last = sparse_labels(situation), situation.last_learning_step
    width = situation.output_width
    if targets is None or targets.highest is None or width is None:
        return
    if targets.lowest == 1 and targets.highest == width:
        shifting = (
            targets.name,
            format_range(targets.lowest, targets.highest),
            width,
            width - 1,
            f"{targets.name} = {targets.name} - 1",
        )
        yield Finding(
            t("Labels should start at 0"),
            t(
                "The labels of %1 are %2, but class indices start at 0 and the %3 units "
                "represent 0–%4. Subtract 1 from the labels (%5).",
                *shifting,
            )
            if width == 2
            else t(
                "The labels of %1 are %2, but class indices start at 0 and the %3 units "
                "represent 0–%4. Subtract 1 from the labels (%5), or use %6 units.",
                *shifting,
                width + 1,
            ),
            None if last is None else last.uid,
            None
            if last is None or width == 2
            else Fix(
                t("Set %1 to %2", units_or_filters(situation), width + 1),
                lambda spec: edits.with_units(spec, last, width + 1),
            ),
            code=shifting[-1],
        )


@rule(RULES, "too-few-units", "error")
def too_few_units(situation: Situation) -> Iterator[Finding]:
    """Sparse crossentropy uses the label as an index; a label beyond the last unit raises an error
    on a CPU and gives NaN on a GPU.
    """
    targets, last, width = (
        sparse_labels(situation),
        situation.last_learning_step,
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
            t("%1 values for labels up to %2", width, format_number(targets.highest)),
            explain_renumbering(targets),
            None if last is None else last.uid,
            code=renumbering(targets),
        )
        return
    classes = int(targets.highest) + 1
    units = units_or_filters(situation)
    labels = format_range(targets.lowest or 0, targets.highest)
    shifted = shift_labels_to_zero(targets)
    if targets.are_likely_classes and targets.lowest == 0:
        title = t("%1 values for %2 classes", width, classes)
        text = t(
            "The last layer outputs %1 values, but %2 has %3 classes (%4).",
            width,
            targets.name,
            classes,
            labels,
        )
    else:
        title = t("%1 values for labels", width)
        text = t(
            "The last layer outputs %1 values, but the labels of %2 are %3.",
            width,
            targets.name,
            labels,
        )
    if shifted is None:
        remedy = t("It requires %1 %2.", classes, units)
    else:
        remedy = t(
            "It requires %1 %2, or %3 after %4, because class indices start at 0.",
            classes,
            units,
            *shifted,
        )
    yield Finding(
        title,
        f"{text} {remedy}",
        None if last is None else last.uid,
        None
        if last is None
        else Fix(
            t("Set %1 to %2", units_or_filters(situation), classes),
            lambda spec: edits.with_units(spec, last, classes),
        ),
    )


@rule(RULES, "too-many-units", "tip")
def too_many_units(situation: Situation) -> Iterator[Finding]:
    """Units without a class do no harm, but are mostly an oversight."""
    targets, last, width = (
        sparse_labels(situation),
        situation.last_learning_step,
        situation.output_width,
    )
    if targets is None or last is None or targets.highest is None or width is None:
        return
    if not targets.are_likely_classes or width <= targets.highest + 1 or not targets.is_scalar:
        return
    classes = int(targets.highest) + 1
    yield Finding(
        t("More outputs than classes"),
        t(
            "The last layer outputs %1 values, but the labels of %2 are only %3. %4 units are "
            "enough.",
            width,
            targets.name,
            format_range(targets.lowest or 0, targets.highest),
            classes,
        ),
        last.uid,
        Fix(
            t("Set %1 to %2", units_or_filters(situation), classes),
            lambda spec: edits.with_units(spec, last, classes),
        ),
    )


@rule(RULES, "output-width", "error")
def output_width(situation: Situation) -> Iterator[Finding]:
    """Each value of the output is compared with one value of the target; different counts raise an
    error, and a single value is silently compared with all.
    """
    loss, targets, last = situation.loss, situation.targets, situation.last_learning_step
    width, shape = situation.output_width, situation.output_shape
    if loss is None or loss.name == SPARSE or targets is None or targets.shape is None:
        return
    if width is None or shape is None or has_extra_output_dimensions(situation):
        return
    if has_one_unit_for_classes(situation) or has_class_numbers_for_binary_loss(situation):
        return
    if targets.is_scalar or targets.per_position:
        expected: int | None = 1
        if loss.name in ONE_HOT_LOSSES:
            return  # another rule reports it
    elif len(targets.shape) == len(shape):
        expected = targets.shape[-1]
    else:
        if len(targets.shape) > len(shape):
            yield Finding(
                t("Output and targets differ in shape"),
                _shapes_differ(targets.name, shape, targets.shape)
                + " "
                + t("Add a Reshape, or choose another y."),
                situation.steps[-1].uid if situation.steps else None,
                _reshape_fix(situation, targets.shape),
            )
        return
    if expected is None or expected == width:
        return
    if targets.are_likely_classes and loss.name in REGRESSION_LOSSES and targets.is_scalar:
        return  # another rule reports the loss
    if last is None:
        yield Finding(
            t("Output and targets differ in shape"),
            _shapes_differ(targets.name, shape, targets.shape),
            situation.steps[-1].uid if situation.steps else None,
        )
        return
    what = t("1 column") if expected == 1 else t("%1 columns", expected)
    if targets.is_scalar or targets.per_position:
        what = t("a single number")
    if targets.form == "one_hot":
        what = t("%1 classes (one-hot)", expected)
    title = t("1 value for %1", what) if width == 1 else t("%1 values for %2", width, what)
    text = (
        t(
            "The last layer outputs %1 for each position, but %2 has %3.",
            count_values(width),
            targets.name,
            what,
        )
        if targets.per_position
        else t(
            "The last layer outputs %1 for each sample, but %2 has %3.",
            count_values(width),
            targets.name,
            what,
        )
    )
    yield Finding(
        title,
        text,
        last.uid,
        Fix(
            t("Set %1 to %2", units_or_filters(situation), expected),
            lambda spec: edits.with_units(spec, last, expected),
        ),
    )


def _shapes_differ(name: str, shape: Shape, expected: Shape) -> str:
    """Return the text that the output's shape differs from the targets'."""
    return t(
        "The model outputs values of shape %1 for each sample, but %2 has shape %3.",
        format_shape(shape),
        name,
        format_shape(expected),
    )


def _reshape_fix(situation: Situation, shape: tuple[int | None, ...]) -> Fix | None:
    """Return the fix that adds a Reshape at the end, and sets the units it needs."""
    have, last = situation.output_shape, situation.last_learning_step
    sizes = [size for size in shape if size is not None]
    if have is None or last is None or len(have) != 1 or len(sizes) < len(shape):
        return None
    total = math.prod(sizes)

    def reshape(spec: ModelSpec) -> ModelSpec:
        if have[0] != total:
            spec = edits.with_units(spec, last, total)
        return spec.insert(layer("keras.layers.Reshape", target_shape=shape))

    label = (
        t("Add Reshape to %1", format_shape(shape))
        if have[0] == total
        else t("Add %1 units and Reshape to %2", f"{total:,}", format_shape(shape))
    )
    return Fix(label, reshape)


@rule(RULES, "missing-flatten", "error")
def missing_flatten(situation: Situation) -> Iterator[Finding]:
    """Dense works on the last dimension only: images and sequences keep their other dimensions, and
    the model predicts for each position instead of for the sample.
    """
    targets, last, shape = situation.targets, situation.last_learning_step, situation.output_shape
    if not has_extra_output_dimensions(situation) or targets is None or shape is None:
        return
    if situation.loss is None or _returned_sequence(situation) is not None:
        return
    text = (
        t(
            "The model outputs values of shape %1 for each sample, but %2 has a single value.",
            format_shape(shape),
            targets.name,
        )
        if targets.is_scalar
        else _shapes_differ(targets.name, shape, targets.shape or ())
    )
    # The first Dense with several input dimensions, if all layers after it accept any number of
    # dimensions.
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
            f"{text} " + t("Add Flatten or a global pooling layer, and a Dense layer."),
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
    remedy = t("Dense applies to the last dimension only. Add %1 before the first Dense.", name)
    yield Finding(
        t("%1 is missing", name),
        f"{text} {remedy}",
        first.uid,
        Fix(
            t("Insert %1", name),
            lambda spec: edits.insert_before(spec, first.uid, layer(f"keras.layers.{name}")),
        ),
    )


def _returned_sequence(situation: Situation) -> str | None:
    """Return the uid of the last recurrent layer if its whole sequence reaches the output."""
    for step in reversed(situation.steps):
        if step.is_recurrent:
            return step.uid if step.wrapped.arguments.get("return_sequences") else None
        if not step.is_a("Dense", *ACTIVATION_LAYERS, *DROPOUTS, "BatchNormalization"):
            return None
    return None


@rule(RULES, "returned-sequence", "error")
def returned_sequence(situation: Situation) -> Iterator[Finding]:
    """return_sequences=True outputs every time step; to predict one value for a whole sequence, the
    last recurrent layer must output its last step only.
    """
    uid, targets = _returned_sequence(situation), situation.targets
    if uid is None or targets is None or situation.loss is None:
        return
    if not has_extra_output_dimensions(situation):
        return
    step = next(step for step in situation.steps if step.uid == uid)
    yield Finding(
        t("An output for each time step"),
        t(
            "The last %1 has return_sequences=True, so the model outputs a value for each time "
            "step, but %2 has one per sample.",
            step.wrapped.title,
            targets.name,
        ),
        uid,
        Fix(
            t("Remove return_sequences"),
            lambda spec: edits.with_wrapped_argument(spec, step, "return_sequences", None),
        ),
    )
