"""What the modules of the formats have in common."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kwidgets.formats.export.prepared import Arrays, Signature, TensorSpec
from kwidgets.formats.export.targets import TargetId
from kwidgets.language import Message

_MODULES: Final[dict[TargetId, str]] = {
    "keras": "keras_file",
    "saved_model": "saved_model",
    "onnx": "onnx_file",
    "litert": "litert",
    "litert_float16": "litert",
    "litert_int8": "litert",
    "openvino": "openvino_ir",
    "stablehlo": "stablehlo",
    "tfjs": "tfjs",
}


def module_of(target: TargetId) -> ModuleType:
    """Return the module of a format."""
    return importlib.import_module(f"kwidgets.formats.export.runtimes.{_MODULES[target]}")


@dataclass(frozen=True)
class Conversion:
    """What a conversion tells besides the file.

    Attributes:
        lost: what the file does not have.
        notes: what else is to be said.
        from_saved_model: whether the file was made from a SavedModel, and not by Keras.
        file_inputs: the names of the inputs in the file, in the order of the model; empty where
            programs do not name them.
    """

    lost: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()
    from_saved_model: bool = False
    file_inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Runner:
    """A file that its runtime has read.

    Attributes:
        run: takes inputs by name, a batch of them, and returns the outputs by name.
        notes: what is to be said about reading it.
    """

    run: Callable[[Arrays], Arrays]
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True)
class CodeFacts:
    """What the programs name.

    Attributes:
        target: the format.
        file_name: of the file or folder.
        backend: of the model.
        signature: of the model.
        from_saved_model: whether the file was made from a SavedModel of the notebook's model.
        file_inputs: as of :class:`Conversion`; empty before it.
    """

    target: TargetId
    file_name: str
    backend: str
    signature: Signature
    from_saved_model: bool = False
    file_inputs: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs in the file, as far as they are known."""
        return self.file_inputs or tuple(spec.name for spec in self.signature.inputs)


def pack(names: Sequence[TensorSpec], outputs: Sequence[Any]) -> Arrays:
    """Return outputs, in the order of the model, by name."""
    return {spec.name: as_array(each) for spec, each in zip(names, outputs, strict=True)}


def as_array(value: Any) -> NDArray[Any]:
    """Return a tensor of any library as an array; texts as NumPy's own type."""
    array = np.asarray(value)
    if array.dtype.kind in "OS":
        texts = [one.decode() if isinstance(one, bytes) else str(one) for one in array.ravel()]
        return np.array(texts, dtype=np.str_).reshape(array.shape)
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def flat_outputs(value: Any, signature: Signature) -> Arrays:
    """Return what a model returned, by name."""
    if isinstance(value, Mapping):
        return {spec.name: as_array(value[spec.name]) for spec in signature.outputs}
    if signature.output_structure == "single":
        # Some runtimes return a list of one.
        value = value[0] if isinstance(value, (list, tuple)) else value
        return pack(signature.outputs, [value])
    return pack(signature.outputs, value)


def matched(wanted: Sequence[TensorSpec], names: Sequence[str]) -> list[int]:
    """Return the place of each tensor of the model among the names of a file.

    The same names where the file has kept them; else the order, which converters keep.
    """
    bare = [name.rpartition("serving_default_")[2].partition(":")[0] for name in names]
    if len(set(bare)) == len(bare) and {spec.name for spec in wanted} <= set(bare):
        return [bare.index(spec.name) for spec in wanted]
    return list(range(len(wanted)))


def in_order(wanted: Sequence[TensorSpec], names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a file's inputs in the order of the model; empty if it has others."""
    if len(names) != len(wanted):
        return ()
    return tuple(names[place] for place in matched(wanted, names))


def sample_code(signature: Signature, variable: str = "samples") -> str:
    """Return code that makes an input of the right shape, to be replaced by real data."""

    def one(spec: TensorSpec) -> str:
        shape = tuple(1 if side is None else side for side in spec.shape)
        if spec.dtype == "string":
            return f"np.full({shape}, 'some text')"
        return f"np.zeros({shape}, {spec.dtype!r})"

    if signature.structure == "single":
        return f"{variable} = {one(signature.inputs[0])}"
    if signature.structure == "list":
        lines = "".join(f"    {one(spec)},  # {spec.name}\n" for spec in signature.inputs)
        return f"{variable} = [\n{lines}]"
    lines = "".join(f"    {spec.name!r}: {one(spec)},\n" for spec in signature.inputs)
    return f"{variable} = {{\n{lines}}}"


def named_sample_code(facts: CodeFacts, variable: str = "samples") -> str:
    """Return code that makes inputs as a dict by the file's names, also of a single one."""
    specs = tuple(
        replace(spec, name=name)
        for spec, name in zip(facts.signature.inputs, facts.names, strict=True)
    )
    return sample_code(Signature(specs, facts.signature.outputs, "dict"), variable)


def backend_line(wanted: str, backend: str) -> str:
    """Return the lines that choose the backend of a program, "" if it is the model's own."""
    if backend == wanted:
        return ""
    return f'import os\n\nos.environ["KERAS_BACKEND"] = "{wanted}"  # before keras is imported\n\n'


def load_lines(facts: CodeFacts) -> str:
    """Return the lines that load the model on the backend that converts."""
    return (
        f"{backend_line('tensorflow', facts.backend)}import keras\n\n"
        f'model = keras.saving.load_model("model.keras")  # or the model that you have\n'
    )


def file_size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
