"""Checks, edits and texts about the output layer that several rules share."""

from __future__ import annotations

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.formatting import format_number, format_range
from kwidgets.builder.mistakes.layer_groups import RECURRENT
from kwidgets.builder.mistakes.loss_names import BINARY_LOSSES, CLASS_LOSSES, ONE_HOT_LOSSES, SPARSE
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.mistakes.targets import Targets
from kwidgets.builder.spec import ModelSpec
from kwidgets.language import t

# With more different values than this, labels may also be numbers to predict.
_MANY_CLASSES = 30


def activation_for(loss_name: str) -> str:
    """Return the activation that a crossentropy without from_logits expects."""
    return "sigmoid" if loss_name in BINARY_LOSSES else "softmax"


def with_output_activation(situation: Situation, name: str, spec: ModelSpec) -> ModelSpec:
    """Set the activation of the model's output."""
    step = situation.output_step
    return spec if step is None else edits.with_activation(spec, step, name)


def units_or_filters(situation: Situation) -> str:
    """Return the argument that sets how many values the model outputs: units or filters."""
    last = situation.last_learning_step
    return "units" if last is None or last.is_a("Dense", *RECURRENT) else "filters"


def has_one_unit_for_classes(situation: Situation) -> bool:
    """Return whether one value is output where classes, or a softmax, need at least two."""
    loss = situation.loss
    if situation.output_width != 1:
        return False
    if situation.output_activation == "softmax":
        return True
    # With raw scores too, a single class leaves no choice.
    return loss is not None and loss.name in CLASS_LOSSES


def sparse_labels(situation: Situation) -> Targets | None:
    """Return the targets if they are class numbers for sparse crossentropy over several units."""
    loss, targets = situation.loss, situation.targets
    if loss is None or loss.name != SPARSE or targets is None or targets.form != "integers":
        return None
    if has_ignore_class(situation):
        return None
    width = situation.output_width
    return targets if width is not None and width > 1 else None


def has_ignore_class(situation: Situation) -> bool:
    """Return whether the loss has ``ignore_class``, so that a label outside the range is valid."""
    loss = situation.loss
    arguments = getattr(loss.value, "arguments", {}) if loss is not None else {}
    return arguments.get("ignore_class") is not None


def has_extra_output_dimensions(situation: Situation) -> bool:
    """Return whether the output has more dimensions than the targets: a Flatten is missing."""
    targets, shape = situation.targets, situation.output_shape
    if targets is None or targets.shape is None or shape is None or targets.per_position:
        return False
    loss = situation.loss
    rank = 0 if targets.is_scalar else len(targets.shape)
    if loss is not None and loss.name == SPARSE:
        # Another rule reports rows of 0s and 1s for sparse crossentropy.
        rank = 1 if targets.form in ("one_hot", "multi_label") else rank + 1
    elif targets.is_scalar:
        rank = 1
    return len(shape) > rank and len(shape) > 1


def has_class_numbers_for_binary_loss(situation: Situation) -> bool:
    """Return whether the targets are class numbers that binary crossentropy cannot use."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if (
        loss is None
        or loss.name not in BINARY_LOSSES
        or targets is None
        or targets.form != "integers"
    ):
        return False
    if not targets.is_scalar and not (targets.per_position and width != 1):
        return False
    if targets.lowest is not None and targets.lowest < 0:
        return False
    many = targets.highest is not None and targets.highest > 1
    return many or (width is not None and width > 1)


def has_numbers_for_class_loss(situation: Situation) -> bool:
    """Return whether the loss is for classes but the targets cannot be classes."""
    loss, targets = situation.loss, situation.targets
    if loss is None or targets is None or targets.statistics is None:
        return False
    if targets.statistics.has_nan or targets.statistics.has_infinity:
        return False  # class numbers with NaN look the same; NaN is reported first
    width, highest = situation.output_width, targets.highest
    in_range = width is not None and highest is not None and width > highest
    if targets.statistics.is_integer and targets.form == "numbers" and in_range:
        return False  # a unit for each value: classes are intended
    if loss.name in CLASS_LOSSES and targets.is_scalar:
        return targets.form == "numbers"
    if loss.name in (*BINARY_LOSSES, *ONE_HOT_LOSSES) and targets.form in ("numbers", "integers"):
        if targets.form == "integers" and (
            targets.is_scalar or (targets.per_position and width is not None and width > 1)
        ):
            return False  # class numbers
        outside = (targets.lowest or 0) < 0 or (targets.highest or 0) > 1
        return outside
    return False


def shift_labels_to_zero(targets: Targets) -> tuple[str, str] | None:
    """Return how many units labels that start at 1 need once they start at 0, and the code for it.

    None where the labels do not start at 1.
    """
    if targets.lowest != 1 or not targets.are_likely_classes or not targets.is_scalar:
        return None
    return f"{targets.highest or 0:.0f}", f"{targets.name} = {targets.name} - 1"


def rows_may_be_labels(situation: Situation) -> bool:
    """Return whether rows of 0s and 1s can be labels of a sample, not of the steps of a sequence.

    Where the output's shape is unknown, only its width decides.
    """
    targets = situation.targets
    return (
        targets is not None
        and targets.shape is not None
        and (situation.output_shape is not None or targets.shape[-1:] == (situation.output_width,))
    )


def renumbering(targets: Targets) -> str:
    """Return the statement that makes class numbers of labels with gaps; "" of a single label."""
    name, low, high = targets.name, targets.lowest or 0, targets.highest or 0
    distinct_values = targets.distinct_values
    if distinct_values == 1:
        return ""
    if distinct_values == 2 and low == 0:
        return f"{name} = {name} // {high:.0f}"
    if distinct_values is not None and high - low + 1 == distinct_values:
        return f"{name} = {name} - {low:.0f}"
    if targets.is_scalar:
        return f"names, {name} = np.unique({name}, return_inverse=True)"
    return f"{name} = np.searchsorted(np.unique({name}), {name})"


def explain_renumbering(targets: Targets) -> str:
    """Return a text on how labels with gaps become class numbers."""
    name, low, high = targets.name, targets.lowest or 0, targets.highest or 0
    distinct_values = targets.distinct_values
    remedy = renumbering(targets)
    if not remedy:
        return t("Every label of %1 is %2, but class indices start at 0.", name, format_number(low))
    if distinct_values is not None and distinct_values <= _MANY_CLASSES:
        text = t(
            "%1 has only %2 different labels (%3), but Keras expects 0–%4. Renumber them: %5.",
            name,
            distinct_values,
            format_range(low, high),
            distinct_values - 1,
            remedy,
        )
    else:
        text = t(
            "%1 ranges from %2 to %3. To predict numbers, such as prices, use mean squared "
            "error and one unit. Class indices must start at 0: %4.",
            name,
            format_number(low),
            format_number(high),
            remedy,
        )
    # Images mark pixels without a class by 255.
    if "searchsorted" in remedy and high == 255:
        text += " " + t("If 255 means no class, set ignore_class=255 in the loss.")
    return text
