"""The saved output of a builder can be read, and its program makes the builder again."""

from __future__ import annotations

import html
import time
from typing import Any

import keras
import nbformat
import numpy as np
from nbconvert import HTMLExporter

from kwidgets.builder.data import notebook
from kwidgets.builder.protocol import MIME_TYPE
from kwidgets.builder.sequential import SequentialBuilder
from kwidgets.dry_run import fresh_names


def trained() -> SequentialBuilder:
    builder = SequentialBuilder(
        ["dense 5 relu", keras.Sequential([keras.layers.Dropout(0.1)]), "dense 3 softmax"],
        input_shape=(8,),
        name="tiny",
    )
    builder.compile(
        keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return builder


def data() -> tuple[Any, Any]:
    generator = np.random.default_rng(0)
    return generator.random((64, 8)), generator.integers(0, 3, 64)


def saved(builder: SequentialBuilder) -> dict[str, Any]:
    bundle = builder._repr_mimebundle_()
    found: dict[str, Any] = bundle[MIME_TYPE]
    return found


def restored(builder: SequentialBuilder) -> SequentialBuilder:
    names: dict[str, Any] = {}
    exec(saved(builder)["restore"], names)
    made = names["builder"]
    assert isinstance(made, SequentialBuilder)
    return made


def test_a_builder_is_made_again_with_its_compile_settings():
    # The program writes no automatic names: it gives those of a process that has just begun.
    with fresh_names():
        builder = trained()
    with fresh_names():
        made = restored(builder)
    assert made.get_config() == builder.get_config()
    remade, original = ({**one.get_compile_config()} for one in (made, builder))
    # Keras counts its optimizers through the process.
    for config in (remade, original):
        config["optimizer"]["config"].pop("name")
    assert remade == original


def test_a_stack_that_does_not_work_yet_is_made_again_as_it_is():
    builder = SequentialBuilder(["flatten", "lstm 4"], input_shape=(8, 8), name="tiny")
    assert repr(restored(builder)) == repr(builder)


def test_it_gets_the_name_that_it_had(monkeypatch):
    builder = trained()
    monkeypatch.setattr(notebook, "user_variables", lambda: {"_3": builder, "digits": builder})
    assert saved(builder)["restore"].startswith("import keras")
    assert "digits = kw.SequentialBuilder(" in saved(builder)["restore"]


def test_the_search_for_its_name_ends_in_a_long_container(monkeypatch):
    sought = object()
    namespace = {"kept": [sought], "long": [None] * 1_000_000 + [sought], "short": (1, sought)}
    monkeypatch.setattr(notebook, "user_variables", lambda: namespace)
    looked_at = []

    def matches(value):
        looked_at.append(value)
        return value is sought

    names = notebook.names_of(matches)
    assert "kept[…]" in names.found and not names.complete
    assert len(looked_at) < 100_000
    del namespace["long"]
    assert notebook.names_of(matches) == notebook.Names(["kept[…]", "short[…]"], complete=True)


def test_the_curves_of_the_last_training_are_kept():
    builder = trained()
    assert saved(builder)["run"] is None
    builder.train(*data(), epochs=2).wait(60)
    run = saved(builder)["run"]
    assert run["payload"]["progress"]["status"] == "finished"
    bundle = builder._repr_mimebundle_()
    assert "<table" in bundle["text/html"] and "<img" in bundle["text/html"]
    assert "2 of 2 epochs" in bundle["text/plain"]


def test_a_page_of_nbconvert_has_the_table_and_the_code():
    builder = trained()
    output = nbformat.v4.new_output("display_data", builder._repr_mimebundle_())
    cell = nbformat.v4.new_code_cell("builder", outputs=[output])
    page, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert "<caption" in page
    assert builder.to_code() in html.unescape(page)


def test_output_saved_during_training_shows_the_training():
    builder = trained()
    run = builder.train(*data(), epochs=100_000)
    try:
        while len(run.history.batches["step"]) < 3:
            assert run.running, run.detail
            time.sleep(0.01)
        kept = saved(builder)["run"]["payload"]
        assert kept["progress"]["status"] == "running"
        assert "Saved during training" in kept["progress"]["detail"]
        assert kept["batch"]["rows"] >= 3
    finally:
        run.stop()
        run.wait(60)
    assert "Saved during" not in saved(builder)["run"]["payload"]["progress"]["detail"]


def test_the_program_of_a_saved_builder_holds_no_data_and_starts_no_training():
    builder = trained()
    builder.train(*data(), epochs=1).wait(60)
    assert ".fit(" not in saved(builder)["restore"]
