"""``kw.card``: what the model, its record and its evaluation say, as Markdown."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kwidgets
from kwidgets.formats.model_card.facts import CardFacts
from kwidgets.formats.model_card.markdown import card_markdown
from tests.formats.export.tiny import tiny_model


def test_a_card_says_what_the_model_is_and_how_to_load_it(tmp_path):
    model, *_ = tiny_model()
    card = kwidgets.card(model, file="tiny.keras")
    assert card.startswith("---\nlibrary_name: keras\n")
    assert "| conv2d" in card and "(None, 4, 4, 4)" in card
    assert 'keras.saving.load_model("tiny.keras")' in card
    assert "## Licence" in card and "‹the licence of the weights" in card
    path = card.save(tmp_path / "README.md")
    assert path.read_text(encoding="utf-8") == card
    with pytest.raises(FileExistsError):
        card.save(path)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        card.save(tmp_path / "missing" / "README.md")


def test_a_recorded_run_is_found_by_its_architecture_and_told():
    model, x, y = tiny_model()
    live = kwidgets.LivePlot()
    model.fit(x, y, epochs=2, validation_split=0.25, verbose=0, callbacks=[live])
    card = kwidgets.card(model)
    run = kwidgets.runs[-1]
    assert f"`{run.id}`" in card and "SGD" in card
    # The very model of the latest fit, so nothing has to be checked.
    assert "Check that these weights" not in card
    assert "| epochs | 2 / 2 |" in card
    assert card.count("| optimizer |") == 1 and "crc32" not in card
    assert "| x | 36 × 6 × 6 × 1, float32 |" in card
    assert "| x, validation | 12 × 6 × 6 × 1, float32 |" in card
    assert "| metric | training | validation | best |" in card and "–" not in card
    assert "sparse\\_categorical\\_crossentropy" in card
    assert "### Confusion matrix" in card
    assert kwidgets.card(run).count(run.id) == 1


def test_the_confusion_matrix_of_an_earlier_fit_is_that_of_its_record():
    model, x, y = tiny_model()
    other, *_ = tiny_model()
    for each in (model, other):
        live = kwidgets.LivePlot()
        each.fit(x, y, epochs=2, validation_split=0.25, verbose=0, callbacks=[live])
    run = kwidgets.runs[-1]
    confusion = run.confusion
    assert confusion is not None and confusion.epoch == 2 and confusion.source == "validation"
    assert np.array_equal(confusion.counts, live.predictions.latest.confusion)
    card = kwidgets.card(run)
    assert "of the validation data, after epoch 2" in card
    name = confusion.class_names[0]
    row = " | ".join(map(str, confusion.counts[0]))
    assert f"| {name} | {row} |" in card
    # Which of the two runs it was is not known any more.
    assert "Check that these weights" in kwidgets.card(model)
    assert "### Confusion matrix" in kwidgets.card(model)


def test_a_notebook_shows_no_front_matter_and_no_licence_is_invented():
    model, *_ = tiny_model()
    card = kwidgets.card(model)
    assert card._repr_mimebundle_()["text/markdown"].startswith("# ")
    assert "license" not in card


def test_names_of_the_user_stay_text():
    facts = CardFacts("a|b <script>", "Model", layers=(("x`|y", "Dense", "(2,)", "3"),))
    card = card_markdown(facts)
    assert "<script>" not in card.replace("\\<script\\>", "")
    assert "x\\`\\|y" in card


def test_a_card_needs_a_model_or_a_run():
    with pytest.raises(TypeError, match="a Keras model or a run"):
        kwidgets.card(np.zeros(3))  # type: ignore[arg-type]


def test_a_model_without_weights_has_a_card():
    assert "Sequential" in kwidgets.card(keras.Sequential([keras.layers.Dense(2)]))
