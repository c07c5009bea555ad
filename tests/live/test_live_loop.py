"""Test LiveLoop around real training loops, without a notebook."""

import itertools
import os
import signal
import threading
import time
import types

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.live.page.receive_commands import CommandReceiver
from kwidgets.live.training_thread.command_queue import Command

X = np.random.default_rng(0).random((64, 4), dtype="float32")
Y = X.sum(axis=1, keepdims=True)
BATCHES = [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 64, 8)]


@pytest.fixture(autouse=True)
def sample_each_step(monkeypatch):
    monkeypatch.setattr("kwidgets.live.run.fit_run.SAMPLE_SECONDS", 0.0)
    monkeypatch.setattr("kwidgets.live.training_thread.pace.MAX_INTERVAL_SECONDS", 0.0)


def make_model(optimizer="adam"):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)], name="line")
    model.compile(optimizer, "mse")
    return model


def train(model, live, epochs=2, act=lambda step: None):
    losses = []
    with live:
        for _ in live.epochs():
            for x, y in live.steps(BATCHES):
                model.reset_metrics()
                losses.append(model.train_on_batch(x, y))
                live.log(loss=losses[-1])
                act(len(losses))
            live.log(val_loss=model.test_on_batch(X, Y))
    return losses


def test_a_loop_of_train_on_batch_has_its_curves_and_the_same_weights():
    model, plain = make_model(), make_model()
    live = kw.LiveLoop(epochs=2, model=model)
    losses = train(model, live)
    for _ in range(2):
        for x, y in BATCHES:
            plain.train_on_batch(x, y)
    for watched, bare in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(watched, bare)

    history = live.history
    np.testing.assert_allclose(history.batches["mean/loss"], losses, rtol=1e-6)
    assert list(history.batches["step"]) == list(range(1, 17))
    np.testing.assert_allclose(history["loss"], np.mean(np.reshape(losses, (2, 8)), axis=1))
    assert np.isfinite(history["val_loss"]).all()
    assert list(history["step"]) == [8, 16]
    assert live.status == "finished"
    assert kw.latest() is live
    assert live._run.describe_run(live._run.view)["model_name"] == "line"
    assert live._run.bundle()["text/plain"].startswith("Training finished: 2 of 2 epochs")


def test_a_loop_calls_a_model_as_a_fit_does(monkeypatch):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    monkeypatch.setattr("kwidgets.live.run.fit_state.user_namespace", lambda: {"small": model})
    for live, name in [
        (kw.LiveLoop(epochs=1, model=model), "small"),
        (kw.LiveLoop(epochs=1, model=model, name="mine"), "mine"),
        (kw.LiveLoop(epochs=1), "Training loop"),
    ]:
        train(model, live, epochs=1)
        assert live._run.describe_run(live._run.view)["model_name"] == name


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a loop of TensorFlow's")
def test_a_loop_with_a_gradient_tape_logs_its_tensors():
    import tensorflow as tf

    model, optimizer = make_model(), keras.optimizers.SGD(0.1)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    losses = []
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    with kw.LiveLoop(epochs=2, model=model, optimizer=optimizer) as live:
        for _ in live.epochs():
            for x, y in live.steps(data):
                losses.append(step(x, y))
                live.log(loss=losses[-1])
                if len(losses) == 8:
                    live.set_learning_rate(0.0625)
    assert float(optimizer.learning_rate) == 0.0625
    np.testing.assert_allclose(live.history.batches["mean/loss"], np.array(losses), rtol=1e-6)
    assert [mark["text"] for mark in live.history.marks] == ["Learning rate 0.1 → 0.0625"]


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="a loop of JAX's")
def test_a_jax_loop_that_keeps_its_state_cannot_be_steered_and_says_so(caplog):
    import jax

    model = make_model()

    @jax.jit
    def step(state, x, y):
        def loss_of(trainable):
            y_, non_trainable = model.stateless_call(trainable, state[1], x, training=True)
            return ((y_ - y) ** 2).mean(), non_trainable

        (loss, non_trainable), grads = jax.value_and_grad(loss_of, has_aux=True)(state[0])
        trainable, optimizer = model.optimizer.stateless_apply(state[2], grads, state[0])
        return (trainable, non_trainable, optimizer), loss

    model.optimizer.build(model.trainable_variables)
    state = tuple(
        [variable.value for variable in variables]
        for variables in (
            model.trainable_variables, model.non_trainable_variables, model.optimizer.variables
        )
    )  # fmt: skip
    losses = []
    with kw.LiveLoop(model=model) as live:
        for x, y in live.steps(BATCHES):
            state, loss = step(state, x, y)
            losses.append(loss)
            live.log(loss=loss)
            if len(losses) == 3:
                live.set_learning_rate(0.5)
    np.testing.assert_allclose(live.history.batches["mean/loss"], np.array(losses), rtol=1e-6)
    assert "cannot be set in a loop" in caplog.text


