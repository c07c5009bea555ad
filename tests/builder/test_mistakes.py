"""Each common mistake gets its advice, and good models get none."""

from __future__ import annotations

import dataclasses
import logging

import pytest

from kwidgets.builder import mistakes
from kwidgets.builder.mistakes import RULES, Advice, Rule, Situation, advise, as_wire, find_advice
from kwidgets.builder.mistakes.loss_names import loss_of
from kwidgets.builder.shapes.model_inference import analyze
from kwidgets.builder.spec import ModelSpec, ObjectSpec
from tests.builder.mistakes_corpus import GOOD, WRONG, Case, case, classifier

cases = pytest.mark.parametrize("example", [*GOOD, *WRONG], ids=lambda example: example.name)
wrong = pytest.mark.parametrize("example", WRONG, ids=lambda example: example.name)


@pytest.fixture(autouse=True)
def no_rule_fails(caplog):
    mistakes._failed.clear()
    yield
    assert not [record for record in caplog.records if record.name.startswith("kwidgets")]


def situation_of(example: Case, spec: ModelSpec | None = None) -> Situation:
    spec = example.spec if spec is None else spec
    return Situation(spec, analyze(spec), example.data)


def ids(advice: list[Advice]) -> set[str]:
    return {entry.id for entry in advice}


@cases
def test_each_case_gets_the_advice_of_the_corpus(example):
    found = advise(situation_of(example))
    assert ids(found) == example.ids
    tips = {example.resolve(id) for id in example.tips}
    assert {entry.id for entry in found if entry.level == "tip"} == tips


@wrong
def test_each_fix_corrects_its_mistake_and_causes_no_other(example):
    found = advise(situation_of(example))
    for advice in found:
        if advice.fix is None:
            continue
        spec = advice.fix.apply(example.spec)
        assert spec != example.spec
        after = advise(situation_of(example, spec))
        assert advice.id not in ids(after), advice.id
        # The mistake may have hidden others; they must be expected.
        new = ids(after) - example.ids
        allowed = {example.resolve(id) for id in example.left}
        assert new <= allowed, f"{advice.id}: {new}"


@wrong
def test_all_fixes_together_make_a_good_model(example):
    spec = example.spec
    for _ in range(8):
        advice = next((entry for entry in advise(situation_of(example, spec)) if entry.fix), None)
        if advice is None:
            break
        spec = advice.fix.apply(spec)
    left = advise(situation_of(example, spec))
    assert ids(left) == {example.resolve(id) for id in example.left}
    if spec.input is not None and spec.layers:
        assert analyze(spec).complete


def test_every_rule_is_in_the_corpus():
    seen = {id.partition(":")[0].partition("@")[0] for one in WRONG for id in one.ids}
    beyond = {"too-large"}  # needs to know the machine
    assert seen | beyond == {rule.name for rule in RULES}


def test_rules_are_named_once_and_say_why():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(len(rule.why) > 30 for rule in RULES)


@cases
def test_advice_reads_well(example):
    for advice in advise(situation_of(example)):
        assert not advice.title.endswith(".")
        assert len(advice.title) <= 60
        assert advice.text.endswith((".", ")", "]")) and "  " not in advice.text
        assert len(advice.text) <= 400
        assert "None" not in advice.text and ".0 " not in advice.text, advice.text
        if advice.fix is not None:
            assert len(advice.fix.label) <= 50


def test_the_text_names_the_numbers():
    example = next(one for one in WRONG if one.name == "five units, ten classes")
    (advice,) = advise(situation_of(example))
    assert advice.text == (
        "The last layer outputs 5 values, but y_digits has 10 classes (0–9). It requires 10 units."
    )
    assert as_wire(advice) == {
        "id": advice.id,
        "level": "error",
        "title": "5 values for 10 classes",
        "text": advice.text,
        "target": example.spec.layers[2].uid,
        "fix": "Set units to 10",
    }


def fixed_spec(name: str, id: str) -> ModelSpec:
    example = next(one for one in WRONG if one.name == name)
    fix = find_advice(situation_of(example), example.resolve(id)).fix
    assert fix is not None
    return fix.apply(example.spec)


