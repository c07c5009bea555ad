"""What a user is promised of SequentialBuilder, in a real JupyterLab, found by role and name."""

from __future__ import annotations

import json
import re

import nbformat
from playwright.sync_api import Locator, Page, expect

from kwidgets.builder.protocol import MIME_TYPE
from tests.browser.conftest import OpenNotebook
from tests.browser.notebook import Notebook

# JAX is imported in a third of TensorFlow's time; what the page shows does not depend on it.
SETUP = """
import os
os.environ["KERAS_BACKEND"] = "jax"
import keras, kwidgets as kw
from sklearn.datasets import load_digits
digits = load_digits()
x_train, y_train = digits.images[:1200] / 16.0, digits.target[:1200]
x_test, y_test = digits.images[1200:] / 16.0, digits.target[1200:]
builder = kw.SequentialBuilder(input_shape=(8, 8))
builder
"""
ANSWER = "print('answer', {expression})"
FIRST_SECONDS = 90  # TensorFlow's import on a slow machine
THE_SCRIPT = ["Flatten", "Dense, 128, relu", "Dropout, 0.2", "Dense, 10, softmax"]


class Builder:
    """The editor in a cell's output."""

    def __init__(self, notebook: Notebook, cell: int = 0) -> None:
        self.notebook = notebook
        self.cell = cell
        self.region = notebook.outputs(cell).get_by_role("region", name="Sequential builder")

    @classmethod
    def show(cls, open_notebook: OpenNotebook, *cells: str) -> Builder:
        notebook = open_notebook(SETUP, *cells)
        notebook.run_and_wait(0, FIRST_SECONDS)
        builder = cls(notebook)
        expect(builder.region).to_be_visible()
        # Below it are the cells that a test runs.
        builder.region.evaluate("element => element.scrollIntoView()")
        return builder

    def button(self, name: str) -> Locator:
        return self.region.get_by_role("button", name=name, exact=True)

    def open_tab(self, name: str) -> Locator:
        # A badge may follow the name.
        self.region.get_by_role("tab", name=re.compile(f"^{name}")).click()
        return self.region.get_by_role("tabpanel", name=re.compile(f"^{name}"))

    @property
    def add(self) -> Locator:
        return self.region.get_by_role("combobox", name="Add layer")

    @property
    def cards(self) -> Locator:
        return self.region.get_by_role("list", name="Layers", exact=True).get_by_role("listitem")

    def card(self, name: str) -> Locator:
        return self.region.get_by_role("listitem", name=re.compile(f"^{re.escape(name)}"))

    def expect_layers(self, *names: str) -> None:
        expect(self.cards).to_have_count(len(names))
        for index, name in enumerate(names):
            expect(self.cards.nth(index)).to_have_accessible_name(re.compile(f"^{re.escape(name)}"))

    def field(self, name: str) -> Locator:
        return self.region.get_by_label(name, exact=True).and_(
            self.region.locator("input:visible, select:visible")
        )

    def type_layer(self, text: str) -> None:
        self.add.fill(text)
        self.add.press("Enter")
        expect(self.add).to_have_value("")

    def ask(self, cell: int, answer: str) -> None:
        """Run a cell that prints ``answer`` something."""
        self.notebook.run_and_wait(cell)
        assert f"answer {answer}" in self.notebook.text(cell)


def choose(field: Locator, start: str) -> None:
    """Choose the option whose text begins with ``start``."""
    option = field.locator("option").filter(has_text=re.compile(rf"^{re.escape(start)}\b"))
    field.select_option(value=option.first.get_attribute("value"))


def test_the_script_is_built_and_trained_by_mouse_alone(open_notebook: OpenNotebook) -> None:
    """Nothing is typed but what a field asks for."""
    builder = Builder.show(
        open_notebook,
        ANSWER.format(expression="builder.evaluate(x_test, y_test, verbose=0)[1] > 0.85"),
    )
    for layer in ("Flatten", "Dense", "Dropout", "Dense"):
        builder.add.click()
        builder.region.get_by_role("option", name=re.compile(f"^{layer}")).first.click()
        expect(builder.region.get_by_role("heading", name=layer, exact=True)).to_be_visible()
    builder.expect_layers("Flatten", "Dense", "Dropout", "Dense")
    expect(builder.cards.nth(3)).to_have_attribute("aria-current", "true")
    for index, values in {
        1: {"units": "128", "activation": "relu"},
        2: {"rate": "0.2"},
        3: {"units": "10", "activation": "softmax"},
    }.items():
        builder.cards.nth(index).click()
        for name, value in values.items():
            if name == "activation":
                choose(builder.field(name), value)
            else:
                builder.field(name).fill(value)
                builder.region.get_by_role("heading").first.click()
    builder.expect_layers(*THE_SCRIPT)
    expect(builder.region).to_contain_text("9,610 parameters")

    builder.open_tab("Compile")
    choose(builder.field("optimizer"), "Adam")
    choose(builder.field("loss"), "SparseCategoricalCrossentropy")
    choose(builder.field("metrics"), "accuracy")
    fit = builder.open_tab("Fit")
    choose(builder.field("x"), "x_train")
    choose(builder.field("y"), "y_train")
    builder.field("epochs").fill("15")
    fit.get_by_role("button", name="Train", exact=True).click()
    live = builder.region.get_by_role("region", name="Live training")
    expect(live.get_by_role("status")).to_have_text("finished", timeout=FIRST_SECONDS * 1000)
    expect(live.get_by_role("figure", name=re.compile("^accuracy"))).to_be_visible()
    builder.ask(1, "True")


