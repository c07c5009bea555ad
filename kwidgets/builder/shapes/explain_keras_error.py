"""Turns errors that Keras raises about a layer into problems explained for learners."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from kwidgets.builder.analysis import Problem, Shape
from kwidgets.builder.shapes.keras_error_texts import RULES
from kwidgets.builder.shapes.users_traceback import users_traceback
from kwidgets.builder.shapes.wrong_axes import format_shape
from kwidgets.builder.spec import LayerSpec, Value
from kwidgets.language import t

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_PREFIX = re.compile(r"^Exception encountered when calling \S+\.\s*")

_INFERENCE = re.compile(
    r"^Could not automatically infer the output shape.*?Error encountered:\s*", re.S
)

_TAIL = re.compile(r"\n+Arguments received by .*", re.S)


def explain(error: BaseException, entry: LayerSpec, input_shape: Shape | None) -> Problem:
    """Return the problem that an error means, raised by a layer called on ``input_shape``."""
    problem = _explain(error, entry, input_shape)
    return dataclasses.replace(problem, traceback=users_traceback(error))


def _explain(error: BaseException, entry: LayerSpec, input_shape: Shape | None) -> Problem:
    message = _clean_message(error)
    if message.startswith("We could not automatically infer") and error.__context__ is not None:
        # Keras hides the error of the function itself.
        inner = error.__context__
        while inner.__context__ is not None and "automatically infer" in str(inner):
            inner = inner.__context__
        message = f"{type(inner).__name__}: {_clean_message(inner)}"
        first = _first_sentence(message)
        text = t(
            "The function of %1 fails for %2: %3", entry.title, format_shape(input_shape), first
        )
        return Problem(text, message, "function" if "function" in entry.arguments else None)
    for pattern, explanation_of in RULES:
        found = re.search(pattern, message, re.S)
        if found:
            explanation = explanation_of(found, entry, input_shape)
            if explanation is not None:
                text, parameter = explanation
                return Problem(text, message, parameter or _named_parameter(message, entry))
    return Problem(
        _fallback(message, entry, input_shape), message, _named_parameter(message, entry)
    )


def explain_input(error: BaseException, arguments: Mapping[str, Value]) -> Problem:
    """Return the problem that an error of ``keras.Input`` means."""
    message = _clean_message(error)
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return Problem(
        t(
            "%1 is not a valid input shape. Enter the shape of one sample without the batch: "
            "(28, 28) for a grayscale image, (None,) for a sequence of any length.",
            given,
        ),
        message,
        "shape" if "shape" in message else None,
    )


def _clean_message(error: BaseException) -> str:
    """Return an exception's message without colours and without the text that Keras adds."""
    message = _ANSI.sub("", str(error)).strip()
    for pattern in (_PREFIX, _INFERENCE, _PREFIX):
        message = pattern.sub("", message).strip()
    message = _TAIL.sub("", message).strip()
    return message or type(error).__name__


def _fallback(message: str, entry: LayerSpec, input_shape: Shape | None) -> str:
    text = t("%1 is invalid: %2", entry.title, _first_sentence(message))
    if input_shape is None:
        return text
    return f"{text} {t('Its input is %1.', format_shape(input_shape))}"


def _first_sentence(message: str) -> str:
    """Return the first line of a message of Keras, without the part for developers."""
    text = re.sub(r"\s*Received(?:: |[^.\n]*=).*", "", message, flags=re.S).strip() or message
    text = text.splitlines()[0].replace("`", "").strip()
    if len(text) > 240:
        text = text[:239] + "…"
    return text if text.endswith((".", "…", "?")) else text + "."


def _named_parameter(message: str, entry: LayerSpec) -> str | None:
    """Return the first argument of the layer that a message names."""
    named: list[tuple[str, ...]] = re.findall(r"`(\w+)`|\b(\w+)=|argument '?(\w+)'?", message)
    for groups in named:
        for name in groups:
            if name and name in entry.arguments:
                return name
    return None
