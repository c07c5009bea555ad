"""What comes in: does the data fit the input, are its values fit for learning?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from kwidgets.builder.analysis import Shape
from kwidgets.builder.data import DataInfo, element_shape
from kwidgets.builder.mistakes import edits
from kwidgets.builder.mistakes.advice import Finding, Fix, Rule, rule
from kwidgets.builder.mistakes.formatting import number, shown, span
from kwidgets.builder.mistakes.situation import (
    ACTIVATION_LAYERS,
    CONVOLUTIONS,
    DROPOUTS,
    MORE_CONVOLUTIONS,
    NORMALIZING,
    Situation,
    Step,
)
from kwidgets.builder.spec import ModelSpec, layer
from kwidgets.language import t

RULES: list[Rule] = []

# Layers that hand on the values as they are, or nearly so: what comes before the first layer
# that learns.
_PREPARING = (
    *DROPOUTS,
    "GaussianNoise",
    "Flatten",
    "Reshape",
    "Permute",
    "Identity",
    "Masking",
    "Resizing",
    "CenterCrop",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "RandomContrast",
    "RandomBrightness",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "Cropping1D",
    "Cropping2D",
)
_SAME_RANK = (
    *NORMALIZING,
    *ACTIVATION_LAYERS,
    *(name for name in _PREPARING if name not in ("Flatten", "Reshape", "Permute")),
)
# Inputs are in the hundreds here: weights that start near zero first have to follow.
_LARGE = 100
# Of whole numbers from 0 on, arranged as pixels.
_LARGE_PIXEL = 8
# The largest value of pictures with so few shades of grey, and what others reach.
_FEW_SHADES = (15, 16)
_NEARLY_BLACK = 15
_NEARLY_WHITE = 200
_LEAST_SIDE = 8
# So many columns of whole numbers are rather words than measurements.
_MANY_COLUMNS = 20


def _first_learning(situation: Situation) -> Step | None:
    """The first layer that computes with the values, if only harmless ones come before it."""
    for step in situation.steps:
        if not step.is_a(*_PREPARING):
            return step
    return None


def _same_shape(data: Shape, wanted: Shape) -> bool:
    """Whether Keras takes data of one shape for an input of the other.

    It adds or drops a last dimension of 1 by itself.
    """

    def equal(a: Shape, b: Shape) -> bool:
        return len(a) == len(b) and all(
            None in pair or pair[0] == pair[1] for pair in zip(a, b, strict=True)
        )

    return (
        equal(data, wanted)
        or (data[-1:] == (1,) and equal(data[:-1], wanted))
        or (wanted[-1:] == (1,) and equal(data, wanted[:-1]))
    )


@rule(RULES, "input-unset", "tip")
def input_unset(situation: Situation) -> Iterator[Finding]:
    """Without an input shape no layer's shape or parameters are known before training."""
    shape, x = situation.x_shape, situation.x
    if situation.spec.input is not None or x is None or shape is None or x.batched is False:
        return
    if _channels_missing(situation) is not None or not x.is_number:
        return
    yield Finding(
        t("The input shape is not set"),
        t(
            "Samples of %1 have shape %2. With it, the shapes and parameters of "
            "all layers are known before training.",
            x.name,
            shown(shape),
        ),
        "input",
        Fix(t("Set shape to %1", shown(shape)), lambda spec: edits.with_input_shape(spec, shape)),
    )


@rule(RULES, "input-mismatch", "error")
def input_mismatch(situation: Situation) -> Iterator[Finding]:
    """Training stops at once when the data's samples differ from the input in shape."""
    x, shape, wanted = situation.x, situation.x_shape, situation.spec.input_shape
    if x is None or shape is None or wanted is None or x.batched is False:
        return
    if _same_shape(shape, wanted):
        return
    yield Finding(
        t("%1 does not fit the input", x.name),
        t(
            "The input has shape %1, but samples of %2 have shape %3.",
            shown(wanted),
            x.name,
            shown(shape),
        ),
        "input",
        Fix(t("Set shape to %1", shown(shape)), lambda spec: edits.with_input_shape(spec, shape)),
    )


