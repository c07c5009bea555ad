"""Test checkpoints and resuming in real fits, without a page. The engine has tests of its own."""

import re
import signal

import keras
import numpy as np
import pytest
from IPython.core.ultratb import VerboseTB

import kwidgets as kw
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.record.fit_facts import cell
from kwidgets.record.run_file import folder, writer


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture(autouse=True)
def as_the_same_cell(monkeypatch):
    """Each fit is the first of its cell, as if the cell were run again."""
    monkeypatch.setattr(cell, "_count", lambda request: 1)


@pytest.fixture(scope="module")
def data():
    x = np.random.default_rng(0).random((256, 8), dtype="float32")
    return x, (x.sum(axis=1) > 4).astype("int32")


def make_model():
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dropout(0.2), keras.layers.Dense(2, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class At(keras.callbacks.Callback):
    """Calls ``action`` before a batch of an epoch."""

    def __init__(self, epoch, batch, action):
        super().__init__()
        self.place, self.action, self.epoch = (epoch, batch), action, -1

    def get_state(self):
        return {}

    def set_state(self, state):
        pass

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.place:
            self.action()


def wait_for_files():
    for open_writer in list(writer._open_writers):
        assert open_writer.wait(20)


def weights(model):
    return [np.asarray(v) for v in [*model.variables, *model.optimizer.variables]]


def fail():
    raise RuntimeError("the disk is on fire")


def test_what_a_stateful_layer_keeps_between_batches_is_restored(runs):
    x = np.random.default_rng(0).random((80, 3, 2), dtype="float32")

    def make():
        keras.utils.set_random_seed(7)
        layers = [keras.Input(batch_shape=(10, 3, 2)), keras.layers.SimpleRNN(1, stateful=True)]
        model = keras.Sequential(layers)
        model.compile("sgd", "mse")
        return model

    options = {"batch_size": 10, "shuffle": False, "epochs": 3, "verbose": 0}
    expected = make().fit(x, x.sum((1, 2)), callbacks=[kw.LivePlot()], **options)
    live = kw.LivePlot()
    make().fit(x, x.sum((1, 2)), callbacks=[At(1, 3, live.stop), live], **options)
    wait_for_files()
    callbacks = [At(9, 9, fail), kw.LivePlot(resume=True)]
    history = make().fit(x, x.sum((1, 2)), callbacks=callbacks, **options)
    assert history.history == expected.history


class OwnStep(keras.Model):
    """As in Keras's guide to GANs: networks, and no ``call``."""

    def __init__(self):
        super().__init__()
        self.network = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])

    def train_step(self, data):
        self.network.layers[0].bias.assign_add([1.0])
        return {"d": self.network(data)[0, 0]}


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a step of TensorFlow's")
def test_a_model_without_a_call_is_resumed_and_its_own_step_named(runs, data, caplog):
    def make():
        model = OwnStep()
        model.compile()
        return model

    live = kw.LivePlot()
    make().fit(data[0], epochs=3, callbacks=[At(1, 3, live.stop), live], verbose=0)
    wait_for_files()
    model = make()
    callbacks = [At(9, 9, fail), kw.LivePlot(resume=True)]
    model.fit(data[0], epochs=3, callbacks=callbacks, verbose=0)
    assert float(model.network.layers[0].bias[0]) == 3 * 8
    assert "The model has a custom train_step" in caplog.text


@pytest.mark.parametrize("end", ["stop", "exception", "interrupt"])
def test_a_fit_that_ended_early_is_resumed_to_the_bit(runs, data, end):
    whole = make_model()
    expected = whole.fit(*data, epochs=4, callbacks=[kw.LivePlot()], verbose=0)

    live = kw.LivePlot()
    callbacks = [live]
    model = make_model()
    if end == "stop":
        callbacks.insert(0, At(1, 3, live.stop))
        model.fit(*data, epochs=4, callbacks=callbacks, verbose=0)
    elif end == "exception":
        callbacks = [At(1, 2, live.checkpoint), live, At(1, 5, fail)]
        with pytest.raises(RuntimeError):
            model.fit(*data, epochs=4, callbacks=callbacks, verbose=0)
    else:
        callbacks.insert(0, At(1, 3, lambda: signal.raise_signal(signal.SIGINT)))
        with pytest.raises(KeyboardInterrupt):
            model.fit(*data, epochs=4, callbacks=callbacks, verbose=0)
    wait_for_files()

    resumed = make_model()
    live = kw.LivePlot(resume=True)
    callbacks = [At(9, 9, fail), live]
    history = resumed.fit(*data, epochs=4, callbacks=callbacks, verbose=0)
    assert all(
        np.array_equal(one, other)
        for one, other in zip(weights(resumed), weights(whole), strict=True)
    )
    assert history.history == expected.history
    assert history.epoch == expected.epoch
    assert live._run.guard.failures == {}
    # The curves go on too, here and in the file.
    assert live.history["loss"].tolist() == expected.history["loss"]
    assert live.history["step"].tolist() == [8, 16, 24, 32]
    wait_for_files()
    run = kw.runs[-1]
    assert run.history["loss"].tolist() == expected.history["loss"]
    assert (run.parent["how"], run.parent["run"]) == ("resume", kw.runs[-2].id)
    assert resumed._initial_epoch is None