def test_stop_ends_the_loops_in_order():
    model = make_model()
    fetched = []
    live = kw.LiveLoop(epochs=5, model=model)

    def batches():
        for batch in BATCHES:
            fetched.append(batch)
            yield batch

    validated = 0
    with live:
        for epoch in live.epochs():
            for i, (x, y) in enumerate(live.steps(batches())):
                live.log(loss=model.train_on_batch(x, y))
                if epoch == 1 and i == 2:
                    live.stop()
            live.log(val_loss=1.0)
            validated += 1
    assert live.status == "stopped"
    assert (len(fetched), validated) == (8 + 3, 2), "no batch is fetched for nothing"
    assert list(live.history["step"]) == [8, 11]
    assert [mark["text"] for mark in live.history.marks] == ["Stop"]


def test_pause_holds_the_loop_until_resume():
    live = kw.LiveLoop(epochs=1)
    paused = []

    def resume():
        while live.status != "paused":
            time.sleep(0.01)
        paused.append(list(seen))
        live.resume()

    seen = []
    thread = threading.Thread(target=resume)
    with live:
        for i in live.steps(6):
            seen.append(i)
            live.log(loss=i)
            if i == 2:
                live.pause()
                thread.start()
    thread.join()
    assert paused == [[0, 1, 2]]
    assert live.history.marks[0]["text"].startswith("Paused for")


def test_an_exception_ends_the_view_as_failed():
    live = kw.LiveLoop(epochs=2)

    def run():
        with live:
            for i in itertools.chain.from_iterable(live.steps(4) for _ in live.epochs()):
                live.log(loss=1 / (2 - i))

    with pytest.raises(ZeroDivisionError):
        run()
    assert live.status == "failed"
    assert live._run.detail == "ZeroDivisionError: division by zero"
    np.testing.assert_allclose(live.history.batches["mean/loss"], [0.5, 1.0])
    assert len(live.history["step"]) == 0, "the epoch is not complete"


def test_an_interrupt_waits_for_the_step():
    before = signal.getsignal(signal.SIGINT)
    live, done = kw.LiveLoop(epochs=2), []

    def run():
        with live:
            for _ in live.epochs():
                for i in live.steps(5):
                    if i == 3:
                        os.kill(os.getpid(), signal.SIGINT)
                    done.append(i)
                    live.log(loss=i)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert done == [0, 1, 2, 3]
    assert live.status == "interrupted"
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_outside_of_the_steps_is_raised_at_once():
    before = signal.getsignal(signal.SIGINT)
    live, reached = kw.LiveLoop(epochs=2), []

    def run():
        with live:
            for _ in live.epochs():
                list(live.steps(2))
                os.kill(os.getpid(), signal.SIGINT)
                reached.append(1)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert not reached
    assert live.status == "interrupted"
    assert signal.getsignal(signal.SIGINT) is before


def test_a_loop_that_catches_an_interrupt_goes_on():
    """As one does that saves its weights and trains on; the next interrupt is deferred again."""
    live, caught = kw.LiveLoop(epochs=3), 0
    with live:
        for _ in live.epochs():
            try:
                for i in live.steps(3):
                    live.log(loss=i)
                    if i == 1:
                        os.kill(os.getpid(), signal.SIGINT)
            except KeyboardInterrupt:
                caught += 1
    assert caught == 3
    assert live.status == "finished"
    assert list(live.history["step"]) == [2, 4, 6]


