"""Test a learning rate that overrides a schedule: from the next step on, without a retrace."""

import keras
import numpy as np
import pytest

import kwidgets as kw

BACKEND = keras.backend.backend()
X = np.ones((64, 1), "float32")
Y = np.zeros((64, 1), "float32")

SCHEDULES = {
    "CosineDecay": lambda: keras.optimizers.schedules.CosineDecay(0.01, 1000),
    "PiecewiseConstantDecay": lambda: keras.optimizers.schedules.PiecewiseConstantDecay(
        [5, 9], [0.01, 0.005, 0.001]
    ),
    "a function": lambda: lambda: 0.01,
}


class Counted(keras.layers.Layer):
    """y = w x; counts how often Python runs its call: once a trace."""

    def __init__(self):
        super().__init__()
        self.traces = 0

    def build(self, shape):
        self.w = self.add_weight(shape=(), initializer="ones")

    def call(self, x):
        self.traces += 1
        return x * self.w


class Record(keras.callbacks.Callback):
    """Records the weight after each batch, and calls functions after some."""

    def __init__(self, **acts):
        super().__init__()
        self.acts = {int(name[2:]): act for name, act in acts.items()}
        self.weights = []

    def on_train_batch_end(self, batch, logs=None):
        self.weights.append(float(self.model.get_weights()[0]))
        if act := self.acts.get(len(self.weights)):
            act()

    def rates(self):
        """The rate of each step: with mse and x = 1, the gradient is 2 w."""
        before = [1.0, *self.weights[:-1]]
        return [(a - b) / (2 * a) for a, b in zip(before, self.weights, strict=True)]


def make(rate, optimizer=keras.optimizers.SGD, **arguments):
    layer = Counted()
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(optimizer(rate, **arguments), "mse")
    model.set_weights([np.ones(())])
    return model, layer


def fit(model, *callbacks, epochs=1, batch_size=4):
    model.fit(
        X, Y, batch_size=batch_size, epochs=epochs, shuffle=False, callbacks=[*callbacks], verbose=0
    )


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_rate_set_by_hand_holds_from_the_next_step_and_the_schedule_comes_back(name):
    model, layer = make(SCHEDULES[name]())
    live = kw.LivePlot()
    record = Record(at4=lambda: live.set_learning_rate(0.125), at8=lambda: live.follow_schedule())
    fit(model, live, record)
    free, plain = make(SCHEDULES[name]())
    reference = Record()
    fit(free, reference)
    rates, scheduled = record.rates(), reference.rates()
    np.testing.assert_allclose(rates[:4], scheduled[:4], rtol=1e-4)
    np.testing.assert_allclose(rates[4:8], 0.125, rtol=1e-4)
    np.testing.assert_allclose(rates[8:], scheduled[8:], rtol=1e-4)
    if BACKEND != "torch":
        assert layer.traces == plain.traces, "no retrace"
    texts = [mark["text"] for mark in live.history.marks]
    assert texts[0].endswith("→ 0.125")
    assert texts[1].endswith(f"returned to {name}")


def test_the_view_says_what_holds():
    model, _ = make(SCHEDULES["CosineDecay"]())
    live = kw.LivePlot()
    seen = []

    def look():
        progress = live._run.describe_progress()
        seen.append((progress["learning_rate_schedule"], progress["learning_rate_held"]))

    fit(model, live, Record(at2=lambda: (look(), live.set_learning_rate(0.5)), at6=look))
    assert seen == [("CosineDecay", False), ("CosineDecay", True)]


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_unsteered_training_is_the_same_to_the_last_bit(optimizer):
    def train(*callbacks):
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)])
        schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 10, 0.9)
        model.compile(getattr(keras.optimizers, optimizer)(schedule), "mse")
        x = np.random.default_rng(0).random((128, 3), dtype="float32")
        model.fit(x, x[:, :1], epochs=3, batch_size=16, callbacks=[*callbacks], verbose=0)
        return model.get_weights()

    for plain, watched in zip(train(), train(kw.LivePlot()), strict=True):
        np.testing.assert_array_equal(plain, watched)


def test_nothing_of_ours_stays_in_the_optimizer():
    model, _ = make(SCHEDULES["CosineDecay"](), keras.optimizers.Adam)
    fit(model)
    names, count = sorted(vars(model.optimizer)), len(model.optimizer.variables)
    config = model.optimizer.get_config()
    live = kw.LivePlot()
    fit(model, live, Record(at3=lambda: live.set_learning_rate(0.5)))
    assert sorted(vars(model.optimizer)) == names
    assert len(model.optimizer.variables) == count
    assert model.optimizer.get_config() == config


