"""What several rules ask about the end of a stack, and how it is changed."""

from __future__ import annotations

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.formatting import number, span
from kwidgets.builder.mistakes.layer_groups import RECURRENT
from kwidgets.builder.mistakes.losses import CLASSES, ONE_HOT, SPARSE, YES_NO
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.mistakes.targets import Targets
from kwidgets.builder.spec import ModelSpec
from kwidgets.language import t

# With more different values than this, labels may as well be numbers to predict.
_MANY_CLASSES = 30


def activation_for(loss_name: str) -> str:
    return "sigmoid" if loss_name in YES_NO else "softmax"


def activate(situation: Situation, name: str, spec: ModelSpec) -> ModelSpec:
    """Give the output another activation."""
    step = situation.output_step
    return spec if step is None else edits.with_activation(spec, step, name)


def unit_word(situation: Situation) -> str:
    last = situation.last_weights
    return "units" if last is None or last.is_a("Dense", *RECURRENT) else "filters"


def one_unit_only(situation: Situation) -> bool:
    """One value where several classes, or a softmax, need at least two."""
    loss = situation.loss
    if situation.output_width != 1:
        return False
    if situation.output_activation == "softmax":
        return True
    # Of raw scores of one class too: there is nothing to choose from.
    return loss is not None and loss.name in CLASSES


def numbered_labels(situation: Situation) -> Targets | None:
    """The targets, where they are class numbers for sparse crossentropy over several units."""
    loss, targets = situation.loss, situation.targets
    if loss is None or loss.name != SPARSE or targets is None or targets.form != "integers":
        return None
    if ignores_a_class(situation):
        return None
    width = situation.output_width
    return targets if width is not None and width > 1 else None


def ignores_a_class(situation: Situation) -> bool:
    loss = situation.loss
    arguments = getattr(loss.value, "arguments", {}) if loss is not None else {}
    return arguments.get("ignore_class") is not None


def has_sequence_output(situation: Situation) -> bool:
    """More dimensions come out than the targets have: a Flatten or the like is missing."""
    targets, shape = situation.targets, situation.output_shape
    if targets is None or targets.shape is None or shape is None or targets.per_position:
        return False
    loss = situation.loss
    rank = 0 if targets.single else len(targets.shape)
    if loss is not None and loss.name == SPARSE:
        # Rows of 0s and 1s for sparse crossentropy are another mistake.
        rank = 1 if targets.form in ("one_hot", "multi_label") else rank + 1
    elif targets.single:
        rank = 1
    return len(shape) > rank and len(shape) > 1


def many_classes_as_yes_no(situation: Situation) -> bool:
    """Class numbers for a binary crossentropy that cannot work with them."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in YES_NO or targets is None or targets.form != "integers":
        return False
    if not targets.single and not (targets.per_position and width != 1):
        return False
    if targets.lowest is not None and targets.lowest < 0:
        return False
    many = targets.highest is not None and targets.highest > 1
    return many or (width is not None and width > 1)


def numbers_as_classes(situation: Situation) -> bool:
    """Targets that cannot be classes with a loss for classes."""
    loss, targets = situation.loss, situation.targets
    if loss is None or targets is None or targets.statistics is None:
        return False
    if targets.statistics.has_nan or targets.statistics.has_infinity:
        return False  # class numbers with a gap look like this too, and the gap comes first
    width, highest = situation.output_width, targets.highest
    in_range = width is not None and highest is not None and width > highest
    if targets.statistics.is_integer and targets.form == "numbers" and in_range:
        return False  # who has a unit for each of them means classes
    if loss.name in CLASSES and targets.single:
        return targets.form == "numbers"
    if loss.name in (*YES_NO, *ONE_HOT) and targets.form in ("numbers", "integers"):
        if targets.form == "integers" and (
            targets.single or (targets.per_position and width is not None and width > 1)
        ):
            return False  # class numbers
        outside = (targets.lowest or 0) < 0 or (targets.highest or 0) > 1
        return outside
    return False


def from_one(targets: Targets) -> tuple[str, str] | None:
    """Where labels begin with 1: how many units are enough when they begin with 0, and the code
    that makes them.
    """
    if targets.lowest != 1 or not targets.look_like_classes or not targets.single:
        return None
    return f"{targets.highest or 0:.0f}", f"{targets.name} = {targets.name} - 1"


def may_be_rows(situation: Situation) -> bool:
    """Whether rows of 0s and 1s can be labels of a sample, and not of the steps of a sequence.

    Where the output's shape is not known, only its width can tell.
    """
    targets = situation.targets
    return (
        targets is not None
        and targets.shape is not None
        and (situation.output_shape is not None or targets.shape[-1:] == (situation.output_width,))
    )


def renumbering(targets: Targets) -> str:
    """Say how labels with gaps become class numbers."""
    name, low, high = targets.name, targets.lowest or 0, targets.highest or 0
    kinds = targets.kinds
    if kinds == 1:
        return t("Every label of %1 is %2, but Keras counts classes from 0.", name, number(low))
    if kinds == 2 and low == 0:
        remedy = f"{name} = {name} // {high:.0f}"
    elif kinds is not None and high - low + 1 == kinds:
        remedy = f"{name} = {name} - {low:.0f}"
    elif targets.single:
        remedy = f"names, {name} = np.unique({name}, return_inverse=True)"
    else:
        remedy = f"{name} = np.searchsorted(np.unique({name}), {name})"
    if kinds is not None and kinds <= _MANY_CLASSES:
        text = t(
            "%1 has only %2 different labels (%3), which Keras expects to be 0–%4. "
            "Number them so: %5.",
            name,
            kinds,
            span(low, high),
            kinds - 1,
            remedy,
        )
    else:
        text = t(
            "%1 goes from %2 to %3. For numbers to predict, such as prices, use "
            "mean squared error and one unit. Classes must be numbered from 0 on: "
            "%4.",
            name,
            number(low),
            number(high),
            remedy,
        )
    # So do pictures mark what belongs to no class.
    if "searchsorted" in remedy and high == 255:
        text += " " + t("If 255 stands for no class, give the loss ignore_class=255.")
    return text
