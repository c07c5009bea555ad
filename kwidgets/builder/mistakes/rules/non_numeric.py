"""Rules for data that fit cannot compute with: NaN, infinity, texts, objects and lists."""

from __future__ import annotations

from collections.abc import Iterator

from kwidgets.builder.mistakes.advice import Finding, Rule, rule
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.language import t

RULES: list[Rule] = []


@rule(RULES, "nan-values", "error")
def nan_values(situation: Situation) -> Iterator[Finding]:
    """A single NaN makes the loss NaN, and with it every weight."""
    for argument in ("x", "y", "validation_x", "validation_y"):
        info = situation.variable(argument)
        if info is not None and info.statistics is not None and info.statistics.has_nan:
            fill = f"{info.name} = np.nan_to_num({info.name})"
            yield Finding(
                t("%1 has missing values", info.name),
                t(
                    "%1 contains NaN. A single one turns the loss and all weights into NaN. "
                    "Remove those samples, or fill the gaps: %2.",
                    info.name,
                    fill,
                ),
                "fit",
                about=argument,
            )


@rule(RULES, "infinite-values", "error")
def infinite_values(situation: Situation) -> Iterator[Finding]:
    """An infinite value makes the loss infinite, and then every weight NaN."""
    for argument in ("x", "y", "validation_x", "validation_y"):
        info = situation.variable(argument)
        if info is not None and info.statistics is not None and info.statistics.has_infinity:
            yield Finding(
                t("%1 has infinite values", info.name),
                t(
                    "%1 contains infinite values, for example from a division by zero. A single "
                    "one turns the loss and all weights into NaN. Remove those samples; find "
                    "them with %2.",
                    info.name,
                    f"np.isfinite({info.name})",
                ),
                "fit",
                about=argument,
            )


@rule(RULES, "not-numbers", "error")
def not_numbers(situation: Situation) -> Iterator[Finding]:
    """Layers compute with numbers; texts must be converted first, as by TextVectorization."""
    x = situation.x
    if x is None or not x.dtype or x.is_number or x.kind == "list":
        return
    first = next(iter(situation.steps), None)
    if first is None:
        return
    if first.is_a("TextVectorization", "StringLookup", "Hashing"):
        # Keras 3.15 refuses NumPy's text dtypes before any layer.
        if x.kind == "NumPy array" and x.dtype in ("str", "bytes"):
            code = f"{x.name} = {x.name}.astype(object)"
            yield Finding(
                t("%1 contains NumPy strings", x.name),
                t(
                    "fit does not accept arrays of NumPy strings. Convert them to objects: %1.",
                    code,
                ),
                "fit",
                code=code,
            )
        return
    # A user's own layer may accept anything.
    if not first.entry.class_name.startswith("keras.layers."):
        return
    if x.object_kind == "numbers":
        code = f'{x.name} = {x.name}.astype("float32")'
        yield Finding(
            t("%1 has a dtype that Keras does not support", x.name),
            t(
                "%1 contains numbers of type %2. Convert them to floats: %3.",
                x.name,
                x.dtype,
                code,
            ),
            "fit",
            code=code,
        )
        return
    table = x.kind == "pandas DataFrame"
    if not table and not x.is_text and x.object_kind != "texts":
        text = t("The dtype of %1 is %2, but %3 requires numbers.", x.name, x.dtype, first.title)
        if x.dtype == "object":
            text += " " + t(
                "Convert rows of different lengths to an array with %1.",
                "keras.utils.pad_sequences",
            )
        yield Finding(
            t("%1 does not contain numbers", x.name),
            text,
            "fit",
        )
        return
    dummies = f"pd.get_dummies({x.name}, dtype=float)"
    yield Finding(
        t("%1 contains text", x.name),
        t(
            "Some columns of %1 are not numbers. Convert them, for example with %2.",
            x.name,
            dummies,
        )
        if table
        else t(
            "%1 contains text, but %2 requires numbers. TextVectorization converts text to word "
            "indices.",
            x.name,
            first.title,
        ),
        "fit",
        code=f"{x.name} = {dummies}" if table else "",
    )


@rule(RULES, "is-a-list", "error")
def is_a_list(situation: Situation) -> Iterator[Finding]:
    """fit takes arrays, tensors and datasets; it takes a list for several inputs."""
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
                    "fit requires arrays, but %1 is a Python list. Convert it: %2.",
                    info.name,
                    remedy,
                ),
                "fit",
                about=argument,
                code=remedy,
            )
