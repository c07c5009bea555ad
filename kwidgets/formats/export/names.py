"""Names of the files of an export."""

from __future__ import annotations

import re

from kwidgets.formats.export.targets import Target

_ENDINGS = {
    "saved_model": "_saved_model",
    "litert_float16": "_float16",
    "litert_int8": "_int8",
    "openvino": "_openvino",
    "tfjs": "_tfjs",
}
_MAX_LENGTH = 80


def file_name(name: str) -> str:
    """Return the name of a model as a part of a file's name, on any system."""
    plain = re.sub(r"[^\w.-]+", "_", name).strip("._")[:_MAX_LENGTH]
    return plain or "model"


def entry_name(target: Target, name: str) -> str:
    """Return the name of a format's file or folder."""
    suffix = "" if inner_name(target, name) else target.suffix
    return f"{name}{_ENDINGS.get(target.id, '')}{suffix}"


def inner_name(target: Target, name: str) -> str:
    """Return the name of the file in the folder of a format that has several files; else ""."""
    return f"{name}.xml" if target.id == "openvino" else ""
