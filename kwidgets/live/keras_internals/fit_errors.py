"""Describe the exception that ended a fit in one line."""

from __future__ import annotations

import re


def describe_error(error: BaseException) -> str:
    """Return an exception as one line: its first line, or the cause in a TensorFlow error."""
    try:
        text = str(error)
    except Exception:  # an exception of the user's own
        text = ""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).strip()
    # Keras names the layer first, in a line of its own.
    text = re.sub(r"\AException encountered when calling \S+\s*", "", text)
    lines = text.splitlines() or [""]
    line = f"{type(error).__name__}: {lines[0]}"
    if lines[0].endswith(":"):
        # TensorFlow begins with "Graph execution error:"; Python's exception is further down.
        causes = [line for line in lines if re.match(r"\w*(Error|Exception): .", line.strip())]
        line = causes[-1].strip() if causes else f"{line} {_tensorflow_reason(lines)}".strip()
    elif (
        len(lines) > 1 and len(lines[0]) < 200 and not lines[1].startswith(("Traceback", "  File"))
    ):
        # "…'x' sizes: 1000" and, on the next line, "'y' sizes: 1797".
        line = " ".join([line, *(other.strip() for other in lines[1:3])]).strip()
    return line[:300]


def _tensorflow_reason(lines: list[str]) -> str:
    """Return the reason, which is between the Python stack of an op and its node's name."""
    reasons = [
        line.strip()
        for line in lines[1:]
        if line.strip()
        and not line.startswith((" ", "\t", "Detected at", "Stack trace", "Original"))
    ]
    reasons = [line.partition("[[")[0].strip() for line in reasons if not line.startswith("[[")]
    return next((line for line in reversed(reasons) if line), "")
