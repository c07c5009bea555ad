"""The loss and the targets: class numbers, one-hot rows, yes or no, or plain numbers?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import number, span
from kwidgets.builder.mistakes.losses import (
    BINARY,
    CATEGORICAL,
    CROSSENTROPIES,
    MSE,
    ONE_HOT,
    REGRESSION,
    SPARSE,
    YES_NO,
    Loss,
)
from kwidgets.builder.mistakes.output_layer import (
    activate,
    from_one,
    ignores_a_class,
    many_classes_as_yes_no,
    may_be_rows,
    numbers_as_classes,
    one_unit_only,
    renumbering,
    unit_word,
)
from kwidgets.builder.mistakes.situation import (
    Situation,
)
from kwidgets.builder.spec import ModelSpec
from kwidgets.language import t

RULES: list[Rule] = []

# Classes of pixels are mostly few, and shades of grey many.
_FEW_CLASSES = 30


@rule(RULES, "negative-labels", "error")
def negative_labels(situation: Situation) -> Iterator[Finding]:
    """Keras counts classes from 0; a crossentropy of a negative label means nothing."""
    loss, targets = situation.loss, situation.targets
    if loss is None or targets is None or targets.lowest is None or targets.lowest >= 0:
        return
    if targets.form != "integers":
        return
    if (loss.name == SPARSE and not ignores_a_class(situation)) or loss.name in YES_NO:
        lowest = number(targets.lowest)
        pair = targets.lowest == -1 and targets.highest == 1 and loss.name in YES_NO
        text = (
            t("%1 has labels down to %2, but %3 expects 0 and 1.", targets.name, lowest, loss.title)
            if loss.name in YES_NO
            else t(
                "%1 has labels down to %2, but %3 expects whole numbers from 0 on.",
                targets.name,
                lowest,
                loss.title,
            )
        )
        if pair:
            text += " " + t("For -1 and 1, use %1.", f"{targets.name} = ({targets.name} + 1) // 2")
        yield Finding(
            t("Labels must not be negative"),
            text,
            "fit",
        )


@rule(RULES, "sparse-with-one-hot", "error")
def sparse_with_one_hot(situation: Situation) -> Iterator[Finding]:
    """Sparse categorical crossentropy wants class numbers, categorical crossentropy rows with a 1
    at the class's place. (Keras: losses)
    """
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name != SPARSE or targets is None or targets.single:
        return
    if not may_be_rows(situation):
        return
    if targets.form == "multi_label":
        yield Finding(
            t("Several labels for each sample"),
            t(
                "%1 has rows of 0s and 1s with several 1s, but %2 expects one class "
                "number. For several labels, use binary crossentropy with sigmoid.",
                targets.name,
                loss.title,
            ),
            "compile",
            Fix(t("Use binary crossentropy"), _several_labels(situation, loss)),
        )
        return
    columns = targets.shape[0] if targets.shape is not None and len(targets.shape) == 1 else None
    # Of a dataset only the shape is known: a row can be no class number. Whole numbers of another
    # width may be those of the steps of a sequence.
    rows = (
        targets.in_dataset
        and not targets.per_position
        and columns is not None
        and columns > 1
        and (columns == width or targets.dtype.startswith(("float", "bfloat")))
        and situation.output_shape is not None
        and len(situation.output_shape) == 1
    )
    if targets.form == "one_hot" or rows:
        last = situation.last_weights
        other = columns if columns != width and last is not None else None

        def one_hot(spec: ModelSpec) -> ModelSpec:
            if other is not None and last is not None:
                spec = edits.with_units(spec, last, other)
            return edits.with_loss(spec, loss.become(CATEGORICAL), columns)

        text = t(
            "%1 gives a row of %2 values for each sample, with a 1 for its class, "
            "but %3 expects the class's number.",
            targets.name,
            columns or "",
            loss.title,
        )
        if other is None:
            label = t("Use categorical crossentropy")
            remedy = t("Use categorical crossentropy.")
        else:
            units = (other, unit_word(situation))
            label = t("Use %1 %2 and categorical crossentropy", *units)
            remedy = t("Use %1 %2 and categorical crossentropy.", *units)
        yield Finding(
            t("Labels are one-hot"),
            f"{text} {remedy}",
            "compile",
            Fix(label, one_hot),
        )


def _several_labels(situation: Situation, loss: Loss) -> Callable[[ModelSpec], ModelSpec]:
    """Ask for a yes or no of each label by itself."""

    def several(spec: ModelSpec) -> ModelSpec:
        spec = edits.with_loss(spec, loss.become(BINARY), situation.output_width)
        return spec if loss.from_logits else activate(situation, "sigmoid", spec)

    return several


@rule(RULES, "several-labels", "warning")
def several_labels(situation: Situation) -> Iterator[Finding]:
    """Softmax shares out 1 among the classes: of a sample with three labels each one gets a third
    at best. Each label needs a yes or no of its own.
    """
    loss, targets = situation.loss, situation.targets
    if loss is None or loss.name not in ONE_HOT or targets is None or targets.statistics is None:
        return
    if (
        targets.form != "multi_label"
        or not targets.statistics.has_several_ones
        or not may_be_rows(situation)
    ):
        return
    # Beside sigmoid it is the loss alone: told by another rule.
    if situation.output_activation not in ("softmax", "linear") or one_unit_only(situation):
        return
    if situation.output_activation == "linear" and not loss.from_logits:
        return
    yield Finding(
        t("Several labels for each sample"),
        t(
            "%1 has rows with several 1s, but with softmax and %2 a sample has a "
            "single class. For several labels, use binary crossentropy with "
            "sigmoid.",
            targets.name,
            loss.title,
        ),
        "compile",
        Fix(t("Use binary crossentropy"), _several_labels(situation, loss)),
    )


@rule(RULES, "categorical-with-numbers", "error")
def categorical_with_numbers(situation: Situation) -> Iterator[Finding]:
    """Categorical crossentropy compares rows; class numbers are for the sparse one."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if loss is None or loss.name not in ONE_HOT or targets is None or width == 1:
        return
    if not targets.single and not targets.per_position:
        return
    # Beside several units a single number of a dataset can only be a class's, whatever its dtype.
    numbered = targets.form == "integers" or (
        targets.in_dataset and targets.form is None and width is not None
    )
    if numbered:
        text = (
            t(
                "%1 holds a class number for each sample, but %2 expects a row with a "
                "1 for its class.",
                targets.name,
                loss.title,
            )
            if targets.single
            else t(
                "%1 holds a class number for each position, but %2 expects a row with "
                "a 1 for its class.",
                targets.name,
                loss.title,
            )
        )
        yield Finding(
            t("Labels are class numbers"),
            f"{text} " + t("Use sparse categorical crossentropy."),
            "compile",
            Fix(
                t("Use sparse categorical crossentropy"),
                lambda spec: edits.with_loss(spec, loss.become(SPARSE), width),
            ),
        )