def test_the_script_is_built_by_keyboard_alone(open_notebook: OpenNotebook, page: Page) -> None:
    builder = Builder.show(open_notebook, ANSWER.format(expression="builder.count_params()"))
    builder.add.focus()
    # One too many, in the wrong order and with a wrong size, to be set right by keys.
    for text in ("dense 64 relu", "flatten", "dropout 0.2", "dropout 0.5", "dense 10 softmax"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        expect(builder.add).to_have_value("")
    builder.expect_layers("Dense, 64", "Flatten", "Dropout", "Dropout", "Dense, 10")
    builder.cards.first.focus()
    page.keyboard.press("Alt+ArrowDown")
    builder.expect_layers("Flatten", "Dense, 64", "Dropout", "Dropout", "Dense, 10")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    builder.expect_layers("Flatten", "Dense, 64", "Dropout, 0.2", "Dense, 10")
    page.keyboard.press("Control+z")
    builder.expect_layers("Flatten", "Dense, 64", "Dropout", "Dropout", "Dense, 10")
    page.keyboard.press("Control+Shift+z")
    builder.expect_layers("Flatten", "Dense, 64", "Dropout, 0.2", "Dense, 10")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(builder.cards.nth(1)).to_have_attribute("aria-current", "true")
    builder.field("units").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("128")
    page.keyboard.press("Enter")
    builder.expect_layers(*THE_SCRIPT)
    # Keys that are commands of the notebook ("d d" deletes a cell) stay with the builder.
    builder.cards.nth(1).focus()
    page.keyboard.type("ddaa")
    expect(builder.notebook.cell(1)).to_be_visible()
    builder.ask(1, "9610")


def test_a_training_is_stopped_and_the_code_has_its_data(
    open_notebook: OpenNotebook, page: Page
) -> None:
    builder = Builder.show(
        open_notebook,
        "builder.add('flatten'); builder.add('dense 10 softmax')\n"
        "builder.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])",
        "print('answer', len(builder.run.wait(60)['loss']) > 0, builder.run.status)",
    )
    builder.notebook.run_and_wait(1)
    fit = builder.open_tab("Fit")
    choose(builder.field("x"), "x_train")
    choose(builder.field("y"), "y_train")
    builder.field("epochs").fill("100000")
    fit.get_by_role("button", name="Train", exact=True).click()
    live = builder.region.get_by_role("region", name="Live training")
    status = live.get_by_role("status")
    expect(status).to_have_text("running", timeout=FIRST_SECONDS * 1000)
    builder.open_tab("Code")
    builder.open_tab("Fit")
    expect(live.get_by_role("figure", name=re.compile("^loss"))).to_be_visible()
    live.get_by_role("button", name="Stop", exact=True).click()
    expect(status).to_have_text("stopped")
    builder.ask(2, "True stopped")
    # The program has the data's cells in it, so that it runs alone.
    expect(builder.open_tab("Code")).to_contain_text("load_digits()")


def test_a_typing_error_is_refused_in_place_and_an_impossible_layer_explained(
    open_notebook: OpenNotebook,
) -> None:
    builder = Builder.show(
        open_notebook,
        "try:\n    builder.model\nexcept ValueError as error:\n    print('answer', error)",
    )
    builder.type_layer("dense 8")
    builder.field("units").fill("many")
    builder.field("units").press("Enter")
    expect(builder.field("units")).to_have_attribute("aria-invalid", "true")
    expect(builder.field("units")).to_have_accessible_description(re.compile("integer.*many"))
    expect(builder.field("units")).to_have_value("many")
    builder.field("units").press("Escape")
    expect(builder.field("units")).to_have_value("8")

    builder.add.fill("dnese 5")
    builder.add.press("Enter")
    expect(builder.region.get_by_role("alert").filter(has_text="Dense")).to_be_visible()
    expect(builder.add).to_have_value("dnese 5")
    builder.type_layer("conv2d 4 3")
    expect(builder.card("Conv2D")).to_contain_text("requires an image")
    builder.ask(1, "layer 2 (Conv2D)")
    builder.button("Undo").click()
    expect(builder.cards).to_have_count(1)


def test_advice_is_taken_with_one_click_and_the_code_inserted_below_runs(
    open_notebook: OpenNotebook,
) -> None:
    builder = Builder.show(open_notebook)
    builder.type_layer("flatten")
    builder.type_layer("dense 5 softmax")
    builder.open_tab("Compile")
    choose(builder.field("loss"), "SparseCategoricalCrossentropy")
    builder.open_tab("Fit")
    choose(builder.field("x"), "x_train")
    choose(builder.field("y"), "y_train")
    builder.open_tab("Layers")
    expect(builder.region).to_contain_text("y_train has 10 classes")
    builder.button("Set units to 10").click()
    builder.expect_layers("Flatten", "Dense, 10, softmax")
    expect(builder.region).not_to_contain_text("y_train has 10 classes")

    code = builder.open_tab("Code")
    expect(code.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    builder.button("Insert below").click()
    inserted = builder.notebook.cell(1)
    expect(inserted).to_contain_text("layers.Dense(10")
    builder.notebook.run_and_wait(1)
    assert "Error" not in builder.notebook.text(1)


def test_views_stay_in_step_and_come_back_after_a_reload(open_notebook: OpenNotebook) -> None:
    builder = Builder.show(open_notebook, "builder", "builder.add('dense 3')")
    builder.notebook.run_and_wait(1)
    other = Builder(builder.notebook, 1)
    builder.type_layer("flatten")
    other.expect_layers("Flatten")
    other.type_layer("dense 128 relu")
    builder.expect_layers("Flatten", "Dense, 128, relu")
    builder.notebook.run_and_wait(2)
    builder.expect_layers("Flatten", "Dense, 128, relu", "Dense, 3")
    builder.notebook.save()
    builder.notebook.reload()
    builder.expect_layers("Flatten", "Dense, 128, relu", "Dense, 3")
    builder.type_layer("dense 4")
    other.expect_layers("Flatten", "Dense, 128, relu", "Dense, 3", "Dense, 4")


def test_a_saved_notebook_shows_model_and_curves_without_a_kernel_and_restores(
    open_notebook: OpenNotebook, page_errors: list[str]
) -> None:
    builder = Builder.show(
        open_notebook,
        "builder.add('flatten'); builder.add('dense 128 relu'); builder.add('dense 10 softmax')\n"
        "builder.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])\n"
        "_ = builder.train(x_train, y_train, epochs=2).wait(60)",
    )
    notebook = builder.notebook
    notebook.run_and_wait(1, FIRST_SECONDS)

    def is_whole(saved: nbformat.NotebookNode) -> bool:
        kept = [o.data[MIME_TYPE] for o in saved.cells[0].outputs if MIME_TYPE in o.get("data", {})]
        # A save in mid-training holds the curve so far.
        return bool(kept and "finished" in json.dumps(kept[0]["run"]))

    notebook.save_until(is_whole)
    notebook.restart_kernel()
    notebook.reload()
    shown = notebook.outputs(0)
    row = shown.get_by_role("table", name="Layers").get_by_role("row", name="Dense 128, relu")
    expect(row).to_be_visible()
    live = shown.get_by_role("region", name="Live training")
    expect(live.get_by_role("status")).to_have_text("finished")
    expect(live.get_by_role("figure", name=re.compile("^accuracy"))).to_be_visible()
    notebook.wait_for_kernel()
    shown.get_by_role("button", name="Restore in a cell below").click()
    notebook.run_and_wait(1, FIRST_SECONDS)
    restored = Builder(notebook, 1)
    restored.expect_layers("Flatten", "Dense, 128, relu", "Dense, 10, softmax")
    # The widget view's own words about a model that is gone.
    page_errors[:] = [error for error in page_errors if "widget model not found" not in error]


def test_a_model_that_a_new_run_of_its_cell_took_away_is_brought_back(
    open_notebook: OpenNotebook,
) -> None:
    builder = Builder.show(
        open_notebook,
        "builder.add('flatten'); builder.add('dense 10 softmax')\n"
        "builder.compile('adam', 'sparse_categorical_crossentropy')\n"
        "run = builder.train(x_train, y_train, epochs=100000)",
        "print('answer', run.wait(60) is not None, run.status)",
    )
    builder.notebook.run_and_wait(1, FIRST_SECONDS)
    builder.expect_layers("Flatten", "Dense, 10")
    builder.notebook.run_and_wait(0)
    expect(builder.region).to_contain_text("No layers yet")
    # Nothing refers to it any more: it must not train on unseen.
    builder.ask(2, "True stopped")
    builder.button("Undo: Rerun cell").click()
    builder.expect_layers("Flatten", "Dense, 10")


def test_a_card_is_dragged_to_another_place(open_notebook: OpenNotebook) -> None:
    builder = Builder.show(open_notebook)
    for text in ("dense 1", "dense 2", "dense 3"):
        builder.type_layer(text)
    # The layers are there at once; with the kernel's answer comes a tip above them.
    expect(builder.region.get_by_text("No activation between two layers")).to_be_visible()
    expect(builder.card("Dense, 3")).to_contain_text("9 params")
    source, target = builder.card("Dense, 3"), builder.card("Dense, 1")
    box, goal = source.bounding_box(), target.bounding_box()
    assert box and goal
    mouse = builder.notebook.page.mouse
    mouse.move(box["x"] + 12, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(goal["x"] + 30, goal["y"] + goal["height"] / 2, steps=6)
    mouse.move(goal["x"] + 30, goal["y"] + 2, steps=3)
    mouse.up()
    builder.expect_layers("Dense, 3", "Dense, 1", "Dense, 2")
