"""``kw.check`` and ``kw.look``: what they return and show, and that they change nothing."""

from __future__ import annotations

import json
import threading

import keras
import numpy as np
import pytest
from keras import layers

import kwidgets as kw
from kwidgets.insight.check.fit_findings import findings_of_fit
from kwidgets.insight.check.program import describe_program
from kwidgets.insight.data import dismissed

RANDOM = np.random.default_rng(0)
x_train = RANDOM.normal(size=(200, 8)).astype("float32")
y_train = np.arange(200) % 5


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(dismissed, "notebook_path", lambda: tmp_path / "notebook.ipynb")


def classifier(units: int = 5, **compiling: object) -> keras.Sequential:
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(16, activation="relu"),
            layers.Dense(units, activation="softmax", name="last"),
        ]
    )
    arguments = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy"}
    model.compile(**{**arguments, "metrics": ["accuracy"], **compiling})
    return model


def test_nothing_is_wrong():
    checked = kw.check(classifier(), x_train, y_train, epochs=3, verbose=0)
    assert checked.findings == ()
    assert checked.to_text() == repr(checked) == "No problems found."


def test_a_finding_names_the_layer_and_the_line():
    (finding,) = kw.check(classifier(3), x_train, y_train).findings
    assert (finding.level, finding.where) == ("error", "last")
    assert finding.line == 'keras.layers.Dense(5, activation="softmax", name="last")'
    (change,) = finding.changes
    assert change.before == 'keras.layers.Dense(3, activation="softmax", name="last")'
    assert "y_train" in finding.text


def test_weights_that_are_not_finite():
    weights = np.ones(len(x_train))
    weights[[3, 5]] = np.nan
    (finding,) = kw.check(classifier(), x_train, y_train, sample_weight=weights).findings
    assert (finding.level, finding.rows, finding.row_count) == ("error", (3, 5), 2)
    assert finding.fetch == "weights[[3, 5]]"
    assert finding.line == "weights = np.nan_to_num(weights)"
    of_classes = {0: float("inf"), 1: 1.0}
    (finding,) = kw.check(classifier(), x_train, y_train, class_weight=of_classes).findings
    assert finding.title == "of_classes contains NaN or infinite weights"


def test_the_lines_for_compile_and_fit_are_those_of_the_user():
    network = classifier(loss="categorical_crossentropy")
    (finding,) = kw.check(network, x_train, y_train).findings
    assert finding.where == "loss"
    assert finding.line.replace("\n", "").replace("    ", "") == (
        'network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", '
        'metrics=["accuracy"])'
    )
    (finding,) = kw.check(classifier(), x_train, y_train, batch_size=999).findings
    assert (finding.where, finding.line) == ("batch_size", "model.fit(x_train, y_train)")