@rule(RULES, "binary-with-classes", "error")
def binary_with_classes(situation: Situation) -> Iterator[Finding]:
    """Binary crossentropy knows yes and no, 1 and 0; of several classes it makes nonsense."""
    loss, targets, width = situation.loss, situation.targets, situation.output_width
    if not many_classes_as_yes_no(situation) or loss is None or targets is None or width is None:
        return
    if targets.must_be_renumbered:
        yield Finding(
            t("Labels other than 0 and 1"),
            t("%1 knows only 0 and 1.", loss.title.capitalize()) + f" {renumbering(targets)}",
            "fit",
        )
        return
    if targets.highest is not None and targets.highest > 1:
        classes = max(int(targets.highest) + 1, width)
        units = unit_word(situation)
        shifted = from_one(targets)

        def several(spec: ModelSpec) -> ModelSpec:
            return edits.classify(spec, situation, classes, loss.become(SPARSE, False))

        text = t(
            "%1 has labels %2, but %3 knows only 0 and 1.",
            targets.name,
            span(targets.lowest or 0, targets.highest),
            loss.title,
        )
        remedy = (
            t("Use sparse categorical crossentropy and softmax with %1 %2.", classes, units)
            if shifted is None
            else t(
                "Use sparse categorical crossentropy and softmax with %1 %2, or %3 "
                "after %4, as Keras counts classes from 0.",
                classes,
                units,
                *shifted,
            )
        )
        yield Finding(
            t("Binary crossentropy for several classes"),
            f"{text} {remedy}",
            "compile",
            None
            if situation.last_weights is None or situation.output_step is None
            else Fix(t("Use sparse categorical crossentropy"), several),
        )
        return

    def sparse(spec: ModelSpec) -> ModelSpec:
        if situation.output_activation == "sigmoid":
            spec = activate(situation, "softmax", spec)
        return edits.with_loss(spec, loss.become(SPARSE), width)

    text = (
        t(
            "The last layer gives %1 values, but %2 has a single 0 or 1 for each sample.",
            width,
            targets.name,
        )
        if targets.single
        else t(
            "The last layer gives %1 values, but %2 has a single 0 or 1 for each position.",
            width,
            targets.name,
        )
    )
    remedy = t(
        "Either use one with sigmoid, or keep them and use sparse categorical "
        "crossentropy with softmax."
    )
    yield Finding(
        t("%1 values for a yes or no", width),
        f"{text} {remedy}",
        "compile",
        Fix(t("Use sparse categorical crossentropy"), sparse),
    )


