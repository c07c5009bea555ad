"""Searches of tiny models on JAX: run, pruned, stopped, failed, continued, and of KerasTuner."""

from __future__ import annotations

import math
import queue
import socket
import threading

import keras
import numpy as np
import optuna
import pytest

import kwidgets as kw
from kwidgets.distributed.search.page.searches import searches
from kwidgets.distributed.search.page.service import service
from kwidgets.distributed.search.runner import TooManyFailuresError
from kwidgets.distributed.search.search import search
from kwidgets.distributed.search.study import SearchRunsError, begin
from kwidgets.record.fit_resume import FitResume
from tests.backends import set_random_seed

x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
y = x.sum(1, keepdims=True)


@pytest.fixture(autouse=True)
def runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KWIDGETS_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def model():
    """One for the module: each new one is compiled."""
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)], name="line")
    made.compile("sgd", "mse")
    return made


@pytest.fixture
def train(model):
    """Train the model for so many epochs; the learning rate decides how good it becomes."""
    first = [np.full((4, 1), 0.5, "float32"), np.zeros(1, "float32")]

    def train(rate, epochs=2, callbacks=()):
        model.set_weights(first)
        model.optimizer.learning_rate = rate
        return model.fit(x, y, batch_size=16, epochs=epochs, callbacks=list(callbacks), verbose=0)

    return train


def test_a_search_finds_the_best_and_keeps_its_model(train):
    result = kw.search(train, {"rate": [0.001, 0.1, 0.01]}, trials=6, seed=0)
    assert len(result.trials) == 6
    assert {trial.state for trial in result.trials} <= {"complete", "pruned"}
    best = min(result.trials, key=lambda trial: trial.value)
    assert result.best_value == best.value
    assert result.best_params == best.params
    # The fit that reached the value has these weights.
    assert result.best_model().evaluate(x, y, verbose=0) <= result.best_value
    assert result.best_trial.epochs == 2 and len(result.best_trial.curve) == 2
    assert list(result.to_pandas()["number"]) == [0, 1, 2, 3, 4, 5]
    assert "6/6 trials" in repr(result) and "rate=" in repr(result)


def test_a_trial_is_a_recorded_run_with_the_tags_of_the_search(train):
    result = kw.search(train, {"rate": [0.01]}, trials=1, name="digits")
    (run,) = result.trials[0].runs
    assert kw.runs[run].tags == ("digits", "trial 0")


def test_a_trial_does_not_resume_another_one(train, monkeypatch):
    offered = []
    monkeypatch.setattr(FitResume, "offer", lambda self, data: offered.append(data))
    kw.search(train, {"rate": [0.01]}, trials=1)
    assert not offered
    train(0.01, callbacks=[kw.LivePlot()])
    assert len(offered) == 1


def test_the_objective_may_take_the_trial_and_report_itself(train):
    def objective(trial):
        rate = trial.suggest_float("rate", 1e-3, 1e-1, log=True)
        for step in range(3):
            trial.report(rate * step, step)
        return rate

    result = kw.search(objective, trials=2)
    assert [point for point, _ in result.trials[0].curve] == [0, 1, 2]
    assert result.best_value == min(trial.params["rate"] for trial in result.trials)


def test_a_bad_trial_is_pruned_by_our_reports(train):
    pruner = optuna.pruners.ThresholdPruner(upper=1e-6)
    result = kw.search(
        lambda rate: train(rate, epochs=50), {"rate": [1e-5]}, trials=1, pruner=pruner
    )
    (trial,) = result.trials
    assert trial.state == "pruned" and trial.epochs == 1
    assert trial.value == trial.curve[0][1]
    assert result.study.trials[0].state == optuna.trial.TrialState.PRUNED


def test_stop_in_the_live_view_prunes_the_trial_and_the_search_goes_on(train):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                kw.latest().stop()

    result = kw.search(lambda rate: train(rate, 50, [Stop()]), {"rate": [0.01]}, trials=2)
    assert [trial.state for trial in result.trials] == ["pruned", "pruned"]
    assert result.trials[0].value == result.trials[0].curve[-1][1]
    assert result.trials[0].epochs < 50


