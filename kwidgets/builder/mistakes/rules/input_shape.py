"""Rules for the input shape: samples, validation data and channels must match it."""

from __future__ import annotations

from collections.abc import Iterator

from kwidgets.builder.analysis import Shape, shapes_match
from kwidgets.builder.data import element_shape
from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import format_shape
from kwidgets.builder.mistakes.layer_groups import (
    ACTIVATION_LAYERS,
    ALL_CONVOLUTIONS,
    NORMALIZATIONS,
    PREPROCESSING,
)
from kwidgets.builder.mistakes.rules.embedding import unembedded_token_ids
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.mistakes.step import Step
from kwidgets.builder.spec import ModelSpec, layer
from kwidgets.language import t

RULES: list[Rule] = []

_SAME_RANK = (
    *NORMALIZATIONS,
    *ACTIVATION_LAYERS,
    *(name for name in PREPROCESSING if name not in ("Flatten", "Reshape", "Permute")),
)


def _are_compatible(data: Shape, expected: Shape) -> bool:
    """Return whether Keras takes data of one shape for an input of the other.

    Keras itself adds or drops a last dimension of 1.
    """
    return (
        shapes_match(data, expected)
        or (data[-1:] == (1,) and shapes_match(data[:-1], expected))
        or (expected[-1:] == (1,) and shapes_match(data, expected[:-1]))
    )


@rule(RULES, "input-unset", "tip")
def input_unset(situation: Situation) -> Iterator[Finding]:
    """Without an input shape, no layer's shape or parameter count is known before training."""
    shape, x = situation.x_shape, situation.x
    if situation.spec.input is not None or x is None or shape is None or x.batched is False:
        return
    if _find_missing_channels(situation) is not None or not x.is_number:
        return
    yield Finding(
        t("The input shape is not set"),
        t(
            "Samples of %1 have shape %2. Set it to see the shapes and parameters of all layers "
            "before training.",
            x.name,
            format_shape(shape),
        ),
        "input",
        Fix(
            t("Set shape to %1", format_shape(shape)),
            lambda spec: edits.with_input_shape(spec, shape),
        ),
    )


@rule(RULES, "input-mismatch", "error")
def input_mismatch(situation: Situation) -> Iterator[Finding]:
    """Training fails at once when the samples' shape differs from the input's."""
    x, shape, expected = situation.x, situation.x_shape, situation.spec.input_shape
    if x is None or shape is None or expected is None or x.batched is False:
        return
    if _are_compatible(shape, expected):
        return
    yield Finding(
        t("%1 is incompatible with the input", x.name),
        t(
            "The input has shape %1, but samples of %2 have shape %3.",
            format_shape(expected),
            x.name,
            format_shape(shape),
        ),
        "input",
        Fix(
            t("Set shape to %1", format_shape(shape)),
            lambda spec: edits.with_input_shape(spec, shape),
        ),
    )


@rule(RULES, "validation-mismatch", "error")
def validation_mismatch(situation: Situation) -> Iterator[Finding]:
    """Validation data passes through the same model, so its samples need the shape of the training
    data.
    """
    x, validation = situation.x, situation.variable("validation_x")
    if x is None or validation is None:
        return
    shape, other = situation.x_shape, element_shape(validation)
    if shape is None or other is None or _are_compatible(other, shape):
        return
    # Sequences may differ in length where the model accepts any length.
    expected = situation.spec.input_shape
    if expected is not None and None in expected and _are_compatible(other, expected):
        return
    yield Finding(
        t("Validation data differs in shape"),
        t(
            "Samples of %1 have shape %2, but those of %3 have shape %4.",
            x.name,
            format_shape(shape),
            validation.name,
            format_shape(other),
        ),
        "fit",
    )