def test_break_and_return_leave_the_loops_in_order():
    live = kw.LiveLoop(epochs=9)

    def loop():
        for epoch in live.epochs():
            for i in live.steps(itertools.count()):
                if i == 4:
                    break
                live.log(loss=i)
            live.log(val_loss=epoch)
            if epoch == 1:
                return

    with live:
        loop()
        live.log(test_loss=7)
    assert live.status == "finished"
    assert list(live.history["step"]) == [4, 8]
    assert list(live.history["val_loss"]) == [0, 1]
    assert live.history["test_loss"][-1] == 7


class ProgressBar:
    """Keeps what it iterates over, as tqdm does."""

    def __init__(self, iterable):
        self.iterable = iterable

    def __iter__(self):
        yield from self.iterable


def test_a_break_ends_the_steps_also_below_a_progress_bar():
    kept = []
    with kw.LiveLoop(epochs=3) as live:
        for epoch in live.epochs():
            kept.append(ProgressBar(live.steps(9)))
            for i in kept[-1]:
                live.log(loss=i)
                if i == 2:
                    break
            live.log(val_loss=epoch)
    assert list(live.history["step"]) == [3, 6, 9]
    assert list(live.history["loss"]) == [1, 1, 1]
    assert list(live.history["val_loss"]) == [0, 1, 2]


def test_steps_whose_iterator_is_kept_end_with_their_epoch():
    kept = []
    with kw.LiveLoop(epochs=3) as live:
        for epoch in live.epochs():
            kept.append(iter(live.steps(9)))
            live.log(loss=next(kept[-1]))
            live.log(loss=next(kept[-1]))
            if epoch == 1:
                kept[0].close()
    assert list(live.history["step"]) == [2, 4, 6]
    assert list(live.history["loss"]) == [0.5, 0.5, 0.5]


def test_epochs_that_a_break_leaves_can_be_continued():
    with kw.LiveLoop(epochs=5) as live:
        first, second = live.epochs(), live.epochs()
        numbers = []

        def train(epochs, count):
            for _, epoch in zip(range(count), epochs, strict=False):
                for _ in live.steps(4):
                    live.log(loss=epoch)
                numbers.append((epoch, live._run.describe_run(live._run.view)["epochs"]))

        train(first, 2)
        train(second, 2)
        train(first, 1)
        # Its end is not that of the first one.
        second.close()
        for _ in live.steps(2):
            live.log(loss=9)
        train(first, 9)
    assert numbers == [(0, 5), (1, 5), (2, 7), (3, 7), (4, 7), (5, 7), (6, 7)]
    assert list(live.history["step"]) == [4, 8, 12, 16, 22, 26, 30]
    with pytest.raises(RuntimeError, match="with statement"):
        next(live.epochs())


def test_steps_that_a_break_leaves_can_be_continued_in_the_next_epoch():
    with kw.LiveLoop(epochs=3) as live:
        steps = iter(live.steps(6))
        for _ in live.epochs():
            for i in steps:
                live.log(loss=i)
                if i % 2:
                    break
    assert list(live.history["step"]) == [2, 4, 6]
    assert list(live.history["loss"]) == [0.5, 2.5, 4.5]


def test_a_loop_may_log_its_epochs_only():
    with kw.LiveLoop(epochs=2, steps=4) as live:
        for epoch in live.epochs():
            live.log(loss=2 - epoch)
    assert live._run.store.best["loss"]["value"] == 1


