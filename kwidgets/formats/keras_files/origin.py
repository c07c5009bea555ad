"""Which Keras and which backend wrote a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from kwidgets.language import Message, message

Backend: TypeAlias = Literal["theano", "tensorflow", "other"]
DataFormat: TypeAlias = Literal["channels_first", "channels_last"]


@dataclass(frozen=True)
class Origin:
    """Which Keras and which backend wrote a file.

    Attributes:
        keras_version: its numbers, such as ``(1, 2, 2)``; ``(1,)`` where the file has none.
        backend: "other" stands for CNTK, JAX and PyTorch, which correlate as TensorFlow does.
        data_format: of layers whose configuration does not say it.
        notes: what was guessed about it, and why.
    """

    keras_version: tuple[int, ...]
    backend: Backend = "tensorflow"
    data_format: DataFormat = "channels_last"
    notes: tuple[Message, ...] = ()

    @property
    def major(self) -> int:
        """The first number of Keras's version."""
        return self.keras_version[0]

    @property
    def flips_kernels(self) -> bool:
        """Whether convolutions turn their kernels round, as Theano's do."""
        return self.backend == "theano"

    @property
    def text(self) -> str:
        """Keras and its backend in words, such as "Keras 1.2.2 on Theano"."""
        names = {"theano": " on Theano", "tensorflow": " on TensorFlow", "other": ""}
        return f"Keras {'.'.join(map(str, self.keras_version))}{names[self.backend]}"


def origin_of(keras_version: str | None, backend: str | None) -> Origin:
    """Return the origin that a file's attributes tell.

    A file without a version is of Keras 1: later ones write it. Without a backend, it is taken for
    Theano's before Keras 2 and for TensorFlow's since; the notes say so.
    """
    numbers = tuple(int(each) for each in re.findall(r"\d+", keras_version or "")[:3]) or (1,)
    notes: list[Message] = []
    if keras_version is None:
        notes.append(
            message("The file does not say which Keras wrote it: read as a file of Keras 1.")
        )
    known: Backend
    if backend is None:
        known = "theano" if numbers[0] < 2 else "tensorflow"
        if known == "theano":
            notes.append(
                message(
                    "The file does not name its backend. Theano was assumed, so the kernels of "
                    "convolutions were turned round. If the outputs look wrong, see “Keras 1 and 2 "
                    "files” in the documentation."
                )
            )
    elif backend == "theano":
        known = "theano"
    else:
        known = "tensorflow" if backend == "tensorflow" else "other"
    return Origin(
        numbers,
        known,
        "channels_first" if known == "theano" and numbers[0] < 2 else "channels_last",
        tuple(notes),
    )
