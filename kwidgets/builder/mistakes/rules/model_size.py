"""Rules for sizes: feature maps of a single position, and too many weights."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import format_number
from kwidgets.builder.mistakes.layer_groups import ALL_CONVOLUTIONS
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ModelSpec, layer
from kwidgets.language import t

RULES: list[Rule] = []

_LARGE_DENSE_WEIGHTS = 10_000_000


@rule(RULES, "nothing-left-to-see", "tip")
def kernel_sees_only_padding(situation: Situation) -> Iterator[Finding]:
    """A convolution over a single position sees only padding around it."""
    for step in situation.steps:
        shape = step.facts.input_shape
        if not step.is_a("Conv2D", "Conv1D") or shape is None or len(shape) < 3:
            continue
        kernel = step.get("kernel_size")
        sizes = kernel if isinstance(kernel, (tuple, list)) else (kernel,)
        if all(size == 1 for size in shape[1:-1]) and any(
            isinstance(size, int) and size > 1 for size in sizes
        ):
            yield Finding(
                t("The input is too small"),
                t(
                    "Pooling and strides have reduced the input of this %1 to a single "
                    "position, so a kernel of size %2 covers only padding around it. Use less "
                    "pooling before it.",
                    step.title,
                    kernel,
                ),
                step.uid,
            )
            return


@rule(RULES, "large-dense", "tip")
def large_dense(situation: Situation) -> Iterator[Finding]:
    """After Flatten an image has so many values that the next Dense has most of the model's
    weights; global average pooling is smaller and mostly as good.
    """
    for flatten, dense in pairwise(situation.steps):
        parameters = dense.facts.parameters
        if not flatten.is_a("Flatten") or not dense.is_a("Dense"):
            continue
        if parameters is None or parameters <= _LARGE_DENSE_WEIGHTS:
            continue
        shape = flatten.facts.input_shape
        convolved = any(
            step.is_a(*ALL_CONVOLUTIONS)
            for step in situation.steps[: situation.steps.index(flatten)]
        )
        fix = None
        remedy = t("Use fewer units, or reduce the size of the input first.")
        if shape is not None and convolved and 3 <= len(shape) <= 5:
            name = f"GlobalAveragePooling{len(shape) - 2}D"
            remedy = t("%1 instead of Flatten needs far fewer weights.", name)
            fix = Fix(
                t("Use %1", name),
                partial(ModelSpec.replace, uid=flatten.uid, entry=layer(f"keras.layers.{name}")),
            )
        yield Finding(
            t("%1 million parameters in one Dense", f"{parameters / 1e6:,.0f}"),
            t(
                "Flatten outputs %1 values, so the next Dense has %2 parameters.",
                format_number((dense.facts.input_shape or (0,))[-1] or 0),
                f"{parameters:,}",
            )
            + f" {remedy}",
            dense.uid,
            fix,
        )


@rule(RULES, "too-large", "warning")
def exceeds_memory(situation: Situation) -> Iterator[Finding]:
    """Training needs memory for weights, gradients and, with Adam, two more numbers per weight."""
    free, weights = situation.memory_bytes, situation.analysis.weight_bytes
    if free is None or situation.spec.compile is None:
        return
    needed = 4 * weights
    if needed <= free:
        return
    largest = max(situation.steps, key=lambda step: step.facts.parameters or 0, default=None)
    text = t(
        "Training with Adam requires about %1 GB for %2 GB of weights, but only %3 GB are free.",
        f"{needed / 1e9:,.1f}",
        format_number(weights / 1e9),
        f"{free / 1e9:,.1f}",
    )
    if largest is not None:
        text += " " + t("Most are in this %1.", largest.title)
    yield Finding(
        t("The model may not fit into memory"),
        text,
        None if largest is None else largest.uid,
    )