def _find_missing_channels(situation: Situation) -> tuple[Step, Shape] | None:
    """Return the layer that expects one more dimension than the samples, and their shape."""
    shape = situation.spec.input_shape
    if shape is None:
        shape = situation.x_shape
    if shape is None or None in shape:
        return None
    for step in situation.steps:
        expected = _expected_rank(step)
        if expected is not None:
            return (step, shape) if len(shape) == expected - 1 else None
        if not step.is_a(*_SAME_RANK):
            return None
    return None


def _expected_rank(step: Step) -> int | None:
    """Return how many dimensions of a sample a layer requires; None if it accepts several."""
    if step.is_recurrent:
        return 2
    for rank in (1, 2, 3):
        pooling = (
            f"{kind}Pooling{rank}D" for kind in ("Max", "Average", "GlobalAverage", "GlobalMax")
        )
        layers = [name for name in ALL_CONVOLUTIONS if f"{rank}D" in name]
        if step.is_a(*layers, *pooling):
            return rank + 1
    return None


@rule(RULES, "missing-channels", "error")
def missing_channels(situation: Situation) -> Iterator[Finding]:
    """A convolution requires a dimension for channels, a recurrent layer one for features, even of
    size 1: (28, 28, 1), not (28, 28).
    """
    found = _find_missing_channels(situation)
    if found is None:
        return
    step, shape = found
    if unembedded_token_ids(situation) is not None:
        return
    # A colour image lacks no dimension: it needs a 2D layer, as the layer's own problem says.
    if len(shape) == 3 and shape[-1] in (1, 3, 4):
        return
    name = step.wrapped.title if step.is_recurrent else step.title
    reshaped = (*shape, 1)
    # Another rule reports samples whose shape differs from the input's.

    def reshape(spec: ModelSpec) -> ModelSpec:
        if spec.input_shape is None:
            spec = edits.with_input_shape(spec, shape)
        return edits.insert_first(spec, layer("keras.layers.Reshape", target_shape=reshaped))

    what = (
        t("an image") if len(shape) == 2 else t("a sequence") if len(shape) == 1 else t("a volume")
    )
    if step.is_recurrent:
        title = t("The feature dimension is missing")
        text = t(
            "%1 expects %2 whose last dimension is the features, even if there is only one: %3 "
            "instead of %4.",
            name,
            what,
            reshaped,
            shape,
        )
    else:
        title = t("The channel dimension is missing")
        text = t(
            "%1 expects %2 whose last dimension is the channels, even if there is only one: %3 "
            "instead of %4.",
            name,
            what,
            reshaped,
            shape,
        )
    label = t("Insert Reshape to %1", reshaped)
    yield Finding(title, text, step.uid, Fix(label, reshape))


@rule(RULES, "channels-first", "warning")
def channels_first(situation: Situation) -> Iterator[Finding]:
    """Keras expects channels last. PyTorch's images have them first: (3, 32, 32)."""
    shape = situation.spec.input_shape or situation.x_shape
    if shape is None or len(shape) != 3 or None in shape or not situation.steps:
        return
    channels, height, width = (size or 0 for size in shape)
    first = next((step for step in situation.steps if not step.is_a(*_SAME_RANK)), None)
    if first is None or not first.is_a("Conv2D", "SeparableConv2D", "DepthwiseConv2D"):
        return
    # Four sensors with steps and features have such a shape too.
    if channels not in (1, 3) or min(height, width) < 8:
        return
    if height != width and (min(height, width) < 32 or max(height, width) > 2 * min(height, width)):
        return
    if first.get("data_format") == "channels_first":
        return
    values = (format_shape(shape), first.title, (height, width, channels))
    text = (
        t(
            "Samples of shape %1 look like images whose single channel is first, but %2 expects "
            "channels last: %3.",
            *values,
        )
        if channels == 1
        else t(
            "Samples of shape %1 look like images whose 3 channels are first, but %2 expects "
            "channels last: %3.",
            *values,
        )
    )
    yield Finding(
        t("Channels are first"),
        text,
        first.uid,
        Fix(
            t("Insert Permute"),
            lambda spec: edits.insert_first(spec, layer("keras.layers.Permute", dims=(2, 3, 1))),
        ),
    )
