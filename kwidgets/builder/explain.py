"""Keras's errors in words that a learner understands. The message itself stays behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from kwidgets.builder.analysis import Problem, Shape
from kwidgets.builder.spec import LayerSpec, Value

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_PREFIX = re.compile(r"^Exception encountered when calling \S+\.\s*")
_INFERENCE = re.compile(r"^Could not automatically infer the output shape.*?Error encountered:\s*", re.S)
_TAIL = re.compile(r"\n+Arguments received by .*", re.S)

# What the axes of a shape are called, by their number.
_WORDS = {
    2: "one vector for each sample, (batch, features)",
    3: "a sequence for each sample, (batch, steps, features)",
    4: "an image for each sample, (batch, height, width, channels)",
    5: "a volume for each sample, (batch, depth, height, width, channels)",
}


def explain(error: BaseException, entry: LayerSpec, input_shape: Shape | None) -> Problem:
    """Say what ``error``, raised by a layer that was given ``input_shape``, means for the user."""
    message = clean(error)
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
        f"The input cannot be {given}. The shape is that of one sample, without the batch: "
        "(28, 28) for a grey image of that size, (None,) for a sequence of any length.",
        message,
        "shape" if "shape" in message else None,
    )


def wrong_rank(entry: LayerSpec, input_shape: Shape, rank: int) -> Problem:
    """Say that a layer needs input with another number of axes."""
    text = f"{entry.title} needs {_WORDS.get(rank, f'{rank} axes')}, but gets {_show(input_shape)}."
    hint = _hint(input_shape, rank)
    return Problem(
        f"{text} {hint}".strip(), f"expected ndim={rank}, found ndim={len(input_shape)}"
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


def _rank(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    rank = int(found["rank"])
    if shape is None:
        return None
    problem = wrong_rank(entry, shape, rank)
    return problem.text, None


def _too_large(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    size = "kernel" if "kernel_size" in entry.arguments else "window"
    parameter = next((n for n in ("kernel_size", "pool_size", "cropping") if n in entry.arguments), None)
    value = f" ({entry.arguments[parameter]!r})" if parameter else ""
    here = f", which is only {_show(shape)} here" if shape else ""
    return (
        f"The {size} of {entry.title}{value} is larger than what goes in{here}. Make it smaller, use "
        'padding="same", or take out a layer before it that shrinks the image.',
        parameter,
    )


def _channels(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    return (
        f"{entry.title} was built for another number of input features "
        f"({found['expected']}), and gets {_show(shape)}.",
        None,
    )


def _open_dimension(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    return (
        f"{entry.title} must know how many features go in, but gets {_show(shape)}: the last size is "
        "open. Give the input a fixed size there.",
        None,
    )


def _reshape(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    if shape is None:
        return None
    total = 1
    for size in shape[1:]:
        if size is None:
            return None
        total *= size
    wanted = entry.arguments.get("target_shape")
    return (
        f"Reshape only re-arranges: {_show(shape)} has {total:,} values for each sample, and "
        f"target_shape {wanted!r} needs another number. Use -1 for one size to have it worked out.",
        "target_shape",
    )


def _several_inputs(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    return (
        f"{entry.title} joins several inputs, but a layer of a Sequential gets just one. "
        "Such a model needs Keras's functional API.",
        None,
    )


def _divisible(found: re.Match[str], entry: LayerSpec, shape: Shape | None) -> Told:
    return (
        f"The filters and the input channels of {entry.title} must both be divisible by groups.",
        "groups",
    )


_RULES: tuple[tuple[str, _Rule], ...] = (
    (r"expected (?:min_)?ndim=(?P<rank>\d+), found ndim=\d+", _rank),
    (
        r"(?:Computed output size would be negative|output.{0,60}(?:<= ?0|negative)"
        r"|[Nn]egative dimension|smaller than.{0,20}(?:kernel|filter|window|pool)"
        r"|dimension.{0,40}must be (?:>|greater|positive)|invalid output shape|output dim.{0,40}non-positive)",
        _too_large,
    ),
    (r"expected axis -?\d+ of input shape to have value (?P<expected>\d+)", _channels),
    (r"(?:last dimension|channel dimension|last axis).{0,80}(?:should be defined|must be defined|None)", _open_dimension),
    (r"(?:total size of (?:the )?(?:new )?array|target_shape|[Ss]ize of.{0,30}must match|cannot reshape)", _reshape),
    (r"(?:should|must) be called on a list of|on a list of (?:at least )?\d? ?inputs", _several_inputs),
    (r"divisible by.{0,20}groups|groups.{0,60}divisible", _divisible),
)


def _fallback(message: str, entry: LayerSpec, input_shape: Shape | None) -> str:
    first = message.splitlines()[0].strip()
    if len(first) > 240:
        first = first[:239] + "…"
    here = f" It gets {_show(input_shape)}." if input_shape is not None else ""
    return f"{entry.title} cannot work like this: {first}{'' if first.endswith('.') else '.'}{here}"


def _parameter_in(message: str, entry: LayerSpec) -> str | None:
    """The argument of the layer that a message names first."""
    named = re.findall(r"`(\w+)`|\b(\w+)=|argument '?(\w+)'?", message)
    for groups in named:
        for name in groups:
            if name and name in entry.arguments:
                return name
    return None


def _hint(shape: Shape, rank: int) -> str:
    have = len(shape)
    if have > rank and rank == 2:
        return "Put a Flatten before it."
    if have == 2 and rank in (3, 4, 5):
        return "A Flatten or Dense before it has thrown the arrangement away: take it out, or Reshape."
    if have == 3 and rank == 4:
        return "A grey image has one channel: put a Reshape before it that adds an axis of size 1."
    if have == 4 and rank == 3:
        return "Put a Reshape or a TimeDistributed(Flatten) before it."
    return ""


def _show(shape: Shape | None) -> str:
    return "input of unknown shape" if shape is None else f"({', '.join(map(str, shape))})"
