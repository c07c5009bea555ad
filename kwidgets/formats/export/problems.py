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
# Of JAX, TensorFlow and Keras.
_FREE_SIZES: Final = re.compile(
    r"InconclusiveDimension|_DimExpr|concrete values|symbolic dim|[Dd]ynamic (?:shape|dim)|"
    r"[Uu]nknown dimension|must be fully defined|fully.defined shape"
)
# Of LiteRT: its interpreter, which calibrates too, and its converter.
_FLEX: Final = re.compile(r"\(Flex(\w+)\) failed to prepare")
_LITERT_TYPES: Final = re.compile(
    r"'tfl\.(\w+)' op operand #\d+ must be .*?, but got 'tensor<(?:[^'>]*x)?(\w+)>'"
)
# Of TensorFlow.
_NAMES: Final = re.compile(r"'([^']*)' is not a valid (?:root )?scope name")
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
    found = _NAMES.search(text)
    if found:
        return message(
            "TensorFlow cannot run a model or layer of the name “%1”: it takes the letters A to Z, "
            "digits and . _ / > - only. Build the model with other names, name=….",
            found[1],
        )
    found = _FLEX.search(text)
    if found:
        return message(
            "%1 needs an operation of TensorFlow itself, %2, as recurrent layers with masks or of "
            "any length do, and the interpreter here has none of these. Use SavedModel or ONNX, or "
            "run the file where the select TensorFlow operations are installed.",
            title,
            found[1],
        )
    found = _LITERT_TYPES.search(text)
    if found:
        return message(
            "%1 has no form of the operation %2 for numbers of the type %3, which "
            "model.quantize makes. Export the model as it was before: LiteRT int8 quantizes it "
            "itself.",
            title,
            found[1],
            found[2],
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
    first = _first_line(text) or type(error).__name__
    if _FREE_SIZES.search(text):
        return message(
            "%1 needs sizes that are known in advance: %2. Give all of them in keras.Input, or pad "
            "the samples.",
            title,
            first[:_LENGTH],
        )
    return message(
        "%1 could not be made. Its converter says: %2",
        title,
        f"{type(error).__name__}: {first}"[:_LENGTH],
    )


def _first_line(text: str) -> str:
    """Return what was wrong; where Keras only names the layer first, with that."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Exception encountered when calling "):
        layer = lines[0].removeprefix("Exception encountered when calling ").rstrip(".")
        return f"{layer}: {lines[1]}"
    return lines[0] if lines else ""


def _plain(text: str) -> str:
    # Colours of terminals, and Keras's bold.
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