class Interrupt(keras.callbacks.Callback):
    """Presses Ctrl-C in a hook of the second epoch."""

    def __init__(self, hook):
        super().__init__()
        self.hook, self.epoch = hook, -1

    def get_state(self):
        return {}

    def set_state(self, state):
        pass

    def _press(self, hook):
        if hook == self.hook and self.epoch == 1:
            signal.raise_signal(signal.SIGINT)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        self._press("on_epoch_begin")

    def on_test_batch_begin(self, batch, logs=None):
        self._press("on_test_batch_begin")

    def on_epoch_end(self, epoch, logs=None):
        self._press("on_epoch_end")


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_epoch_end"])
def test_a_ctrl_c_between_two_epochs_is_resumed_to_the_bit(runs, data, hook):
    def fit(model, *callbacks):
        return model.fit(*data, epochs=3, validation_split=0.25, callbacks=callbacks, verbose=0)

    whole = make_model()
    expected = fit(whole, Interrupt("never"), kw.LivePlot())
    with pytest.raises(KeyboardInterrupt):
        fit(make_model(), Interrupt(hook), kw.LivePlot())
    wait_for_files()
    assert kw.runs[-1].state == "interrupted"
    resumed = make_model()
    history = fit(resumed, Interrupt("never"), kw.LivePlot(resume=True))
    for one, other in zip(weights(resumed), weights(whole), strict=True):
        assert np.array_equal(one, other)
    assert history.history == expected.history


def test_a_ctrl_c_in_a_validation_keeps_what_was_trained_and_says_what_is_missing(runs, data):
    def fit(model, *callbacks):
        return model.fit(*data, epochs=3, validation_split=0.25, callbacks=callbacks, verbose=0)

    whole = make_model()
    expected = fit(whole, Interrupt("never"), kw.LivePlot())
    with pytest.raises(KeyboardInterrupt):
        fit(make_model(), Interrupt("on_test_batch_begin"), kw.LivePlot())
    wait_for_files()
    # An earlier one of the same run would be resumed exactly, and comes first.
    (checkpoint,) = kw.runs[-1].checkpoints
    assert (checkpoint.step, checkpoint.cut_validation) == (12, True)
    resumed = make_model()
    live = kw.LivePlot(resume=True)
    history = fit(resumed, Interrupt("never"), live)
    for one, other in zip(weights(resumed), weights(whole), strict=True):
        assert np.array_equal(one, other)
    assert history.epoch == [0, 2]
    assert history.history["val_loss"] == [expected.history["val_loss"][i] for i in (0, 2)]
    notices = " ".join(each["text"] for each in live._run.describe_progress()["notices"])
    assert "The validation of epoch 2 was interrupted" in notices


def test_the_traceback_of_a_ctrl_c_has_one_frame_of_ours(data):
    callbacks = [At(0, 3, lambda: signal.raise_signal(signal.SIGINT)), kw.LivePlot()]
    with pytest.raises(KeyboardInterrupt) as caught:
        make_model().fit(*data, callbacks=callbacks, verbose=0)
    text = VerboseTB().text(caught.type, caught.value, caught.tb)
    assert "callback_list.py" in text and "skipping hidden" in text
    # IPython shows the last one in any case.
    assert re.findall(r"kwidgets/(\w+/[\w/]+\.py)", text) == ["kernel/interrupt.py"]


def test_a_run_that_finished_is_not_resumed(runs, data):
    make_model().fit(*data, epochs=1, callbacks=[kw.LivePlot()], verbose=0)
    wait_for_files()
    live = kw.LivePlot(resume=True)
    history = make_model().fit(*data, epochs=1, callbacks=[live], verbose=0)
    assert len(history.history["loss"]) == 1
    (note,) = live._run.describe_progress()["notices"]
    assert note["text"].startswith("Nothing to resume")


def test_a_run_that_is_not_there_is_told_with_what_to_do(runs, data):
    live = kw.LivePlot(resume="nope")
    make_model().fit(*data, epochs=1, callbacks=[live], verbose=0)
    text = next(
        notice["text"]
        for notice in live._run.describe_progress()["notices"]
        if notice["text"].startswith("Cannot resume “nope”: no run has the id or the name 'nope'.")
    )
    assert "from the beginning" in text and "kw.runs()" in text