@rule(RULES, "validation-mismatch", "error")
def validation_mismatch(situation: Situation) -> Iterator[Finding]:
    """Validation data goes through the same model: its samples must be like the training's."""
    x, validation = situation.x, situation.variable("validation_x")
    if x is None or validation is None:
        return
    shape, other = situation.x_shape, element_shape(validation)
    if shape is None or other is None or _same_shape(other, shape):
        return
    # Sequences may differ in length, where the model takes them of any.
    wanted = situation.spec.input_shape
    if wanted is not None and None in wanted and _same_shape(other, wanted):
        return
    yield Finding(
        t("Validation data differs in shape"),
        t(
            "Samples of %1 have shape %2, but those of %3 have %4.",
            x.name,
            shown(shape),
            validation.name,
            shown(other),
        ),
        "fit",
    )


def _channels_missing(situation: Situation) -> tuple[Step, Shape] | None:
    """The layer that wants one more dimension than the samples have, and the samples' shape."""
    shape = situation.spec.input_shape
    if shape is None:
        shape = situation.x_shape
    if shape is None or None in shape:
        return None
    for step in situation.steps:
        wanted = _wanted_rank(step)
        if wanted is not None:
            return (step, shape) if len(shape) == wanted - 1 else None
        if not step.is_a(*_SAME_RANK):
            return None
    return None


def _wanted_rank(step: Step) -> int | None:
    """How many dimensions of a sample a layer insists on; None of one that takes several."""
    if step.is_recurrent:
        return 2
    for rank in (1, 2, 3):
        pooling = (
            f"{kind}Pooling{rank}D" for kind in ("Max", "Average", "GlobalAverage", "GlobalMax")
        )
        layers = [name for name in MORE_CONVOLUTIONS if f"{rank}D" in name]
        if step.is_a(*layers, *pooling):
            return rank + 1
    return None


@rule(RULES, "missing-channels", "error")
def missing_channels(situation: Situation) -> Iterator[Finding]:
    """A convolution wants to know the channels (colours, sensors), a recurrent layer the features,
    even if there is only one: (28, 28, 1), not (28, 28).
    """
    found = _channels_missing(situation)
    if found is None:
        return
    step, shape = found
    if _tokens(situation) is not None:
        return
    # An image in colour lacks no axis: it needs the layer for images, as its problem says.
    if len(shape) == 3 and shape[-1] in (1, 3, 4):
        return
    name = step.wrapped.title if step.is_recurrent else step.title
    reshaped = (*shape, 1)
    # The samples' shape may differ from the input's: that is another rule's.

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
            "%1 expects %2 with a last dimension for its features, even if there "
            "is only one: %3 instead of %4.",
            name,
            what,
            reshaped,
            shape,
        )
    else:
        title = t("The channel dimension is missing")
        text = t(
            "%1 expects %2 with a last dimension for its channels, even if there "
            "is only one: %3 instead of %4.",
            name,
            what,
            reshaped,
            shape,
        )
    label = t("Insert Reshape to %1", reshaped)
    yield Finding(title, text, step.uid, Fix(label, reshape))


@rule(RULES, "channels-first", "warning")
def channels_first(situation: Situation) -> Iterator[Finding]:
    """Keras expects the colours last. PyTorch's images have them first: (3, 32, 32)."""
    shape = situation.spec.input_shape or situation.x_shape
    if shape is None or len(shape) != 3 or None in shape or not situation.steps:
        return
    channels, height, width = (size or 0 for size in shape)
    first = next((step for step in situation.steps if not step.is_a(*_SAME_RANK)), None)
    if first is None or not first.is_a("Conv2D", "SeparableConv2D", "DepthwiseConv2D"):
        return
    # Four sensors with their steps and features have such a shape too.
    if channels not in (1, 3) or min(height, width) < 8:
        return
    if height != width and (min(height, width) < 32 or max(height, width) > 2 * min(height, width)):
        return
    if first.get("data_format") == "channels_first":
        return
    values = (shown(shape), first.title, (height, width, channels))
    text = (
        t(
            "Samples of shape %1 look like images with 1 channel in front, but %2 "
            "expects them last: %3.",
            *values,
        )
        if channels == 1
        else t(
            "Samples of shape %1 look like images with 3 channels in front, but %2 "
            "expects them last: %3.",
            *values,
        )
    )
    yield Finding(
        t("Channels come first"),
        text,
        first.uid,
        Fix(
            t("Insert Permute"),
            lambda spec: edits.insert_first(spec, layer("keras.layers.Permute", dims=(2, 3, 1))),
        ),
    )


def _large_values(situation: Situation, large: float = _LARGE) -> DataInfo | None:
    """x, if a layer that learns sees its large values as they are."""
    x, first = situation.x, _first_learning(situation)
    if x is None or x.statistics is None or first is None:
        return None
    values = x.statistics
    if values.minimum is None or values.maximum is None:
        return None
    if not (first.is_a("Dense", *CONVOLUTIONS, "SeparableConv2D") or first.is_recurrent):
        return None
    return x if max(abs(values.minimum), abs(values.maximum)) > large else None


