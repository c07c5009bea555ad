"""The state of data that an object of the user's makes in Python: a PyDataset or a DataLoader.

Such an object may have ``state_dict()`` and ``load_state_dict(state)``, as the DataLoader of
torchdata has: then nothing else is needed. Otherwise a PyDataset that shuffles at the end of each
epoch is told of as many epochs as there were, so that one with a seed of its own has its order.
"""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.record.checkpoints.plain_values import UnsupportedValueError, encode


def has_own_state(source: Any) -> bool:
    """Return whether ``source`` can tell and set its state."""
    return hasattr(source, "state_dict") and hasattr(source, "load_state_dict")


def changes_between_epochs(source: Any) -> bool:
    """Return whether ``source`` is a PyDataset that does something between epochs."""
    return isinstance(source, keras.utils.PyDataset) and any(
        getattr(type(source), name) is not getattr(keras.utils.PyDataset, name)
        for name in ("on_epoch_begin", "on_epoch_end")
        if hasattr(keras.utils.PyDataset, name)
    )


def read_state(source: Any) -> Any:
    """Return the state that ``source`` tells of itself, or None: plain values and arrays."""
    if not has_own_state(source):
        return None
    try:
        state = source.state_dict()
        encode(state, {}, "")
    except (UnsupportedValueError, NotImplementedError):
        return None
    return state


def go_to_epoch(source: Any, epochs: int, state: Any) -> None:
    """Let ``source`` be as after so many epochs of a fit that has just begun."""
    if state is not None and has_own_state(source):
        source.load_state_dict(state)
    elif changes_between_epochs(source):
        for _ in range(epochs):
            if hasattr(source, "on_epoch_begin"):
                source.on_epoch_begin()
            source.on_epoch_end()
