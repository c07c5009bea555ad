"""The layers themselves: their order, and arguments that seldom do good."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import number
from kwidgets.builder.mistakes.situation import (
    ACTIVATION_LAYERS,
    CONVOLUTIONS,
    DROPOUTS,
    MORE_CONVOLUTIONS,
    Situation,
    Step,
)
from kwidgets.builder.spec import ModelSpec, ObjectSpec, Value, layer
from kwidgets.language import t

RULES: list[Rule] = []

_LARGE_DENSE = 10_000_000
_SATURATING = ("sigmoid", "tanh", "hard_sigmoid", "softsign")
_STRONG_DROPOUT = 0.8
_STRONG_PENALTY = 0.1


@rule(RULES, "missing-sequences", "error")
def missing_sequences(situation: Situation) -> Iterator[Finding]:
    """A recurrent layer hands on its last output only; the next one needs all of them.
    (Keras: RNN, return_sequences)
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
                t("The next layer needs the whole sequence"),
                t(
                    "%1 hands on only its last output, but %2 needs one for each time "
                    "step: set return_sequences=True.",
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
    """One activation after another: ReLU after ReLU does nothing, ReLU before softmax hides half
    of the scores, anything after softmax spoils the probabilities.
    """
    for step, following in pairwise(situation.steps):
        first, second = step.activation, following.activation
        if not following.is_a(*ACTIVATION_LAYERS) or step.is_recurrent:
            continue
        if first in (None, "linear") or second in (None, "linear"):
            continue
        if first == second or first == "softmax":
            text = (
                t("%1 after %2 changes nothing.", second, first)
                if first == second and first == "relu"
                else t("The output of %1 goes through %2 once more.", first, second)
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
                    "The output of %1 goes through %2 and then through %3, which never "
                    "sees scores below 0.",
                    step.title,
                    first,
                    second,
                )
                if first == "relu"
                else t(
                    "The output of %1 goes through %2 and then through %3.",
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
    """Softmax makes the units of a layer share out 1: hardly anything gets through to the next
    layer. It belongs at the end.
    """
    steps = situation.steps
    for index, step in enumerate(steps):
        if step.activation != "softmax" or not step.is_a("Dense", "Softmax", "Activation"):
            continue
        if not step.is_a("Dense") and (index == 0 or not steps[index - 1].is_a("Dense")):
            continue
        later = steps[index + 1 :]
        # Only in plain stacks: elsewhere softmax may be attention, or choose between experts.
        plain = all(
            entry.is_a("Dense", *DROPOUTS, *ACTIVATION_LAYERS, "BatchNormalization", "Flatten")
            for entry in later
        )
        if plain and any(entry.is_a("Dense") for entry in later):
            yield Finding(
                t("Softmax between layers"),
                t(
                    "Softmax makes the units share out 1, so little gets through to the next "
                    "layer. It belongs at the end of a classifier; between layers, use relu."
                ),
                step.uid,
                Fix(
                    t('Set activation to "relu"'),
                    partial(edits.with_activation, step=step, name="relu"),
                ),
            )


@rule(RULES, "linear-stack", "warning")
def linear_stack(situation: Situation) -> Iterator[Finding]:
    """Two linear layers in a row can learn no more than one: it takes an activation between."""
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
        # Who writes activation="linear" means it.
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
        # A bottleneck squeezes on purpose: the code of an autoencoder, a low-rank layer.
        if width is None or next_width is None:
            continue
        if width < next_width and (entering is None or width < entering):
            continue
        yield Finding(
            t("No activation between two layers"),
            t(
                "Without an activation, %1 and the %2 after it can learn no more than "
                "a single layer. Use relu.",
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

    def relu(spec: ModelSpec) -> ModelSpec:
        for step in hidden:
            spec = edits.with_activation(spec, step, "relu")
        return spec

    name = hidden[0].activation
    yield Finding(
        t("Many layers with %1", name),
        t(
            "%1 layers use %2 or the like, whose gradients shrink from layer to "
            "layer. Deep stacks learn faster with relu.",
            len(hidden),
            name,
        ),
        hidden[0].uid,
        Fix(t("Use relu in all of them"), relu),
    )


@rule(RULES, "strong-dropout", "warning")
def strong_dropout(situation: Situation) -> Iterator[Finding]:
    """Dropout's rate is what is dropped, not what is kept: 0.8 leaves a fifth. (Keras: Dropout)"""
    for step in situation.steps:
        rate = step.get("rate")
        if not step.is_a(*DROPOUTS) or isinstance(rate, bool) or not isinstance(rate, (int, float)):
            continue
        if not _STRONG_DROPOUT <= rate <= 1:
            continue
        text = (
            t("While training, this layer sets all values to zero, so nothing is learned.")
            if rate == 1
            else t(
                "While training, this layer sets %1 of the values to zero. The rate is "
                "what is dropped, not what is kept; usual are 0.2 to 0.5.",
                f"{rate:.0%}",
            )
        )
        yield Finding(
            t("Dropout of %1", f"{rate:.0%}"),
            text,
            step.uid,
            Fix(
                t("Set rate to 0.3"),
                partial(edits.with_argument, uid=step.uid, name="rate", value=0.3),
            ),
            level="error" if rate == 1 else None,
        )


@rule(RULES, "normalization-after-dropout", "tip")
def normalization_after_dropout(situation: Situation) -> Iterator[Finding]:
    """Dropout changes the variance in training only, and BatchNormalization learns that one.
    (Li et al. 2018, Understanding the disharmony between dropout and batch normalization)
    """
    for step, following in pairwise(situation.steps):
        if step.is_a("Dropout") and following.is_a("BatchNormalization"):

            def swap(spec: ModelSpec, step: Step = step, following: Step = following) -> ModelSpec:
                entry = spec.find(step.uid)
                return edits.insert_after(spec.remove(step.uid), following.uid, entry)

            yield Finding(
                t("BatchNormalization after Dropout"),
                t(
                    "Dropout spreads values more while training than later, and BatchNormalization "
                    "learns from that. Put Dropout after it."
                ),
                following.uid,
                Fix(t("Swap them"), swap),
            )


@rule(RULES, "bias-before-normalization", "tip")
def bias_before_normalization(situation: Situation) -> Iterator[Finding]:
    """BatchNormalization subtracts the mean, and with it any bias that came before."""
    found = [
        step
        for step, following in pairwise(situation.steps)
        if following.is_a("BatchNormalization")
        and following.get("center", True)
        and step.is_a("Dense", *CONVOLUTIONS)
        and step.activation == "linear"
        and step.get("use_bias", True)
    ]
    if not found:
        return

    def drop(spec: ModelSpec) -> ModelSpec:
        for step in found:
            spec = edits.with_argument(spec, step.uid, "use_bias", False)
        return spec

    text = (
        t(
            "BatchNormalization subtracts the mean, and with it the bias of the %1 before it.",
            found[0].title,
        )
        if len(found) == 1
        else t(
            "BatchNormalization subtracts the mean, and with it the bias of the %1 "
            "before it (%2 layers).",
            found[0].title,
            len(found),
        )
    )
    yield Finding(
        t("A bias that does nothing"),
        text,
        found[0].uid,
        Fix(t("Set use_bias to False"), drop),
    )


@rule(RULES, "nothing-left-to-see", "tip")
def nothing_left_to_see(situation: Situation) -> Iterator[Finding]:
    """A convolution over a single place sees only padding around it."""
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
                t("Nothing left to look at"),
                t(
                    "Pooling and strides have shrunk the input of this %1 to a single "
                    "place; a kernel of %2 finds only padding around it. Pool less before.",
                    step.title,
                    kernel,
                ),
                step.uid,
            )
            return


@rule(RULES, "large-dense", "tip")
def large_dense(situation: Situation) -> Iterator[Finding]:
    """Flatten turns a picture into so many values that the Dense after it holds most of the
    model's weights; averaging over the picture first is smaller, and mostly as good.
    """
    for flatten, dense in pairwise(situation.steps):
        parameters = dense.facts.parameters
        if not flatten.is_a("Flatten") or not dense.is_a("Dense"):
            continue
        if parameters is None or parameters <= _LARGE_DENSE:
            continue
        shape = flatten.facts.input_shape
        convolved = any(
            step.is_a(*MORE_CONVOLUTIONS)
            for step in situation.steps[: situation.steps.index(flatten)]
        )
        fix = None
        remedy = t("Use fewer units, or make the input smaller first.")
        if shape is not None and convolved and 3 <= len(shape) <= 5:
            name = f"GlobalAveragePooling{len(shape) - 2}D"
            remedy = t("%1 instead of Flatten needs far fewer.", name)
            fix = Fix(
                t("Use %1", name),
                partial(ModelSpec.replace, uid=flatten.uid, entry=layer(f"keras.layers.{name}")),
            )
        yield Finding(
            t("%1 million weights in one Dense", f"{parameters / 1e6:,.0f}"),
            t(
                "Flatten gives %1 values, so the Dense after it has %2 weights.",
                number((dense.facts.input_shape or (0,))[-1] or 0),
                f"{parameters:,}",
            )
            + f" {remedy}",
            dense.uid,
            fix,
        )


@rule(RULES, "too-large", "warning")
def too_large(situation: Situation) -> Iterator[Finding]:
    """Training holds the weights, their gradients and, with Adam, two more numbers for each."""
    free, weights = situation.memory_bytes, situation.analysis.weight_bytes
    if free is None or situation.spec.compile is None:
        return
    needed = 4 * weights
    if needed <= free:
        return
    largest = max(situation.steps, key=lambda step: step.facts.parameters or 0, default=None)
    text = t(
        "Training with Adam takes about %1 GB for %2 GB of weights, but %3 GB are free.",
        f"{needed / 1e9:,.1f}",
        number(weights / 1e9),
        f"{free / 1e9:,.1f}",
    )
    if largest is not None:
        text += " " + t("Most are in this %1.", largest.title)
    yield Finding(
        t("The model may not fit into memory"),
        text,
        None if largest is None else largest.uid,
    )


@rule(RULES, "all-frozen", "warning")
def all_frozen(situation: Situation) -> Iterator[Finding]:
    """Where no weight may change, training does nothing."""
    spec, analysis = situation.spec, situation.analysis
    if spec.compile is None or spec.compile.get("loss") is None or not analysis.complete:
        return
    frozen = [entry for entry in spec.walk() if entry.arguments.get("trainable") is False]
    if analysis.parameters == 0 or (spec.trainable and analysis.trainable > 0):
        return
    if spec.trainable and not frozen:
        return

    def thaw(spec: ModelSpec) -> ModelSpec:
        for entry in frozen:
            spec = edits.without_argument(spec, entry.uid, "trainable")
        return dataclasses.replace(spec, trainable=True)

    yield Finding(
        t("No layer can learn"),
        t(
            "All %1 weights are frozen (trainable=False), so training changes nothing.",
            f"{analysis.parameters:,}",
        ),
        frozen[-1].uid if spec.trainable else None,
        Fix(t("Make all layers trainable"), thaw),
    )


@rule(RULES, "strong-penalty", "warning")
def strong_penalty(situation: Situation) -> Iterator[Finding]:
    """A penalty of 0.1 and more on the weights outweighs the loss, and holds them at zero."""
    for step in situation.steps:
        for argument in ("kernel_regularizer", "recurrent_regularizer"):
            value = step.get(argument)
            strength = _penalty(value)
            if strength is None or strength < _STRONG_PENALTY:
                continue
            assert isinstance(value, ObjectSpec)

            def soften(
                entry: ObjectSpec, argument: str = argument, value: ObjectSpec = value
            ) -> ObjectSpec:
                softened = {
                    name: min(factor, 0.001) if isinstance(factor, (int, float)) else factor
                    for name, factor in value.arguments.items()
                }
                return entry.with_argument(argument, ObjectSpec(value.class_name, softened))

            yield Finding(
                t("A strong weight penalty"),
                t(
                    "%1 of %2 outweighs the loss and holds the weights near zero. Usual "
                    "are 0.0001 to 0.01.",
                    argument,
                    f"{strength:g}",
                ),
                step.uid,
                Fix(
                    t("Set it to 0.001"),
                    partial(ModelSpec.update, uid=step.uid, change=soften),
                ),
                about=argument,
            )


def _penalty(value: Value) -> float | None:
    if not isinstance(value, ObjectSpec) or not value.class_name.startswith("keras.regularizers."):
        return None
    if value.title not in ("L1", "L2", "L1L2"):
        return None
    factors = [
        factor
        for factor in value.arguments.values()
        if isinstance(factor, (int, float)) and not isinstance(factor, bool)
    ]
    return max(factors, default=None)


@rule(RULES, "recurrent-relu", "tip")
def recurrent_relu(situation: Situation) -> Iterator[Finding]:
    """ReLU in a recurrent layer lets values grow at each time step, and keeps LSTM and GRU from
    the fast GPU code, which knows tanh only. (Keras: LSTM)
    """
    for step in situation.steps:
        if step.is_recurrent and step.activation == "relu":
            yield Finding(
                t("%1 with relu", step.wrapped.title),
                t(
                    "With relu, values can grow at each time step until the loss is NaN, and GPUs "
                    "lose their fast path. The default is tanh."
                ),
                step.uid,
                Fix(
                    t("Use tanh"),
                    partial(edits.with_wrapped_argument, step=step, name="activation", value=None),
                ),
            )