def test_a_fix_of_the_loss_keeps_its_other_arguments():
    spec = fixed_spec("several labels from raw scores, smoothed", "several-labels:compile")
    assert spec.compile["loss"] == ObjectSpec(
        "keras.losses.BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}
    )
    for name, argument in [
        ("CategoricalCrossentropy", "label_smoothing"),
        ("SparseCategoricalCrossentropy", "ignore_class"),
        ("BinaryFocalCrossentropy", "gamma"),
    ]:
        value = ObjectSpec(f"keras.losses.{name}", {"from_logits": True, argument: 1})
        loss = loss_of(value)
        assert loss.converted_to(loss.name, False) == value.without_argument("from_logits")
    assert loss_of("mse").converted_to("binary_crossentropy") == "binary_crossentropy"


@pytest.mark.parametrize(
    ("name", "id", "metrics"),
    [
        (
            "binary with ten classes, and metrics of yes or no",
            "binary-with-classes:compile",
            ("accuracy",),
        ),
        (
            "binary with softmax on one-hot, and metrics of yes or no",
            "binary-with-softmax:compile",
            ("accuracy", "auc"),
        ),
        (
            "several labels with softmax and categorical crossentropy",
            "several-labels:compile",
            ("accuracy",),
        ),
    ],
)
def test_a_fix_of_the_loss_exchanges_metrics_that_no_longer_fit(name, id, metrics):
    assert fixed_spec(name, id).compile["metrics"] == metrics


def test_labels_with_gaps_are_to_be_renumbered_and_get_no_units():
    for name, code in [
        ("labels 10, 20 and 30", "names, y_tens = np.unique(y_tens, return_inverse=True)"),
        ("binary crossentropy for labels 0 and 255", "y_0_255 = y_0_255 // 255"),
        ("binary crossentropy for labels 1 and 2", "y_1_2 = y_1_2 - 1"),
        ("masks of 0 and 255 for two classes", "masks_255 = masks_255 // 255"),
    ]:
        example = next(one for one in WRONG if one.name == name)
        (advice,) = advise(situation_of(example))
        assert code in advice.text and advice.fix is None


def test_only_class_names_are_offered_to_be_numbered():
    for name in ("words for a regression", "a dataset whose labels are words"):
        example = next(one for one in WRONG if one.name == name)
        (text,) = [entry.text for entry in advise(situation_of(example)) if entry.level == "error"]
        assert "np.unique" not in text
    for name in ("numbers as objects", "a table of pandas's own numbers"):
        example = next(one for one in WRONG if one.name == name)
        for advice in advise(situation_of(example)):
            assert '.astype("float32")' in advice.text and "words" not in advice.text


def test_errors_come_first():
    example = next(one for one in WRONG if one.name == "a first attempt")
    levels = [advice.level for advice in advise(situation_of(example))]
    assert levels == sorted(levels, key=("error", "warning", "tip").index)
    assert levels[0] == "error"


def test_advice_is_found_again_by_its_id():
    example = WRONG[0]
    situation = situation_of(example)
    (advice,) = advise(situation)
    assert find_advice(situation, advice.id).title == advice.title
    with pytest.raises(KeyError, match="may have changed"):
        find_advice(situation_of(example, advice.fix.apply(example.spec)), advice.id)


def test_a_model_larger_than_memory():
    example = case("", (1000,), classifier(10), "mse")
    situation = dataclasses.replace(situation_of(example), memory_bytes=1_000_000)
    found = {advice.rule: advice for advice in advise(situation)}
    assert "GB are free" in found["too-large"].text
    roomy = dataclasses.replace(situation, memory_bytes=10**9)
    assert "too-large" not in {advice.rule for advice in advise(roomy)}


def test_a_failing_rule_is_skipped_and_logged_once(monkeypatch, caplog):
    def fail(situation):
        raise RuntimeError("broken")
        yield

    broken = Rule("broken", "error", "", fail)
    monkeypatch.setattr(mistakes, "RULES", (broken, *RULES))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert ids(advise(situation_of(WRONG[0]))) == WRONG[0].ids
    assert [record.getMessage() for record in caplog.records] == [
        "the builder's rule 'broken' failed"
    ]
    caplog.clear()


def test_the_corpus_is_large_enough():
    assert len(GOOD) >= 25
    assert len(GOOD) + len(WRONG) >= 80
    for example in GOOD:
        assert {advice.level for advice in advise(situation_of(example))} <= {"tip"}, example.name
