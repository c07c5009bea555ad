"""Predictions are read from the validation, and the fit is the same to the last bit."""

from __future__ import annotations

import copy
import functools
import pickle
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.insight.keras_internals.tap import tap_of
from kwidgets.language import translated
from tests.insight.tap.models import (
    CLASSES,
    SAMPLES,
    VALIDATION,
    Trained,
    WithBareTestStep,
    WithOwnTestStep,
    classifier,
    data,
    train,
    two_outputs,
)

BACKEND = keras.backend.backend()
needs_compiled_steps = pytest.mark.skipif(
    BACKEND == "torch", reason="PyTorch runs single steps, without XLA"
)


def dataset(**options: Any) -> dict[str, Any]:
    """Return the arguments of a fit whose data yield batches."""
    import tensorflow as tf

    x, y = data()
    weights = (np.ones(VALIDATION, "float32"),) if options.get("weights") else ()
    parts = (x[:SAMPLES], y[:SAMPLES]), (x[SAMPLES:], y[SAMPLES:], *weights)
    first, second = (tf.data.Dataset.from_tensor_slices(part).batch(16) for part in parts)
    return {"x": first, "y": None, "batch_size": None, "validation_data": second}


class Batches(keras.utils.PyDataset):
    """Yields batches of the validation data."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self._data = tuple(array[start:stop] for array in data())

    def __len__(self) -> int:
        return -(-len(self._data[0]) // 16)

    def __getitem__(self, index: int) -> Any:
        return tuple(array[16 * index : 16 * index + 16] for array in self._data)


def weighted() -> dict[str, Any]:
    x, y = data()
    weights = np.linspace(0, 2, VALIDATION, dtype="float32")
    return {"validation_data": (x[SAMPLES:], y[SAMPLES:], weights)}


def with_two_targets() -> dict[str, Any]:
    x, y = data()
    targets = {"kind": y, "size": x.sum(axis=1)}
    return {
        "y": {name: values[:SAMPLES] for name, values in targets.items()},
        "validation_data": (
            x[SAMPLES:],
            {name: values[SAMPLES:] for name, values in targets.items()},
        ),
    }


CASES = {
    "arrays": (classifier, dict),
    "split": (classifier, lambda: {"validation_split": 0.3, "validation_data": None}),
    "run_eagerly": (functools.partial(classifier, run_eagerly=True), dict),
    "several steps": (functools.partial(classifier, steps_per_execution=4), dict),
    "many steps": (functools.partial(classifier, steps_per_execution=64), dict),
    "XLA": (functools.partial(classifier, jit_compile=True), dict),
    "not compiled": (functools.partial(classifier, jit_compile=False), dict),
    "XLA, several steps": (
        functools.partial(classifier, jit_compile=True, steps_per_execution=3),
        dict,
    ),
    "own test step": (functools.partial(classifier, WithOwnTestStep), dict),
    "bare test step": (functools.partial(classifier, WithBareTestStep), dict),
    "functional": (functools.partial(classifier, keras.Model), dict),
    "weights": (functools.partial(classifier, jit_compile=BACKEND == "jax"), weighted),
    "two outputs": (two_outputs, with_two_targets),
    "tf.data": (classifier, dataset),
    "PyDataset": (classifier, lambda: {"validation_data": Batches(SAMPLES, SAMPLES + VALIDATION)}),
}
# The others are tried by `make test-all`.
QUICK = {"arrays", "several steps", "weights", "two outputs", "tf.data"}
in_full = pytest.mark.slow("other cases of the same promise")
NAMES = [pytest.param(name, marks=() if name in QUICK else in_full) for name in CASES]
ONLY_COMPILED = {"several steps", "many steps", "XLA", "XLA, several steps"}


@pytest.fixture(scope="module")
def trained() -> Any:
    """Return a function that trains a case with and without a view, once each."""

    @functools.cache
    def both(name: str) -> tuple[Trained, Trained]:
        if BACKEND == "torch" and name in ONLY_COMPILED:
            pytest.skip("PyTorch runs single steps, without XLA")
        make, options = CASES[name]
        return train(make, False, **options()), train(make, True, **options())

    return both


@pytest.mark.parametrize("name", NAMES)
def test_the_fit_is_the_same_to_the_last_bit(trained: Any, name: str) -> None:
    without, with_view = trained(name)
    assert with_view.history == without.history
    for value, expected in zip(with_view.variables, without.variables, strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_read_once(trained: Any, name: str) -> None:
    live = trained(name)[1].live
    predictions = live.predictions
    assert predictions.epochs == [1, 2, 3, 4], predictions
    count = 60 if name == "split" else VALIDATION
    for epoch in predictions:
        assert epoch.samples == count
        assert epoch.confusion is None or epoch.confusion.sum() == count
    assert not live._run.guard.failures


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_on_the_model(trained: Any, name: str) -> None:
    without, with_view = trained(name)
    assert set(vars(with_view.model)) == set(vars(without.model))
    tap = tap_of(with_view.model)
    assert tap is not None and tap.receive is None


def test_the_numbers_are_those_of_the_model(trained: Any) -> None:
    with_view = trained("arrays")[1]
    x, y = (array[SAMPLES:] for array in data())
    p = with_view.model.predict(x, verbose=0)
    latest = with_view.live.predictions.latest
    table = latest.to_pandas()
    assert table["true"].cat.codes.tolist() == y.tolist()
    assert table["predicted"].cat.codes.tolist() == p.argmax(axis=1).tolist()
    np.testing.assert_allclose(table["probability"], p.max(axis=1), rtol=1e-5)
    losses = -np.log(p[np.arange(len(y)), y])
    np.testing.assert_allclose(table["loss"], losses, rtol=1e-3)
    assert latest.figures["loss"] == pytest.approx(with_view.history["val_loss"][-1], rel=1e-5)
    assert latest.figures["accuracy"] == pytest.approx(with_view.history["val_accuracy"][-1])
    expected = np.zeros((CLASSES, CLASSES), int)
    np.add.at(expected, (y, p.argmax(axis=1)), 1)
    np.testing.assert_array_equal(latest.confusion, expected)
    worst = latest.mistakes[0]
    wrong = np.flatnonzero(p.argmax(axis=1) != y)
    assert worst.position == wrong[losses[wrong].argmax()]
    np.testing.assert_array_equal(worst.inputs[0], x[worst.index])


def test_each_output_can_be_chosen(trained: Any) -> None:
    predictions = trained("two outputs")[1].live.predictions
    assert predictions.outputs == ["kind", "size"]
    assert predictions.at(output="kind").task == "classification"
    assert predictions.at(output="size").task == "regression"
    sizes = predictions.at(output="size").to_pandas()
    np.testing.assert_allclose(sizes["true"], data()[0][SAMPLES:].sum(axis=1), rtol=1e-5)


@pytest.mark.parametrize("name", ["tf.data", pytest.param("PyDataset", marks=in_full)])
def test_samples_of_batches_have_no_index_but_inputs(trained: Any, name: str) -> None:
    latest = trained(name)[1].live.predictions.latest
    x = data()[0][SAMPLES:]
    assert latest.mistakes[0].inputs is not None
    for sample in [*latest.watched, *latest.mistakes]:
        assert sample.index is None and sample.code == ""
        if sample.inputs is None:  # not among the worst of its batch
            continue
        np.testing.assert_array_equal(sample.inputs[0], x[sample.position])


def count_traces(model: Any) -> list[Any]:
    """Return a list that grows each time the model's call is traced, or run eagerly."""
    calls: list[Any] = []
    layer = model.layers[-1]
    original = layer.call

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return original(*args, **kwargs)

    layer.call = call
    return calls


