"""``kw.slim``: smaller copies, their metrics before and after, undone by one call."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest

import kwidgets
from tests.formats.export.tiny import tiny_model


def with_dead_units():
    """Return the tiny model with two dead filters and three dead units."""
    model, x, y = tiny_model()
    kernel, bias = model.layers[0].get_weights()
    bias[[1, 3]] = -100
    model.layers[0].set_weights([kernel, bias])
    dense = next(layer for layer in model.layers if layer.name.startswith("dense"))
    kernel, bias = dense.get_weights()
    bias[[0, 2, 5]] = -100
    dense.set_weights([kernel, bias])
    return model, x, y


def test_dead_units_are_removed_and_every_prediction_stays():
    model, x, y = with_dead_units()
    before = model.predict(x, verbose=0)
    slim = kwidgets.slim(model, "dead_units", validation_data=(x, y))
    filters, units = (
        slim.model.layers[0].filters,
        next(each.units for each in slim.model.layers if hasattr(each, "units")),
    )
    assert filters <= 2 and units <= 5
    np.testing.assert_allclose(slim.model.predict(x, verbose=0), before, atol=1e-6)
    assert slim.facts.parameters_after < slim.facts.parameters_before
    values = {metric.name: metric for metric in slim.facts.metrics}
    assert values["accuracy"].model == pytest.approx(values["accuracy"].export)
    assert model.layers[0].filters == 4


def test_undo_gives_the_original_back():
    model, x, y = tiny_model()
    weights = model.get_weights()
    slim = kwidgets.slim(model, "int8", validation_data=(x, y))
    assert slim.model is not model
    assert slim.undo() is model and slim.model is model and slim.undone
    assert "Undone" in slim.to_text()
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


@pytest.mark.parametrize("method", ["int8", "int4", "float16"])
def test_fewer_bits_are_smaller_and_say_what_they_cost(method):
    model, x, y = tiny_model()
    facts = kwidgets.slim(model, method, validation_data=(x, y)).facts
    assert facts.bytes_after < facts.bytes_before
    assert {metric.name for metric in facts.metrics} == {"loss", "accuracy"}
    assert 0 < facts.difference.maximum < 0.3
    assert facts.num_validation == 48


def test_what_cannot_be_made_smaller_is_said():
    model, *_ = tiny_model()
    with pytest.raises(kwidgets.FormatError, match="found on data"):
        kwidgets.slim(model, "dead_units")
    alive = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(3, "sigmoid"), keras.layers.Dense(1)]
    )
    with pytest.raises(kwidgets.FormatError, match="No unit"):
        kwidgets.slim(alive, "dead_units", np.ones((4, 2)))
    branch = keras.Input((2,))
    sum_ = keras.layers.Add()([keras.layers.Dense(2)(branch), keras.layers.Dense(2)(branch)])
    with pytest.raises(kwidgets.FormatError, match="one chain of layers"):
        kwidgets.slim(keras.Model(branch, sum_), "dead_units", np.ones((4, 2)))
    with pytest.raises(ValueError, match="unknown method 'int3'"):
        kwidgets.slim(model, "int3")  # type: ignore[arg-type]


def test_adapters_are_saved_apart_and_loaded_into_a_model_of_its_kind(tmp_path):
    model, x, _ = tiny_model()
    plain = np.asarray(model(x))
    dense = next(layer for layer in model.layers if hasattr(layer, "units"))
    dense.enable_lora(2)
    dense.lora_kernel_b.assign(np.ones(dense.lora_kernel_b.shape))
    adapted = np.asarray(model(x))
    assert not np.allclose(plain, adapted)
    path = kwidgets.slim.save_lora(model, tmp_path / "adapter.safetensors")
    assert path.stat().st_size < 2_000

    other, *_ = tiny_model()
    np.testing.assert_allclose(other.predict(x, verbose=0), plain, atol=1e-6)
    assert len(kwidgets.slim.load_lora(other, path)) == 1
    np.testing.assert_allclose(other.predict(x, verbose=0), adapted, atol=1e-6)


def test_adapters_that_do_not_fit_leave_the_model_as_it_is(tmp_path):
    model, *_ = tiny_model()
    with pytest.raises(kwidgets.FormatError, match="has an adapter"):
        kwidgets.slim.save_lora(model, tmp_path / "none.safetensors")
    assert not list(tmp_path.iterdir())
    next(layer for layer in model.layers if hasattr(layer, "units")).enable_lora(2)
    path = kwidgets.slim.save_lora(model, tmp_path / "adapter.safetensors")
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(kwidgets.FormatError):
        kwidgets.slim.load_lora(other, path)
    assert not other.layers[0].lora_enabled
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(kwidgets.FormatError, match="damaged"):
        kwidgets.slim.load_lora(model, path)


def adapted():
    """Return a model with statistics of its own, and samples."""
    x = np.random.default_rng(0).normal(50, 20, (64, 3)).astype("float32")
    normal = keras.layers.Normalization()
    normal.adapt(x)
    model = keras.Sequential(
        [keras.Input((3,)), normal, keras.layers.Dense(8, "relu"), keras.layers.Dense(2)]
    )
    return model, x


@pytest.mark.parametrize("method", ["int8", "float16"])
def test_a_copy_has_the_statistics_of_adapted_layers_and_its_code_gives_the_same(
    method, tmp_path, monkeypatch
):
    model, x = adapted()
    slim = kwidgets.slim(model, method, x)
    assert slim.facts.difference.maximum < 0.1
    monkeypatch.chdir(tmp_path)
    found = {"model": model}
    exec(slim.facts.code, found)
    ours, theirs = slim.model.predict(x, verbose=0), found["small"].predict(x, verbose=0)
    np.testing.assert_allclose(theirs, ours, atol=1e-3)


def test_the_copy_without_dead_units_has_the_statistics_of_adapted_layers():
    model, x = adapted()
    kernel, bias = model.layers[1].get_weights()
    bias[0] = -1000
    model.layers[1].set_weights([kernel, bias])
    assert kwidgets.slim(model, "dead_units", x).facts.difference.maximum < 1e-5


@pytest.mark.parametrize("policy", ["float32", "float64", "mixed_float16"])
def test_a_functional_model_of_more_than_16_bits_gets_them(policy):
    inputs = keras.Input((3,))
    outputs = keras.layers.Dense(4, dtype=policy)(inputs)
    facts = kwidgets.slim(keras.Model(inputs, outputs), "float16").facts
    assert facts.bytes_after == facts.bytes_before / (4 if policy == "float64" else 2)


def test_weights_of_16_bits_and_quantized_models_are_refused():
    inputs = keras.Input((3,))
    outputs = keras.layers.Dense(4, dtype="bfloat16")(inputs)
    with pytest.raises(kwidgets.FormatError, match="16 bits or fewer already"):
        kwidgets.slim(keras.Model(inputs, outputs), "float16")
    model, x, _ = tiny_model()
    model.quantize("int8")
    for method in ("int8", "int4", "float16"):
        with pytest.raises(kwidgets.FormatError, match="quantized to int8 already"):
            kwidgets.slim(model, method, x)


def test_units_that_live_only_in_late_rows_or_in_the_other_data_stay():
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4, "relu", kernel_initializer="zeros", name="hidden")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
    kernel = np.zeros((3, 4), "float32")
    kernel[0, 0], kernel[1, 1], kernel[2, 2] = 1, 1, 1
    model.get_layer("hidden").set_weights([kernel, np.zeros(4, "float32")])
    samples, x = np.zeros((300, 3), "float32"), np.zeros((1500, 3), "float32")
    samples[299, 0], x[1499, 1] = 1, 1
    slim = kwidgets.slim(model, "dead_units", samples, validation_data=(x, np.zeros((1500, 2))))
    assert slim.model.get_layer("hidden").units == 2
    assert "1,800" in slim.to_text()
    for data in (samples, x):
        np.testing.assert_array_equal(
            slim.model.predict(data, verbose=0), model.predict(data, verbose=0)
        )
    batches = (samples[start : start + 100] for start in range(0, 300, 100))
    slim = kwidgets.slim(model, "dead_units", batches)
    assert slim.model.get_layer("hidden").units == 1 and "300" in slim.to_text()


def test_nothing_of_the_kernel_has_changed_after_it():
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(4, 5, 3)),
            keras.layers.LSTM(2, stateful=True),
            keras.layers.Dense(2),
        ]
    )
    x = np.random.default_rng(0).normal(size=(10, 5, 3)).astype("float32")
    model(x[:4])
    states = [np.array(each) for each in model.layers[0].states]
    name = keras.layers.Dense(1).name
    before = random.getstate()
    assert kwidgets.slim(model, "int8", x).facts.difference.num_samples == 10
    assert random.getstate() == before
    assert _number(keras.layers.Dense(1).name) == _number(name) + 1
    for old, new in zip(states, model.layers[0].states, strict=True):
        np.testing.assert_array_equal(old, np.array(new))


def _number(name: str) -> int:
    digits = name.rpartition("_")[2]
    return int(digits) if digits.isdigit() else 0


def test_half_precision_of_the_compute_type_is_not_quantized():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(4, dtype="mixed_float16")(inputs))
    with pytest.raises(kwidgets.FormatError, match="computes with float16"):
        kwidgets.slim(model, "int8")


@pytest.mark.parametrize("samples", [3, "abc", np.float32(3), [[1, 2, 3], [1, 2]], object()])
def test_what_is_no_data_is_refused_in_one_sentence(samples):
    model, x, _ = tiny_model()
    for given in ({"samples": samples}, {"validation_data": (x, samples)}):
        with pytest.raises(kwidgets.FormatError, match="Data should be an array"):
            kwidgets.slim(model, "float16", **given)


def test_outputs_that_are_nan_are_said_and_are_no_agreement():
    model, x, _ = tiny_model()
    x[:5] = np.nan
    slim = kwidgets.slim(model, "float16", x)
    assert "Outputs of the model are NaN for 5 of 48 samples." in slim.to_text()
    assert "Outputs of the smaller model are NaN for 5 of 48 samples." in slim.to_text()
    x[:] = np.nan
    facts = kwidgets.slim(model, "float16", x).facts
    assert np.isnan(facts.difference.maximum) and facts.difference.same_class is None


def test_metrics_use_the_weights_of_samples_and_outputs_as_evaluate_does():
    model, x, y = tiny_model()
    model.compile(
        "sgd", "sparse_categorical_crossentropy", loss_weights=[0.5], weighted_metrics=["accuracy"]
    )
    weights = np.arange(48) / 10
    expected = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    data = (
        (x[start : start + 16], y[start : start + 16], weights[start : start + 16])
        for start in (0, 16, 32)
    )
    for given in ((x, y, weights), data):
        facts = kwidgets.slim(model, "float16", x, validation_data=given).facts
        found = {metric.name: metric.model for metric in facts.metrics}
        assert found == pytest.approx(expected, rel=1e-5)


def test_a_loss_of_limited_probabilities_is_said():
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Activation("softmax")(keras.layers.Dense(2)(inputs)))
    model.set_weights([100 * np.eye(2, dtype="float32"), np.zeros(2, "float32")])
    model.compile(loss="sparse_categorical_crossentropy")
    x = np.eye(2, dtype="float32")
    for y, is_said in ((np.array([0, 1]), False), (np.array([1, 0]), True)):
        text = kwidgets.slim(model, "float16", x, validation_data=(x, y)).to_text()
        assert ("model.evaluate may give a larger loss" in text) is is_said


@pytest.mark.parametrize("regularizer", [None, "kernel_regularizer", "activity_regularizer"])
def test_a_loss_without_the_penalties_of_regularizers_is_said(regularizer):
    penalty = {} if regularizer is None else {regularizer: "l2"}
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, **penalty)])
    model.compile(loss="mse")
    x, y = np.eye(2, dtype="float32"), np.ones((2, 1))
    text = kwidgets.slim(model, "float16", x, validation_data=(x, y)).to_text()
    assert ("model.evaluate adds them" in text) is (regularizer is not None)
