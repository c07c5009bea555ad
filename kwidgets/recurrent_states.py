"""Find what stateful recurrent layers keep between batches, which Keras counts as no weights."""

from __future__ import annotations

from typing import Any

import keras


def recurrent_states(layer: Any) -> list[Any]:
    """Return the variables with the states of a layer; none of a layer without."""
    states = keras.tree.flatten(getattr(layer, "states", None))
    return [state for state in states if isinstance(state, keras.Variable)]