def test_validating_is_shown_only_where_there_is_a_validation():
    def phases(log):
        seen = []
        with kw.LiveLoop(epochs=2) as live:
            for _ in live.epochs():
                for i in live.steps(3):
                    live.log(loss=i)
                    seen.append(live._run.describe_progress()["phase"][0])
                seen.append(live._run.describe_progress()["phase"][0])
                live.log(log)
                seen.append(live._run.describe_progress()["phase"][0])
        assert live._run.describe_progress()["phase"] == "training"
        return "".join(seen)

    # Three steps, before the log, after it; the first step of all is "starting".
    assert phases({}) == phases({"fid": 1.0}) == "sttttttttt"
    # The second epoch is expected to have a validation, as the first one had.
    assert phases({"val_loss": 1.0}) == "stttvtttvv"


def test_steps_without_epochs_are_epochs_of_their_own():
    with kw.LiveLoop() as live:
        for _ in range(3):
            for i in live.steps(iter(range(4))):
                live.log({"loss": i}, accuracy=i)
    assert list(live.history["step"]) == [4, 8, 12]
    assert list(live.history["loss"]) == [1.5, 1.5, 1.5]
    progress = live._run.describe_progress()
    assert progress["batches"] == 4, "learned from the first epoch"
    # How many epochs there will be is not known, and not made up.
    assert (progress["epoch"], progress["total_steps"]) == (3, None)
    assert live._run.describe_run(live._run.view)["epochs"] == 0
    assert live._run.bundle()["text/plain"].startswith("Training finished: 3 epochs, 0:")
    assert live._run.view.headline().split(" · ")[1] == "epoch 3"


def test_one_long_loop_shows_its_validations_at_once():
    with kw.LiveLoop() as live:
        for i in live.steps(20):
            live.log(loss=i)
            if i % 5 == 4:
                live.log(val_loss=100 - i)
                assert live.history["val_loss"][-1] == 100 - i
    assert [v for v in live.history["val_loss"] if v == v] == [96, 91, 86, 81]
    assert list(live.history["step"]) == [4, 9, 14, 19, 20]
    assert live._run.store.best["loss"]["value"] == 81


@pytest.mark.parametrize(
    ("batches", "steps", "expected"),
    [
        (lambda: itertools.count(), 3, 3),
        (lambda: range(10), 3, 3),
        (lambda: range(2), 3, 2),
        (lambda: 5, None, 5),
        (lambda: None, 4, 4),
        (lambda: (i for i in range(6)), None, 6),
        (lambda: Pairs(), None, 3),
        (list, None, 0),
        (lambda: Unknown(), None, 2),
    ],
    ids=["endless", "long", "short", "number", "none", "generator", "sequence", "empty", "unknown"],
)
def test_steps_takes_what_can_be_iterated_over(batches, steps, expected):
    with kw.LiveLoop(epochs=2, steps=steps) as live:
        for _ in live.epochs():
            count = sum(1 for _ in live.steps(batches()))
            assert count == expected
    progress = live._run.describe_progress()
    assert progress["step"] == 2 * expected


class Unknown:
    """A dataset that does not know its length, and says so."""

    def __len__(self):
        raise NotImplementedError

    def __iter__(self):
        return iter((1, 2))


