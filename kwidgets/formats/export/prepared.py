"""What an export needs of a model, on disk and as plain data, so that other processes can work.

After it is made the model itself is no longer touched: it may be trained or deleted meanwhile.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kwidgets.language import Message

# How the inputs are passed to the model: one array, a list in order, or a dict by name.
Structure: TypeAlias = Literal["single", "list", "dict"]
Arrays: TypeAlias = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class TensorSpec:
    """An input or output.

    Attributes:
        name: as Keras has it; the key where inputs are a dict.
        shape: with the batch first; None is any size.
        dtype: such as "float32" or "string".
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True)
class Signature:
    """What the model takes and returns, in its order.

    Attributes:
        inputs, outputs: one each; the names of each are different.
        structure: how inputs are passed.
        output_structure: how outputs are returned.
        batch_size: how many samples each call takes; None for any number.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    structure: Structure = "single"
    output_structure: Structure = "single"
    batch_size: int | None = None

    def packed(self, arrays: Arrays) -> Any:
        """Return arrays by name as the model takes them."""
        if self.structure == "single":
            return arrays[self.inputs[0].name]
        if self.structure == "list":
            return [arrays[each.name] for each in self.inputs]
        return {each.name: arrays[each.name] for each in self.inputs}


def batch_of(arrays: Arrays, start: int, size: int) -> Arrays:
    """Return as many rows of arrays; the last row again where they end earlier."""
    count = len(next(iter(arrays.values())))
    rows = np.minimum(np.arange(start, start + size), count - 1)
    return {name: each[rows] for name, each in arrays.items()}


@dataclass(frozen=True)
class Samples:
    """Some rows of data, with the outputs of the model for them.

    Attributes:
        inputs: by name, samples first.
        outputs: of the model, by name.
        source: where they come from.
        targets: as for ``evaluate``; None where there are none.
        metrics: of the model on these, if there are targets.
        weights: of the samples, as for ``evaluate``; None where all count alike.
    """

    inputs: Arrays
    outputs: Arrays
    source: Message
    targets: Any = None
    metrics: dict[str, float] = field(default_factory=dict)
    weights: Any = None

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values()))) if self.inputs else 0


class WorkFolder:
    """A temporary folder that is deleted with this object, at the latest when Python ends."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="kwidgets-export-"))
        self._finalizer = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def delete(self) -> None:
        """Delete the folder now."""
        self._finalizer()


@dataclass(frozen=True)
class Prepared:
    """A model that is ready to be exported by other processes.

    Attributes:
        name: of the model, fit for a file's name.
        work: where the files of this export are.
        backend: of Keras in this process.
        signature: of the model.
        keras_file: the model; None where Keras cannot save it.
        keras_problem: why not.
        saved_model: of this process, for models that no other process can load; None otherwise.
        samples: that are compared.
        validation: for the metrics; None without.
        measure: returns the metrics of outputs for targets; runs in this process.
        classes: by the name of the output, whether it is one of classes.
        calibration: for 8-bit integers.
        calibration_from: where these come from.
        notes: what is to be said about all formats.
        lost: what no format but Keras's own has.
    """

    name: str
    work: WorkFolder
    backend: str
    signature: Signature
    keras_file: Path | None
    samples: Samples
    calibration: Arrays
    calibration_from: Message
    keras_problem: Message | None = None
    saved_model: Path | None = None
    validation: Samples | None = None
    measure: Any = None
    classes: Mapping[str, bool] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()
    lost: tuple[Message, ...] = ()


def save_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays by name; the names may have any characters. No pickle."""
    plain = {f"a{index}": storable(each) for index, each in enumerate(arrays.values())}
    np.savez(path, names=np.array(list(arrays), dtype=np.str_), **plain)  # type: ignore[arg-type]


def load_arrays(path: Path) -> Arrays:
    """Read what :func:`save_arrays` has written."""
    with np.load(path, allow_pickle=False) as stored:
        return {str(name): stored[f"a{index}"] for index, name in enumerate(stored["names"])}


def storable(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array without Python objects: texts get NumPy's own type, bfloat16 float32."""
    if array.dtype.kind in "OS":
        texts = [one.decode() if isinstance(one, bytes) else str(one) for one in array.ravel()]
        return np.array(texts, dtype=np.str_).reshape(array.shape)
    if array.dtype.kind == "V":
        return array.astype(np.float32)
    return array
