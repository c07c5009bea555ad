"""What import_model says of old Keras files: repairs, guesses, cuts, and errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files import kernels
from kwidgets.language import translated
from tests.formats.keras_files.goldens import Goldens, difference

to_numpy = keras.ops.convert_to_numpy

KERAS1 = Goldens("keras1")
KERAS2_THEANO = Goldens("keras2_theano")
TF_KERAS = Goldens("tf_keras")


def edit(path: Path, change: Callable[[Any], None]) -> Path:
    """Change the configuration in a file."""
    with h5py.File(path, "a") as file:
        config = file.attrs["model_config"]
        config = json.loads(config if isinstance(config, str) else config.decode())
        change(config)
        file.attrs["model_config"] = json.dumps(config)
    return path


def layers_of(config: Any) -> list[Any]:
    inner = config["config"]
    return inner["layers"] if isinstance(inner, dict) else inner


def notes(report: Any) -> str:
    found = [*report.facts.notes, *(note for layer in report.layers for note in layer.notes)]
    return "\n".join(map(translated, found))


def test_json_takes_its_weights_from_a_file_of_its_own(tmp_path: Path) -> None:
    model, report = kw.import_model(
        KERAS1.write("cnn", tmp_path, "json"), KERAS1.write("cnn", tmp_path, "weights")
    )
    assert max(difference(model, KERAS1, "cnn")) <= 2e-6
    assert report.facts.source == "Keras 1.2.2 on Theano"


def test_json_alone_is_a_model_without_weights_and_says_so(tmp_path: Path) -> None:
    model, report = kw.import_model(KERAS1.write("cnn", tmp_path, "json"))
    assert isinstance(model, keras.Sequential)
    assert report.facts.num_parameters == 0
    assert "The file has no weights" in notes(report)


def test_weights_alone_are_listed_with_what_to_pass(tmp_path: Path) -> None:
    path = KERAS1.write("cnn", tmp_path, "weights")
    with pytest.raises(FormatError, match=r"dense_\d: .*\(4,\).*import_model\(“model.json”"):
        kw.import_model(path)


def test_weights_of_another_net_are_refused_with_the_differences(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"do not fit the model: .*“.*”"):
        kw.import_model(KERAS1.write("cnn", tmp_path, "json"), KERAS1.write("dense", tmp_path))


def test_the_repairs_of_silent_errors_are_told(tmp_path: Path) -> None:
    _, report = kw.import_model(KERAS1.write("paddings", tmp_path))
    assert "turned round: Theano convolves" in notes(report)
    assert "zeros before and after, as Theano does" in notes(report)
    _, report = kw.import_model(KERAS1.write("recurrent", tmp_path))
    assert "hard_sigmoid is clip(0.2 x + 0.5)" in notes(report)
    _, report = kw.import_model(KERAS1.write("cnn", tmp_path))
    assert "Flattens channels first" in notes(report)
    assert "Theano was guessed" in notes(report)


def test_a_file_of_keras_1_says_its_backend_where_the_user_wrote_it(tmp_path: Path) -> None:
    path = KERAS1.write("channels_last", tmp_path)
    _, report = kw.import_model(path)
    assert "TensorFlow was guessed" in notes(report)
    assert report.facts.source == "Keras 1.2.2 on TensorFlow"
    with h5py.File(path, "a") as file:
        file.attrs["backend"] = "theano"
    _, report = kw.import_model(path)
    assert "guessed" not in notes(report)
    assert report.facts.source == "Keras 1.2.2 on Theano"


@pytest.mark.parametrize("width", [4, None])
def test_a_bias_is_added_to_its_channel_where_the_width_equals_the_filters(
    width: int | None, tmp_path: Path
) -> None:
    # Keras 3.15 on TensorFlow adds it along the width: as in CIFAR-10's 32 filters on 32 pixels.
    settings = {
        "name": "conv2d_1",
        "batch_input_shape": [None, 2, 5, width],
        "filters": 4,
        "kernel_size": [3, 3],
        "padding": "same",
        "data_format": "channels_first",
    }
    config = {
        "class_name": "Sequential",
        "config": [{"class_name": "Conv2D", "config": settings}],
        "keras_version": "2.2.4",
        "backend": "tensorflow",
    }
    (tmp_path / "model.json").write_text(json.dumps(config))
    model, report = kw.import_model(tmp_path / "model.json")
    random = np.random.default_rng(2)
    kernel, bias = random.normal(size=(3, 3, 2, 4)), random.normal(size=4)
    model.set_weights([kernel, bias])
    x = random.normal(size=(2, 2, 5, 4)).astype("float32")
    last = keras.ops.conv(np.moveaxis(x, 1, -1), kernel.astype("float32"), padding="same")
    expected = np.moveaxis(to_numpy(last) + bias, -1, 1)
    np.testing.assert_allclose(to_numpy(model(x)), expected, atol=1e-5)
    assert "add the bias along the width" in notes(report)


def test_shapes_of_weights_overrule_a_wrong_axis(tmp_path: Path) -> None:
    def wrong(config: Any) -> None:
        for layer in layers_of(config):
            if layer["class_name"] == "BatchNormalization":
                layer["config"]["axis"] = 2

    # As in music_tagger_crnn_weights_theano.h5 of Keras 1.0.
    model, report = kw.import_model(edit(KERAS2_THEANO.write("cnn", tmp_path), wrong))
    assert max(difference(model, KERAS2_THEANO, "cnn")) <= 2e-6
    assert [each.type for each in report.layers if each.outcome == "guessed"] == [
        "BatchNormalization"
    ]


def with_lambda(config: Any) -> None:
    function = ["4wEAAAAA", None, None]
    layers_of(config)[4] = {
        "class_name": "Lambda",
        "config": {"name": "secret", "function": function, "function_type": "lambda"},
    }


def test_a_lambda_is_never_run_and_the_model_ends_before_it(tmp_path: Path) -> None:
    path = edit(KERAS1.write("cnn", tmp_path), with_lambda)
    model, report = kw.import_model(path)
    cut = [each.name for each in report.layers if each.outcome == "cut"]
    assert cut[0] == "secret" and len(cut) == 3
    assert model.output_shape == (None, 3, 3, 1)
    assert "“secret” has a Python function as bytecode" in notes(report)
    assert not model.compiled


def of_my_class(config: Any) -> None:
    layers_of(config)[5]["class_name"] = "MyDropout"


def test_a_class_that_is_missing_is_named_with_the_line_that_registers_it(tmp_path: Path) -> None:
    path = edit(KERAS1.write("cnn", tmp_path), of_my_class)
    _, report = kw.import_model(path)
    assert "needs “MyDropout”" in notes(report)
    assert "@keras.saving.register_keras_serializable()" in notes(report)

    class MyDropout(keras.layers.Layer):
        def __init__(self, p: float, **options: Any) -> None:
            super().__init__(**options)
            self.p = p

        def call(self, inputs: Any) -> Any:
            return inputs

    with keras.saving.custom_object_scope({"MyDropout": MyDropout}):
        model, report = kw.import_model(path)
    assert [each.name for each in report.layers if each.outcome == "cut"] == []
    assert max(difference(model, KERAS1, "cnn")) <= 2e-6


def test_no_module_of_a_file_is_imported(tmp_path: Path) -> None:
    def hostile(config: Any) -> None:
        layers_of(config)[0]["config"]["kernel_regularizer"] = {
            "module": "os",
            "class_name": "system",
            "config": "echo",
            "registered_name": "os>system",
        }
        layers_of(config)[-1]["config"]["activation"] = {
            "module": "subprocess",
            "class_name": "run",
            "config": {"args": "echo"},
        }

    _, report = kw.import_model(edit(TF_KERAS.write("cnn", tmp_path), hostile))
    assert report.layers[-1].outcome == "cut"
    assert "needs “run”" in notes(report)


def test_the_model_is_compiled_as_the_file_says(tmp_path: Path) -> None:
    model, report = kw.import_model(TF_KERAS.write("cnn", tmp_path))
    assert type(model.optimizer).__name__ == "RMSprop"
    assert float(model.optimizer.learning_rate) == pytest.approx(0.002)
    assert model.loss == "sparse_categorical_crossentropy"
    assert "The optimizer starts anew" in notes(report)
    model, _ = kw.import_model(KERAS1.write("cnn", tmp_path))
    assert type(model.optimizer).__name__ == "SGD"


def test_a_file_of_keras_3_passes_through(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.ReLU()])
    model.save(tmp_path / "new.h5")
    again, report = kw.import_model(tmp_path / "new.h5")
    x = np.ones((1, 3), "float32")
    np.testing.assert_array_equal(to_numpy(again(x)), to_numpy(model(x)))
    assert report.facts.source.startswith("Keras 3")


def test_a_sequential_of_keras_0_is_read(tmp_path: Path) -> None:
    config = {
        "name": "Sequential",
        "layers": [
            {"name": "Dense", "output_dim": 3, "input_shape": [2], "activation": "linear"},
            {"name": "BatchNormalization", "epsilon": 1e-6, "mode": 0},
            {"name": "Dropout", "p": 0.5},
        ],
        "loss": "mse",
    }
    (tmp_path / "old.json").write_text(json.dumps(config))
    random = np.random.default_rng(0)
    arrays = [random.normal(size=shape).astype("float32") for shape in ((2, 3), 3, 3, 3, 3, 3)]
    arrays[5] = np.abs(arrays[5]) + 0.5
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["nb_layers"] = 3
        for index, own in enumerate((arrays[:2], arrays[2:], [])):
            group = file.create_group(f"layer_{index}")
            group.attrs["nb_params"] = len(own)
            for number, array in enumerate(own):
                group.create_dataset(f"param_{number}", data=array)
    model, report = kw.import_model(tmp_path / "old.json", tmp_path / "old.h5")
    x = random.normal(size=(4, 2)).astype("float32")
    gamma, beta, mean, deviation = arrays[2:]
    expected = gamma * (x @ arrays[0] + arrays[1] - mean) / (deviation + 1e-6) + beta
    np.testing.assert_allclose(to_numpy(model(x)), expected, rtol=1e-4, atol=1e-5)
    assert report.facts.source == "Keras 0.3 on Theano"


def test_the_layout_of_cudnn_is_undone() -> None:
    random = np.random.default_rng(1)
    kernel, recurrent = random.normal(size=(5, 12)), random.normal(size=(3, 12))
    bias = random.normal(size=24)

    def rows_as_columns(each: np.ndarray) -> np.ndarray:
        # What convert_weights(from_cudnn=False) of Keras 2.2.4 does.
        return each.T.reshape(each.shape, order="C")

    packed = np.hstack([rows_as_columns(each) for each in np.hsplit(kernel, 4)])
    turned = np.hstack([each.T for each in np.hsplit(recurrent, 4)])
    found = kernels.from_cudnn([packed, turned, bias], 4)
    np.testing.assert_array_equal(found[0], kernel)
    np.testing.assert_array_equal(found[1], recurrent)
    np.testing.assert_allclose(found[2], bias[:12] + bias[12:])


def test_json_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{"a": [1, 2]}')
    with pytest.raises(FormatError, match=r"not the model\.to_json"):
        kw.import_model(tmp_path / "data.json")


def test_hdf5_of_something_else_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"] = np.zeros(3)
    with pytest.raises(FormatError, match="names no layers"):
        kw.import_model(tmp_path / "data.h5")
