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
    found = re.fullmatch(r"its argument (\w+) cannot be passed by name", text)
    if found:
        return t("its argument %1 cannot be passed by name", found[1])
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
            "requires two or more inputs, but a layer of a Sequential gets one input",
            t("requires two or more inputs, but a layer of a Sequential gets one input"),
        ),
        (
            "requires a query and a value, but a layer of a Sequential gets one input",
            t("requires a query and a value, but a layer of a Sequential gets one input"),
        ),
        (
            "a cell computes one step of a recurrent layer. Put it inside RNN",
            t("a cell computes one step of a recurrent layer. Put it inside RNN"),
        ),
        (
            "wraps an object of another framework, which the form cannot create",
            t("wraps an object of another framework, which the form cannot create"),
        ),
        ("the input is set in the input card", t("the input is set in the input card")),
        (
            "requires images with bounding boxes",
            t("requires images with bounding boxes"),
        ),
        (
            "loads a model from a file, which the form cannot check",
            t("loads a model from a file, which the form cannot check"),
        ),
        (
            "its signature is unavailable",
            t("its signature is unavailable"),
        ),
    )
    return dict(pairs)


def _help_texts() -> dict[str, str]:
    """Return the translations of the help that Keras's documentation lacks."""
    pairs = (
        (
            "The shape and dtype of one input sample.",
            t("The shape and dtype of one input sample."),
        ),
        (
            "A block: several layers used as one.",
            t("A block: several layers used as one."),
        ),
        (
            "A name to identify it. If empty, Keras generates one.",
            t("A name to identify it. If empty, Keras generates one."),
        ),
        (
            "An integer that makes random choices reproducible.",
            t("An integer that makes random choices reproducible."),
        ),
        (
            "Whether training changes the weights.",
            t("Whether training changes the weights."),
        ),
        (
            "Input data, or a dataset of inputs and targets, for evaluating the model after "
            "each epoch. It is not used for training, so it shows the performance on new data. "
            "Passed to `fit` as `validation_data`.",
            t(
                "Input data, or a dataset of inputs and targets, for evaluating the model after "
                "each epoch. It is not used for training, so it shows the performance on new "
                "data. Passed to `fit` as `validation_data`."
            ),
        ),
        (
            "Target data for `validation_x`, for evaluating the model after each epoch. It is "
            "not used for training, so it shows the performance on new data. Passed to `fit` as "
            "`validation_data`.",
            t(
                "Target data for `validation_x`, for evaluating the model after each epoch. It "
                "is not used for training, so it shows the performance on new data. Passed to "
                "`fit` as `validation_data`."
            ),
        ),
        (
            'Order of the dimensions: `"channels_last"` for `(height, width, channels)`, '
            '`"channels_first"` for `(channels, height, width)`. If empty, Keras\'s setting is '
            "used.",
            t(
                'Order of the dimensions: `"channels_last"` for `(height, width, channels)`, '
                '`"channels_first"` for `(channels, height, width)`. If empty, Keras\'s setting '
                "is used."
            ),
        ),
        (
            "The number type for computation, or a dtype policy such as `mixed_float16`. If "
            "empty, Keras's setting is used, usually `float32`.",
            t(
                "The number type for computation, or a dtype policy such as `mixed_float16`. If "
                "empty, Keras's setting is used, usually `float32`."
            ),
        ),
    )
    return dict(pairs)
