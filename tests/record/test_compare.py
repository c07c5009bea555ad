import numpy as np

from kwidgets.record.compare.comparison import compare_runs, parameter_count
from kwidgets.record.compare.layers import compare_layers
from kwidgets.record.compare.values import Change, compare_values
from tests.record.run_files import RUN, write_run


def layer(class_name, name, **config):
    return {"class_name": class_name, "config": {"name": name, **config}}


def model(*layers, name="sequential"):
    return {"class_name": "Sequential", "config": {"name": name, "layers": list(layers)}}


def changes(before, after):
    return [
        (change.what, change.name, {setting.name: setting.after for setting in change.settings})
        for change in compare_layers(before, after)
    ]


def test_the_numbers_that_keras_appends_are_no_difference():
    before = model(layer("Dense", "dense", units=8), layer("Dense", "dense_1", units=2))
    after = model(layer("Dense", "dense_2", units=8), layer("Dense", "dense_3", units=2))
    assert changes(before, after) == []


def test_nor_are_those_within_a_layer_or_of_an_output():
    def wrapped(number):
        inner = {"class_name": "LSTM", "config": {"name": f"lstm_{number}", "units": 8}}
        return model(layer("Bidirectional", f"bidirectional_{number}", layer=inner))

    assert changes(wrapped(3), wrapped(7)) == []
    assert compare_values({"loss": {"dense_3": "mse"}}, {"loss": {"dense_7": "mse"}}) == []
    assert compare_values({"loss": {"dense": "mse"}}, {"loss": {"dense_7": "mae"}}) == [
        Change("loss.dense_7", "mse", "mae")
    ]
    assert compare_values({"dense": 1, "dense_1": 2}, {"dense_2": 1}) == [
        Change("dense", "1", None), Change("dense_1", "2", None), Change("dense_2", None, "1"),
    ]  # fmt: skip


def test_a_number_that_went_through_float32_is_no_difference():
    noisy, other = float(np.float32(0.1)), float(np.float32(0.001))
    assert compare_values({"rate": 0.1, "all": [0.1]}, {"rate": noisy, "all": [noisy]}) == []
    assert compare_values({"rate": noisy}, {"rate": other}) == [Change("rate", "0.1", "0.001")]
    assert compare_values({"rate": 0.1}, {"rate": 0.1000001}) == [
        Change("rate", "0.1", "0.1000001")
    ]
    assert compare_values([1e-7, 1e300, 1.0], [1e-7, 1e300, 2.0])[0].after == "[1e-07, 1e+300, 2.0]"


def test_layers_that_were_added_removed_and_changed():
    before = model(
        layer("Conv2D", "conv2d", filters=8),
        layer("Flatten", "flatten"),
        layer("Dense", "dense", units=64, activation="relu"),
        layer("Dense", "head", units=10),
    )
    after = model(
        layer("Conv2D", "conv2d_1", filters=8),
        layer("Dropout", "dropout", rate=0.5),
        layer("Dense", "dense_1", units=128, activation="relu"),
        layer("Dense", "head", units=10),
    )
    assert changes(before, after) == [
        ("removed", "flatten", {}),
        ("added", "dropout", {}),
        ("changed", "dense_1", {"units": "128"}),
    ]


def test_a_layer_in_the_middle_is_the_one_that_was_removed():
    dense = [layer("Dense", f"dense_{i}", units=units) for i, units in enumerate((64, 32, 16))]
    assert changes(model(*dense), model(dense[0], dense[2])) == [("removed", "dense_1", {})]


def test_layers_of_nested_models():
    inner = model(layer("Dense", "dense", units=8), name="encoder")
    other = model(layer("Dense", "dense", units=9), name="encoder")
    assert changes(model(inner), model(other)) == [("changed", "encoder/dense", {"units": "9"})]


def test_a_model_without_layers():
    subclass = {"class_name": "Mine", "config": {"units": 3}}
    assert compare_layers(subclass, None) == []
    assert changes(subclass, model(layer("Dense", "dense"))) == [("added", "dense", {})]


def test_settings_are_compared_one_by_one():
    adam = {"class_name": "Adam", "module": "keras.optimizers", "config": {"learning_rate": 0.1}}
    before = {"optimizer": adam, "loss": "mse", "metrics": ["mae"], "jit": True}
    after = {
        "optimizer": {**adam, "config": {"learning_rate": 0.01}},
        "loss": "mse",
        "metrics": ["mae", "auc"],
    }
    assert compare_values(before, after) == [
        Change("optimizer.learning_rate", "0.1", "0.01"),
        Change("metrics", '["mae"]', '["mae", "auc"]'),
        Change("jit", "true", None),
    ]


def test_a_metric_is_the_same_by_its_name_and_as_keras_serialises_it():
    function = {"class_name": "function", "module": "builtins", "config": "accuracy"}
    auc = {"class_name": "AUC", "module": "keras.metrics", "config": {"name": "auc"}}
    assert compare_values({"metrics": [function]}, {"metrics": ["accuracy"]}) == []
    assert compare_values({"metrics": ["accuracy"]}, {"metrics": ["accuracy", auc]}) == [
        Change("metrics[1].class", None, "AUC"),
        Change("metrics[1].name", None, "auc"),
    ]


def test_the_seed_of_dropout_is_no_parameter():
    variables = [
        ["dense/kernel", [64, 20], "float32"],
        ["dropout/seed_generator/seed_generator_state", [2], "uint32"],
    ]
    assert parameter_count(variables) == 1280


def test_two_runs(tmp_path):
    first = write_run(tmp_path, "first")
    second = write_run(
        tmp_path,
        "second",
        code="model.fit(x, y, epochs=3)",
        fit_arguments={"epochs": 3, "batch_size": 32},
        model_config=model(layer("InputLayer", "input_layer"), layer("Dense", "dense", units=20)),
        variables=[["dense/kernel", [64, 20], "float32"]],
        versions={"keras": "3.16.0"},
        seeds=None,
    )
    comparison = compare_runs(first, second)
    assert comparison.fit == (Change("epochs", "2", "3"),)
    assert comparison.code.splitlines()[1:] == [
        "-model.fit(x, y, epochs=2)",
        "+model.fit(x, y, epochs=3)",
    ]
    assert comparison.versions == (Change("keras", "3.15.1", "3.16.0"),)
    assert comparison.parameters == (650, 1280)
    assert comparison.data == comparison.compile == comparison.seeds == ()
    assert comparison.missing == ("seeds",)
    text = str(comparison)
    for line in ("~ Dense dense", "650 → 1,280 parameters", "epochs: 2 → 3", "Not recorded of"):
        assert line in text
    assert RUN["code"] in text


def test_a_run_is_equal_to_itself(tmp_path):
    path = write_run(tmp_path, "a")
    comparison = compare_runs(path, path)
    assert comparison.is_equal
    assert "No differences." in str(comparison)


def test_the_number_that_keras_appends_to_an_optimizer_is_no_difference(tmp_path):
    names = ("adam", "adam_1")
    runs = [
        write_run(
            tmp_path,
            name,
            compile_config={"optimizer": {"class_name": "Adam", "config": {"name": name}}},
        )
        for name in names
    ]
    assert compare_runs(*runs).is_equal


def test_changed_values_of_the_data_are_named_in_words(tmp_path):
    first, second = (
        write_run(tmp_path, f"20260528-202640-{n}", data={"y": {"shape": [3], "crc32": n}})
        for n in (1, 2)
    )
    assert compare_runs(first, second).data == (Change("y: checksum of a sample", "1", "2"),)