@needs_compiled_steps
def test_nothing_is_traced_more_than_without_a_view() -> None:
    counts = []
    for with_view in (False, True):
        x, y = data()
        model = classifier()
        calls = count_traces(model)
        for _ in range(2):
            callbacks = [kw.LivePlot()] if with_view else []
            model.fit(
                *(x[:160], y[:160]),
                validation_data=(x[160:240], y[160:240]),
                batch_size=16,
                callbacks=callbacks,
                verbose=0,
            )
            counts.append(len(calls))
        model.evaluate(x[160:240], y[160:240], batch_size=16, verbose=0)
        counts.append(len(calls))
    assert counts[:3] == counts[3:]


def test_the_model_can_be_used_as_before(trained: Any, tmp_path: Path) -> None:
    without, with_view = trained("arrays")
    x, y = data()
    results = [each.model.evaluate(x, y, verbose=0) for each in (without, with_view)]
    assert results[0] == results[1]
    model = with_view.model
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    copies = [loaded, copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    for copied in copies:
        assert tap_of(copied) is None
        assert copied.evaluate(x, y, verbose=0) == results[0]


def test_compiling_gives_keras_own_test_function_and_the_next_fit_reads_again() -> None:
    first = train(classifier, True)
    assert first.live is not None and len(first.live.predictions) == 4
    first.model.compile("adam", loss="sparse_categorical_crossentropy")
    assert tap_of(first.model) is None
    x, y = data()
    live = kw.LivePlot()
    first.model.fit(x, y, validation_split=0.2, callbacks=[live], verbose=0)
    assert len(live.predictions) == 1


class WithOwnEvaluate(keras.Model):
    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        return super().evaluate(*args, **kwargs)


def test_a_model_with_its_own_evaluate_is_left_alone() -> None:
    make = functools.partial(classifier, WithOwnEvaluate)
    without, with_view = train(make, False), train(make, True)
    assert with_view.history == without.history
    assert with_view.live is not None
    predictions = with_view.live.predictions
    assert not len(predictions)
    assert "evaluate" in translated(predictions.reason)
    assert tap_of(with_view.model) is None


def test_a_failure_while_reading_ends_the_reading_only(monkeypatch: Any, caplog: Any) -> None:
    from kwidgets.insight.keras_internals import reduce

    def fail(*args: Any) -> Any:
        raise RuntimeError("cannot reduce")

    monkeypatch.setattr(reduce, "reduce_output", fail)
    without, with_view = train(classifier, False), train(classifier, True)
    assert with_view.history == without.history
    assert with_view.live is not None
    assert "cannot reduce" in translated(with_view.live.predictions.reason)
    assert caplog.text.count("cannot read the predictions") == 1


@in_full
@pytest.mark.skipif(BACKEND != "tensorflow", reason="on JAX a barrier keeps the digit")
def test_with_weights_and_xla_nothing_is_read() -> None:
    make = functools.partial(classifier, jit_compile=True)
    without, with_view = train(make, False, **weighted()), train(make, True, **weighted())
    assert with_view.history == without.history
    assert with_view.live is not None
    assert "val_loss" in translated(with_view.live.predictions.reason)


def test_training_samples_are_read_on_request_and_change_nothing() -> None:
    class Look(keras.callbacks.Callback):
        def __init__(self, live: kw.LivePlot) -> None:
            super().__init__()
            self.live = live

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                replies = []
                session = self.live._run.view.insight
                session.answer(
                    {"request": "look_at_training_samples"}, lambda *reply: replies.append(reply)
                )
                assert replies[0][0], replies

    x, y = data()
    results = []
    for looks in (False, True):
        model, live = classifier(), kw.LivePlot()
        callbacks = [live, Look(live)] if looks else []
        history = model.fit(x, y, epochs=4, callbacks=callbacks, verbose=0).history
        results.append((history, [keras.ops.convert_to_numpy(v) for v in model.variables]))
    assert results[0][0] == results[1][0]
    for value, expected in zip(results[1][1], results[0][1], strict=True):
        np.testing.assert_array_equal(value, expected)
    latest = live.predictions.latest
    assert (latest.source, latest.epoch, latest.samples) == ("training", 2, len(x))
