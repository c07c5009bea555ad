"""The table in a cell says what the panel says."""

from __future__ import annotations

import pytest

from kwidgets.formats.export.result import Difference, ExportFacts, ExportRow
from kwidgets.formats.export.table import verdict
from kwidgets.formats.export_model import step_text
from kwidgets.language import message


@pytest.mark.parametrize(
    ("maximum", "same_class", "words"),
    [
        (0, 1, "Identical"),
        (1e-6, 1, "Same but for rounding"),
        (0.02, 0.9, "Nearly the same"),
        (0.2, 1, "Nearly the same, same classes"),
        (0.2, 0.5, "Different"),
    ],
)
def test_a_compared_file_has_the_words_of_the_panel(maximum, same_class, words):
    difference = Difference(maximum, maximum, 1.0, same_class, 4)
    assert verdict(ExportRow("onnx", "ONNX", status="done", difference=difference)) == words


def test_a_file_that_was_not_compared_says_so():
    assert verdict(ExportRow("tfjs", "TensorFlow.js", status="unproved")) == "Not compared"


def test_a_waiting_cell_says_at_which_format_the_export_is():
    rows = (ExportRow("keras", "Keras", status="done"), ExportRow("onnx", "ONNX"))
    step = message("Converting to %1…", "ONNX")
    facts = ExportFacts("model", "exports", rows, message("random numbers"), step=step)
    assert step_text(facts) == "2 of 2: Converting to ONNX…"
