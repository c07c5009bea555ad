"""In Chinese nothing that the builder says on the page is left in English."""

from __future__ import annotations

import re
from collections.abc import Iterator

import keras
import pytest

from kwidgets import language
from kwidgets.builder import catalog, mistakes, quick_add
from kwidgets.builder.catalog import signatures
from kwidgets.builder.editor import Editor
from kwidgets.builder.mistakes import Situation
from kwidgets.builder.page.saved_output import mime_bundle
from kwidgets.builder.sequential import SequentialBuilder
from kwidgets.builder.shapes.model_inference import Inference, analyze
from kwidgets.builder.spec import SEQUENTIAL, LayerSpec, ModelSpec, ObjectSpec, layer
from kwidgets.live.training_thread.error_guard import ErrorGuard
from tests.builder.mistakes_corpus import WRONG

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Three words in a row: a sentence, and not names of classes or code.
SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")
LAYERS = "keras.layers."


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    language.set_language("zh_CN")
    yield
    language.set_language(None)


def is_chinese(text: str) -> bool:
    words = CHINESE.search(text) is not None and SENTENCE.search(text) is None
    return words and not text.endswith(".")


@pytest.mark.parametrize("example", WRONG, ids=lambda example: example.name)
def test_no_advice_is_left_in_english(example):
    situation = Situation(example.spec, analyze(example.spec), example.data)
    for advice in mistakes.advise(situation):
        fix = "" if advice.fix is None else advice.fix.label
        assert is_chinese(advice.title), advice.title
        assert is_chinese(advice.text), advice.text
        assert fix == "" or is_chinese(fix), fix


def _(class_name: str, **arguments: object) -> LayerSpec:
    return layer(LAYERS + class_name, **arguments)


DENSE = ObjectSpec(LAYERS + "Dense", {"units": 3})
STACKS = [
    ((4, 4, 3), _("Conv2D", filters=8, kernel_size=7)),
    ((10, 10, 1), _("Conv2D", filters=8, kernel_size=3, dilation_rate=8)),
    ((8,), _("LSTM", units=4)),
    ((8,), _("Dense")),
    ((8,), _("Dense", units=0)),
    ((8,), _("Dense", units=4, activation="rellu")),
    ((8,), _("Dense", units=4, dtype="float33")),
    ((8,), _("Dense", units=4, name="a/b")),
    ((8,), _("Reshape", target_shape=(3, 3))),
    ((8,), _("Dropout", rate=2)),
    ((8,), _("Add")),
    ((8,), _("TimeDistributed", layer=DENSE)),
    ((4, 3), _("Permute", dims=(1, 1))),
    ((4, 3), _("Bidirectional", layer=DENSE)),
    ((4, 4, 3), _("Conv2D", filters=8, kernel_size=3, padding="sme")),
    ((4, 4, 3), _("Conv2D", filters=8, kernel_size=3, groups=2)),
    ((4, 4, 3), _("Conv2D", filters=8, kernel_size=2, strides=2, dilation_rate=2)),
    ((4, 4, 3), _("GroupNormalization", groups=2)),
    ((None, 3), _("Flatten")),
    ((4, 3), _("LSTM", units=2, return_state=True)),
    ((4, 4, 3), _("Cropping2D", cropping=3)),
    ((8,), _("Sequential")),
]


@pytest.mark.parametrize(("shape", "entry"), STACKS, ids=lambda one: getattr(one, "title", ""))
def test_no_explanation_is_left_in_english(shape, entry):
    spec = ModelSpec(layers=(entry, _("Dense", units=2))).with_input(shape=shape)
    analysis = analyze(spec)
    problems = [facts.problem for facts in analysis.layers.values() if facts.problem]
    assert problems
    for problem in problems:
        assert is_chinese(problem.text), problem.text


@pytest.mark.parametrize(
    "text",
    [
        "dens 3 4 5 6",
        "nonsense",
        "dense many",
        "dense units=a",
        "Dense(3",
        "Dense(3)(4)[5]",
        "Dense(unit=3)",
        "Dense(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9)",
        "Dense(units=3, units=4)",
        "Sequential([])",
        "add",
        "conv2d 3 3 padding=wrong",
        "dense 3 activation=rellu",
        "dense 3 kernel_initializer=wrong",
    ],
)
def test_the_search_field_says_in_chinese_what_it_does_not_understand(text):
    with pytest.raises(ValueError, match=CHINESE) as caught:
        quick_add.parse(text)
    assert is_chinese(str(caught.value)), str(caught.value)


def test_the_catalog_speaks_chinese_where_keras_is_not_quoted():
    told = catalog.catalog().as_wire()
    sequential = told["entries"][SEQUENTIAL]
    for text in (sequential["summary"], *(one["help"] for one in sequential["parameters"])):
        assert is_chinese(text), text
    for entry in told["entries"].values():
        assert is_chinese(entry["group"]), entry["group"]
        assert entry["unusable"] == "" or CHINESE.search(entry["unusable"]), entry["unusable"]
    for form in told["forms"].values():
        for parameter in form:
            if parameter["name"].startswith("validation_") and len(parameter["name"]) < 14:
                assert is_chinese(parameter["help"]), parameter
    ours = set(signatures._COMMON_HELP.values())
    helps = {one["help"] for entry in told["entries"].values() for one in entry["parameters"]}
    assert not helps & ours, "they are translated"


def test_what_is_remembered_of_a_layer_is_told_anew_in_another_language():
    inference = Inference()
    spec = ModelSpec(layers=(_("LSTM", units=4),)).with_input(shape=(8,))
    assert is_chinese(problem_of(inference, spec))
    language.set_language("en")
    assert not CHINESE.search(problem_of(inference, spec))


def problem_of(inference: Inference, spec: ModelSpec) -> str:
    problem = inference.analyze(spec).layers[spec.layers[0].uid].problem
    assert problem is not None
    return problem.text


def test_the_saved_table_has_chinese_headings_under_which_its_columns_stand():
    editor = Editor(ModelSpec(layers=(_("Dense", units=2),)).with_input(shape=(8,)))
    found = mime_bundle(editor, "", "")
    assert "<th" in found["text/html"]
    for heading in ("层", "参数", "输出形状"):
        assert f">{heading}</th>" in found["text/html"]
    assert found["text/plain"].splitlines()[-1] == "18 个参数"


def test_notes_on_the_code_are_chinese():
    layers = [keras.layers.Lambda(eval("lambda x: x + 1")), "dense 2"]
    builder = SequentialBuilder(layers, input_shape=(8,))
    (note,) = builder._bench.source().notes
    assert is_chinese(note), note


def test_a_part_of_the_view_that_fails_is_named_in_chinese_and_logged_in_english(caplog):
    guard = ErrorGuard()
    guard("Reading the metrics", lambda: 1 / 0)
    (failure,) = guard.failures.values()
    assert failure.startswith("读取指标 失败：ZeroDivisionError")
    assert caplog.messages == ["Reading the metrics failed; training continues without it"]
