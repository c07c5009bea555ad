"""Name a model on the wire, without keeping it alive."""

from __future__ import annotations

import itertools
import threading
import uuid
import weakref
from typing import Any


class ModelKeys:
    """Gives each model a key for as long as it lives; the key is never used for another one.

    The side panel, the builder and the export panel all name a model by this key. From any thread.
    """

    def __init__(self) -> None:
        self._by_address: dict[int, tuple[weakref.ref[Any], str]] = {}
        self._by_key: dict[str, weakref.ref[Any]] = {}
        # A saved notebook may send a key of this kernel to the next one.
        self._session = uuid.uuid4().hex[:8]
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def key_of(self, model: object) -> str:
        """Return the key of a model, a new one if it has none."""
        with self._lock:
            known = self._by_address.get(id(model))
            if known is not None and known[0]() is model:
                return known[1]
            key = f"{self._session}-{next(self._numbers)}"
            address = id(model)

            def forget(reference: weakref.ref[Any]) -> None:
                self._by_key.pop(key, None)
                if self._by_address.get(address, (None,))[0] is reference:
                    del self._by_address[address]

            reference = weakref.ref(model, forget)
            self._by_address[address] = (reference, key)
            self._by_key[key] = reference
            return key

    def model_of(self, key: str) -> Any | None:
        """Return the model of a key; None if it no longer exists."""
        reference = self._by_key.get(key)
        return None if reference is None else reference()


model_keys = ModelKeys()
