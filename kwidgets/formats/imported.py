"""What a reader of a format returns to ``kw.import_model``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from kwidgets.formats.import_report import ImportFacts


@dataclass(frozen=True)
class Imported:
    """A Keras model made from a file, and what is to be said about it.

    Attributes:
        model: a plain Keras model with its weights; compiled if the file tells how.
        facts: the report, as plain data.
        code_of: for layers that Keras's own configuration does not describe, such as functions of
            our own: name of the Keras layer → an expression for :meth:`ImportReport.to_code`.
        extras: what else a format gives, by a name that its documentation tells, such as Caffe's
            ``post_processing``; attributes of the report.
    """

    model: keras.Model
    facts: ImportFacts
    code_of: Mapping[str, str] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