class Pairs(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return X[:1], Y[:1]


def test_steps_inside_steps_are_not_counted_and_stop_ends_both():
    live, critic = kw.LiveLoop(epochs=2, steps=4), 0
    with live:
        for epoch in live.epochs():
            for i in live.steps():
                for _ in live.steps(3):
                    critic += 1
                    if (epoch, i) == (1, 2):
                        live.stop()
                live.log(loss=i)
    assert critic == 4 * 3 + 2 * 3 + 1
    assert live._run.describe_progress()["step"] == 7
    assert live.status == "stopped"


def test_two_loops_over_batches_in_an_epoch_count_on():
    with kw.LiveLoop(epochs=2) as live:
        for _ in live.epochs():
            for i in live.steps(3):
                live.log(supervised=i)
            for i in live.steps(2):
                live.log(unsupervised=i)
    assert list(live.history["step"]) == [5, 10]
    assert list(live.history["unsupervised"]) == [0.5, 0.5]


def test_one_object_can_watch_one_loop_after_another_but_not_two_at_once():
    live = kw.LiveLoop(epochs=1)
    for n in (2, 3):
        with live:
            for _ in live.epochs():
                for i in live.steps(n):
                    live.log(loss=i)
        assert list(live.history["step"]) == [n]
    with live, pytest.raises(RuntimeError, match="Make another LiveLoop"):
        live.__enter__()
    assert live.status == "finished"


def test_a_loop_inside_a_loop_has_a_view_of_its_own():
    with kw.LiveLoop(epochs=2, name="outer") as outer:
        for _ in outer.epochs():
            for i in outer.steps(2):
                with kw.LiveLoop(name="inner") as inner:
                    for j in inner.steps(3):
                        inner.log(inner_loss=j)
                outer.log(loss=i)
    assert list(outer.history["step"]) == [2, 4]
    assert list(inner.history["step"]) == [3]
    assert kw.latest() is inner


@pytest.mark.parametrize("use", [lambda o: next(o.epochs()), lambda o: o.steps(2),
                                 lambda o: o.log(loss=1)])  # fmt: skip
def test_outside_of_its_with_statement_it_says_what_to_do(use):
    live = kw.LiveLoop()
    with pytest.raises(RuntimeError, match=r"with kwidgets\.LiveLoop"):
        use(live)
    with live:
        pass
    with pytest.raises(RuntimeError, match=r"with kwidgets\.LiveLoop"):
        use(live)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3.0), (np.float32(0.5), 0.5), (np.array(2.0), 2.0), (np.array([[4.0]]), 4.0),
     (True, 1.0), (10**400, np.inf), (float("nan"), np.nan),
     (keras.ops.convert_to_tensor(1.5), 1.5), (keras.Variable(2.5), 2.5)],
)  # fmt: skip
def test_any_number_can_be_logged(value, expected):
    with kw.LiveLoop() as live:
        for _ in live.steps(2):
            live.log(loss=value, metric=None)
        live.log(val_loss=value)
    np.testing.assert_equal(live.history.batches["mean/loss"][-1], expected)
    np.testing.assert_equal(live.history["val_loss"][-1], expected)
    assert "metric" not in live.history


class NoFloat(float):
    def __float__(self):
        raise KeyError("no float")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "value",
    ["x", "0.5", object(), np.ones(3), keras.ops.ones((2, 2)), 1j, np.complex64(1j), NoFloat(1)],
)
def test_what_is_no_number_is_reported_once_and_the_loop_goes_on(value, caplog):
    with kw.LiveLoop() as live:
        for i in live.steps(5):
            live.log(loss=i, wrong=value)
        live.log(wrong=value)
    assert list(live.history.batches["mean/loss"]) == [0, 1, 2, 3, 4]
    assert len([r for r in caplog.records if "Cannot show wrong" in r.getMessage()]) == 1
    [notice] = live._run.describe_progress()["notices"]
    assert notice["text"].startswith("Cannot show wrong: its ")


def test_names_of_any_type_are_shown_as_text():
    with kw.LiveLoop() as live:
        for i in live.steps(2):
            live.log({0: i, ("a", 1): i}, loss=i)
        live.log({0: 5})
    assert list(live.history["0"]) == [5]
    assert list(live.history.batches["mean/('a', 1)"]) == [0, 1]


def test_log_wants_names():
    with kw.LiveLoop() as live, pytest.raises(TypeError, match="by name"):
        live.log(0.5)


def test_tensors_are_converted_only_when_a_sample_is_due(monkeypatch):
    monkeypatch.setattr("kwidgets.live.run.fit_run.SAMPLE_SECONDS", 1000.0)
    converted = []
    original = kw.live.loop.logged_values.to_floats

    def count(values):
        converted.append(len(values))
        return original(values)

    monkeypatch.setattr("kwidgets.live.loop.logged_values.to_floats", count)
    one = keras.ops.convert_to_tensor(1.0)
    with kw.LiveLoop() as live:
        for i in live.steps(1000):
            live.log(loss=one * 2)
            if i == 500:
                assert sum(converted) <= 1
    assert list(live.history["loss"]) == [2.0]
    assert sum(converted) <= 65, "of many values, evenly spaced ones"


