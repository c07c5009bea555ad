"""Translates the English texts of the catalog: groups, reasons, our own help.

The catalog itself stays English, because its groups are compared and sorted by name.
"""

from __future__ import annotations

import re

from kwidgets import language
from kwidgets.builder.protocol import Entry, Parameter
from kwidgets.language import t


def translated(entry: Entry) -> Entry:
    """Return an entry in the user's language; texts of Keras's documentation stay English."""
    if language.current() == language.ENGLISH:
        return entry
    texts = _help_texts()
    return {
        **entry,
        "group": _groups().get(entry["group"], entry["group"]),
        "unusable": reason(entry["unusable"]),
        "summary": texts.get(entry["summary"], entry["summary"]),
        "parameters": with_help(entry["parameters"]),
    }


def with_help(parameters: list[Parameter]) -> list[Parameter]:
    """Return fields with our own help in the user's language."""
    texts = _help_texts()
    return [{**one, "help": texts.get(one["help"], one["help"])} for one in parameters]


def reason(text: str) -> str:
    """Return in the user's language why a class cannot be added; "" for ""."""
    found = re.fullmatch(r"its argument (\w+) cannot be given by name", text)
    if found:
        return t("its argument %1 cannot be given by name", found[1])
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
        # Classes of a Keras that is newer than the table.
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
    pairs = (
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
    return dict(pairs)


def _help_texts() -> dict[str, str]:
    """Return the translations of the help that Keras's documentation lacks."""
    pairs = (
        (
            "What goes into the model: the shape and the type of one sample.",
            t("What goes into the model: the shape and the type of one sample."),
        ),
        (
            "A block: layers that belong together, used as one layer.",
            t("A block: layers that belong together, used as one layer."),
        ),
        (
            "A name to find it by. Empty: Keras makes one up.",
            t("A name to find it by. Empty: Keras makes one up."),
        ),
        (
            "A whole number that makes the random choices repeatable.",
            t("A whole number that makes the random choices repeatable."),
        ),
        (
            "Whether training may change the weights.",
            t("Whether training may change the weights."),
        ),
        (
            "Input data, or a dataset of inputs and targets, to check the model on "
            "after each epoch. It is never trained on, so it shows how well the "
            "model does on data it has not seen. Becomes `validation_data` of "
            "`fit`.",
            t(
                "Input data, or a dataset of inputs and targets, to check the model on "
                "after each epoch. It is never trained on, so it shows how well the "
                "model does on data it has not seen. Becomes `validation_data` of "
                "`fit`."
            ),
        ),
        (
            "Target data that belongs to `validation_x`, to check the model on "
            "after each epoch. It is never trained on, so it shows how well the "
            "model does on data it has not seen. Becomes `validation_data` of "
            "`fit`.",
            t(
                "Target data that belongs to `validation_x`, to check the model on "
                "after each epoch. It is never trained on, so it shows how well the "
                "model does on data it has not seen. Becomes `validation_data` of "
                "`fit`."
            ),
        ),
        (
            'Order of the dimensions: `"channels_last"` for `(height, width, '
            'channels)`, `"channels_first"` for `(channels, height, width)`. '
            "Empty: as Keras is configured.",
            t(
                'Order of the dimensions: `"channels_last"` for `(height, width, '
                'channels)`, `"channels_first"` for `(channels, height, width)`. '
                "Empty: as Keras is configured."
            ),
        ),
        (
            "The type of number to compute with, or a dtype policy such as "
            "`mixed_float16`. Empty: as Keras is configured, usually `float32`.",
            t(
                "The type of number to compute with, or a dtype policy such as "
                "`mixed_float16`. Empty: as Keras is configured, usually `float32`."
            ),
        ),
    )
    return dict(pairs)