def _pixels(situation: Situation, x: DataInfo) -> bool:
    """Whether values and shape are those of pictures; series, counts and boards are not."""
    values = x.statistics
    assert values is not None and values.minimum is not None and values.maximum is not None
    if not values.is_integer or values.minimum < 0:
        return False
    sizes = [size or 0 for size in (x.shape or ())[1:]]
    # Some pixel is nearly black in all sets of pictures, and some nearly white.
    contrast = values.minimum <= _NEARLY_BLACK and _NEARLY_WHITE <= values.maximum <= 255
    small = values.maximum in _FEW_SHADES and math.prod(sizes) <= _LEAST_SIDE**2
    if not (contrast or small or (x.dtype == "uint8" and values.maximum > _LARGE)):
        return False
    if len(sizes) in (3, 4):
        height, width = sizes[-3:-1]
        return sizes[-1] in (1, 3, 4) and min(height, width) >= _LEAST_SIDE
    if len(sizes) == 2:
        first = _first_learning(situation)
        steps = first is not None and (first.is_recurrent or first.is_a("Conv1D"))
        even = max(sizes) == min(sizes) if steps else max(sizes) <= 2 * min(sizes)
        return min(sizes) >= _LEAST_SIDE and even
    if len(sizes) == 1:
        # Rows of at least 8 × 8 pixels, grey or coloured.
        sides = [math.isqrt(sizes[0] // channels) for channels in (1, 3)]
        square = any(side**2 * c == sizes[0] for side, c in zip(sides, (1, 3), strict=True))
        return sizes[0] >= _LEAST_SIDE**2 and (square or x.dtype == "uint8")
    return False


@rule(RULES, "unscaled-pixels", "warning")
def unscaled_pixels(situation: Situation) -> Iterator[Finding]:
    """Weights start out for inputs around 0 to 1; with 0 to 255 the first steps are wild.
    (Keras: Rescaling)
    """
    x = _large_values(situation, _LARGE_PIXEL)
    if x is None or not _pixels(situation, x) or _tokens(situation) is not None:
        return
    assert x.statistics is not None
    low, high = x.statistics.minimum or 0, x.statistics.maximum or 0
    # Some cameras and data sets count to 15 or 16, and not to 255.
    top = 255 if high > _LARGE else int(high)
    yield Finding(
        t("Pixels are not scaled"),
        t(
            "%1 holds values %2, but layers learn best from values around 0 to 1. "
            "Put Rescaling first, or divide: %3.",
            x.name,
            span(low, high),
            f"{x.name} = {x.name} / {top}",
        ),
        "input",
        Fix(
            t("Insert %1", f"Rescaling(1/{top})"),
            lambda spec: edits.insert_first(spec, layer("keras.layers.Rescaling", scale=1 / top)),
        ),
    )


@rule(RULES, "unscaled-numbers", "warning")
def unscaled_numbers(situation: Situation) -> Iterator[Finding]:
    """Columns of a table in the hundreds drown the others, and make large steps."""
    x = _large_values(situation)
    if x is None or _pixels(situation, x) or _tokens(situation) is not None:
        return
    assert x.statistics is not None
    low, high = x.statistics.minimum or 0, x.statistics.maximum or 0
    if _may_be_words(x):
        yield Finding(
            t("Inputs are not scaled"),
            t(
                "%1 holds whole numbers up to %2. If they measure or count something, "
                "scale them to around 0 to 1; if they stand for words, put Embedding "
                "first.",
                x.name,
                number(high),
            ),
            "input",
        )
        return
    text = t(
        "%1 holds values from %2 to %3, but layers learn best from values "
        "around 0 to 1. Put BatchNormalization first, or scale the columns to "
        "mean 0 and standard deviation 1.",
        x.name,
        number(low),
        number(high),
    )
    yield Finding(
        t("Inputs are not scaled"),
        text,
        "input",
        Fix(
            t("Insert BatchNormalization"),
            lambda spec: edits.insert_first(spec, layer("keras.layers.BatchNormalization")),
        ),
    )


def _may_be_words(x: DataInfo) -> bool:
    """Many columns of large whole numbers: measurements, or words by their numbers."""
    values, columns = x.statistics, (x.shape or ())[1:]
    return (
        values is not None
        and len(columns) == 1
        and (columns[0] or 0) >= _MANY_COLUMNS
        and x.dtype.startswith(("int", "uint"))
        and values.is_integer
        and (values.minimum or 0) >= 0
    )


@rule(RULES, "nan-values", "error")
def nan_values(situation: Situation) -> Iterator[Finding]:
    """One NaN among the values makes the loss NaN, and with it every weight."""
    for argument in ("x", "y", "validation_x", "validation_y"):
        info = situation.variable(argument)
        if info is not None and info.statistics is not None and info.statistics.has_nan:
            fill = f"{info.name} = np.nan_to_num({info.name})"
            yield Finding(
                t("%1 has missing values", info.name),
                t(
                    "%1 contains NaN. One is enough to turn the loss and all weights into "
                    "NaN. Leave out those samples, or fill the gaps: %2.",
                    info.name,
                    fill,
                ),
                "fit",
                about=argument,
            )


@rule(RULES, "infinite-values", "error")
def infinite_values(situation: Situation) -> Iterator[Finding]:
    """Infinity among the values makes the loss infinite, and then NaN with every weight."""
    for argument in ("x", "y", "validation_x", "validation_y"):
        info = situation.variable(argument)
        if info is not None and info.statistics is not None and info.statistics.has_infinity:
            yield Finding(
                t("%1 has infinite values", info.name),
                t(
                    "%1 contains infinity, as a division by zero gives it. One is enough "
                    "to turn the loss and all weights into NaN; no layer scales it away. "
                    "Leave out those samples; %2 tells which.",
                    info.name,
                    f"np.isfinite({info.name})",
                ),
                "fit",
                about=argument,
            )


@rule(RULES, "not-numbers", "error")
def not_numbers(situation: Situation) -> Iterator[Finding]:
    """Layers compute with numbers; words must become numbers first, by TextVectorization for
    example.
    """
    x = situation.x
    if x is None or not x.dtype or x.is_number or x.kind == "list":
        return
    first = next(iter(situation.steps), None)
    if first is None:
        return
    if first.is_a("TextVectorization", "StringLookup", "Hashing"):
        # Keras 3.15 refuses NumPy's own text dtype, whatever the layer.
        if x.kind == "NumPy array" and x.dtype in ("str", "bytes"):
            yield Finding(
                t("%1 holds NumPy texts", x.name),
                t(
                    "fit takes no arrays of NumPy's text type. Make them objects: %1.",
                    f"{x.name} = {x.name}.astype(object)",
                ),
                "fit",
            )
        return
    # Of a user's own layer nobody knows what it takes.
    if not first.entry.class_name.startswith("keras.layers."):
        return
    if x.object_kind == "numbers":
        yield Finding(
            t("%1 has a dtype that Keras does not know", x.name),
            t(
                "%1 holds numbers, but as %2. Make them floats: %3.",
                x.name,
                x.dtype,
                f'{x.name} = {x.name}.astype("float32")',
            ),
            "fit",
        )
        return
    table = x.kind == "pandas DataFrame"
    if not table and not x.is_text and x.object_kind != "texts":
        text = t("%1 is of dtype %2, but %3 needs numbers.", x.name, x.dtype, first.title)
        if x.dtype == "object":
            text += " " + t(
                "Rows of different lengths become an array by %1.", "keras.utils.pad_sequences"
            )
        yield Finding(
            t("%1 does not hold numbers", x.name),
            text,
            "fit",
        )
        return
    yield Finding(
        t("%1 holds words", x.name),
        t(
            "Some columns of %1 are not numbers. Turn them into numbers, for example with %2.",
            x.name,
            f"pd.get_dummies({x.name}, dtype=float)",
        )
        if table
        else t(
            "%1 holds words, but %2 needs numbers. TextVectorization turns texts "
            "into word numbers.",
            x.name,
            first.title,
        ),
        "fit",
    )


@rule(RULES, "is-a-list", "error")
def is_a_list(situation: Situation) -> Iterator[Finding]:
    """fit takes arrays, tensors and datasets; a list it takes for several inputs."""
    for argument in ("x", "y", "validation_x", "validation_y"):
        info = situation.variable(argument)
        if info is not None and info.kind == "list":
            uneven = info.shape is not None and None in info.shape
            remedy = (
                f"{info.name} = keras.utils.pad_sequences({info.name})"
                if uneven
                else f"{info.name} = np.array({info.name})"
            )
            yield Finding(
                t("%1 is a list", info.name),
                t(
                    "fit takes arrays, but %1 is a Python list. Make it an array: %2.",
                    info.name,
                    remedy,
                ),
                "fit",
                about=argument,
            )


def _has_gaps(x: DataInfo) -> bool:
    return x.statistics is not None and (x.statistics.has_nan or x.statistics.has_infinity)


def _embedding(situation: Situation) -> Step | None:
    """The Embedding that looks up the values of x themselves."""
    first = _first_learning(situation)
    return first if first is not None and first.is_a("Embedding") else None


@rule(RULES, "embedding-range", "error")
def embedding_range(situation: Situation) -> Iterator[Finding]:
    """Embedding has a row for each number from 0 to input_dim - 1; beyond there is an error on a
    CPU and zeros on a GPU.
    """
    step, x = _embedding(situation), situation.x
    if step is None or x is None or x.statistics is None or x.statistics.maximum is None:
        return
    values, rows = x.statistics, step.get("input_dim")
    if not values.is_integer or not isinstance(rows, int):
        return
    low, high = values.minimum or 0, int(values.maximum or 0)
    if low < 0:
        yield Finding(
            t("Word numbers must not be negative"),
            t(
                "%1 holds numbers down to %2, but Embedding looks up numbers from 0 on.",
                x.name,
                number(low),
            ),
            step.uid,
            about="negative",
        )
    elif high >= rows:
        yield Finding(
            t("Embedding is too small"),
            t(
                "%1 holds numbers up to %2, but Embedding with input_dim=%3 has rows "
                "for 0–%4 only.",
                x.name,
                number(high),
                rows,
                f"{rows - 1:,}",
            ),
            step.uid,
            Fix(
                t("Set %1 to %2", "input_dim", f"{high + 1:,}"),
                lambda spec: edits.with_argument(spec, step.uid, "input_dim", high + 1),
            ),
        )


@rule(RULES, "embedding-floats", "error")
def embedding_floats(situation: Situation) -> Iterator[Finding]:
    """Embedding looks up rows by their number; 0.37 is no row."""
    step, x = _embedding(situation), situation.x
    if step is None or x is None or x.statistics is None or x.statistics.maximum is None:
        return
    if x.is_float and not x.statistics.is_integer and not _has_gaps(x):
        yield Finding(
            t("Embedding needs whole numbers"),
            t(
                "%1 holds fractions (%2), but Embedding looks up the row of a whole "
                "number. For measurements, leave it out.",
                x.name,
                span(x.statistics.minimum or 0, x.statistics.maximum),
            ),
            step.uid,
            Fix(t("Remove Embedding"), lambda spec: spec.remove(step.uid)),
        )


def _tokens(situation: Situation) -> tuple[Step, int] | None:
    """The first layer and the highest number, where x looks like word numbers without Embedding."""
    x, first = situation.x, _first_learning(situation)
    if x is None or first is None or x.statistics is None or x.statistics.maximum is None:
        return None
    values, high = x.statistics, x.statistics.maximum
    if x.shape is None or len(x.shape) != 2 or not x.dtype.startswith(("int", "uint")):
        return None
    if not values.is_integer or values.minimum is None or values.minimum < 0 or high <= 255:
        return None
    if not (first.is_recurrent or first.is_a("Conv1D")) or (x.shape[1] or 0) < 2:
        return None
    return first, int(high)


@rule(RULES, "tokens-without-embedding", "warning")
def tokens_without_embedding(situation: Situation) -> Iterator[Finding]:
    """Word 17 is not a little more than word 16: Embedding gives each word a place of its own."""
    found, x = _tokens(situation), situation.x
    if found is None or x is None:
        return
    first, high = found

    def embed(spec: ModelSpec) -> ModelSpec:
        # What made the numbers a sequence of single features is in Embedding's way.
        for step in situation.steps:
            if step.uid == first.uid:
                break
            if step.is_a("Reshape"):
                spec = spec.remove(step.uid)
        if spec.input_shape is not None and len(spec.input_shape) == 2:
            spec = edits.with_input_shape(spec, spec.input_shape[:1])
        entry = layer("keras.layers.Embedding", input_dim=high + 1, output_dim=64)
        return edits.insert_before(spec, first.uid, entry)

    yield Finding(
        t("Word numbers without Embedding"),
        t(
            "%1 holds whole numbers up to %2. If they stand for words, Embedding "
            "must give each one a vector of its own first.",
            x.name,
            number(high),
        ),
        first.uid,
        Fix(t("Insert Embedding"), embed),
    )
