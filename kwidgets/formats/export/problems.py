"""One clear sentence about why a format could not be made, from what its library raised."""

from __future__ import annotations

import re
from typing import Final

from kwidgets.language import Message, message

# Names in the errors of Keras, tf2onnx, TensorFlow's and OpenVINO's converters.
_UNKNOWN_CLASS: Final = re.compile(
    r"(?:Could not locate (?:class|function)|Could not deserialize (?:class|'))\s*'?([\w.>]+)'?"
)
_ONNX_OPERATIONS: Final = re.compile(r"Unsupported ops?: (?:Counter\()?(.*?)\)?$", re.MULTILINE)
_LITERT_OPERATIONS: Final = re.compile(r"'tf\.(\w+)' op is neither a custom op nor a flex op")
_OPENVINO_OPERATIONS: Final = re.compile(r"No conversion rule found for operations?: (.*)")
_LENGTH: Final = 300


def problem_of(error: BaseException, title: str) -> Message:
    """Return what is wrong and, where it is known, what to do.

    Args:
        error: that the library raised.
        title: of the format.
    """
    text = _plain(str(error))
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in text:
        return message(
            "Memory ran out. Close other programs, or export on a machine with more memory."
        )
    found = _UNKNOWN_CLASS.search(text)
    if found:
        return message(
            "A new process does not know “%1”, which is defined in your program. Put it into a "
            "module, register it with @keras.saving.register_keras_serializable(), and import that "
            "module before the model is loaded.",
            found[1],
        )
    if "lambda" in text.lower() and ("safe_mode" in text or "deserializ" in text):
        return message(
            "A Lambda layer contains code, which Keras does not load from a file. Use a layer "
            "class in its place, or keras.ops functions in a functional model."
        )
    for pattern in (_ONNX_OPERATIONS, _LITERT_OPERATIONS, _OPENVINO_OPERATIONS):
        operations = pattern.findall(text)
        if operations:
            return message(
                "%1 has no counterpart of these operations: %2. Move the layers that need them out "
                "of the model, for example preprocessing of texts.",
                title,
                ", ".join(dict.fromkeys(operations))[:_LENGTH],
            )
    if "string" in text.lower() and "dtype" in text.lower():
        return message(
            "%1 has no texts as inputs. Move the layers that read texts out of the model, and pass "
            "their result.",
            title,
        )
    if isinstance(error, NotImplementedError) and not text:
        text = "NotImplementedError"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    return message(
        "%1 could not be made. Its converter says: %2",
        title,
        f"{type(error).__name__}: {first}"[:_LENGTH],
    )


def _plain(text: str) -> str:
    # Colours of terminals, and Keras's bold.
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