def test_the_mean_of_many_tensors_is_that_of_the_whole_span(monkeypatch):
    monkeypatch.setattr("kwidgets.live.run.fit_run.SAMPLE_SECONDS", 1000.0)
    values = [keras.ops.convert_to_tensor(float(i)) for i in range(1000)]
    with kw.LiveLoop() as live:
        for value in live.steps(values):
            live.log(loss=value)
    assert live.history["loss"][0] == pytest.approx(499.5, rel=0.02)


class Group:
    """What PyTorch's optimizers look like."""

    def __init__(self, *rates, **more):
        self.param_groups = [{"lr": rate, **more} for rate in rates]


@pytest.mark.parametrize(
    ("optimizer", "read"),
    [
        (lambda: keras.optimizers.Adam(0.5), lambda o: float(o.learning_rate)),
        (lambda: Group(0.5), lambda o: o.param_groups[0]["lr"]),
        (lambda: types.SimpleNamespace(learning_rate=0.5), lambda o: o.learning_rate),
    ],
    ids=["Keras", "PyTorch", "any object"],
)
def test_the_learning_rate_of_any_optimizer_is_shown_and_set(optimizer, read):
    optimizer = optimizer()
    if hasattr(optimizer, "iterations"):
        variable = keras.Variable([1.0])
        optimizer.build([variable])
    with kw.LiveLoop(optimizer=optimizer) as live:
        for i in live.steps(3):
            if hasattr(optimizer, "iterations"):
                optimizer.apply([keras.ops.ones(1)], [variable])
            assert live._run.describe_progress()["learning_rate"] == (0.5 if i < 2 else 0.25)
            if i == 1:
                live.set_learning_rate(0.25)
    assert read(optimizer) == 0.25
    assert [mark["text"] for mark in live.history.marks] == ["Learning rate 0.5 → 0.25"]


def test_the_rates_of_parameter_groups_keep_their_proportion():
    optimizer = Group(0.1, 0.01, initial_lr=0.1)
    answers = []
    with kw.LiveLoop(optimizer=optimizer) as live:
        for _ in live.steps(2):
            live._run.submit(
                Command("set_learning_rate", 0.2, reply=lambda ok, text: answers.append((ok, text)))
            )
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.2, 0.02])
    assert answers[0] == (True, "The loop's learning rate scheduler may change it again.")


@pytest.mark.parametrize(
    ("optimizer", "reason"),
    [
        (keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)),
         "follows a schedule (ExponentialDecay)"),
        (None, "no optimizer"),
    ],
)  # fmt: skip
def test_a_rate_that_cannot_be_set_is_refused_with_the_reason(optimizer, reason, caplog):
    with kw.LiveLoop(optimizer=optimizer) as live:
        for _ in live.steps(2):
            live.set_learning_rate(0.2)
    assert reason in caplog.text
    assert live.status == "finished"


def test_the_page_chooses_the_optimizer_whose_rate_it_shows():
    replies = []

    def send(run, kind, **payload):
        receiver = CommandReceiver(lambda: None, replies.append)
        receiver.submit = run.submit
        receiver.receive({"v": 1, "kind": kind, "id": "a", "payload": payload})

    generator, critic = Group(0.1), Group(0.4)
    with kw.LiveLoop(optimizer={"generator": generator, "critic": critic}) as live:
        for i in live.steps(5):
            run = live._run
            shown = run.describe_progress()
            if i == 1:
                assert (shown["chosen_optimizer"], shown["learning_rate"]) == ("generator", 0.1)
                send(run, "choose_optimizer", name="critic")
            if i == 2:
                assert (shown["chosen_optimizer"], shown["learning_rate"]) == ("critic", 0.4)
                send(run, "set_learning_rate", value=0.3)
            if i == 3:
                send(run, "choose_optimizer", name="judge")
        assert run.describe_run(run.view)["optimizers"] == ["generator", "critic"]
    assert (generator.param_groups[0]["lr"], critic.param_groups[0]["lr"]) == (0.1, 0.3)
    assert [m["payload"]["ok"] for m in replies if m["kind"] == "reply"] == [True, True, False]
    assert replies[-1]["payload"]["message"] == "This training has no optimizer “judge”."
    # Another optimizer's rate is no change of the rate.
    assert [mark["text"] for mark in live.history.marks] == ["critic: learning rate 0.4 → 0.3"]
    one = kw.LiveLoop(optimizer={"only": generator})
    with one:
        one.set_learning_rate(0.2, optimizer="only")
    assert "optimizers" not in one._run.describe_run(one._run.view)


