"""What the catalog says in English, in the kernel's language: headings of groups, and reasons.

The table and the guesses hold the English texts: they tell groups apart, and their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from kwidgets.builder.protocol import Entry
from kwidgets.language import t


def translated(entry: Entry) -> Entry:
    """Return an entry as a page shows it."""
    return {**entry, "group": group(entry["group"]), "unusable": reason(entry["unusable"])}


def group(name: str) -> str:
    """Return what a group is called."""
    return _groups().get(name, name)


def reason(text: str) -> str:
    """Return why a class cannot be added, or ""."""
    for pattern, say in _WITH_NAMES:
        found = re.fullmatch(pattern, text)
        if found:
            return say(found)
    return _reasons().get(text, text)


def _groups() -> dict[str, str]:
    return {
        "Accuracy": t("Accuracy"),
        "Activation": t("Activation"),
        "Attention": t("Attention"),
        "Audio": t("Audio"),
        "Callback": t("Callback"),
        "Classification": t("Classification"),
        "Constant": t("Constant"),
        "Constraint": t("Constraint"),
        "Convolution": t("Convolution"),
        "Core": t("Core"),
        "Hinge": t("Hinge"),
        "Image augmentation": t("Image augmentation"),
        "Image preprocessing": t("Image preprocessing"),
        "Merging": t("Merging"),
        "Normalization": t("Normalization"),
        "Optimizer": t("Optimizer"),
        "Other frameworks": t("Other frameworks"),
        "Plain": t("Plain"),
        "Pooling": t("Pooling"),
        "Probabilities": t("Probabilities"),
        "Random": t("Random"),
        "Recurrent": t("Recurrent"),
        "Regression": t("Regression"),
        "Regularization": t("Regularization"),
        "Regularizer": t("Regularizer"),
        "Reshaping": t("Reshaping"),
        "Schedule": t("Schedule"),
        "Segmentation": t("Segmentation"),
        "Sequences and embeddings": t("Sequences and embeddings"),
        "Text and features": t("Text and features"),
        "True and false positives": t("True and false positives"),
        "Wrappers": t("Wrappers"),
        "Your own": t("Your own"),
        # Of a Keras that is newer than the table.
        "Other layers": t("Other layers"),
        "Other optimizers": t("Other optimizers"),
        "Other losses": t("Other losses"),
        "Other metrics": t("Other metrics"),
        "Other callbacks": t("Other callbacks"),
        "Other initializers": t("Other initializers"),
        "Other regularizers": t("Other regularizers"),
        "Other constraints": t("Other constraints"),
        "Other schedules": t("Other schedules"),
    }


def _reasons() -> dict[str, str]:
    said = (
        (
            "needs two or more inputs; a Sequential passes on one",
            t("needs two or more inputs; a Sequential passes on one"),
        ),
        (
            "needs a query and a value; a Sequential passes on one input",
            t("needs a query and a value; a Sequential passes on one input"),
        ),
        (
            "a cell is one step of a recurrent layer: put it inside RNN",
            t("a cell is one step of a recurrent layer: put it inside RNN"),
        ),
        (
            "wraps an object of another framework, which a form cannot make",
            t("wraps an object of another framework, which a form cannot make"),
        ),
        ("the input card sets the input", t("the input card sets the input")),
        (
            "needs images together with their bounding boxes",
            t("needs images together with their bounding boxes"),
        ),
        (
            "loads a model from a file, which a form cannot check",
            t("loads a model from a file, which a form cannot check"),
        ),
        (
            "its arguments are unknown: Python finds no signature",
            t("its arguments are unknown: Python finds no signature"),
        ),
    )
    return dict(said)


_WITH_NAMES: Final[tuple[tuple[str, Callable[[re.Match[str]], str]], ...]] = (
    (
        r"its argument (\w+) cannot be given by name",
        lambda found: t("its argument %1 cannot be given by name", found[1]),
    ),
)