@rule(RULES, "classes-loss-for-numbers", "error")
def classes_loss_for_numbers(situation: Situation) -> Iterator[Finding]:
    """Crossentropies are for classes and probabilities; prices and temperatures are for mean
    squared error and its like.
    """
    loss, targets = situation.loss, situation.targets
    if not numbers_as_classes(situation) or loss is None or targets is None:
        return
    low, high = targets.lowest or 0.0, targets.highest or 0.0
    held = (targets.name, span(low, high), loss.title)
    text = (
        t("%1 holds numbers (%2), but %3 is for classes and values between 0 and 1.", *held)
        if loss.name in YES_NO
        else t("%1 holds numbers (%2), but %3 is for classes.", *held)
    )
    pixels = not targets.single and targets.form == "integers" and low >= 0 and 1 < high <= 255
    if pixels and targets.per_position and high <= _FEW_CLASSES:
        yield Finding(
            t("Targets go beyond 1"),
            f"{text} "
            + t(
                "If they are classes, give each position %1 values with softmax, and "
                "use sparse categorical crossentropy.",
                f"{high + 1:.0f}",
            ),
            "fit",
        )
        return
    if pixels:
        yield Finding(
            t("Targets go beyond 1"),
            f"{text} " + t("Scale them, for example %1.", f"{targets.name} = {targets.name} / 255"),
            "fit",
        )
        return

    def predict_numbers(spec: ModelSpec) -> ModelSpec:
        spec = edits.with_loss(spec, loss.become(MSE))
        spec = activate(situation, "linear", spec)
        last, width = situation.last_weights, targets.shape[-1] if targets.shape else 1
        if last is not None and width is not None:
            spec = edits.with_units(spec, last, width)
        return spec

    whole = targets.single and targets.statistics is not None and targets.statistics.is_integer
    text += " " + t("Use mean squared error and no activation at the end.")
    if whole:
        text += " " + t("If they stand for classes, number those from 0 on instead.")
    yield Finding(
        t("A loss for classes on numbers"),
        text,
        "compile",
        Fix(t("Predict numbers"), predict_numbers),
    )


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
            t("A loss for numbers on classes"),
            t(
                "%1 holds one-hot labels of %2 classes. Categorical crossentropy with "
                "softmax learns them faster than %3.",
                targets.name,
                width,
                loss.title,
            ),
            "compile",
            Fix(
                t("Use categorical crossentropy"),
                lambda spec: activate(
                    situation, "softmax", edits.with_loss(spec, loss.become(CATEGORICAL), width)
                ),
            ),
        )
        return
    if not targets.single or not targets.look_like_classes or not targets.classes:
        return
    classes = targets.classes
    if width == 1 and classes == 2 and situation.output_activation in ("sigmoid", "linear"):
        yield Finding(
            t("A loss for numbers on yes or no"),
            t(
                "%1 holds only 0 and 1. If they mean no and yes, use binary "
                "crossentropy with sigmoid: it learns faster than %2.",
                targets.name,
                loss.title,
            ),
            "compile",
            Fix(
                t("Use binary crossentropy"),
                lambda spec: activate(
                    situation, "sigmoid", edits.with_loss(spec, loss.become(BINARY), width)
                ),
            ),
        )
    elif width >= classes > 1:
        yield Finding(
            t("A loss for numbers on classes"),
            t(
                "%1 holds labels %2 and the model gives %3 values, which %4 cannot "
                "compare. Use sparse categorical crossentropy with softmax.",
                targets.name,
                span(targets.lowest or 0, targets.highest or 0),
                width,
                loss.title,
            ),
            "compile",
            Fix(
                t("Use sparse categorical crossentropy"),
                lambda spec: activate(
                    situation, "softmax", edits.with_loss(spec, loss.become(SPARSE), width)
                ),
            ),
            level="error",
        )


@rule(RULES, "labels-are-words", "error")
def labels_are_words(situation: Situation) -> Iterator[Finding]:
    """Keras computes with numbers: class names must be numbered first."""
    loss, targets = situation.loss, situation.targets
    if targets is None or targets.form != "words":
        return
    name = targets.name
    if targets.object_kind == "numbers":
        yield Finding(
            t("Targets have a dtype that Keras does not know"),
            t(
                "%1 holds numbers, but as %2. Make them floats: %3.",
                name,
                targets.dtype,
                f'{name} = {name}.astype("float32")',
            ),
            "fit",
        )
        return
    kinds = targets.statistics.distinct if targets.statistics is not None else None
    if kinds is None:
        text = t("%1 holds words or objects, but Keras needs numbers.", name)
    elif kinds == 1:
        text = t("%1 holds words or objects (1 kind), but Keras needs numbers.", name)
    else:
        text = t(
            "%1 holds words or objects (%2 kinds), but Keras needs numbers.", name, f"{kinds:,}"
        )
    if targets.in_dataset:
        remedy = t(
            "Number them: %1, where %2 lists their names.",
            f"{name} = {name}.map(lambda x, y: (x, number(y)))",
            "number = keras.layers.StringLookup(vocabulary=..., num_oov_indices=0)",
        )
    elif loss is not None and loss.name in REGRESSION:
        remedy = t("%1 is for numbers: choose another y, or another loss.", loss.title.capitalize())
    else:
        remedy = t("Number them: %1.", f"names, {name} = np.unique({name}, return_inverse=True)")
    yield Finding(
        t("Labels are words"),
        f"{text} {remedy}",
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
            t("All labels are the same"),
            t(
                "Every value of %1 is %2: there is nothing to tell apart.",
                targets.name,
                number(values.minimum),
            ),
            "fit",
        )
