"""Reads what the original programs computed; see the make_*_goldens.py beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

HERE = Path(__file__).parent


class Goldens:
    """Models of an old Keras, with inputs and outputs.

    Args:
        name: the file without its suffix.
    """

    def __init__(self, name: str) -> None:
        self._arrays = np.load(HERE / f"{name}.npz")

    @property
    def names(self) -> list[str]:
        """The nets in it."""
        return sorted({each.partition("/")[0] for each in self._arrays.files})

    def write(self, net: str, folder: Path, kind: str = "h5") -> Path:
        """Write a file of a net, and return its path."""
        path = folder / f"{net}.{kind}"
        path.write_bytes(self._arrays[f"{net}/{kind}"].tobytes())
        return path

    def inputs(self, net: str) -> Any:
        """Return what to predict from: an array or a list of them."""
        found = self._numbered(net, "x")
        return found if len(found) > 1 else found[0]

    def outputs(self, net: str) -> list[np.ndarray]:
        """Return what the original program computed."""
        return self._numbered(net, "y")

    def _numbered(self, net: str, letter: str) -> list[np.ndarray]:
        found = []
        while f"{net}/{letter}{len(found)}" in self._arrays.files:
            found.append(self._arrays[f"{net}/{letter}{len(found)}"])
        return found


def difference(model: Any, goldens: Goldens, net: str) -> list[float]:
    """Return the largest difference of each output from the original program's."""
    found = model(goldens.inputs(net), training=False)
    found = [
        keras.ops.convert_to_numpy(each)
        for each in (found if isinstance(found, (list, tuple)) else [found])
    ]
    expected = goldens.outputs(net)
    assert [each.shape for each in found] == [each.shape for each in expected]
    return [float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True)]
