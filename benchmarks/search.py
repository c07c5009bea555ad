"""Measures what watching a search costs beside plain Optuna, its traffic, and its memory."""

from __future__ import annotations

import argparse
import statistics

from jupyter_client.manager import start_new_kernel

from benchmarks.kernel import Result, execute

TRIALS, EPOCHS = 50, 10
SETUP = """
import os, tempfile, threading, time, json
os.environ["KERAS_BACKEND"] = "jax"
folder = tempfile.mkdtemp()
os.environ["KWIDGETS_RUNS"] = folder
import keras, numpy as np, optuna, psutil
import kwidgets as kw
from kwidgets.distributed.search.page.encode import encode_changes
from kwidgets.distributed.search.page.searches import searches

x = np.random.default_rng(0).random(({samples}, 64), dtype="float32")
y = x.sum(axis=1, keepdims=True)
model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(256, "relu"),
                          keras.layers.Dense(1)])
model.compile("adam", "mse")
first = model.get_weights()
space = {{"rate": optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True)}}

def train(rate, callbacks=()):
    # One model: each new one would be compiled, which takes longer than to train it.
    model.set_weights(first)
    model.optimizer.learning_rate = rate
    return model.fit(x, y, epochs={epochs}, batch_size=64, validation_split=0.1, verbose=0,
                     callbacks=list(callbacks))

class Report(keras.callbacks.Callback):
    def __init__(self, trial):
        super().__init__()
        self.trial = trial
    def on_epoch_end(self, epoch, logs=None):
        self.trial.report(logs["val_loss"], epoch + 1)
        if self.trial.should_prune():
            self.model.stop_training = True

def plain(trials, number):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=f"sqlite:///{{folder}}/plain.db", study_name=f"plain-{{number}}",
        sampler=optuna.samplers.TPESampler(seed=number), pruner=optuna.pruners.NopPruner())
    for _ in range(trials):
        trial = study.ask(space)
        history = train(**trial.params, callbacks=[Report(trial)])
        study.tell(trial, min(history.history["val_loss"]))

sent = 0
def poll(stop):
    # What a page that is open asks for, once a second.
    global sent
    since = 0
    while not stop.wait(1):
        known = list(searches._searches.values())
        if known:
            changes = encode_changes(known[-1][0], since, True)
            since = changes["revision"]
            sent += len(json.dumps(changes))

def watched(trials, number):
    stop = threading.Event()
    thread = threading.Thread(target=poll, args=(stop,))
    thread.start()
    kw.search(train, space, trials=trials, seed=number, name=f"watched-{{number}}",
              pruner=optuna.pruners.NopPruner(), keep_model={keep})
    stop.set()
    thread.join()

def measured(function, trials, number):
    global sent
    sent = 0
    before = psutil.Process().memory_info().rss
    wall, processor = time.perf_counter(), time.process_time()
    function(trials, number)
    print("seconds", time.perf_counter() - wall, "processor", time.process_time() - processor,
          "sent", sent, "grown", psutil.Process().memory_info().rss - before)
"""
PEERS = ("plain", "watched")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--trials", type=int, default=TRIALS, help="search: trials of a search")


def measure(arguments: argparse.Namespace) -> None:
    manager, client = start_new_kernel()
    results: dict[str, list[Result]] = {name: [] for name in PEERS}
    try:
        execute(client, SETUP.format(samples=12_800, epochs=EPOCHS, keep=True))
        for name in PEERS:
            execute(client, f"measured({name}, 2, 1000)")
        for number in range(arguments.rounds):
            for name in PEERS if number % 2 else PEERS[::-1]:
                results[name].append(
                    execute(client, f"measured({name}, {arguments.trials}, {number})")
                )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

    def ratio(key: str) -> str:
        ratios = [
            value_of(watched, key) / value_of(plain, key)
            for watched, plain in zip(results["watched"], results["plain"], strict=True)
        ]
        return f"{statistics.median(ratios):.3f}x ({min(ratios):.3f}–{max(ratios):.3f})"

    print(f"\n| {arguments.trials} trials | s | time | processor time | kB/s | memory, MB |")
    print("|---|---|---|---|---|---|")
    for name, runs in results.items():
        seconds = statistics.median(value_of(run, "seconds") for run in runs)
        sent = sum(value_of(run, "sent") + run.num_bytes for run in runs)
        rate = sent / 1000 / sum(value_of(run, "seconds") for run in runs)
        grown = statistics.median(value_of(run, "grown") for run in runs) / 1e6
        ratios = [ratio("seconds"), ratio("processor")] if name == "watched" else ["1", "1"]
        print(f"| {name} | {seconds:.1f} | {' | '.join(ratios)} | {rate:.1f} | {grown:+.1f} |")


def value_of(result: Result, key: str) -> float:
    words = result.output.split()
    return float(words[words.index(key) + 1])