def test_the_model_is_not_changed_built_or_trained():
    model = keras.Sequential([layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    names = keras.layers.Dense(1).name
    assert kw.check(model, x_train, y_train).findings[0].level == "error"
    assert not model.built
    following = keras.layers.Dense(1).name
    assert int(following.split("_")[-1]) == int(names.split("_")[-1]) + 1
    built = classifier()
    before = [np.array(value) for value in built.get_weights()]
    keras.utils.set_random_seed(1)
    first = keras.random.normal((3,))
    keras.utils.set_random_seed(1)
    kw.check(built, x_train, y_train)
    assert (np.asarray(first) == np.asarray(keras.random.normal((3,)))).all()
    assert all((one == two).all() for one, two in zip(before, built.get_weights(), strict=True))


def test_an_unbuilt_model_with_layers_that_do_not_fit():
    model = keras.Sequential([layers.Flatten(), layers.Conv2D(4, 3), layers.Dense(5)])
    model.compile("adam", "mse")
    checked = kw.check(model, RANDOM.normal(size=(50, 8, 8, 1)), RANDOM.normal(size=50))
    finding = checked.findings[0]
    assert (finding.level, finding.where) == ("error", model.layers[1].name)


def test_a_dismissed_finding_stays_away_until_it_is_restored():
    checked = kw.check(classifier(3), x_train, y_train)
    (finding,) = checked.findings
    kw.check.dismiss(finding)
    assert checked.findings == ()
    assert checked.dismissed == (finding,)
    # Of a new model in a new kernel too: names count up.
    again = kw.check(classifier(3), x_train, y_train)
    assert again.findings == ()
    assert kw.check.dismissed == [finding.id]
    assert again.to_text() == (
        "No problems found.\n1 dismissed. To show them again: kw.check.restore()"
    )
    kw.check.restore(finding.id)
    assert len(again.findings) == 1


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match=r"requires a keras\.Model; got list"):
        kw.check([layers.Dense(1)], x_train)
    with pytest.raises(TypeError, match="fit has no epoch"):
        kw.check(classifier(), x_train, y_train, epoch=3)


def test_a_builder_can_be_checked():
    builder = kw.SequentialBuilder(input_shape=(8,))
    builder.add(layers.Dense(3, activation="softmax"))
    builder.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    (finding,) = kw.check(builder, x_train, y_train).findings
    assert "5 units" in finding.text


def test_of_a_model_of_ones_own_the_data_is_checked():
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.last = layers.Dense(3)

        def call(self, x):
            raise AssertionError("called")

    model = Net()
    model.compile("adam", "sparse_categorical_crossentropy")
    broken = x_train.copy()
    broken[4, 2] = np.nan
    (finding,) = kw.check(model, broken, y_train).findings
    assert finding.id == "nan-values:x:broken"


def test_each_output_is_checked_with_its_loss_and_targets():
    given = keras.Input((8,))
    h = layers.Dense(8, activation="relu")(given)
    outputs = {
        "kind": layers.Dense(4, activation="softmax", name="kind")(h),
        "size": layers.Dense(1, activation="sigmoid", name="size")(h),
    }
    model = keras.Model(given, outputs)
    model.compile("adam", {"kind": "sparse_categorical_crossentropy", "size": "mse"})
    targets = {"kind": y_train, "size": RANDOM.normal(size=200) * 50}
    checked = kw.check(model, x_train, targets)
    findings = [each for each in checked.findings if each.level != "hint"]
    assert [each.where for each in findings] == ["kind", "size"]
    assert "targets['kind']" in findings[0].text
    as_list = keras.Model(given, list(outputs.values()))
    as_list.compile("adam", ["sparse_categorical_crossentropy", "mse"])
    checked = kw.check(as_list, x_train, list(targets.values()))
    findings = [each for each in checked.findings if each.level != "hint"]
    assert [each.where for each in findings] == ["kind", "size"]


def test_the_notebook_shows_text_only_as_text():
    bad = "<img src=x onerror=alert(1)>"
    model = keras.Sequential([keras.Input((8,)), layers.Dense(1, name="last")])
    model.compile("adam", "mse")
    import pandas as pd

    table = pd.DataFrame({bad: ["1"] * 20, "b": [1.0] * 20})
    for shown in (kw.check(model, table, np.arange(20.0)), kw.look(table, np.arange(20.0))):
        bundle = shown._repr_mimebundle_()
        assert bad in bundle["text/plain"]
        assert "<img" not in bundle["text/html"]
        assert "<script" not in bundle["text/html"]
        assert '<th scope="col"' in bundle["text/html"]
        json.dumps(bundle)


def test_look_knows_what_a_model_needs():
    pixels = RANDOM.integers(0, 256, (100, 12, 12)).astype("uint8")
    scaled = keras.Sequential(
        [keras.Input((12, 12)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(5)]
    )
    plain = keras.Sequential([keras.Input((12, 12)), layers.Flatten(), layers.Dense(3)])
    for model in (scaled, plain):
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss)
    y = y_train[:100]
    assert [each.id for each in kw.look(pixels, y).findings] == ["unscaled:x:pixels"]
    assert kw.look(pixels, y, model=scaled).findings == ()
    ids = [each.id.partition(":")[0] for each in kw.look(pixels, y, model=plain).findings]
    assert ids == ["too-few-units", "unscaled-pixels"]


def test_look_has_the_names_of_the_variables():
    broken = x_train.copy()
    broken[3, 0] = np.inf
    looked = kw.look(broken, y_train, (broken, y_train))
    assert looked.findings[0].fetch == "broken[3]"
    assert looked.ranges[0].name == "broken"
    assert len(looked.samples) == 12
    assert list(looked.to_pandas()["split"]) == ["training", "training", "validation", "validation"]


def test_the_findings_of_a_fit_are_a_message():
    model = classifier(3)
    names = {"x": "x_train", "y": "y_train", "model": "model"}
    program = describe_program(model, {"x": x_train})
    parts = []

    def look() -> None:
        parts.append(findings_of_fit(program, x_train, y_train, names=names, validation_split=0.25))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    (part,) = parts
    json.dumps(part, allow_nan=False)
    assert part["state"] == "ready"
    assert part["findings"][0]["where"] == "last"
    assert part["findings"][0]["code"].startswith("keras.layers.Dense(5")
    assert part["balance"] == {
        "names": ["0", "1", "2", "3", "4"],
        "training": [30] * 5,
        "validation": [10] * 5,
    }
    assert [each["split"] for each in part["inputs"]] == ["training", "validation"] * 2
    assert part["samples"][-1]["code"] == "x_train[149]"
    kw.check.dismiss(part["findings"][0]["id"])
    part = findings_of_fit(
        model,
        x_train,
        y_train,
        names=names,
        describe=lambda values, columns: [{"kind": "text", "text": "?"} for _ in values],
    )
    assert (part["findings"], part["dismissed"]) == ([], 1)
    assert part["samples"][0]["looks"] == {"kind": "text", "text": "?"}


def test_nothing_is_drawn_from_the_dataset_of_a_fit():
    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int):
            raise AssertionError("drawn")

    part = findings_of_fit(classifier(), Batches())
    assert part["inputs"] == []
    assert "could change the training" in part["findings"][0]["text"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m, x, y: kw.look(x, y, model=3), r"look requires a keras.Model; got int"),
        (lambda m, x, y: kw.look(x, y, validation_split=1.5), r"less than 1; got 1\.5"),
        (lambda m, x, y: kw.check(m, x, y, validation_split="a"), "less than 1; got 'a'"),
        (lambda m, x, y: kw.check(m, x, y, batch_size=-4), "at least 1; got -4"),
        (lambda m, x, y: kw.check.dismiss(3), "requires the id of a finding"),
    ],
)
def test_a_wrong_argument_is_an_error_that_says_what_is_valid(call, words):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises((TypeError, ValueError), match=words):
        call(model, np.zeros((8, 4)), np.zeros(8))


def test_an_output_without_a_loss_is_no_mistake():
    inputs = keras.Input((4,))
    outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")]
    model = keras.Model(inputs, outputs)
    model.compile("adam", ["mse", None])
    x = np.random.default_rng(0).random((64, 4))
    found = kw.check(model, x, [x.sum(1), x.sum(1)]).findings
    assert not [each for each in found if each.id.startswith("no-loss")]
