"""Measures the messages of a fit with twenty metrics, beside those of a FigureWidget."""

from __future__ import annotations

import argparse

from jupyter_client.manager import start_new_kernel

from benchmarks.kernel import Result, execute

SECONDS = 15
SETUP = """
import os
os.environ["KERAS_BACKEND"] = "jax"
from benchmarks import variants
import keras, numpy as np, time, kwidgets as kw

# Nineteen metrics and the loss; about a millisecond a step.
names = [f"metric_{{i}}" for i in range(19)]
metrics = [keras.metrics.MeanAbsoluteError(name=name) for name in names]
model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(256, "relu"),
                          keras.layers.Dense(1)])
model.compile("adam", "mse", metrics=metrics)
x = np.random.default_rng(0).random((32_000, 64), dtype="float32")
y = x.sum(axis=1, keepdims=True)

class Until(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.ends = time.perf_counter() + {seconds}
    def on_train_batch_begin(self, batch, logs=None):
        if time.perf_counter() > self.ends:
            self.model.stop_training = True

def fit(callback, epochs=1_000_000):
    began = time.perf_counter()
    model.fit(x, y, epochs=epochs, callbacks=[callback, Until()], verbose=0)
    print("seconds", time.perf_counter() - began, "steps", int(model.optimizer.iterations))

def figure_widget():
    plot = variants.FigureWidgetPlot(every=10)
    plot.values = {{name: [] for name in ["loss", *names]}}
    return plot
"""
PEERS = {"kwidgets.LivePlot": "kw.LivePlot()", "FigureWidget, every 10th batch": "figure_widget()"}


def measure(arguments: argparse.Namespace) -> None:
    manager, client = start_new_kernel()
    try:
        execute(client, SETUP.format(seconds=SECONDS))
        execute(client, "model.fit(x[:64], y[:64], verbose=0);")
        rows = []
        for name, callback in PEERS.items():
            first = execute(client, f"fit({callback}, epochs=1)")
            further = execute(client, f"fit({callback}, epochs=1)")
            long = execute(client, f"fit({callback})")
            rows.append((name, first, further, long, seconds_of(long)))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print("\n| 20 metrics | messages/s | kB/s | first fit, kB | further fit, kB |")
    print("|---|---|---|---|---|")
    for name, first, further, long, seconds in rows:
        print(
            f"| {name} | {long.messages / seconds:.1f} | {long.num_bytes / 1000 / seconds:,.1f} "
            f"| {first.num_bytes / 1000:,.0f} | {further.num_bytes / 1000:,.0f} |"
        )


def seconds_of(result: Result) -> float:
    return float(result.output.split("seconds")[1].split()[0])
