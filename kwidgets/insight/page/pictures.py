"""Keep pictures by their hash, and know which ones the views have."""

from __future__ import annotations

import collections
import threading
from typing import Any, Final

from kwidgets.insight.samples.pictures import picture_hash

#: The most characters of pictures that are kept, and the largest single one.
MAX_CHARACTERS: Final = 4_000_000
MAX_PICTURE: Final = 400_000


class PictureStore:
    """The pictures of one fit, as data URLs by their hash. From any thread."""

    def __init__(self) -> None:
        self._urls: collections.OrderedDict[str, str] = collections.OrderedDict()
        self._sent: set[str] = set()
        self._characters = 0
        self._lock = threading.RLock()

    def add(self, url: str) -> str:
        """Keep a picture, and return its hash."""
        key = picture_hash(url)
        with self._lock:
            if key in self._urls:
                self._urls.move_to_end(key)
            elif len(url) <= MAX_PICTURE:
                self._urls[key] = url
                self._characters += len(url)
            while self._characters > MAX_CHARACTERS:
                _, dropped = self._urls.popitem(last=False)
                self._characters -= len(dropped)
        return key

    def has(self, key: str | None) -> bool:
        """Return whether a picture is kept; True for None."""
        with self._lock:
            return key is None or key in self._urls

    def in_parts(self, parts: Any) -> dict[str, str]:
        """Return the pictures that ``parts`` show."""
        with self._lock:
            return {key: self._urls[key] for key in _keys(parts) if key in self._urls}

    def take_unsent(self, part: Any) -> dict[str, str]:
        """Return the pictures in a part that have not been sent; they count as sent."""
        with self._lock:
            found = {key: url for key, url in self.in_parts(part).items() if key not in self._sent}
            self._sent |= set(found)
            return found

    def forget_sent(self) -> None:
        """Send all pictures again: a new view has none."""
        with self._lock:
            self._sent.clear()


def _keys(value: Any) -> list[str]:
    """Return the hashes of the pictures in a part, in its order."""
    found: dict[str, None] = {}

    def search(item: Any) -> None:
        if isinstance(item, dict):
            for name, inner in item.items():
                if name in ("picture", "true_picture", "predicted_picture"):
                    found[str(inner)] = None
                else:
                    search(inner)
        elif isinstance(item, list):
            for inner in item:
                if isinstance(inner, dict | list):
                    search(inner)

    search(value)
    return list(found)
