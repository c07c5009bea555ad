"""Keras's errors in words that a learner understands. The message itself stays behind them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping

import keras

from kwidgets.builder.analysis import Problem, Shape
from kwidgets.builder.spec import LayerSpec, Value
from kwidgets.language import t

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_PREFIX = re.compile(r"^Exception encountered when calling \S+\.\s*")
_INFERENCE = re.compile(
    r"^Could not automatically infer the output shape.*?Error encountered:\s*", re.S
)
_TAIL = re.compile(r"\n+Arguments received by .*", re.S)


def _wanted(rank: int) -> str:
    """What input with so many axes is called."""
    words = {
        2: t("one vector for each sample, (batch, features)"),
        3: t("a sequence for each sample, (batch, steps, features)"),
        4: t("an image for each sample, (batch, height, width, channels)"),
        5: t("a volume for each sample, (batch, depth, height, width, channels)"),
    }
    return words.get(rank) or t("%1 axes", rank)


def explain(error: BaseException, entry: LayerSpec, input_shape: Shape | None) -> Problem:
    """Say what ``error``, raised by a layer that was given ``input_shape``, means for the user."""
    message = clean(error)
    if message.startswith("We could not automatically infer") and error.__context__ is not None:
        # Keras hides what the function itself said.
        inner = error.__context__
        while inner.__context__ is not None and "automatically infer" in str(inner):
            inner = inner.__context__
        message = f"{type(inner).__name__}: {clean(inner)}"
        first = _sentence(message)
        text = t("The function of %1 fails for %2: %3", entry.title, show(input_shape), first)
        return Problem(text, message, "function" if "function" in entry.arguments else None)
    for pattern, say in _RULES:
        found = re.search(pattern, message, re.S)
        if found:
            told = say(found, entry, input_shape)
            if told is not None:
                text, parameter = told
                return Problem(text, message, parameter or _parameter_in(message, entry))
    return Problem(_fallback(message, entry, input_shape), message, _parameter_in(message, entry))


def explain_input(error: BaseException, arguments: Mapping[str, Value]) -> Problem:
    """Say what is wrong with the arguments of ``keras.Input``."""
    message = clean(error)
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return Problem(
        t(
            "The input cannot be %1. The shape is that of one sample, without the batch: "
            "(28, 28) for a grey image of that size, (None,) for a sequence of any length.",
            given,
        ),
        message,
        "shape" if "shape" in message else None,
    )


def wrong_rank(entry: LayerSpec, input_shape: Shape, rank: int) -> Problem:
    """Say that a layer needs input with another number of axes."""
    text = t("%1 needs %2, but gets %3.", entry.title, _wanted(rank), show(input_shape))
    hint = _hint(input_shape, rank, entry.title)
    return Problem(f"{text} {hint}".strip(), f"expected ndim={rank}, found ndim={len(input_shape)}")


def wrong_step(title: str, input_shape: Shape, rank: int) -> Problem:
    """Say that the layer in TimeDistributed needs more axes than one step has."""
    text = t(
        "TimeDistributed hands on one step of %1 at a time, but %2 needs %3.",
        show(input_shape),
        title,
        _wanted(rank),
    )
    remedy = (
        t("Use %1 without TimeDistributed: it takes all steps at once.", title)
        if len(input_shape) == rank
        else t("Keep the axes that it needs, or use another layer.")
    )
    return Problem(
        f"{text} {remedy}",
        f"{title} expected ndim={rank}, found ndim={len(input_shape) - 1}",
        "layer",
    )


def clean(error: BaseException) -> str:
    """Return an exception's message without colours and without Keras's frame around it."""
    message = _ANSI.sub("", str(error)).strip()
    for pattern in (_PREFIX, _INFERENCE, _PREFIX):
        message = pattern.sub("", message).strip()
    message = _TAIL.sub("", message).strip()
    return message or type(error).__name__


Told = tuple[str, str | None] | None
_Rule = Callable[[re.Match[str], LayerSpec, Shape | None], Told]


# Each rule gets what its pattern found, the layer and what goes in; None: not my case.


def _rank(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    if shape is None:
        return None
    if entry.title == "Permute":
        axes = len(shape) - 1
        return (
            t(
                "Permute needs dims for each axis but the batch: %1 for %2, such as %3; it has %4.",
                axes,
                show(shape),
                tuple(range(axes, 0, -1)),
                _written(entry, "dims"),
            ),
            "dims",
        )
    return wrong_rank(entry, shape, int(found["rank"])).text, None


def _too_large(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    size = "kernel" if "kernel_size" in entry.arguments else "window"
    parameter = next((n for n in ("kernel_size", "pool_size") if n in entry.arguments), None)
    if shape is None or ("Pooling" not in entry.title and parameter is None):
        return None
    value = f", {entry.arguments[parameter]!r}," if parameter else ""
    dilation = entry.arguments.get("dilation_rate", 1)
    if parameter == "kernel_size" and dilation not in (1, (1,), (1, 1), (1, 1, 1)):
        places = _dilated(entry.arguments[parameter], dilation)
        kernel = f"{entry.title}{value}"
        text = (
            t(
                "With dilation_rate %1, the kernel of %2 spans %3 places, which is "
                "larger than what goes in: %4.",
                repr(dilation),
                kernel,
                places,
                show(shape),
            )
            if places
            else t(
                "With dilation_rate %1, the kernel of %2 spans more, which is larger "
                "than what goes in: %3.",
                repr(dilation),
                kernel,
                show(shape),
            )
        )
        remedy = t('Choose a smaller dilation_rate, or use padding="same".')
        return f"{text} {remedy}", "dilation_rate"
    what = f"{entry.title}{value}"
    text = (
        t("The kernel of %1 is larger than what goes in: %2.", what, show(shape))
        if size == "kernel"
        else t("The window of %1 is larger than what goes in: %2.", what, show(shape))
    )
    remedy = t(
        'Make it smaller, use padding="same", or take out a layer before it that shrinks its input.'
    )
    return f"{text} {remedy}", parameter


def _dilated(kernel: Value, dilation: Value) -> str:
    """How many places a kernel spans with gaps between its own: "17", "17 × 9", or ""."""
    axes = max(len(one) if isinstance(one, (tuple, list)) else 1 for one in (kernel, dilation))
    sizes, gaps = (
        tuple(one) if isinstance(one, (tuple, list)) else (one,) * axes
        for one in (kernel, dilation)
    )
    if len(sizes) != len(gaps) or not all(isinstance(one, int) for one in (*sizes, *gaps)):
        return ""
    spans = [(size - 1) * gap + 1 for size, gap in zip(sizes, gaps, strict=True)]
    return str(spans[0]) if len(set(spans)) == 1 else " × ".join(map(str, spans))


def _kernel_rank(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    if shape is None:
        return None
    digit = re.search(r"(\d)D", entry.title)
    if digit and entry.title != "TimeDistributed":
        return wrong_rank(entry, shape, int(digit[1]) + 2).text, None
    text = t(
        "The layer in %1 does not fit its input: it is applied to one step of "
        "%2 at a time, which has %3 axes with the batch, too few.",
        entry.title,
        show(shape),
        len(shape) - 1,
    )
    return text, None


def _cropping(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t(
        "%1 would cut away all that there is: cropping %2 of %3. Cut less.",
        entry.title,
        _written(entry, "cropping"),
        show(shape),
    )
    return text, "cropping"


def _channels(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t(
        "%1 was built for %2 input features, and gets %3.",
        entry.title,
        found["expected"],
        show(shape),
    )
    return text, None


def _open_dimension(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    if shape is None or None not in shape[1:]:
        return None
    text = t(
        "%1 must know how large its input is, because its weights depend on that, but a size in "
        "%2 is open (None).",
        entry.title,
        show(shape),
    )
    remedy = (
        t("Give the input a fixed size there, or put a global pooling in place of a Flatten.")
        if len(shape) == 2
        else t("Give the input a fixed size there.")
    )
    return f"{text} {remedy}", None


def _reshape(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    wanted = entry.arguments.get("target_shape")
    if "at most one unknown" in found.string:
        return t("target_shape %1 may have -1 only once.", repr(wanted)), "target_shape"
    if shape is None:
        return None
    total = 1
    for size in shape[1:]:
        if size is None:
            return None
        total *= size
    return (
        t(
            "Reshape only re-arranges: %1 has %2 values for each sample, which target_shape %3 "
            "does not. Use -1 for one size to have it worked out.",
            show(shape),
            f"{total:,}",
            repr(wanted),
        ),
        "target_shape",
    )


def _several_inputs(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t(
        "%1 joins several inputs, but a layer of a Sequential gets just one. "
        "Such a model needs Keras's functional API.",
        entry.title,
    )
    return text, None


def _divisible(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    channels = shape[-1] if shape else None
    groups, filters = _written(entry, "groups"), repr(entry.arguments.get("filters"))
    if "filters" in entry.arguments and channels:
        text = t(
            "groups (%1) must divide the number of channels that go in, %2, and the filters, %3.",
            groups,
            channels,
            filters,
        )
    elif "filters" in entry.arguments:
        text = t(
            "groups (%1) must divide the number of channels that go in, and the filters, %2.",
            groups,
            filters,
        )
    elif channels:
        text = t(
            "groups (%1) must divide the number of channels that go in, %2. Choose "
            "a divisor of it.",
            groups,
            channels,
        )
    else:
        text = t(
            "groups (%1) must divide the number of channels that go in. Choose a divisor of it.",
            groups,
        )
    return text, "groups"


def _positive(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    name = found["name"]
    text = t("%1 must be a whole number above 0; it is %2.", name, _written(entry, name))
    return text, name


def _not_a_size(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    name, count = found["name"], int(found["count"])
    written = _written(entry, name)
    text = (
        t("%1 must be one whole number above 0, such as 3; it is %2.", name, written)
        if count == 1
        else t(
            "%1 must be a whole number or %2 of them above 0, such as 3, or %3; it is %4.",
            name,
            count,
            (3,) * count,
            written,
        )
    )
    return text, name


def _choice(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    name = found["name"]
    choices = [part.strip(" '\"`") for part in found["choices"].split(",")]
    listed = ", ".join(f'"{choice}"' for choice in sorted(choices) if choice)
    text = t("%1 must be one of %2; it is %3.", name, listed, _written(entry, name))
    if name == "padding" and "causal" in found.string[found.end() :]:
        text += " " + t('"causal" is for Conv1D.')
    return text, name


def _unknown_name(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    kind, wrong = found["kind"].replace(" function", ""), found["name"].strip()
    parameter = next((n for n, v in entry.arguments.items() if v == wrong), None)
    module = getattr(keras, f"{kind}s", None)
    known = [name for name in dir(module) if name.islower() and not name.startswith("_")]
    close = difflib.get_close_matches(wrong.lower(), known, 1)
    said = {
        "activation": t("There is no activation %1.", repr(wrong)),
        "initializer": t("There is no initializer %1.", repr(wrong)),
        "regularizer": t("There is no regularizer %1.", repr(wrong)),
        "constraint": t("There is no constraint %1.", repr(wrong)),
    }
    hint = " " + t("Did you mean %1?", repr(close[0])) if close else ""
    return f"{said[kind]}{hint}", parameter


def _between(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    name = found["name"]
    text = t("%1 must be a number from 0 to 1; it is %2.", name, _written(entry, name))
    return text, name


def _axis(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    name = next((n for n in ("axis", "shared_axes", "axes") if n in entry.arguments), None)
    if name is None or shape is None:
        return None
    return no_axis(shape, name, entry.arguments[name]), name


def no_axis(shape: Shape, name: str, value: Value) -> str:
    """Say that an input has no such axis."""
    return t(
        "%1 has %2 axes, 0 to %3, so there is none for %4 %5. The last one is -1.",
        show(shape),
        len(shape),
        len(shape) - 1,
        name,
        repr(value),
    )


def _groups_exceed(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    count = found["channels"]
    text = t(
        "%1 cannot make %2 groups of %3 channels. Choose a number for groups that divides %3.",
        entry.title,
        found["groups"],
        count,
    )
    return text, "groups"


def _groups_divide(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    count = int(found["channels"])
    fitting = ", ".join(str(n) for n in range(1, min(count, 64) + 1) if count % n == 0)
    text = t(
        "groups (%1) must divide the number of channels, %2, without a rest, such as %3.",
        found["groups"],
        count,
        fitting,
    )
    return text, "groups"


def _stateful(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t(
        "A stateful layer must know the batch size. Give the input a "
        "batch_size, or set stateful to False."
    )
    return text, "stateful"


def _each_step(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t(
        "TimeDistributed applies its layer to each step of a sequence, (batch, "
        "steps, …), but gets %1, which has no steps. Use the layer itself.",
        show(shape),
    )
    return text, None


def _strides_and_dilation(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    return t("Of strides and dilation_rate only one can be above 1."), "strides"


def _recurrent_only(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    if entry.title != "Bidirectional":
        return None
    text = t(
        "Bidirectional reads a sequence forwards and backwards, so the layer "
        "in it must be a recurrent one: LSTM, GRU, SimpleRNN or RNN."
    )
    return text, "layer"


def _cell(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t("RNN needs a cell: LSTMCell, GRUCell, SimpleRNNCell or a list of them.")
    return text, "cell"


def _no_kernel(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t(
        "%1 needs a layer with a kernel, such as Dense or Conv2D; %2 has none.",
        entry.title,
        found["name"],
    )
    return text, "layer"


def _permutation(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t(
        "dims must name each axis but the batch once, counted from 1, such as (2, 1); it is %1.",
        _written(entry, "dims"),
    )
    return text, "dims"


def _unknown_argument(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    name = found["name"]
    return t("%1 takes no argument %2.", entry.title, repr(name)), name


def _unknown_class(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t(
        "There is no layer %1. Run the cell that defines it, or take the layer out.", entry.title
    )
    return text, None


def _bad_name(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t("A name is a text without /; this one is %1.", _written(entry, "name"))
    return text, "name"


def _dtype(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t(
        'There is no dtype %1. Known are "float32", "float16", "bfloat16", '
        '"float64", "mixed_float16" and "mixed_bfloat16".',
        repr(found["name"]),
    )
    return text, "dtype"


def _either(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    text = t("%1 needs one of %2 and %3.", entry.title, found["one"], found["other"])
    return text, found["one"]


def _wrong_type(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    wrong = [
        name
        for name, value in entry.arguments.items()
        if isinstance(value, str)
        and name in ("rate", "stddev", "epsilon", "momentum", "scale", "factor")
    ]
    if not wrong:
        return None
    text = t("%1 must be a number; it is %2.", wrong[0], _written(entry, wrong[0]))
    return text, wrong[0]


_RULES: tuple[tuple[str, _Rule], ...] = (
    (r"expected (?:min_)?ndim=(?P<rank>\d+), found ndim=\d+", _rank),
    (
        r"Computed output size would be|[Nn]egative dimension|must be (?:>|greater than) 0.*output",
        _too_large,
    ),
    (r"Kernel shape must have the same length as input", _kernel_rank),
    (r"[Vv]alues in `cropping`|`cropping` parameter of", _cropping),
    (r"expected axis -?\d+ of input shape to have value (?P<expected>\d+)", _channels),
    (
        r"must be fully-defined|'NoneType' and 'int'|'int' and 'NoneType'"
        r"|should be defined|cannot be `?None|int\(\) argument must be.*'NoneType'",
        _open_dimension,
    ),
    (r"total size of the tensor must be unchanged|must be at most one unknown dimension", _reshape),
    (r"(?:should|must) be called on a list of", _several_inputs),
    (r"divisible by", _divisible),
    (
        r"invalid value for `(?P<name>\w+)`, expected a positive integer"
        r"|argument `(?P<name2>\w+)`\. Expected a strictly positive"
        r"|`(?P<name3>\w+)` must be (?:a positive integer|>= ?1)"
        r"|integer value for `(?P<name4>\w+)`",
        lambda found, entry, shape: _positive(_First(found), entry, shape),  # type: ignore[arg-type]
    ),
    (
        r"The `(?P<name>\w+)` argument must be a tuple of (?P<count>\d) integers",
        _not_a_size,
    ),
    (r"`(?P<name>\w+)` argument must be .*?one of \{(?P<choices>[^}]*)\}", _choice),
    (
        r"Could not interpret (?P<kind>activation function|initializer|regularizer|constraint) "
        r"identifier: (?P<name>[^\n]*)",
        _unknown_name,
    ),
    (r"argument `(?P<name>\w+)`\. Expected a float value between 0 and 1", _between),
    (
        r"Number of groups \((?P<groups>\d+)\) cannot be more than.*\((?P<channels>\d+)\)",
        _groups_exceed,
    ),
    (
        r"Number of groups \((?P<groups>\d+)\) must be a multiple.*\((?P<channels>\d+)\)",
        _groups_divide,
    ),
    (r"stateful=True.*batch size must be static", _stateful),
    (r"`TimeDistributed` Layer should be passed", _each_step),
    (r"`?strides > 1`? not supported in conjunction", _strides_and_dilation),
    (r"could not be deserialized properly|go_backwards|return_sequences", _recurrent_only),
    (r"RNN cell should have a|cell should have a `call`", _cell),
    (r"(?P<name>\w+) object has no attribute 'kernel'", _no_kernel),
    (r"permutation argument `dims`", _permutation),
    (
        r"Unrecognized keyword arguments.*?\{'(?P<name>\w+)'"
        r"|unexpected keyword argument '(?P<name2>\w+)'",
        lambda found, entry, shape: _unknown_argument(_First(found), entry, shape),  # type: ignore[arg-type]
    ),
    (r"no class '[^']*' is known", _unknown_class),
    (r"Argument `name` must be a string", _bad_name),
    (r"Cannot convert '(?P<name>[^']*)' to a mixed precision", _dtype),
    (r"set either `(?P<one>\w+)` or `(?P<other>\w+)`", _either),
    (r"index out of range|out of bounds|axis.{0,40}must be in the range", _axis),
    (r"not supported between instances|could not convert string to float", _wrong_type),
)


class _First:
    """A match in which one of several groups, ``name``, ``name2`` …, found the name."""

    def __init__(self, found: re.Match[str]) -> None:
        self.string = found.string
        self._name = next(text for text in found.groups() if text)

    def __getitem__(self, key: str) -> str:
        return self._name


def _written(entry: LayerSpec, name: str) -> str:
    """An argument as the user would write it."""
    value = entry.arguments.get(name)
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _fallback(message: str, entry: LayerSpec, input_shape: Shape | None) -> str:
    text = t("%1 cannot work like this: %2", entry.title, _sentence(message))
    if input_shape is None:
        return text
    return f"{text} {t('It gets %1.', show(input_shape))}"


def _sentence(message: str) -> str:
    """The first lines of a message of Keras, without what it says for its own developers."""
    text = re.sub(r"\s*Received(?:: |[^.\n]*=).*", "", message, flags=re.S).strip() or message
    text = text.splitlines()[0].replace("`", "").strip()
    if len(text) > 240:
        text = text[:239] + "…"
    return text if text.endswith((".", "…", "?")) else text + "."


def _parameter_in(message: str, entry: LayerSpec) -> str | None:
    """The argument of the layer that a message names first."""
    named: list[tuple[str, ...]] = re.findall(r"`(\w+)`|\b(\w+)=|argument '?(\w+)'?", message)
    for groups in named:
        for name in groups:
            if name and name in entry.arguments:
                return name
    return None


def _hint(shape: Shape, rank: int, title: str) -> str:
    have = len(shape)
    if have > rank == 2:
        return t("Put a Flatten before it.")
    if have == 2 and rank == 3:
        return t(
            "If a recurrent layer comes before it, set its return_sequences to True; if a Flatten "
            "or a Dense does, take it out; or put a Reshape in between."
        )
    if have == 2 and rank > 3:
        return t(
            "If a Flatten or a Dense comes before it, take that out, or put a Reshape in between."
        )
    if have == 3 and rank == 4:
        sequence = title.replace("2D", "1D")
        has_twin = sequence != title and hasattr(keras.layers, sequence)
        for_sequences = t("For sequences, such as words after an Embedding, use %1.", sequence)
        sizes = [size for size in shape[1:] if size is not None]
        # An image has both sizes, and they are not too different.
        if has_twin and (len(sizes) < 2 or max(sizes) > 2 * min(sizes)):
            return for_sequences
        for_images = t(
            "If these are grey images, they lack the axis of their one channel: put Reshape(%1) "
            "before it.",
            tuple(-1 if size is None else size for size in (*shape[1:], 1)),
        )
        return f"{for_images} {for_sequences}" if has_twin else for_images
    if have == 4 and rank == 3:
        return t("Put a Reshape or a TimeDistributed(Flatten) before it.")
    if have == 4 and rank == 5:
        return t(
            "If these are images, use the layer with 2D in its name, or add an axis by Reshape."
        )
    return ""


def show(shape: Shape | None) -> str:
    """Write a shape as Keras does."""
    return t("input of unknown shape") if shape is None else f"({', '.join(map(str, shape))})"
