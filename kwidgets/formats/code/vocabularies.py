"""Write the vocabulary of a layer that was adapted: in the program, or beside the weights."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import keras

# More words stand in a file, where there is one of the weights.
_MOST_IN_PROGRAM: Final = 100
_MOST_WITHOUT_FILE: Final = 5_000
_WEIGHTS: Final = ".weights.h5"


@dataclass(frozen=True)
class Vocabularies:
    """The vocabularies that neither the configuration of a layer nor a file of weights has.

    Attributes:
        words: by the layer's name, those that the program lists.
        files: by the layer's name, the file from which the program reads them.
        texts: what is to be written into each file.
        missing: names of layers whose vocabulary the program does not get.
    """

    words: dict[str, list[Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def write(self) -> None:
        """Write the files."""
        for name, text in self.texts.items():
            Path(name).write_text(text, encoding="utf-8")


def vocabularies(model: keras.Model, weights: str | None) -> Vocabularies:
    """Return the vocabularies of a model.

    Args:
        model: it may have none.
        weights: the file of the weights, or None; files of words stand beside it.
    """
    found = Vocabularies()
    inside: set[int] = set()
    for layer in model._flatten_layers():
        if id(layer) in inside or not _lacks_vocabulary(layer):
            continue
        # A TextVectorization contains the layer that looks up.
        inside |= {id(each) for each in layer._flatten_layers()}
        words = _words(layer)
        if words is None or (weights is None and len(words) > _MOST_WITHOUT_FILE):
            found.missing.append(layer.name)
        elif weights is None or len(words) <= _MOST_IN_PROGRAM:
            found.words[layer.name] = words
        else:
            stem = weights.removesuffix(_WEIGHTS)
            name = f"{stem}.{re.sub(r'[^A-Za-z0-9_-]', '_', layer.name)}.json"
            found.files[layer.name] = name
            found.texts[name] = json.dumps(words, ensure_ascii=False)
    return found


def _words(layer: Any) -> list[Any] | None:
    """Return the words of a layer without its special ones; None if they are not enough."""
    if getattr(layer, "output_mode", None) == "tf_idf":
        # It needs the weights of the words too, which Keras does not tell.
        return None
    try:
        words = layer.get_vocabulary(include_special_tokens=False)
        # Numbers and texts of NumPy are JSON's only as Python's.
        return [each.item() if hasattr(each, "item") else each for each in words]
    except Exception:
        return None


def _lacks_vocabulary(layer: Any) -> bool:
    if not hasattr(layer, "get_vocabulary"):
        return False
    return not layer.get_config().get("vocabulary")