def test_the_optimizers_of_a_gan_are_chosen_by_name():
    generator, discriminator = Group(0.1), Group(0.4)
    with kw.LiveLoop(optimizer={"generator": generator, "discriminator": discriminator}) as live:
        for i in live.steps(4):
            if i == 0:
                live.set_learning_rate(0.2)
            if i == 2:
                live.set_learning_rate(0.3, optimizer="discriminator")
        with pytest.raises(ValueError, match="'generator', 'discriminator'"):
            live.set_learning_rate(0.3, optimizer="critic")
    assert generator.param_groups[0]["lr"] == 0.2
    assert discriminator.param_groups[0]["lr"] == 0.3
    assert [mark["text"] for mark in live.history.marks] == [
        "generator: learning rate 0.1 → 0.2", "discriminator: learning rate 0.4 → 0.3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "error"),
    [({"epochs": 0}, ValueError), ({"epochs": 2.5}, TypeError), ({"steps": "x"}, TypeError),
     ({"steps": True}, TypeError), ({"optimizer": 3}, TypeError), ({"model": 3}, TypeError),
     ({"optimizer": {"a": object()}}, TypeError), ({"x_axis": "hour"}, ValueError)],
)  # fmt: skip
def test_wrong_arguments_say_what_is_right(arguments, error):
    with pytest.raises(error, match=r"got|or"):
        kw.LiveLoop(**arguments)


@pytest.mark.parametrize("broken", ["show", "publish", "end"])
def test_a_view_that_fails_leaves_the_loop_alone(broken, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise OSError("the view is broken")

    monkeypatch.setattr(f"kwidgets.live.page.view.LiveView.{broken}", fail)
    seen = []
    with kw.LiveLoop(epochs=2) as live:
        for _ in live.epochs():
            for i in live.steps(3):
                seen.append(i)
                live.log(loss=i)
    assert seen == [0, 1, 2] * 2
    assert live.status == "finished"
    assert len(live.history["loss"]) == 2


def test_a_loop_whose_view_cannot_start_runs_all_the_same(monkeypatch, caplog):
    monkeypatch.setattr("kwidgets.live.loop.live_loop.LoopState", None)
    with kw.LiveLoop(epochs=2) as live:
        steps = [i for _ in live.epochs() for i in live.steps(3)]
        live.log(loss=1)
    assert steps == [0, 1, 2] * 2
    assert "the loop continues without it" in caplog.text


def test_outside_a_notebook_it_prints_lines_and_the_result(monkeypatch, capsys):
    monkeypatch.setattr("kwidgets.live.loop.text_lines.LINE_SECONDS", 0.0)
    monkeypatch.setattr("kwidgets.live.run.fit_run.PUBLISH_SECONDS", 0.0)
    train(make_model(), kw.LiveLoop(epochs=2, name="my loop"))
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("my loop: running · epoch 1 of 2") and "loss" in line
               for line in lines)  # fmt: skip
    assert lines[-1].startswith("Training finished: 2 of 2 epochs")
    assert "\x1b" not in "".join(lines)


def test_a_validation_within_an_epoch_can_be_the_best_one():
    with kw.LiveLoop(epochs=2) as live:
        for _ in live.epochs():
            for step in live.steps(20):
                live.log(loss=1 / (step + 1))
                if step in (9, 19):
                    live.log(val_loss=abs(step - 9) + 1)
    assert list(live.history["epoch"]) == [0, 0, 0, 1, 1, 1]
    assert live._run.store.best["loss"]["split"] == "validation"
    assert "validation 11 (best 1, epoch 1)" in live._run.bundle()["text/plain"]