def test_a_checkpoint_that_waits_while_paused_is_announced(runs, data):
    notes = []
    live = kw.LivePlot()

    def pause_and_ask(epoch, logs):
        if epoch == 0:
            live.pause()
            reply = lambda ok, text: notes.append((ok, text))  # noqa: E731
            live._submit(Command("checkpoint", reply=reply))
            live.resume()

    pausing = keras.callbacks.LambdaCallback(on_epoch_end=pause_and_ask)
    make_model().fit(*data, epochs=2, callbacks=[pausing, live], verbose=0)
    assert notes == [(True, "The checkpoint will be written before the next batch.")]
    assert [each.reason for each in kw.runs[-1].checkpoints].count("user") == 1


def test_another_architecture_is_refused_by_name_and_the_fit_starts_anew(runs, data):
    live = kw.LivePlot()
    make_model().fit(*data, epochs=2, callbacks=[At(0, 3, live.stop), live], verbose=0)
    wait_for_files()
    other = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3, "softmax")])
    other.compile("adam", "sparse_categorical_crossentropy")
    live = kw.LivePlot(resume=True)
    history = other.fit(*data, epochs=2, callbacks=[live], verbose=0)
    assert history.epoch == [0, 1]
    (note,) = live._run.describe_progress()["notices"]
    assert "other variables" in note["text"] and "kernel" in note["text"]


def stop_early(data):
    live = kw.LivePlot()
    make_model().fit(*data, epochs=2, callbacks=[At(0, 3, live.stop), live], verbose=0)
    wait_for_files()


def test_where_nobody_can_answer_changed_data_take_over_the_weights_and_say_so(runs, data, caplog):
    stop_early(data)
    live = kw.LivePlot(resume=True)
    history = make_model().fit(data[0] + 1, data[1], epochs=2, callbacks=[live], verbose=0)
    assert history.epoch == [0, 1]
    (line,) = [line for line in caplog.messages if "Other data: x" in line]
    assert "Continued from the weights of" in line and "not where it was" in line
    notices = [notice["text"] for notice in live._run.describe_progress()["notices"]]
    assert notices.count(line) == 1
    wait_for_files()
    assert kw.runs[-1].parent["how"] == "weights"


@pytest.mark.parametrize("answer", ["weights", "start"])
def test_resume_asks_whether_changed_data_take_over_the_weights(runs, data, monkeypatch, answer):
    stop_early(data)
    asked = []

    def ask(run, text, answers, seconds):
        asked.append((text, answers))
        return answer

    monkeypatch.setattr(FitRun, "ask", ask)
    live = kw.LivePlot(resume=kw.runs[-1].id)
    make_model().fit(data[0] + 1, data[1], epochs=1, callbacks=[live], verbose=0)
    ((text, answers),) = asked
    assert "stopped in epoch 1, batch 3" in text and "Other data: x" in text
    assert list(answers.values()) == ["Continue from these weights", "Start again"]
    wait_for_files()
    parent = kw.runs[-1].parent
    assert (parent and parent["how"]) == (answer if answer == "weights" else None)


def test_the_checkpoints_of_a_loop_are_not_offered_for_rewinding(runs, data):
    model = make_model()
    with kw.LiveLoop(model=model, optimizer=model.optimizer) as live:
        for step in live.steps(3):
            live.checkpoint(f"mine {step}")
        run = live._run
    wait_for_files()
    assert [each.label for each in kw.runs[-1].checkpoints] == ["mine 0", "mine 1"]
    assert run.describe_run(run.view)["checkpoints"] == []


def test_a_checkpoint_gives_the_model_back(runs, data):
    live = kw.LivePlot()
    model = make_model()
    taken = []

    def take():
        live.checkpoint("before unfreezing")
        taken.extend(np.array(v) for v in model.trainable_variables)

    model.fit(*data, epochs=1, callbacks=[At(0, 0, take), live], verbose=0)
    wait_for_files()
    run = kw.runs[-1]
    # On a slow machine there may be automatic ones too.
    mine = [(c.label, c.step) for c in run.checkpoints if c.reason == "user"]
    assert mine == [("before unfreezing", 0)]
    loaded = run.model("before unfreezing")
    for one, other in zip(loaded.trainable_variables, taken, strict=True):
        assert np.array_equal(np.asarray(one), other)
    with pytest.raises(LookupError, match=r"no checkpoint 'other'\. It has those of 0"):
        run.model("other")


def test_a_failing_disk_is_a_notice_and_no_failure(runs, data, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kwidgets.record.checkpoints.checkpointer.temporary_folder", full)
    live = kw.LivePlot()
    history = make_model().fit(
        *data, epochs=2, callbacks=[At(0, 3, live.checkpoint), live], verbose=0
    )
    assert len(history.history["loss"]) == 2
    assert any("No space left" in n["text"] for n in live._run.describe_progress()["notices"])


def test_a_run_and_its_checkpoints_are_whole_as_soon_as_fit_has_returned(runs, data):
    live = kw.LivePlot()
    late = At(0, 5, lambda: live.checkpoint("late"))
    make_model().fit(*data, epochs=1, callbacks=[live, late], verbose=0)
    run = kw.runs[-1]
    assert run.state == "finished"
    assert run.checkpoint("late").batch == 6
