"""Guess from their names which variables belong together: x and y, training and validation."""

from __future__ import annotations

from kwidgets.builder.data import DataInfo
from kwidgets.builder.mistakes.situation import Situation


def renamed_for(name: str, suffix: str) -> str | None:
    """Return the name with its word for training replaced: x_train → x_val; None without one."""
    for word in ("training", "train", "tr"):
        if word in name.split("_"):
            return "_".join(suffix if part == word else part for part in name.split("_"))
    return None


def guess_targets(situation: Situation, x: DataInfo) -> str | None:
    """Return the variable that is named like the targets of x and has as many samples."""
    name = x.name
    for pattern, replacement in (
        ("x", "y"),
        ("X", "y"),
        ("X", "Y"),
        ("images", "labels"),
        ("data", "labels"),
    ):
        for candidate in (
            name.replace(pattern, replacement, 1),
            name.replace(pattern, "target", 1) if pattern == "data" else "",
        ):
            info = situation.data.get(candidate)
            if candidate != name and info is not None and info.samples == x.samples:
                return candidate
    return None
