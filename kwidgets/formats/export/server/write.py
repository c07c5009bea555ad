"""Write the server for one exported file into a folder."""

from __future__ import annotations

import importlib.metadata
import os
import pprint
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.prepared import Signature, TensorSpec
from kwidgets.formats.export.replace import replace_entry
from kwidgets.formats.export.result import ExportRow
from kwidgets.formats.export.server import templates
from kwidgets.formats.export.targets import TargetId
from kwidgets.language import t

#: Formats that can be served, those with the smallest runtime first.
SERVED: Final[tuple[TargetId, ...]] = tuple(templates.RUNTIMES)
#: The command that starts it, in its folder.
COMMAND: Final = "uvicorn app:app --port 8000"
_FILES: Final = ("app.py", "client.py", "requirements.txt", "Dockerfile", "README.md")
_ENDINGS: Final = (".keras", ".onnx", ".tflite", ".stablehlo", ".xml", ".bin", "_saved_model")


def write_server(row: ExportRow, signature: Signature, backend: str, folder: Path) -> Path:
    """Write app.py, client.py, requirements.txt, Dockerfile, README.md and the file itself.

    Args:
        row: of the format.
        signature: of the model.
        backend: of the model, for Keras's own file.
        folder: where to; an earlier server there is replaced.

    Raises:
        FormatError: the folder has other files, or the exported file is gone.
    """
    assert row.path is not None
    made = Path(row.path)
    # OpenVINO's second file is beside it.
    files = [made, made.with_suffix(".bin")] if row.target == "openvino" else [made]
    for each in files:
        if not each.exists():
            raise FormatError(t("There is no file “%1”. Export the model again.", each))
    if folder.exists() and (not folder.is_dir() or not _is_server(folder)):
        raise FormatError(
            t("“%1” has other files in it. Pass a folder that is new or empty.", folder)
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.partial-", dir=folder.parent))
    try:
        place = partial / folder.name
        place.mkdir()
        for each in files:
            if each.is_dir():
                shutil.copytree(each, place / each.name)
            else:
                shutil.copyfile(each, place / each.name)
        for name, text in _texts(row, signature, backend, made.name).items():
            (place / name).write_text(text, encoding="utf-8")
        replace_entry(place, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _is_server(folder: Path) -> bool:
    names = set(os.listdir(folder))
    # The exported file, OpenVINO's second one, and what running the server leaves.
    others = [name for name in names - set(_FILES) if name != "__pycache__"]
    models = [name for name in others if name.endswith(_ENDINGS)]
    return not names or (set(_FILES) <= names and len(models) <= 2 and models == others)


def _texts(row: ExportRow, signature: Signature, backend: str, file: str) -> dict[str, str]:
    name = file.partition(".")[0]
    packages = templates.REQUIREMENTS[row.target]
    if row.target == "keras":
        packages = (*packages, {"torch": "torch"}.get(backend, backend))
    values = {
        "NAME": name,
        "FILE": file,
        "IMAGE": "".join(one if one.isalnum() and one.isascii() else "-" for one in name.lower()),
        "INPUTS": _code({spec.name: (spec.shape[1:], spec.dtype) for spec in signature.inputs}),
        "OUTPUTS": _code([spec.name for spec in signature.outputs]),
        "BACKEND": f'import os\n\nos.environ["KERAS_BACKEND"] = "{backend}"\n\n',
        "PACKED": {
            "single": "next(iter(tensors.values()))",
            "list": "list(tensors.values())",
            "dict": "tensors",
        }[signature.structure],
        "PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
        "ROWS": _code(_rows(signature)),
    }
    filled = {"RUNTIME": _fill(templates.RUNTIMES[row.target], values).rstrip(), **values}
    return {
        "app.py": _fill(templates.APP, filled),
        "client.py": _fill(templates.CLIENT, values),
        "requirements.txt": "".join(
            f"{_pinned(package)}\n" for package in ("fastapi", "numpy", *packages, "uvicorn")
        ),
        "Dockerfile": _fill(templates.DOCKERFILE, values),
        "README.md": _fill(templates.README, values),
    }


def _fill(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"%{name}%", value)
    return text


def _code(value: Any) -> str:
    return pprint.pformat(value, width=88, sort_dicts=False, compact=True)


def _rows(signature: Signature) -> Any:
    def one(spec: TensorSpec) -> Any:
        value: Any = "some text" if spec.dtype == "string" else 0
        value = False if spec.dtype == "bool" else value
        for side in reversed(spec.shape[1:]):
            value = [value] * (1 if side is None else side)
        return [value]

    if len(signature.inputs) == 1:
        spec = signature.inputs[0]
        shape = tuple(1 if side is None else side for side in spec.shape[1:])
        # A picture would fill pages.
        return one(spec) if _size(shape) <= 64 else _Zeros(shape)
    return {
        spec.name: one(spec)
        if _size(tuple(side or 1 for side in spec.shape[1:])) <= 64
        else _Zeros(tuple(side or 1 for side in spec.shape[1:]))
        for spec in signature.inputs
    }


class _Zeros:
    """Code that makes one row of zeros."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape

    def __repr__(self) -> str:
        code = "0.0"
        for side in reversed(self._shape):
            code = f"[{code}] * {side}"
        return f"[{code}]"


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size


def _pinned(package: str) -> str:
    try:
        return f"{package}=={importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return package
