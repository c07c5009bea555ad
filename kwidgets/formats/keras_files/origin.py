"""Which Keras and which backend wrote a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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
        is_standalone: not the Keras in TensorFlow.
        is_backend_known: whether the file says its backend.
    """

    keras_version: tuple[int, ...]
    backend: Backend = "tensorflow"
    data_format: DataFormat = "channels_last"
    notes: tuple[Message, ...] = ()
    is_standalone: bool = True
    is_backend_known: bool = True

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

    A file without a version is of Keras 1: later ones write it. One without a backend is settled by
    :func:`settled`, once the layers are known.
    """
    numbers = tuple(int(each) for each in re.findall(r"\d+", keras_version or "")[:3]) or (1,)
    known: Backend
    if backend is None:
        known = "theano" if numbers[0] < 2 else "tensorflow"
    elif backend == "theano":
        known = "theano"
    else:
        known = "tensorflow" if backend == "tensorflow" else "other"
    return Origin(
        numbers,
        known,
        "channels_first" if known == "theano" and numbers[0] < 2 else "channels_last",
        # Since 2.4 the package keras is that of TensorFlow, with "-tf" or without.
        is_standalone="tf" not in (keras_version or "") and numbers < (2, 4),
        is_backend_known=backend is not None,
    )


def settled(origin: Origin, orderings: frozenset[str], has_convolutions: bool) -> Origin:
    """Return the origin with what a file of Keras 1 does not say guessed from its layers.

    Args:
        origin: what the file's attributes tell.
        orderings: the values of "dim_ordering" in the layers.
        has_convolutions: whether any layer depends on the backend.
    """
    if origin.major >= 2:
        return origin
    notes = list(origin.notes)
    backend, data_format = origin.backend, origin.data_format
    if orderings == {"tf"}:
        data_format = "channels_last"
    elif orderings:
        data_format = "channels_first"
    if not origin.is_backend_known and has_convolutions:
        # Keras 1 came with Theano and "th" at first, with TensorFlow and "tf" since 1.1.
        backend = "tensorflow" if orderings == {"tf"} else "theano"
        if backend == "theano":
            notes.append(
                message(
                    "The file does not name its backend. Theano was guessed, since its layers do "
                    "not say channels last, so kernels were turned round. If the outputs are "
                    "wrong, see “Keras 1 and 2 files” in the documentation."
                )
            )
        else:
            notes.append(
                message(
                    "The file does not name its backend. TensorFlow was guessed, since its layers "
                    "say channels last, so kernels were not turned round. If the outputs are "
                    "wrong, see “Keras 1 and 2 files” in the documentation."
                )
            )
    return replace(origin, backend=backend, data_format=data_format, notes=tuple(notes))