def test_a_failed_trial_is_shown_and_the_search_goes_on(train):
    def objective(rate):
        if rate == 0.1:
            raise ValueError("too fast")
        return math.nan if rate == 0.2 else train(rate)

    study = optuna.create_study()
    for rate in (0.1, 0.2, 0.01):
        study.enqueue_trial({"rate": rate})
    result = kw.search(objective, {"rate": [0.1, 0.2, 0.01]}, study=study, trials=3)
    assert [trial.state for trial in result.trials] == ["failed", "failed", "complete"]
    assert "ValueError: too fast" in result.trials[0].detail
    assert "NaN" in result.trials[1].detail


def test_many_failures_in_a_row_end_the_search():
    def objective(rate):
        raise ValueError("always")

    with pytest.raises(TooManyFailuresError, match="3 trials in a row") as caught:
        kw.search(objective, {"rate": [0.1]}, trials=50)
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_interrupted_search_continues_with_the_same_hyperparameters(train):
    calls = []

    def objective(rate):
        calls.append(rate)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return rate

    arguments = {"space": {"rate": (0.1, 0.9)}, "trials": 3, "name": "again"}
    with pytest.raises(KeyboardInterrupt):
        kw.search(objective, **arguments)
    result = kw.search(objective, **arguments)
    assert [trial.state for trial in result.trials] == [
        "complete",
        "interrupted",
        "complete",
        "complete",
    ]
    assert calls[2] == calls[1]
    # All are done: nothing is trained again.
    kw.search(objective, **arguments)
    assert len(calls) == 4


def test_a_search_that_another_process_runs_is_not_touched(monkeypatch):
    study = optuna.create_study()
    ours = {"pid": 1, "started": 0.0, "boot_id": None, "host": "here"}
    study.ask().set_user_attr("kwidgets", {"process": ours})
    study.set_user_attr("kwidgets", {"process": ours})
    monkeypatch.setattr("kwidgets.distributed.search.study.is_alive", lambda process: True)
    with pytest.raises(SearchRunsError, match="another kernel"):
        begin(study)


def test_trials_of_other_processes_go_on():
    study = optuna.create_study()
    mine, others = study.ask(), study.ask()
    dead = {"pid": 1, "started": -1.0, "boot_id": None, "host": socket.gethostname()}
    mine.set_user_attr("kwidgets", {"process": dead})
    begin(study)
    assert study.trials[mine.number].state == optuna.trial.TrialState.FAIL
    assert study.trials[others.number].state == optuna.trial.TrialState.RUNNING


@pytest.mark.parametrize(
    ("before", "now"), [([1, 2], [1, 3]), ([1, 2], (1, 2)), ((1, 2), (1, 2, "log"))]
)
def test_another_kind_of_range_is_refused(before, now):
    study = optuna.create_study()
    kw.search(lambda rate: 1.0, {"rate": before}, study=study, trials=1)
    with pytest.raises(ValueError, match=r"“rate”: .*resume=False") as caught:
        kw.search(lambda rate: 1.0, {"rate": now}, study=study, trials=1)
    assert repr(before) in str(caught.value) and repr(now) in str(caught.value)
    assert len(study.trials) == 1


def test_an_error_of_the_sampler_leaves_no_trial_running():
    class Wrong(optuna.samplers.RandomSampler):
        def sample_independent(self, *args):
            raise ValueError("wrong")

    study = optuna.create_study(sampler=Wrong())
    with pytest.raises(ValueError, match="wrong"):
        kw.search(lambda rate: rate, {"rate": (0.1, 0.9)}, study=study, trials=1)
    assert [trial.state for trial in study.trials] == [optuna.trial.TrialState.FAIL]


def test_values_outside_the_range_are_not_tried_again():
    study = optuna.create_study()

    def objective(rate):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kw.search(objective, {"rate": (0.8, 0.9)}, study=study, trials=1)
    result = kw.search(lambda rate: rate, {"rate": (0.1, 0.2)}, study=study, trials=1)
    states = [trial.state for trial in result.trials]
    assert states == ["interrupted", "interrupted", "complete"]
    assert "is not tried again: rate=0.8" in result._state.head.notes[0]


def test_a_continued_search_does_not_repeat_its_values():
    space = {"rate": (np.float32(0.1), np.float64(0.9)), "units": [np.int64(3)]}
    first = kw.search(lambda rate, units: rate, space, trials=2, seed=0, name="a")
    other = kw.search(lambda rate, units: rate, space, trials=2, seed=0, name="b")
    assert [row.params for row in first.trials] == [row.params for row in other.trials]
    more = kw.search(lambda rate, units: rate, space, trials=4, seed=0, name="a")
    assert len({row.params["rate"] for row in more.trials}) == 4
    assert "This search continues with trial 2." in "".join(more._state.head.notes)


