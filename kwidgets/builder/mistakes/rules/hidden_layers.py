"""Rules for what a layer passes to the next: whole sequences and activations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.layer_groups import ACTIVATION_LAYERS, CONVOLUTIONS, DROPOUTS
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.spec import ModelSpec
from kwidgets.language import t

RULES: list[Rule] = []

_SATURATING = ("sigmoid", "tanh", "hard_sigmoid", "softsign")


@rule(RULES, "missing-sequences", "error")
def missing_return_sequences(situation: Situation) -> Iterator[Finding]:
    """A recurrent layer outputs only its last step unless return_sequences is set; the next layer
    needs all steps. (Keras: RNN, return_sequences)
    """
    between = (*DROPOUTS, *ACTIVATION_LAYERS, "BatchNormalization", "LayerNormalization")
    steps = situation.steps
    for index, step in enumerate(steps):
        if not step.is_recurrent or step.wrapped.arguments.get("return_sequences"):
            continue
        following = next((later for later in steps[index + 1 :] if not later.is_a(*between)), None)
        if following is None:
            continue
        wants_sequence = following.is_recurrent or following.is_a(
            "Conv1D",
            "MaxPooling1D",
            "AveragePooling1D",
            "GlobalMaxPooling1D",
            "GlobalAveragePooling1D",
            "TimeDistributed",
        )
        if wants_sequence:
            yield Finding(
                t("The next layer requires the whole sequence"),
                t(
                    "%1 returns only its last output, but %2 needs one for each time step. Set "
                    "return_sequences=True.",
                    step.wrapped.title,
                    following.title,
                ),
                step.uid,
                Fix(
                    t("Set return_sequences"),
                    partial(
                        edits.with_wrapped_argument, step=step, name="return_sequences", value=True
                    ),
                ),
            )


@rule(RULES, "stacked-activations", "warning")
def stacked_activations(situation: Situation) -> Iterator[Finding]:
    """A second activation in a row is useless or harmful: ReLU after ReLU does nothing, ReLU before
    softmax cuts off half of the scores, any activation after softmax distorts the probabilities.
    """
    for step, following in pairwise(situation.steps):
        first, second = step.activation, following.activation
        if not following.is_a(*ACTIVATION_LAYERS) or step.is_recurrent:
            continue
        if first in (None, "linear") or second in (None, "linear"):
            continue
        if first == second or first == "softmax":
            text = (
                t("%1 after %2 has no effect.", second, first)
                if first == second and first == "relu"
                else t("The output of %1 passes through %2 a second time.", first, second)
            )
            yield Finding(
                t("Two activations in a row"),
                f"{text} " + t("One activation is enough."),
                following.uid,
                Fix(
                    t("Remove %1", following.title),
                    partial(ModelSpec.remove, uid=following.uid),
                ),
            )
        else:
            text = (
                t(
                    "The output of %1 passes through %2 and then %3, which never gets values "
                    "below 0.",
                    step.title,
                    first,
                    second,
                )
                if first == "relu"
                else t(
                    "The output of %1 passes through %2 and then %3.",
                    step.title,
                    first,
                    second,
                )
            )
            yield Finding(
                t("Two activations in a row"),
                f"{text} " + t("One activation is enough."),
                step.uid,
                Fix(
                    t("Remove %1", first),
                    partial(edits.with_activation, step=step, name="linear"),
                ),
            )


@rule(RULES, "hidden-softmax", "warning")
def hidden_softmax(situation: Situation) -> Iterator[Finding]:
    """Softmax makes the units of a layer sum to 1, so little of the signal reaches the next layer.
    It belongs at the end.
    """
    steps = situation.steps
    for index, step in enumerate(steps):
        if step.activation != "softmax" or not step.is_a("Dense", "Softmax", "Activation"):
            continue
        if not step.is_a("Dense") and (index == 0 or not steps[index - 1].is_a("Dense")):
            continue
        later = steps[index + 1 :]
        # Only in plain stacks: elsewhere softmax may be attention, or select between experts.
        plain = all(
            entry.is_a("Dense", *DROPOUTS, *ACTIVATION_LAYERS, "BatchNormalization", "Flatten")
            for entry in later
        )
        if plain and any(entry.is_a("Dense") for entry in later):
            yield Finding(
                t("Softmax between layers"),
                t(
                    "Softmax outputs sum to 1, so little information reaches the next layer. "
                    "Use it at the end of a classifier, and relu between layers."
                ),
                step.uid,
                Fix(
                    t('Set activation to "relu"'),
                    partial(edits.with_activation, step=step, name="relu"),
                ),
            )


@rule(RULES, "linear-stack", "warning")
def linear_stack(situation: Situation) -> Iterator[Finding]:
    """Two linear layers in a row can learn no more than a single one; they need an activation
    between.
    """
    linear_between = (
        *DROPOUTS,
        "BatchNormalization",
        "Flatten",
        "Reshape",
        "AveragePooling1D",
        "AveragePooling2D",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
    )
    learning = ("Dense", *CONVOLUTIONS)
    steps = situation.steps
    for index, step in enumerate(steps):
        # An explicit activation="linear" is intended.
        if not step.is_a(*learning) or "activation" in step.entry.arguments:
            continue
        following = next(
            (later for later in steps[index + 1 :] if not later.is_a(*linear_between)), None
        )
        if following is None or not following.is_a(*learning):
            continue
        width, next_width = step.width, following.width
        shape = step.facts.input_shape
        entering = None if shape is None else shape[-1]
        # A bottleneck is intended: the code of an autoencoder, a low-rank layer.
        if width is None or next_width is None:
            continue
        if width < next_width and (entering is None or width < entering):
            continue
        yield Finding(
            t("No activation between two layers"),
            t(
                "Without an activation, %1 and the following %2 are equivalent to a single "
                "layer. Use relu.",
                step.title,
                following.title,
            ),
            step.uid,
            Fix(
                t('Set activation to "relu"'),
                partial(edits.with_argument, uid=step.uid, name="activation", value="relu"),
            ),
        )


@rule(RULES, "saturating-activations", "tip")
def saturating_activations(situation: Situation) -> Iterator[Finding]:
    """In deep stacks of sigmoid or tanh, gradients shrink from layer to layer."""
    output = situation.output_step
    hidden = [
        step
        for step in situation.steps
        if step.activation in _SATURATING
        and step.is_a("Dense", *CONVOLUTIONS, "Activation")
        and (output is None or step.uid != output.uid)
    ]
    if len(hidden) < 4:
        return

    def use_relu(spec: ModelSpec) -> ModelSpec:
        for step in hidden:
            spec = edits.with_activation(spec, step, "relu")
        return spec

    name = hidden[0].activation
    yield Finding(
        t("Many layers use %1", name),
        t(
            "%1 layers use %2 or similar, whose gradients become smaller with each layer. Deep "
            "models train faster with relu.",
            len(hidden),
            name,
        ),
        hidden[0].uid,
        Fix(t("Use relu in all of them"), use_relu),
    )
