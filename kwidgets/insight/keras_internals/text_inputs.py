"""Find out whether a model reads words by number, and the words."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any


@dataclasses.dataclass(frozen=True)
class TextInputs:
    """Whether a model begins with an embedding, and the words of its numbers, if known."""

    reads_tokens: bool = False
    vocabulary: Sequence[str] = ()


def read_text_inputs(model: Any, namespace: Mapping[str, Any]) -> TextInputs:
    """Return what is known of the words that a model reads.

    Args:
        model: the model.
        namespace: the user's variables, which may have the layer that made the numbers.
    """
    first = _first_layer(model)
    if type(first).__name__ not in ("Embedding", "TokenAndPositionEmbedding"):
        return TextInputs()
    size = getattr(first, "input_dim", getattr(first, "vocabulary_size", None))
    found = []
    for value in list(namespace.values()):
        if type(value).__name__ in ("TextVectorization", "StringLookup") and str(
            type(value).__module__
        ).startswith("keras."):
            with contextlib.suppress(Exception):
                words = value.get_vocabulary()
                if size is None or len(words) <= size:
                    found.append(words)
    return TextInputs(True, found[0] if len(found) == 1 else ())


def _first_layer(model: Any) -> Any:
    for layer in getattr(model, "layers", ()) or ():
        if type(layer).__name__ == "InputLayer":
            continue
        return _first_layer(layer) if getattr(layer, "layers", None) else layer
    return None