def test_commands_of_a_page_pause_and_stop_a_search(train):
    answers = []

    def command(do):
        (state, _) = next(reversed(searches._searches.values()))
        answers.append(searches.answer("search_command", {"search": state.id, "do": do}))

    def objective(rate):
        if len(answers) == 0:
            command("pause")
            threading.Timer(0.3, command, ("resume",)).start()
        elif len(answers) == 2:
            command("stop")
        return rate

    result = kw.search(objective, {"rate": [0.1, 0.2]}, trials=50)
    assert len(result.trials) == 2
    assert "stopped" in repr(result)
    assert [answer["ok"] for answer in answers] == [True, True, True]


def test_a_page_gets_the_trials_of_a_search():
    kw.search(lambda rate: rate, {"rate": [0.1]}, trials=1)
    (state, _) = next(reversed(searches._searches.values()))
    sent = queue.SimpleQueue()
    for payload in ({"search": state.id, "since": 0}, {"search": "none"}):
        service.receive({"kind": "search_state", "id": "1", "payload": payload}, sent.put)
    found, refused = (sent.get(timeout=30)["payload"] for _ in range(2))
    assert found["ok"] and len(found["value"]["trials"]) == 1
    assert not refused["ok"] and "no longer" in refused["message"]


def test_the_same_weights_with_and_without_a_search(train, model):
    set_random_seed(7)
    train(0.05)
    alone = model.get_weights()
    set_random_seed(7)
    kw.search(train, {"rate": [0.05]}, trials=1)
    for one, other in zip(alone, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((3,), TypeError, "objective must be a function"),
        ((len, {"units": 3}), TypeError, "a list of choices"),
        ((len, {"units": []}), ValueError, "at least one choice"),
        ((len, {"rate": (1, 0)}), ValueError, "lower one"),
        ((len, {"rate": (0, 1, "log")}), ValueError, "above 0"),
        ((len, {}), ValueError, "space is empty"),
        ((len, {"a": [1]}, 7), TypeError, "does not take: 7"),
    ],
)
def test_bad_input_says_what_is_valid(arguments, error, text):
    with pytest.raises(error, match=text):
        search(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"trials": 0}, ValueError, "at least 1"),
        ({"trials": 2.5}, TypeError, "an integer"),
        ({"timeout": -1}, ValueError, "above 0 seconds"),
        ({"direction": "up"}, ValueError, "minimize"),
        ({"metric": "speed"}, ValueError, "direction="),
        ({"study": 3}, TypeError, "optuna.Study"),
        ({"sampler": "tpe"}, TypeError, "sampler of Optuna, such as"),
        ({"pruner": optuna.pruners.MedianPruner}, TypeError, "pruner of Optuna, such as"),
        ({"storage": "search.db"}, ValueError, "sqlite:///search.db"),
        ({"storage": "none://x"}, ValueError, "cannot be opened"),
        ({"seed": -1}, ValueError, "from 0 to"),
        ({"epochs": 3}, TypeError, "does not take: epochs"),
    ],
)
def test_bad_options_say_what_is_valid(arguments, error, text):
    with pytest.raises(error, match=text):
        search(len, {"a": [1]}, **arguments)


def test_several_objectives_are_refused():
    study = optuna.create_study(directions=["minimize", "maximize"])
    with pytest.raises(ValueError, match=r"study\.optimize"):
        search(len, {"a": [1]}, study=study)


def test_a_tuner_of_keras_tuner_is_watched(tmp_path, model, train):
    keras_tuner = pytest.importorskip("keras_tuner")

    class Tuner(keras_tuner.RandomSearch):
        def run_trial(self, trial, *args, **kwargs):
            return train(trial.hyperparameters.Float("rate", 1e-3, 1e-1, sampling="log"))

    tuner = Tuner(
        objective=keras_tuner.Objective("loss", "min"),
        max_trials=2,
        directory=tmp_path,
        project_name="tuned",
        seed=1,
    )
    kw.search(tuner)
    (state, _) = next(reversed(searches._searches.values()))
    rows = state.rows()
    assert [row.state for row in rows] == ["complete", "complete"]
    assert [len(row.curve) for row in rows] == [2, 2]
    assert state.head.title == "tuned" and state.head.status == "finished"
    assert set(rows[0].params) == {"rate"}
    assert "on_trial_begin" not in vars(tuner)