def test_nor_in_one_of_a_model_whose_weights_are_more_than_a_number():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(3)])
    model.compile(keras.optimizers.Adam(SCHEDULES["CosineDecay"]()), "mse")
    live = kw.LivePlot()
    model.fit(X, np.zeros((64, 3), "float32"), callbacks=[live], verbose=0)
    assert not live._run._guard.failures
    assert "_get_current_learning_rate" not in vars(model.optimizer)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_nor_after_a_fit_that_an_exception_ended(error):
    def fail():
        raise error("on purpose")

    model, _ = make(SCHEDULES["CosineDecay"](), keras.optimizers.Adam)
    live = kw.LivePlot()
    with pytest.raises(error):
        fit(model, live, Record(at3=fail))
    live._run.abandon(error())  # what the end of the cell does
    assert not {"_get_current_learning_rate", "save_own_variables"} & set(vars(model.optimizer))
    fit(model, kw.LivePlot())


def test_what_is_saved_in_mid_fit_has_the_whole_state_of_the_optimizer(tmp_path):
    path = str(tmp_path / "model.keras")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(SCHEDULES["CosineDecay"]()), "mse")
    live = kw.LivePlot()
    save = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: model.save(path))
    fit(model, live, save, epochs=2)
    loaded = keras.models.load_model(path)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations) == 32
    assert len(loaded.optimizer.variables) == len(model.optimizer.variables)
    for ours, theirs in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(ours.value), keras.ops.convert_to_numpy(theirs.value)
        )


@pytest.mark.skipif(BACKEND == "torch", reason="PyTorch runs Python at each step")
def test_a_second_watched_fit_does_not_compile_anew():
    model, layer = make(SCHEDULES["CosineDecay"]())
    fit(model, kw.LivePlot())
    traces = layer.traces
    live = kw.LivePlot()
    record = Record(at4=lambda: live.set_learning_rate(0.125))
    start = float(model.get_weights()[0])
    fit(model, live, record)
    assert layer.traces == traces
    before = [start, *record.weights[:-1]]
    rates = [(a - b) / (2 * a) for a, b in zip(before, record.weights, strict=True)]
    np.testing.assert_allclose(rates[4:], 0.125, rtol=1e-3)


def test_after_a_fit_without_us_the_rate_can_be_set_all_the_same():
    model, _ = make(SCHEDULES["CosineDecay"]())
    fit(model)
    live = kw.LivePlot()
    start = float(model.get_weights()[0])
    record = Record(at4=lambda: live.set_learning_rate(0.125))
    fit(model, live, record)
    before = [start, *record.weights[:-1]]
    rates = [(a - b) / (2 * a) for a, b in zip(before, record.weights, strict=True)]
    np.testing.assert_allclose(rates[4:], 0.125, rtol=1e-3)


@pytest.mark.parametrize("how", ["scaled", "ema", "accumulated", "eager"])
def test_it_works_whatever_the_optimizer_is_wrapped_in(how):
    schedule = SCHEDULES["CosineDecay"]()
    extra = {"ema": {"use_ema": True}, "accumulated": {"gradient_accumulation_steps": 2}}
    optimizer = keras.optimizers.SGD(schedule, **extra.get(how, {}))
    if how == "scaled":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    model = keras.Sequential([keras.Input((1,)), Counted()])
    model.compile(optimizer, "mse", run_eagerly=how == "eager")
    live = kw.LivePlot()
    record = Record(at4=lambda: live.set_learning_rate(0.25))
    fit(model, live, record)
    assert live.status == "finished" and not live._run._guard.failures
    rates = record.rates()
    used = [rate for rate in rates[4:] if abs(rate) > 1e-6]
    np.testing.assert_allclose(used, 0.25, rtol=1e-2)


def test_a_fit_within_a_fit_steers_its_own_rate():
    model, _ = make(SCHEDULES["CosineDecay"]())
    inner, record = kw.LivePlot(), Record()

    def fit_other():
        other, _ = make(SCHEDULES["CosineDecay"]())
        record.acts[2] = lambda: inner.set_learning_rate(0.25)
        fit(other, inner, record)

    outer = Record(at4=fit_other)
    fit(model, kw.LivePlot(), outer)
    np.testing.assert_allclose(record.rates()[2], 0.25, rtol=1e-3)
    np.testing.assert_allclose(outer.rates()[4:], 0.01, rtol=1e-2)
