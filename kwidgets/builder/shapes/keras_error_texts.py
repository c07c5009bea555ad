"""The table of Keras's error messages, as patterns, with the explanation of each for learners."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable

import keras

from kwidgets.builder.analysis import Shape
from kwidgets.builder.shapes.wrong_axes import format_shape, no_such_axis, wrong_rank
from kwidgets.builder.spec import LayerSpec, Value
from kwidgets.language import t

Match = re.Match[str]
# The text for the user, and the argument to blame; None if the rule does not apply after all.
Explanation = tuple[str, str | None] | None
# Receives the match of the pattern, the layer and the shape of its input.
Rule = Callable[[Match, LayerSpec, Shape | None], Explanation]


def _wrong_rank(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    if shape is None:
        return None
    if entry.title == "Permute":
        axes = len(shape) - 1
        return (
            t(
                "Permute requires dims for each axis except the batch: %1 for %2, such as %3. "
                "It has %4.",
                axes,
                format_shape(shape),
                tuple(range(axes, 0, -1)),
                _format_argument(entry, "dims"),
            ),
            "dims",
        )
    return wrong_rank(entry, shape, int(match["rank"])).text, None


def _kernel_too_large(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    size = "kernel" if "kernel_size" in entry.arguments else "window"
    parameter = next((n for n in ("kernel_size", "pool_size") if n in entry.arguments), None)
    if shape is None or ("Pooling" not in entry.title and parameter is None):
        return None
    value = f", {entry.arguments[parameter]!r}," if parameter else ""
    dilation = entry.arguments.get("dilation_rate", 1)
    if parameter == "kernel_size" and dilation not in (1, (1,), (1, 1), (1, 1, 1)):
        places = _dilated_size(entry.arguments[parameter], dilation)
        kernel = f"{entry.title}{value}"
        text = (
            t(
                "With dilation_rate %1, the kernel of %2 spans %3 positions, more than its "
                "input: %4.",
                repr(dilation),
                kernel,
                places,
                format_shape(shape),
            )
            if places
            else t(
                "With dilation_rate %1, the kernel of %2 is larger than its input: %3.",
                repr(dilation),
                kernel,
                format_shape(shape),
            )
        )
        remedy = t('Use a smaller dilation_rate, or padding="same".')
        return f"{text} {remedy}", "dilation_rate"
    what = f"{entry.title}{value}"
    text = (
        t("The kernel of %1 is larger than its input: %2.", what, format_shape(shape))
        if size == "kernel"
        else t("The window of %1 is larger than its input: %2.", what, format_shape(shape))
    )
    remedy = t('Reduce it, use padding="same", or remove an earlier layer that shrinks its input.')
    return f"{text} {remedy}", parameter


def _dilated_size(kernel: Value, dilation: Value) -> str:
    """Return how many places a dilated kernel spans: "17", "17 × 9", or "" if unknown."""
    axes = max(len(one) if isinstance(one, (tuple, list)) else 1 for one in (kernel, dilation))
    sizes, gaps = (
        tuple(one) if isinstance(one, (tuple, list)) else (one,) * axes
        for one in (kernel, dilation)
    )
    if len(sizes) != len(gaps) or not all(isinstance(one, int) for one in (*sizes, *gaps)):
        return ""
    spans = [(size - 1) * gap + 1 for size, gap in zip(sizes, gaps, strict=True)]
    return str(spans[0]) if len(set(spans)) == 1 else " × ".join(map(str, spans))


def _wrong_kernel_rank(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    if shape is None:
        return None
    digit = re.search(r"(\d)D", entry.title)
    if digit and entry.title != "TimeDistributed":
        return wrong_rank(entry, shape, int(digit[1]) + 2).text, None
    text = t(
        "The layer in %1 is incompatible with its input: each step of %2 has only %3 axes, "
        "including the batch.",
        entry.title,
        format_shape(shape),
        len(shape) - 1,
    )
    return text, None


def _crops_everything(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t(
        "%1 would remove the whole input: cropping %2 of %3. Crop less.",
        entry.title,
        _format_argument(entry, "cropping"),
        format_shape(shape),
    )
    return text, "cropping"


def _wrong_channels(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t(
        "%1 was built for %2 input features but gets %3.",
        entry.title,
        match["expected"],
        format_shape(shape),
    )
    return text, None


def _open_dimension(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    if shape is None or None not in shape[1:]:
        return None
    text = t(
        "The weights of %1 depend on the size of its input, but a size in %2 is unknown (None).",
        entry.title,
        format_shape(shape),
    )
    remedy = (
        t("Set a fixed input size there, or use global pooling instead of Flatten.")
        if len(shape) == 2
        else t("Set a fixed input size there.")
    )
    return f"{text} {remedy}", None


def _wrong_target_shape(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    target_shape = entry.arguments.get("target_shape")
    if "at most one unknown" in match.string:
        return t("target_shape %1 can contain -1 only once.", repr(target_shape)), "target_shape"
    if shape is None:
        return None
    total = 1
    for size in shape[1:]:
        if size is None:
            return None
        total *= size
    return (
        t(
            "target_shape %3 does not match the %2 values per sample of %1. Use -1 for one size "
            "to compute it automatically.",
            format_shape(shape),
            f"{total:,}",
            repr(target_shape),
        ),
        "target_shape",
    )


def _several_inputs(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t(
        "%1 takes several inputs, but a layer of a Sequential gets only one. Use Keras's "
        "functional API.",
        entry.title,
    )
    return text, None


def _groups_of_channels(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    channels = shape[-1] if shape else None
    groups, filters = _format_argument(entry, "groups"), repr(entry.arguments.get("filters"))
    if "filters" in entry.arguments and channels:
        text = t(
            "groups (%1) must divide the number of input channels, %2, and filters, %3.",
            groups,
            channels,
            filters,
        )
    elif "filters" in entry.arguments:
        text = t(
            "groups (%1) must divide the number of input channels and filters, %2.",
            groups,
            filters,
        )
    elif channels:
        text = t(
            "groups (%1) must divide the number of input channels, %2. Choose a divisor of %2.",
            groups,
            channels,
        )
    else:
        text = t(
            "groups (%1) must divide the number of input channels. Choose a divisor of it.",
            groups,
        )
    return text, "groups"


def _not_positive(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    name = _first_group(match)
    text = t("%1 must be an integer above 0, not %2.", name, _format_argument(entry, name))
    return text, name


def _not_a_size(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    name, count = match["name"], int(match["count"])
    written = _format_argument(entry, name)
    text = (
        t("%1 must be one integer above 0, such as 3, not %2.", name, written)
        if count == 1
        else t(
            "%1 must be an integer above 0 or %2 of them, such as 3 or %3, not %4.",
            name,
            count,
            (3,) * count,
            written,
        )
    )
    return text, name


def _not_a_choice(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    name = match["name"]
    choices = [part.strip(" '\"`") for part in match["choices"].split(",")]
    listed = ", ".join(f'"{choice}"' for choice in sorted(choices) if choice)
    text = t("%1 must be one of %2, not %3.", name, listed, _format_argument(entry, name))
    if name == "padding" and "causal" in match.string[match.end() :]:
        text += " " + t('"causal" is for Conv1D.')
    return text, name


def _unknown_name(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    kind, wrong = match["kind"].replace(" function", ""), match["name"].strip()
    parameter = next((n for n, v in entry.arguments.items() if v == wrong), None)
    module = getattr(keras, f"{kind}s", None)
    known = [name for name in dir(module) if name.islower() and not name.startswith("_")]
    close = difflib.get_close_matches(wrong.lower(), known, 1)
    messages = {
        "activation": t("No activation “%1”.", wrong),
        "initializer": t("No initializer “%1”.", wrong),
        "regularizer": t("No regularizer “%1”.", wrong),
        "constraint": t("No constraint “%1”.", wrong),
    }
    hint = " " + t("Did you mean %1?", repr(close[0])) if close else ""
    return f"{messages[kind]}{hint}", parameter


def _not_a_fraction(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    name = match["name"]
    text = t("%1 must be a number from 0 to 1, not %2.", name, _format_argument(entry, name))
    return text, name


def _no_axis(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    name = next((n for n in ("axis", "shared_axes", "axes") if n in entry.arguments), None)
    if name is None or shape is None:
        return None
    return no_such_axis(shape, name, entry.arguments[name]), name


def _groups_exceed(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    count = match["channels"]
    text = t(
        "%1 cannot split %3 channels into %2 groups. Set groups to a divisor of %3.",
        entry.title,
        match["groups"],
        count,
    )
    return text, "groups"


def _groups_divide(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    count = int(match["channels"])
    fitting = ", ".join(str(n) for n in range(1, min(count, 64) + 1) if count % n == 0)
    text = t(
        "groups (%1) must divide the number of channels, %2. Try %3.",
        match["groups"],
        count,
        fitting,
    )
    return text, "groups"


def _stateful(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t(
        "A stateful layer requires a fixed batch size. Set batch_size of the input, or set "
        "stateful to False."
    )
    return text, "stateful"


def _no_steps(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t(
        "TimeDistributed applies its layer to each step of a sequence, (batch, steps, …), but "
        "gets %1, which has no steps. Use the layer without it.",
        format_shape(shape),
    )
    return text, None


def _strides_with_dilation(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    return t("Either strides or dilation_rate must be 1."), "strides"


def _recurrent_only(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    if entry.title != "Bidirectional":
        return None
    text = t(
        "Bidirectional processes a sequence forwards and backwards and requires a recurrent "
        "layer: LSTM, GRU, SimpleRNN or RNN."
    )
    return text, "layer"


def _needs_cell(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t("RNN requires a cell: LSTMCell, GRUCell, SimpleRNNCell or a list of them.")
    return text, "cell"


def _no_kernel(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t(
        "%1 requires a layer with a kernel, such as Dense or Conv2D; %2 has none.",
        entry.title,
        match["name"],
    )
    return text, "layer"


def _permutation(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t(
        "dims must contain each axis except the batch once, counted from 1, such as (2, 1), not "
        "%1.",
        _format_argument(entry, "dims"),
    )
    return text, "dims"


def _unknown_argument(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    name = _first_group(match)
    return t("%1 has no argument %2.", entry.title, repr(name)), name


def _unknown_class(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t("No layer %1. Run the cell that defines it, or remove the layer.", entry.title)
    return text, None


def _bad_name(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t("A name is a string without /, not %1.", _format_argument(entry, "name"))
    return text, "name"


def _unknown_dtype(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t(
        'No dtype %1. Use "float32", "float16", "bfloat16", "float64", "mixed_float16" or '
        '"mixed_bfloat16".',
        repr(match["name"]),
    )
    return text, "dtype"


def _needs_one_of(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    text = t("%1 requires one of %2 and %3.", entry.title, match["one"], match["other"])
    return text, match["one"]


def _wrong_type(match: Match, entry: LayerSpec, shape: Shape | None) -> Explanation:
    wrong = [
        name
        for name, value in entry.arguments.items()
        if isinstance(value, str)
        and name in ("rate", "stddev", "epsilon", "momentum", "scale", "factor")
    ]
    if not wrong:
        return None
    text = t("%1 must be a number, not %2.", wrong[0], _format_argument(entry, wrong[0]))
    return text, wrong[0]


def _first_group(match: Match) -> str:
    """Return the one group that matched, of a pattern with the groups ``name``, ``name2`` …"""
    return next(text for text in match.groups() if text)


def _format_argument(entry: LayerSpec, name: str) -> str:
    """Return the value of an argument as the user would write it."""
    value = entry.arguments.get(name)
    return json.dumps(value) if isinstance(value, str) else repr(value)


RULES: tuple[tuple[str, Rule], ...] = (
    (r"expected (?:min_)?ndim=(?P<rank>\d+), found ndim=\d+", _wrong_rank),
    (
        r"Computed output size would be|[Nn]egative dimension|must be (?:>|greater than) 0.*output",
        _kernel_too_large,
    ),
    (r"Kernel shape must have the same length as input", _wrong_kernel_rank),
    (r"[Vv]alues in `cropping`|`cropping` parameter of", _crops_everything),
    (r"expected axis -?\d+ of input shape to have value (?P<expected>\d+)", _wrong_channels),
    (
        r"must be fully-defined|'NoneType' and 'int'|'int' and 'NoneType'"
        r"|should be defined|cannot be `?None|int\(\) argument must be.*'NoneType'",
        _open_dimension,
    ),
    (
        r"total size of the tensor must be unchanged|must be at most one unknown dimension",
        _wrong_target_shape,
    ),
    (r"(?:should|must) be called on a list of", _several_inputs),
    (r"divisible by", _groups_of_channels),
    (
        r"invalid value for `(?P<name>\w+)`, expected a positive integer"
        r"|argument `(?P<name2>\w+)`\. Expected a strictly positive"
        r"|`(?P<name3>\w+)` must be (?:a positive integer|>= ?1)"
        r"|integer value for `(?P<name4>\w+)`",
        _not_positive,
    ),
    (
        r"The `(?P<name>\w+)` argument must be a tuple of (?P<count>\d) integers",
        _not_a_size,
    ),
    (r"`(?P<name>\w+)` argument must be .*?one of \{(?P<choices>[^}]*)\}", _not_a_choice),
    (
        r"Could not interpret (?P<kind>activation function|initializer|regularizer|constraint) "
        r"identifier: (?P<name>[^\n]*)",
        _unknown_name,
    ),
    (r"argument `(?P<name>\w+)`\. Expected a float value between 0 and 1", _not_a_fraction),
    (
        r"Number of groups \((?P<groups>\d+)\) cannot be more than.*\((?P<channels>\d+)\)",
        _groups_exceed,
    ),
    (
        r"Number of groups \((?P<groups>\d+)\) must be a multiple.*\((?P<channels>\d+)\)",
        _groups_divide,
    ),
    (r"stateful=True.*batch size must be static", _stateful),
    (r"`TimeDistributed` Layer should be passed", _no_steps),
    (r"`?strides > 1`? not supported in conjunction", _strides_with_dilation),
    (r"could not be deserialized properly|go_backwards|return_sequences", _recurrent_only),
    (r"RNN cell should have a|cell should have a `call`", _needs_cell),
    (r"(?P<name>\w+) object has no attribute 'kernel'", _no_kernel),
    (r"permutation argument `dims`", _permutation),
    (
        r"Unrecognized keyword arguments.*?\{'(?P<name>\w+)'"
        r"|unexpected keyword argument '(?P<name2>\w+)'",
        _unknown_argument,
    ),
    (r"No class '[^']*'\.", _unknown_class),
    (r"Argument `name` must be a string", _bad_name),
    (r"Cannot convert '(?P<name>[^']*)' to a mixed precision", _unknown_dtype),
    (r"set either `(?P<one>\w+)` or `(?P<other>\w+)`", _needs_one_of),
    (r"index out of range|out of bounds|axis.{0,40}must be in the range", _no_axis),
    (r"not supported between instances|could not convert string to float", _wrong_type),
)
