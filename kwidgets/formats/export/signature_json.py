"""A signature as JSON, for other processes."""

from __future__ import annotations

import dataclasses
from typing import Any

from kwidgets.formats.export.prepared import Signature, TensorSpec


def to_json(signature: Signature) -> dict[str, Any]:
    """Return a signature as JSON data."""
    return dataclasses.asdict(signature)


def from_json(data: dict[str, Any]) -> Signature:
    """Return the signature of JSON data."""

    def specs(found: list[dict[str, Any]]) -> tuple[TensorSpec, ...]:
        return tuple(
            TensorSpec(each["name"], tuple(each["shape"]), each["dtype"]) for each in found
        )

    return Signature(
        specs(data["inputs"]),
        specs(data["outputs"]),
        data["structure"],
        data["output_structure"],
        data["batch_size"],
    )
